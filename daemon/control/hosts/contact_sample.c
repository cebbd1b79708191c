// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/contact_sample.h"

#include <string.h>

static int find(const struct contact_sample *sample, const struct addr *addr)
{
	for (int i = 0; i < sample->count; i++)
		if (!memcmp(sample->kept[i].address, addr->bytes, sizeof(addr->bytes)))
			return i;
	return -1;
}

static bool is_met(const struct contact_sample *sample, unsigned i, uint32_t now)
{
	return now - sample->kept[i].last < CONTACTS_KEEP;
}

/* Room for one more: those met early stay until they were not met for a day. */
static int room(struct contact_sample *sample, uint32_t now)
{
	if (sample->count < CONTACTS_SAMPLE)
		return sample->count++;
	for (unsigned i = 0; i < CONTACTS_SAMPLE; i++)
		if (!is_met(sample, i, now))
			return (int)i;
	return -1;
}

void contact_sample_meet(struct contact_sample *sample, const struct addr *addr, uint16_t port,
			 uint32_t now)
{
	int i = find(sample, addr);

	if (i >= 0 && is_met(sample, (unsigned)i, now)) {
		sample->kept[i].last = now;
		if (sample->kept[i].tries < CONTACT_TRIES_MAX)
			sample->kept[i].tries++;
		return;
	}
	if (i < 0)
		i = room(sample, now);
	if (i < 0)
		return;
	sample->family = addr->family;
	memcpy(sample->kept[i].address, addr->bytes, sizeof(addr->bytes));
	sample->kept[i].first = sample->kept[i].last = now;
	sample->kept[i].port = port;
	sample->kept[i].tries = 1;
	sample->kept[i].answered = 0;
}

void contact_sample_answer(struct contact_sample *sample, const struct addr *addr)
{
	int i = find(sample, addr);

	if (i >= 0)
		sample->kept[i].answered = 1;
}

bool contact_sample_get(const struct contact_sample *sample, unsigned index, uint32_t now,
			struct contact *contact)
{
	*contact = (struct contact){.addr.family = sample->family,
				    .answered = sample->kept[index].answered,
				    .port = sample->kept[index].port,
				    .tries = sample->kept[index].tries,
				    .first = sample->kept[index].first,
				    .last = sample->kept[index].last};
	memcpy(contact->addr.bytes, sample->kept[index].address, sizeof(contact->addr.bytes));
	return is_met(sample, index, now);
}

struct contact_returns contact_sample_returns(const struct contact_sample *sample, uint32_t now,
					      uint32_t age)
{
	struct contact_returns returns = {0};

	for (unsigned i = 0; i < sample->count; i++) {
		if (sample->kept[i].answered || now - sample->kept[i].first < age ||
		    !is_met(sample, i, now))
			continue;
		returns.mature++;
		returns.returned += sample->kept[i].last - sample->kept[i].first >= CONTACTS_RETURN;
	}
	return returns;
}
