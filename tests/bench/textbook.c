// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program that a textbook gives for libnetfilter_queue, and the baseline of the benchmark: one
 * packet is received in one system call and answered in another; everything else is as it comes.
 * It drops every packet; or, given SET and CLEAR, sets and clears these bits of the packet's mark and
 * lets it go on to rules that know what that means.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct bits {
	uint32_t set, clear;
};

static int drop(struct nfq_q_handle *queue, struct nfgenmsg *message, struct nfq_data *data,
		void *arg)
{
	struct nfqnl_msg_packet_hdr *header = nfq_get_msg_packet_hdr(data);

	(void)message;
	(void)arg;
	return nfq_set_verdict(queue, ntohl(header->packet_id), NF_DROP, 0, NULL);
}

static int mark(struct nfq_q_handle *queue, struct nfgenmsg *message, struct nfq_data *data,
		void *arg)
{
	struct nfqnl_msg_packet_hdr *header = nfq_get_msg_packet_hdr(data);
	const struct bits *bits = arg;

	(void)message;
	return nfq_set_verdict2(queue, ntohl(header->packet_id), NF_ACCEPT,
				(nfq_get_nfmark(data) & ~bits->clear) | bits->set, 0, NULL);
}

int main(int argc, char **argv)
{
	struct nfq_handle *handle = nfq_open();
	struct nfq_q_handle *queue;
	char buffer[65536] __attribute__((aligned));
	struct bits bits;

	if (argc != 2 && argc != 4) {
		fputs("usage: textbook QUEUE [SET CLEAR]\n", stderr);
		return 2;
	}
	if (argc == 4)
		bits = (struct bits){(uint32_t)strtoul(argv[2], NULL, 0),
				     (uint32_t)strtoul(argv[3], NULL, 0)};
	if (!handle) {
		fprintf(stderr, "textbook: nfq_open: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	queue = nfq_create_queue(handle, (uint16_t)atoi(argv[1]), argc == 4 ? mark : drop, &bits);
	if (!queue || nfq_set_mode(queue, NFQNL_COPY_PACKET, 0xffff) < 0) {
		fprintf(stderr, "textbook: queue %s: %s\n", argv[1], strerror(errno));
		return EXIT_FAILURE;
	}
	for (;;) {
		ssize_t length = recv(nfq_fd(handle), buffer, sizeof(buffer), 0);

		if (length >= 0)
			nfq_handle_packet(handle, buffer, (int)length);
		else if (errno != ENOBUFS) /* packets were lost; the kernel counts them */
			break;
	}
	fprintf(stderr, "textbook: recv: %s\n", strerror(errno));
	return EXIT_FAILURE;
}
