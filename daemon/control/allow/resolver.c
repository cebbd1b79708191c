// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * c-ares in libev's loop. A channel of c-ares knows the servers of the moment at which it was made, so
 * there is a new one when /etc/resolv.conf has changed and no query is under way.
 */
#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "control/allow/resolver.h"

#define SERVERS_FILE "/etc/resolv.conf"
#define TRY_MS 1500 /* a try at one server; twice that the second time round */
#define TRIES 2     /* 4.5 s in all with one server, so a client that waits 5 s is told why */

/* One of the two queries of a question. */
struct query {
	struct resolver_question *question;
	struct resolver_part *part;
	int family; /* AF_ */
};

struct resolver_question {
	struct resolver_question *next;
	struct resolver *resolver;
	resolver_done *done; /* NULL: nobody wants the answer */
	void *arg;
	struct query queries[2];
	unsigned open; /* queries without an answer */
	struct resolver_answer answer;
	char name[DOMAIN_NAME_MAX];
};

struct watch {
	struct watch *next;
	ev_io io;
	struct resolver *resolver;
};

struct resolver {
	struct ev_loop *loop;
	ares_channel channel; /* NULL: to be made */
	struct stat servers;  /* the file that it was made from; all 0: there was none */
	struct watch *watches;
	ev_timer timeout; /* c-ares has something to do then */
	ev_timer begin;
	struct resolver_question *first; /* who wait */
	unsigned waiting, active;
	int error; /* of c-ares, why there is no channel */
};

/* --- sockets and time --- */

static void set_timeout(struct resolver *resolver)
{
	struct timeval left;

	ev_timer_stop(resolver->loop, &resolver->timeout);
	if (!resolver->channel || !ares_timeout(resolver->channel, NULL, &left))
		return;
	ev_timer_set(&resolver->timeout, (double)left.tv_sec + (double)left.tv_usec / 1e6, 0.);
	ev_timer_start(resolver->loop, &resolver->timeout);
}

static void on_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct resolver *resolver = timer->data;

	(void)loop;
	(void)events;
	ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timeout(resolver);
}

/* The watch may be gone when c-ares is done with what was read. */
static void on_socket(struct ev_loop *loop, ev_io *io, int events)
{
	struct watch *watch = io->data;
	struct resolver *resolver = watch->resolver;
	const int fd = io->fd;

	(void)loop;
	ares_process_fd(resolver->channel, events & EV_READ ? fd : ARES_SOCKET_BAD,
			events & EV_WRITE ? fd : ARES_SOCKET_BAD);
	set_timeout(resolver);
}

/* Without memory for a watch the query ends by its time. */
static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolver *resolver = arg;
	struct watch **at = &resolver->watches, *watch;

	while (*at && (*at)->io.fd != fd)
		at = &(*at)->next;
	watch = *at;
	if (watch)
		ev_io_stop(resolver->loop, &watch->io);
	if (!readable && !writable) {
		if (watch)
			*at = watch->next;
		free(watch);
		return;
	}
	if (!watch) {
		watch = calloc(1, sizeof(*watch));
		if (!watch)
			return;
		watch->resolver = resolver;
		watch->next = resolver->watches;
		resolver->watches = watch;
	}
	ev_io_init(&watch->io, on_socket, fd, (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
	watch->io.data = watch;
	ev_io_start(resolver->loop, &watch->io);
}

/* --- the channel --- */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/*
 * Names are whole: no search list. No NOALIASES: HOSTALIASES of the environment would put other names in
 * their place.
 */
static int open_channel(struct resolver *resolver)
{
	const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
			 ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB;
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = TRY_MS,
		.tries = TRIES,
		.ndots = 1,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = resolver,
	};

	return ares_init_options(&resolver->channel, &options, mask);
}

/* 0, or -EAGAIN: the queries under way go to the old servers, and have to end first. */
static int renew_channel(struct resolver *resolver)
{
	struct stat servers = {0};
	int error;

	if (stat(SERVERS_FILE, &servers))
		memset(&servers, 0, sizeof(servers));
	if (resolver->channel && same_file(&servers, &resolver->servers))
		return 0;
	if (resolver->active)
		return -EAGAIN;
	if (resolver->channel)
		ares_destroy(resolver->channel);
	resolver->channel = NULL;
	resolver->servers = servers;
	error = open_channel(resolver);
	if (error && error != resolver->error)
		log_error("resolver: %s cannot be read: %s", SERVERS_FILE, ares_strerror(error));
	resolver->error = error;
	if (!error)
		return 0;
	resolver->channel = NULL;
	return -EIO;
}

/* --- answers --- */

static void begin_later(struct resolver *resolver)
{
	if (!ev_is_active(&resolver->begin))
		ev_timer_start(resolver->loop, &resolver->begin);
}

static void question_end(struct resolver_question *question, const struct resolver_answer *answer)
{
	struct resolver *resolver = question->resolver;

	resolver->active--;
	begin_later(resolver);
	if (question->done)
		question->done(question->arg, answer);
	free(question);
}

static bool read_node(const struct ares_addrinfo_node *node, int family, struct addr *addr)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (node->ai_family != family || !node->ai_addr)
		return false;
	if (family == AF_INET && node->ai_addrlen >= sizeof(v4)) {
		memcpy(&v4, node->ai_addr, sizeof(v4));
		*addr = addr_from_wire(FAMILY_IPV4, (const uint8_t *)&v4.sin_addr);
		return true;
	}
	if (family == AF_INET6 && node->ai_addrlen >= sizeof(v6)) {
		memcpy(&v6, node->ai_addr, sizeof(v6));
		*addr = addr_from_wire(FAMILY_IPV6, (const uint8_t *)&v6.sin6_addr);
		return true;
	}
	return false;
}

