/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edge25-replay: what edge25 would say of the hosts in a trace. edge25-replay(1). */
#ifndef EDGE25_CONTROL_REPLAY_MAIN_H
#define EDGE25_CONTROL_REPLAY_MAIN_H

#define REPLAY_NAME "edge25-replay"

/* As main() of a program of that name. */
int replay_main(int argc, char **argv);

#endif
