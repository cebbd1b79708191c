// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "control/names/neighbour.h"

/* Multicast has MAC addresses that are computed; link-local addresses send no mail anywhere. */
static bool of_interest(const struct addr *addr)
{
	if (addr->family == FAMILY_IPV4)
		return addr->bytes[0] < 224;
	return addr->bytes[0] != 0xff &&
	       !(addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80);
}

struct attributes {
	const struct nlattr *destination, *link;
};

static int keep(const struct nlattr *attribute, void *data)
{
	struct attributes *attributes = data;

	if (mnl_attr_get_type(attribute) == NDA_DST)
		attributes->destination = attribute;
	if (mnl_attr_get_type(attribute) == NDA_LLADDR)
		attributes->link = attribute;
	return MNL_CB_OK;
}

int neighbour_read(const void *message, size_t size, struct neighbour *neighbour)
{
	static const uint8_t none[6];
	const struct nlmsghdr *header = message;
	struct attributes attributes = {NULL, NULL};
	const struct ndmsg *nd;
	uint8_t family;

	/* libmnl compares lengths as signed ones, and takes the padding at the end for granted. */
	if (size < sizeof(*header) || size > INT32_MAX || header->nlmsg_len > size ||
	    MNL_ALIGN(header->nlmsg_len) > size || !mnl_nlmsg_ok(header, (int)size))
		return -EINVAL;
	if (header->nlmsg_type != RTM_NEWNEIGH && header->nlmsg_type != RTM_DELNEIGH)
		return -ENOENT;
	if (mnl_nlmsg_get_payload_len(header) < sizeof(*nd))
		return -EINVAL;
	nd = mnl_nlmsg_get_payload(header);
	if (nd->ndm_family != AF_INET && nd->ndm_family != AF_INET6)
		return -ENOENT;
	family = nd->ndm_family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
	mnl_attr_parse(header, sizeof(*nd), keep, &attributes);
	if (!attributes.destination ||
	    mnl_attr_get_payload_len(attributes.destination) != addr_size(family))
		return -EINVAL;
	neighbour->addr = addr_from_wire(family, mnl_attr_get_payload(attributes.destination));
	if (!of_interest(&neighbour->addr))
		return -ENOENT;
	memset(neighbour->mac, 0, sizeof(neighbour->mac));
	if (attributes.link && mnl_attr_get_payload_len(attributes.link) == sizeof(neighbour->mac))
		memcpy(neighbour->mac, mnl_attr_get_payload(attributes.link),
		       sizeof(neighbour->mac));
	neighbour->gone = header->nlmsg_type == RTM_DELNEIGH ||
			  (nd->ndm_state & (NUD_INCOMPLETE | NUD_FAILED)) ||
			  memcmp(neighbour->mac, none, sizeof(none)) == 0;
	return 0;
}