static uint32_t least_ttl(uint32_t least, int ttl)
{
	if (ttl < 0)
		return 0;
	return (uint32_t)ttl < least ? (uint32_t)ttl : least;
}

static void read_result(const struct ares_addrinfo *result, int family, struct resolver_part *part)
{
	uint32_t ttl = UINT32_MAX;

	for (const struct ares_addrinfo_cname *alias = result->cnames; alias; alias = alias->next)
		ttl = least_ttl(ttl, alias->ttl);
	for (const struct ares_addrinfo_node *node = result->nodes; node; node = node->ai_next) {
		struct addr addr;

		if (!read_node(node, family, &addr))
			continue;
		ttl = least_ttl(ttl, node->ai_ttl);
		if (part->count < RESOLVER_ADDRESSES_MAX)
			part->addresses[part->count++] = addr;
		else
			part->left_out++;
	}
	part->ttl = ttl;
	part->outcome = part->count ? RESOLVER_FOUND : RESOLVER_NONE;
}

static void on_result(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
	struct query *query = arg;
	struct resolver_part *part = query->part;

	(void)timeouts;
	if (status == ARES_SUCCESS && result) {
		read_result(result, query->family, part);
	} else if (status == ARES_ENODATA || status == ARES_ENOTFOUND) {
		part->outcome = RESOLVER_NONE;
		part->no_such_name = status == ARES_ENOTFOUND;
	} else {
		part->outcome = RESOLVER_FAILED;
		part->problem = ares_strerror(status);
	}
	if (result)
		ares_freeaddrinfo(result);
	if (--query->question->open == 0)
		question_end(query->question,
			     status == ARES_EDESTRUCTION ? NULL : &query->question->answer);
}

/* --- questions --- */

static void begin(struct resolver *resolver, struct resolver_question *question)
{
	char *name = question->name;
	const size_t last = strlen(name) - 1;

	/* "relay." is "relay" in /etc/hosts, and there is no search list */
	if (name[last] == '.')
		name[last] = '\0';
	resolver->active++;
	question->open = 2;
	for (int i = 0; i < 2; i++) {
		const struct ares_addrinfo_hints hints = {
			.ai_flags = ARES_AI_NOSORT, /* sorting would open a socket to each */
			.ai_family = question->queries[i].family,
		};

		/* the answer may come from inside, and the second ends the question */
		ares_getaddrinfo(resolver->channel, name, NULL, &hints, on_result,
				 &question->queries[i]);
	}
}

static void fail(struct resolver_question *question, const char *problem)
{
	question->resolver->active++;
	question->answer.v4.outcome = question->answer.v6.outcome = RESOLVER_FAILED;
	question->answer.v4.problem = question->answer.v6.problem = problem;
	question_end(question, &question->answer);
}

static void on_begin(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct resolver *resolver = timer->data;

	(void)loop;
	(void)events;
	while (resolver->first && resolver->active < RESOLVER_ACTIVE_MAX) {
		struct resolver_question *question = resolver->first;
		int error = renew_channel(resolver);

		if (error == -EAGAIN)
			break;
		resolver->first = question->next;
		resolver->waiting--;
		if (error)
			fail(question, "the name servers are not known");
		else
			begin(resolver, question);
	}
	set_timeout(resolver);
}

struct resolver_question *resolver_ask(struct resolver *resolver, const char *name, bool first,
				       resolver_done *done, void *arg)
{
	struct resolver_question *question, **at = &resolver->first;

	if (resolver->waiting >= RESOLVER_WAITING_MAX || strlen(name) >= DOMAIN_NAME_MAX)
		return NULL;
	question = calloc(1, sizeof(*question));
	if (!question)
		return NULL;
	question->resolver = resolver;
	question->done = done;
	question->arg = arg;
	question->queries[0] = (struct query){question, &question->answer.v4, AF_INET};
	question->queries[1] = (struct query){question, &question->answer.v6, AF_INET6};
	strcpy(question->name, name);
	while (!first && *at)
		at = &(*at)->next;
	question->next = *at;
	*at = question;
	resolver->waiting++;
	begin_later(resolver);
	return question;
}

void resolver_cancel(struct resolver_question *question)
{
	question->done = NULL;
}

/* --- from start to end --- */

struct resolver *resolver_new(struct ev_loop *loop)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return NULL;
	if (ares_library_init(ARES_LIB_INIT_ALL)) {
		free(resolver);
		return NULL;
	}
	resolver->loop = loop;
	ev_init(&resolver->timeout, on_timeout);
	ev_timer_init(&resolver->begin, on_begin, 0., 0.);
	resolver->timeout.data = resolver->begin.data = resolver;
	return resolver;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	if (resolver->channel)
		ares_destroy(resolver->channel); /* whose queries end, and their questions */
	while (resolver->first) {
		struct resolver_question *question = resolver->first;

		resolver->first = question->next;
		resolver->active++;
		question_end(question, NULL);
	}
	ev_timer_stop(resolver->loop, &resolver->timeout);
	ev_timer_stop(resolver->loop, &resolver->begin);
	ares_library_cleanup();
	free(resolver);
}
