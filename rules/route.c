/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/route.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_SIZE 128
#define REPLY_SIZE 16384

struct route {
	struct mnl_socket *socket;
	unsigned sequence;
	char reply[REPLY_SIZE];
};

/* The route that an address has. */
struct answer {
	unsigned type;   /* RTN_* */
	unsigned wanted; /* an interface's index, 0: any */
	bool by_wanted;  /* one of its ways is by that */
};

int route_open(struct route **out)
{
	struct route *route = calloc(1, sizeof(*route));
	int error;

	*out = NULL;
	if (!route)
		return -ENOMEM;
	route->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!route->socket || mnl_socket_bind(route->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		error = -errno;
		route_close(route);
		return error;
	}
	*out = route;
	return 0;
}

void route_close(struct route *route)
{
	if (!route)
		return;
	if (route->socket)
		mnl_socket_close(route->socket);
	free(route);
}

static void read_multipath(const struct nlattr *attr, struct answer *answer)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr);

	while (left >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left) {
		size_t length = RTNH_ALIGN(hop->rtnh_len);

		answer->by_wanted |= (unsigned)hop->rtnh_ifindex == answer->wanted;
		left -= length < left ? length : left;
		hop = (const void *)((const char *)hop + length);
	}
}

static int read_route(const struct nlmsghdr *message, void *arg)
{
	struct answer *answer = arg;
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return MNL_CB_OK;
	answer->type = header->rtm_type;
	mnl_attr_for_each(attr, message, sizeof(*header))
	{
		if (mnl_attr_get_type(attr) == RTA_OIF &&
		    mnl_attr_get_payload_len(attr) >= sizeof(uint32_t))
			answer->by_wanted |= mnl_attr_get_u32(attr) == answer->wanted;
		if (mnl_attr_get_type(attr) == RTA_MULTIPATH)
			read_multipath(attr, answer);
	}
	return MNL_CB_OK;
}

/* 0 or -errno, which is also what the kernel says where no route leads. */
static int ask(struct route *route, const struct addr *address, struct answer *answer)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	const bool six = address->family == FAMILY_IPV6;
	struct rtmsg *header;
	ssize_t length;
	int run;

	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = ++route->sequence;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->rtm_family = six ? AF_INET6 : AF_INET;
	header->rtm_dst_len = (unsigned char)addr_bits(address->family);
	/* IPv4: the route itself, with all of its ways; IPv6: the one by that interface */
	header->rtm_flags = six ? 0 : RTM_F_FIB_MATCH;
	mnl_attr_put(request, RTA_DST, addr_size(address->family), address->bytes);
	if (six && answer->wanted)
		mnl_attr_put_u32(request, RTA_OIF, answer->wanted);
	if (mnl_socket_sendto(route->socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		length = mnl_socket_recvfrom(route->socket, route->reply, sizeof(route->reply));
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		run = mnl_cb_run(route->reply, (size_t)length, route->sequence,
				 mnl_socket_get_portid(route->socket), read_route, answer);
	} while (length < 0 || run > MNL_CB_STOP);
	return run < 0 ? -errno : 0;
}

bool route_local(struct route *route, const struct addr *address)
{
	struct answer answer = {0};

	return !ask(route, address, &answer) && answer.type == RTN_LOCAL;
}

bool route_leads(struct route *route, const struct addr *address, const char *interface)
{
	struct answer answer = {.wanted = interface[0] ? if_nametoindex(interface) : 0};

	if (interface[0] && !answer.wanted)
		return true;
	if (ask(route, address, &answer))
		return false;
	if (address->family == FAMILY_IPV4 ? answer.type == RTN_LOCAL : answer.type != RTN_UNICAST)
		return false;
	return !answer.wanted || answer.by_wanted;
}
