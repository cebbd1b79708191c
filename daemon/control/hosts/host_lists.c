// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/host_lists.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "control/hosts/host_search.h"
#include "control/methods/filters.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

#define LIMIT_PRESET 20
#define LIMIT_MAX 1000
#define OFFSET_MAX 10000 /* so many records are sorted; more are reached by "after" */
#define SLICE 0.002      /* seconds of searching, */
#define REST 0.002       /* and of serving others */
#define STEP_HOSTS 200   /* between looks at the clock: some 0.2 ms where names are asked for */

struct waiting {
	struct waiting *next;
	struct rpc_call *call;
	struct host_page page;
	const struct config *config; /* that the search was read with */
	size_t offset;
};

struct host_lists {
	struct control *control;
	ev_timer timer;
	struct waiting *first; /* the one that is searched for */
	struct waiting **last;
};

/* --- what is asked for --- */

static const struct config_range *range_named(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->range_count; i++)
		if (!strcmp(config->ranges[i].name, name))
			return &config->ranges[i];
	return NULL;
}

/* What has a name here. False: there is no such thing, and the call has failed. */
static bool find_named(struct rpc_call *call, const struct config *config,
		       struct host_search *search)
{
	const char *policy = rpc_text(call, "policy"), *range = rpc_text(call, "range");
	const char *interface = rpc_text(call, "interface");

	search->policy = policy ? config_policy_find(config, policy) : NULL;
	search->range = range ? range_named(config, range) : NULL;
	search->interface = interface ? if_nametoindex(interface) : 0;
	if (policy && !search->policy)
		rpc_fail(call, RPC_INVALID_PARAMS, "policy: there is no policy \"%s\"", policy);
	else if (range && !search->range)
		rpc_fail(call, RPC_INVALID_PARAMS, "range: there is no range \"%s\"", range);
	else if (interface && !search->interface)
		rpc_fail(call, RPC_INVALID_PARAMS, "interface: there is no interface %s",
			 interface);
	else
		return true;
	return false;
}

static bool read_search(struct rpc_call *call, const struct control *control,
			struct host_search *search)
{
	search->order = (enum host_order)rpc_word(call, "order", host_order_words, HOSTS_WORST);
	search->class = rpc_word(call, "class", class_words, -1);
	search->name = rpc_text(call, "name");
	search->contained = rpc_flag(call, "contained");
	filter_prefix(call, "prefix", &search->prefix);
	filter_prefix(call, "after", &search->after);
	if (search->after.addr.family && search->order != HOSTS_BY_HOST) {
		rpc_fail(call, RPC_INVALID_PARAMS, "after: needs \"order\": \"host\"");
		return false;
	}
	return filter_past(call, "since", intent_clock().real, &search->since) &&
	       find_named(call, control->config, search);
}

static bool read_page(struct rpc_call *call, const struct control *control, struct waiting *one)
{
	const int64_t offset = rpc_number(call, "offset", 0);
	struct host_search search = {0};
	int64_t limit;

	if (!filter_limit(call, LIMIT_PRESET, LIMIT_MAX, &limit) ||
	    !read_search(call, control, &search))
		return false;
	if (offset > OFFSET_MAX) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			 "offset: expected a number from 0 to %d; \"order\": \"host\" and after "
			 "lead through all",
			 OFFSET_MAX);
		return false;
	}
	one->page.search = search;
	one->page.limit = (size_t)(offset + limit);
	one->offset = (size_t)offset;
	one->config = control->config;
	return true;
}

/* --- one after the other --- */

static void reply(const struct control *control, const struct waiting *one)
{
	const struct host_page *page = &one->page;
	json_t *list = json_array();

	for (size_t i = one->offset; i < page->count; i++)
		if (host_found_now(&page->found[i]))
			json_array_append_new(list, host_json(control, page->found[i].host));
	rpc_reply(one->call,
		  json_pack("{s:o, s:I}", "hosts", list, "total", (json_int_t)page->total));
}

static void drop_first(struct host_lists *lists)
{
	struct waiting *one = lists->first;

	lists->first = one->next;
	if (!lists->first)
		lists->last = &lists->first;
	free(one->page.found);
	free(one);
}

/* Policies and ranges are others after a reload: from the beginning. False: the call has failed. */
static bool begin(const struct control *control, struct waiting *one)
{
	const bool again = one->config != control->config;

	if (!rpc_peer(one->call)) {
		rpc_fail(one->call, RPC_INTERNAL_ERROR, "nobody waits for it");
		return false;
	}
	if (again) {
		free(one->page.found);
		one->page = (struct host_page){0};
		if (!read_page(one->call, control, one))
			return false;
	}
	if (!one->page.found)
		one->page.found = calloc(one->page.limit, sizeof(*one->page.found));
	if (!one->page.found)
		rpc_fail(one->call, RPC_INTERNAL_ERROR, "no memory");
	return one->page.found;
}

/* True: the first one is over. */
static bool go_on(struct host_lists *lists, ev_tstamp until)
{
	struct waiting *one = lists->first;
	bool whole = false;

	if (!begin(lists->control, one))
		return true;
	do
		whole = host_page_step(lists->control, &one->page, STEP_HOSTS);
	while (!whole && ev_time() < until);
	if (whole)
		reply(lists->control, one);
	return whole;
}

static void slice(struct host_lists *lists)
{
	const ev_tstamp until = ev_time() + SLICE;

	while (lists->first && ev_time() < until)
		if (go_on(lists, until))
			drop_first(lists);
	if (!lists->first || ev_is_active(&lists->timer))
		return;
	ev_timer_set(&lists->timer, REST, 0.);
	ev_timer_start(lists->control->loop, &lists->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	slice(timer->data);
}

void host_lists_ask(struct host_lists *lists, struct rpc_call *call)
{
	struct waiting *one = calloc(1, sizeof(*one));
	const bool alone = !lists->first;

	if (!one) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	if (!read_page(call, lists->control, one)) {
		free(one);
		return;
	}
	one->call = call;
	*lists->last = one;
	lists->last = &one->next;
	if (alone)
		slice(lists);
}

struct host_lists *host_lists_new(struct control *control)
{
	struct host_lists *lists = calloc(1, sizeof(*lists));

	if (!lists)
		return NULL;
	lists->control = control;
	lists->last = &lists->first;
	ev_init(&lists->timer, on_timer);
	lists->timer.data = lists;
	return lists;
}

void host_lists_free(struct host_lists *lists)
{
	if (!lists)
		return;
	ev_timer_stop(lists->control->loop, &lists->timer);
	while (lists->first) {
		rpc_fail(lists->first->call, RPC_INTERNAL_ERROR, "edge25-control ends");
		drop_first(lists);
	}
	free(lists);
}
