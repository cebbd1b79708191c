# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory: subscribers, a gateway and an internet in network namespaces, with real mail.

    host        what the laboratory needs of this machine; waiting; temporary directories; signals
    namespaces  Namespace, Subscriber, Topology: who is connected to whom
    sockets     connections from a namespace and listeners in one, with the errno of each
    capture     Capture: every packet on an interface, or an error; the oracle of the tests
    mail        MailServer: an unmodified postfix on 25, 587 and 465, and its mailbox
    client      MailClient: swaks as a mail client (587, 465) and as a bot (25)
    edge25      Edge25: the daemon in the gateway, its control program and its events
"""
