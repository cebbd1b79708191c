/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sweep.h"

static int flush(struct sweep *sweep)
{
	int err = 0;

	if (sweep->pending.first.family)
		err = sweep->emit(sweep->context, &sweep->pending);
	sweep->pending.first.family = 0;
	return err;
}

/* Emits @span, or makes the span before it longer. */
static int put(struct sweep *sweep, const struct sweep_span *span)
{
	struct sweep_span *pending = &sweep->pending;
	int err;

	if (pending->first.family && pending->value == span->value && pending->id == span->id) {
		struct addr next = addr_next(&pending->last);

		if (addr_equal(&next, &span->first)) {
			pending->last = span->last;
			return 0;
		}
	}
	err = flush(sweep);
	*pending = *span;
	return err;
}

/* Closes the innermost open prefix: its rest goes out, and its parent goes on behind it. */
static int close_top(struct sweep *sweep)
{
	const struct sweep_span *top = &sweep->open[--sweep->depth];
	int err = 0;

	if (top->first.family && addr_compare(&top->first, &top->last) <= 0)
		err = put(sweep, top);
	if (sweep->depth)
		sweep->open[sweep->depth - 1].first = addr_next(&top->last);
	return err;
}

void sweep_start(struct sweep *sweep, enum sweep_rule rule, sweep_emit *emit, void *context)
{
	sweep->emit = emit;
	sweep->context = context;
	sweep->rule = rule;
	sweep->depth = 0;
	sweep->pending.first.family = 0;
}

/* What the innermost open prefix has before @first goes out. */
static int put_before(struct sweep *sweep, const struct addr *first)
{
	const struct sweep_span *top = &sweep->open[sweep->depth - 1];
	struct sweep_span head = *top;

	if (addr_compare(&top->first, first) >= 0)
		return 0;
	head.last = addr_previous(first);
	return put(sweep, &head);
}

int sweep_add(struct sweep *sweep, const struct prefix *prefix, uint64_t value, uint32_t id)
{
	struct sweep_span span = {
		.first = prefix->addr,
		.last = prefix_last(prefix),
		.id = id,
		.value = value,
	};
	int err = 0;

	while (!err && sweep->depth &&
	       addr_compare(&sweep->open[sweep->depth - 1].last, &span.first) < 0)
		err = close_top(sweep);
	if (!err && sweep->depth) {
		const struct sweep_span *parent = &sweep->open[sweep->depth - 1];

		if (sweep->rule == SWEEP_HIGHEST && parent->value >= value) {
			span.value = parent->value;
			span.id = parent->id;
		}
		err = put_before(sweep, &span.first);
	}
	if (!err)
		sweep->open[sweep->depth++] = span;
	return err;
}

int sweep_end(struct sweep *sweep)
{
	int err = 0;

	while (!err && sweep->depth)
		err = close_top(sweep);
	return err ? err : flush(sweep);
}

int sweep_order(const struct prefix *a, const struct prefix *b)
{
	int order = addr_compare(&a->addr, &b->addr);

	return order ? order : (int)a->length - (int)b->length;
}
