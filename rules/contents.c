/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/contents.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "rules/element_read.h"

#define ELEMENT_TEXT_MAX 200

/* --- words --- */

static int write_part(char *text, size_t size, const uint8_t *key, size_t length)
{
	char address[INET6_ADDRSTRLEN];
	bool name = length == 16 && isalpha(key[0]) && !key[15];

	for (size_t i = 0; name && i < length && key[i]; i++)
		name = isgraph(key[i]);
	if (name)
		return snprintf(text, size, "%.16s", (const char *)key);
	if (length == 4 || length == 16)
		return snprintf(text, size, "%s",
				inet_ntop(length == 4 ? AF_INET : AF_INET6, key, address,
					  sizeof(address)));
	if (length == 2)
		return snprintf(text, size, "%u", (unsigned)(key[0] << 8 | key[1]));
	return snprintf(text, size, "a key of %zu bytes", length);
}

static int write_key(char *text, size_t size, const uint8_t *key, size_t length)
{
	int n;

	if (length != 8 && length != 32)
		return write_part(text, size, key, length);
	n = write_part(text, size, key, length / 2);
	n += snprintf(text + n, size - (size_t)n, " . ");
	return n + write_part(text + n, size - (size_t)n, key + length / 2, length / 2);
}

static const char *element_text(const struct element_view *view, char text[ELEMENT_TEXT_MAX])
{
	size_t size = ELEMENT_TEXT_MAX;
	int n = view->key_length ? write_key(text, size, view->key, view->key_length) :
				   snprintf(text, size, "all others");

	if (view->key_end) {
		n += snprintf(text + n, size - (size_t)n, " to ");
		n += write_key(text + n, size - (size_t)n, view->key_end, view->key_end_length);
	}
	if (view->flags & NFT_SET_ELEM_INTERVAL_END)
		n += snprintf(text + n, size - (size_t)n, " ends the prefix before it");
	if (view->chain)
		n += snprintf(text + n, size - (size_t)n, ", goto %.*s", (int)view->chain_length,
			      view->chain);
	if (view->left)
		snprintf(text + n, size - (size_t)n, ", ends in %llu s",
			 (unsigned long long)(view->left + 500) / 1000);
	return text;
}

static void differ(struct contents *contents, const struct element_view *expected,
		   const struct element_view *found)
{
	char wanted[ELEMENT_TEXT_MAX], there[ELEMENT_TEXT_MAX];
	struct message_item item = {
		.kind = MESSAGE_ELEMENT,
		.problem = !found    ? MESSAGE_MISSING :
			   !expected ? MESSAGE_UNEXPECTED :
				       MESSAGE_DIFFERENT,
	};

	snprintf(item.name, sizeof(item.name), "%s", contents->set);
	if (contents->differences->count == MESSAGE_ITEMS_MAX) {
		contents->differences->total++;
		return; /* a million of them need no words */
	}
	if (expected)
		element_text(expected, wanted);
	if (found)
		element_text(found, there);
	differences_add(contents->differences, &item, expected ? wanted : NULL,
			found ? there : NULL);
}

/* --- what is expected --- */

static int add(const struct nlattr *element, void *arg)
{
	struct contents *contents = arg;
	const struct nlattr **elements =
		array_room(contents->elements, contents->count, sizeof(const struct nlattr *));

	if (!elements)
		return -ENOMEM;
	contents->elements = elements;
	contents->elements[contents->count++] = element;
	return 0;
}

int contents_add(struct contents *contents, const struct nlmsghdr *message)
{
	return elements_each(message, add, contents);
}

/* By key; where one interval ends and the next begins there are two elements of one key. */
static int order(const struct element_view *a, const struct element_view *b)
{
	bool a_ends = a->flags & NFT_SET_ELEM_INTERVAL_END;
	bool b_ends = b->flags & NFT_SET_ELEM_INTERVAL_END;
	size_t length = a->key_length < b->key_length ? a->key_length : b->key_length;
	int result = length ? memcmp(a->key, b->key, length) : 0;

	if (!result && a->key_length != b->key_length)
		return a->key_length < b->key_length ? -1 : 1;
	return result ? result : (int)b_ends - (int)a_ends;
}

/* Boxes of pairs may begin at one key. */
static int order_whole(const struct element_view *a, const struct element_view *b)
{
	int result = order(a, b);

	if (!result && a->key_end && b->key_end && a->key_end_length == b->key_end_length)
		return memcmp(a->key_end, b->key_end, a->key_end_length);
	return result;
}

static int order_attributes(const void *a, const void *b)
{
	const struct element_view first = element_read(*(const struct nlattr *const *)a);
	const struct element_view second = element_read(*(const struct nlattr *const *)b);

	return order_whole(&first, &second);
}

/* To the kernel one that is there already is no error. */
static void drop_repeated(struct contents *contents)
{
	size_t kept = 0;

	for (size_t i = 0; i < contents->count; i++)
		if (!kept ||
		    order_attributes(&contents->elements[kept - 1], &contents->elements[i]))
			contents->elements[kept++] = contents->elements[i];
	contents->count = kept;
}

int contents_ready(struct contents *contents)
{
	/* those of ranges are sorted already */
	for (size_t i = 1; i < contents->count; i++)
		if (order_attributes(&contents->elements[i - 1], &contents->elements[i]) > 0) {
			qsort(contents->elements, contents->count, sizeof(const struct nlattr *),
			      order_attributes);
			break;
		}
	drop_repeated(contents);
	contents->seen = calloc(contents->count ? contents->count : 1, 1);
	return contents->seen ? 0 : -ENOMEM;
}

void contents_release(struct contents *contents)
{
	free(contents->elements);
	free(contents->seen);
	contents->elements = NULL;
	contents->seen = NULL;
}

/* --- what is found --- */

/* Index of the element; the count where there is none. */
static size_t find(const struct contents *contents, const struct element_view *view)
{
	size_t low = 0, high = contents->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct element_view there = element_read(contents->elements[middle]);
		int result = order_whole(&there, view);

		if (!result)
			return middle;
		if (result < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return contents->count;
}

static bool same(const struct contents *contents, const struct element_view *a,
		 const struct element_view *b)
{
	uint64_t apart = a->left > b->left ? a->left - b->left : b->left - a->left;

	return a->verdict == b->verdict && a->chain_length == b->chain_length &&
	       (!a->chain || !memcmp(a->chain, b->chain, a->chain_length)) &&
	       a->value_length == b->value_length &&
	       (!a->value || !memcmp(a->value, b->value, a->value_length)) &&
	       !a->left == !b->left && apart <= contents->slack &&
	       a->key_end_length == b->key_end_length;
}

static int found(const struct nlattr *element, void *arg)
{
	struct contents *contents = arg;
	const struct element_view view = element_read(element);
	struct element_view wanted;
	size_t at = find(contents, &view);

	contents->found++;
	if (at == contents->count || contents->seen[at]) {
		if (!view.left || view.left > contents->soon)
			differ(contents, NULL, &view);
		return 0;
	}
	contents->seen[at] = 1;
	wanted = element_read(contents->elements[at]);
	if (!same(contents, &wanted, &view))
		differ(contents, &wanted, &view);
	return 0;
}

int contents_found(const struct nlmsghdr *message, void *arg)
{
	return elements_each(message, found, arg);
}

void contents_end(struct contents *contents)
{
	for (size_t i = 0; i < contents->count; i++) {
		const struct element_view view = element_read(contents->elements[i]);

		if (!contents->seen[i] && (!view.left || view.left > contents->soon))
			differ(contents, &view, NULL);
	}
}
