/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/objects.h"

#include <fcntl.h>
#include <libnftnl/object.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <unistd.h>

#include "rules/memory.h"
#include "rules/names.h"

/* ICMP unreachables share icmp_msgs_per_sec with the rest of the host: a quarter is ours. */
static uint32_t unreachable_rate(uint32_t wanted)
{
	int fd = open("/proc/sys/net/ipv4/icmp_msgs_per_sec", O_RDONLY | O_CLOEXEC);
	unsigned long all = 1000; /* the kernel's default up to 6.x */
	char text[32] = "";

	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) > 0)
			all = strtoul(text, NULL, 10);
		close(fd);
	}
	if (all / 4 < wanted)
		wanted = (uint32_t)(all / 4);
	return wanted ? wanted : 1;
}

static struct nftnl_obj *object_new(uint32_t type, const char *name)
{
	struct nftnl_obj *object = memory_needed(nftnl_obj_alloc());

	nftnl_obj_set_u32(object, NFTNL_OBJ_FAMILY, NFPROTO_INET);
	nftnl_obj_set_str(object, NFTNL_OBJ_TABLE, RULES_TABLE);
	nftnl_obj_set_str(object, NFTNL_OBJ_NAME, name);
	nftnl_obj_set_u32(object, NFTNL_OBJ_TYPE, type);
	return object;
}

void counter_create(struct batch *batch, const char *name)
{
	batch_object(batch, NFT_MSG_NEWOBJ, NLM_F_CREATE, object_new(NFT_OBJECT_COUNTER, name));
}

/* Packets from sources that cannot be true that user space is told of, a second. */
#define UNTRUE_RATE 20

static void put_limit(struct batch *batch, const char *name, uint32_t rate, bool present)
{
	struct nftnl_obj *object;

	if (present)
		batch_object(batch, NFT_MSG_DELOBJ, 0, object_new(NFT_OBJECT_LIMIT, name));
	object = object_new(NFT_OBJECT_LIMIT, name);
	nftnl_obj_set_u64(object, NFTNL_OBJ_LIMIT_RATE, rate);
	nftnl_obj_set_u64(object, NFTNL_OBJ_LIMIT_UNIT, 1); /* second */
	nftnl_obj_set_u32(object, NFTNL_OBJ_LIMIT_BURST, rate);
	nftnl_obj_set_u32(object, NFTNL_OBJ_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nftnl_obj_set_u32(object, NFTNL_OBJ_LIMIT_FLAGS, 0);
	batch_object(batch, NFT_MSG_NEWOBJ, NLM_F_CREATE, object);
}

void counter_delete(struct batch *batch, const char *name)
{
	batch_object(batch, NFT_MSG_DELOBJ, 0, object_new(NFT_OBJECT_COUNTER, name));
}

void limits_put(struct batch *batch, const struct plan_settings *settings,
		const struct name_list *present)
{
	const struct {
		const char *name;
		uint32_t rate;
	} limits[] = {
		{LIMIT_RESETS, settings->reject_rate},
		{LIMIT_UNREACHABLES, unreachable_rate(settings->reject_rate)},
		{LIMIT_QUESTIONS, settings->queue_rate},
		{LIMIT_UNTRUE, UNTRUE_RATE},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		put_limit(batch, limits[i].name, limits[i].rate,
			  name_list_has(present, limits[i].name));
}
