/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/table.h"

#include <errno.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/membarrier.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rules/memory.h"
#include "rules/probe.h"
#include "rules/table_internal.h"

int table_fail(struct table_error *error, int result, const char *what)
{
	error->error = result;
	snprintf(error->text, sizeof(error->text), "%s: %s", what, strerror(-result));
	return result;
}

int table_send_part(struct table *table, struct batch *batch, struct table_error *error)
{
	struct batch_error failed;
	bool told = !table->watch || batch_length(batch) <= TABLE_WATCHED_BATCH;
	int result;

	if (!told)
		watch_pause(table->watch);
	result = batch_send(batch, table->netlink, &failed);
	if (!told)
		watch_resume(table->watch);
	error->error = result; /* also 0: the caller may have come here by way of an error */
	if (!result)
		return 0;
	if (result == -EPERM)
		snprintf(error->text, sizeof(error->text),
			 "table inet %s is held by another process (or CAP_NET_ADMIN is missing): "
			 "stop the other edge25-engine in this network namespace",
			 RULES_TABLE);
	else
		snprintf(error->text, sizeof(error->text), "table inet %s: %s: %s", RULES_TABLE,
			 failed.label, strerror(-result));
	return result;
}

int table_send(struct table *table, struct batch *batch, struct table_error *error)
{
	int result = table_send_part(table, batch, error);

	batch_free(batch);
	return result;
}

static int table_probe(struct table *table, struct table_error *error)
{
	const char *missing = NULL;
	int result = probe_features(table->netlink, &table->features, &missing);

	error->error = result;
	if (result == -EOPNOTSUPP)
		snprintf(error->text, sizeof(error->text), "this kernel lacks %s", missing);
	else if (result == -EPERM)
		snprintf(error->text, sizeof(error->text),
			 "CAP_NET_ADMIN is missing: start through edge25d or the systemd unit");
	else if (result)
		table_fail(error, result, "nf_tables cannot be asked");
	return result;
}

int table_open(struct table **out, struct table_error *error)
{
	struct table *table = calloc(1, sizeof(*table));
	int result;

	*out = NULL;
	if (!table)
		return table_fail(error, -ENOMEM, "table");
	/* 0 has a meaning of its own; any other number does, and one that is there already is unlikely */
	if (getrandom(&table->birth, sizeof(table->birth), 0) != sizeof(table->birth) ||
	    !table->birth)
		table->birth = 1;
	result = netlink_open(&table->netlink);
	if (result)
		table_fail(error, result, "nf_tables socket");
	else
		result = table_probe(table, error);
	if (result)
		table_close(table);
	else
		*out = table;
	return result;
}

void table_close(struct table *table)
{
	if (!table)
		return;
	watch_close(table->watch);
	netlink_close(table->netlink);
	free(table->allows);
	usage_release(&table->ended);
	free(table);
}

uint32_t table_features(const struct table *table)
{
	return table->features;
}

unsigned table_epoch(const struct table *table)
{
	return table->generations.answers;
}

uint64_t table_lost(const struct table *table)
{
	return table->lost;
}

uint32_t table_birth(const struct table *table)
{
	return table->birth;
}

void table_note_ended(struct table *table, const struct usage *usage, uint32_t birth)
{
	for (size_t i = 0; i < usage->count; i++) {
		struct message_use use = usage->records[i];

		use.birth = birth;
		use.ended = 1;
		if (usage_add(&table->ended, &use))
			return; /* packets that nobody has counted do no harm */
	}
}

void table_ended(struct table *table, struct message_use **out, size_t *count)
{
	*out = table->ended.records;
	*count = table->ended.count;
	table->ended = (struct usage){0};
}

static void table_comment(struct nftnl_table *table)
{
	struct nftnl_udata_buf *data = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);

	if (!data)
		return;
	nftnl_udata_put_strz(data, NFTNL_UDATA_TABLE_COMMENT, RULES_TABLE_COMMENT);
	nftnl_table_set_data(table, NFTNL_TABLE_USERDATA, nftnl_udata_buf_data(data),
			     nftnl_udata_buf_len(data));
	nftnl_udata_buf_free(data);
}

void table_put(struct table *table, struct batch *batch)
{
	struct nftnl_table *message = memory_needed(nftnl_table_alloc());

	nftnl_table_set_u32(message, NFTNL_TABLE_FAMILY, NFPROTO_INET);
	nftnl_table_set_str(message, NFTNL_TABLE_NAME, RULES_TABLE);
	/* said also when there are none: without, a table that somebody made dormant stays so */
	nftnl_table_set_u32(message, NFTNL_TABLE_FLAGS,
			    table->owned ? TABLE_FLAG_OWNER | TABLE_FLAG_PERSIST : 0);
	table_comment(message);
	batch_table(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, message);
}

void table_grace_period(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void table_put_removal(struct batch *batch)
{
	struct nftnl_table *message = memory_needed(nftnl_table_alloc());

	nftnl_table_set_u32(message, NFTNL_TABLE_FAMILY, NFPROTO_INET);
	memory_taken(nftnl_table_set_str(message, NFTNL_TABLE_NAME, RULES_TABLE));
	batch_table(batch, NFT_MSG_DELTABLE, 0, message);
}

int table_remove(struct table *table, struct table_error *error)
{
	struct batch *batch;
	struct inventory inventory;
	int result = inventory_read(table->netlink, &inventory);
	bool present = inventory.table;

	if (result)
		return table_fail(error, result, "table inet " RULES_TABLE);
	inventory_release(&inventory);
	if (!present)
		return table_fail(error, -ENOENT, "table inet " RULES_TABLE);
	batch = batch_new();
	if (!batch)
		return table_fail(error, -ENOMEM, "table inet " RULES_TABLE);
	table_put_removal(batch);
	return table_send(table, batch, error);
}
