// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "control/engine/clock_watch.h"

struct clock_watch {
	struct ev_loop *loop;
	ev_io io;
	int fd;
	struct clock_reading last; /* when something was told, or at the start */
	clock_changed *changed;
	void *ctx;
};

static struct clock_reading read_clocks(void)
{
	return (struct clock_reading){.real = (int64_t)clock_ms(CLOCK_REALTIME),
				      .boot = (int64_t)clock_ms(CLOCK_BOOTTIME),
				      .awake = (int64_t)clock_ms(CLOCK_MONOTONIC)};
}

/* What is too small to tell adds up until it is not. */
static int64_t telling(int64_t ms)
{
	return ms >= CLOCK_STEP_MIN || ms <= -CLOCK_STEP_MIN ? ms : 0;
}

bool clock_compare(const struct clock_reading *before, const struct clock_reading *after,
		   struct clock_change *change)
{
	change->stepped = telling((after->real - before->real) - (after->boot - before->boot));
	change->slept = telling((after->boot - before->boot) - (after->awake - before->awake));
	return change->stepped || change->slept;
}

void clock_watch_look(struct clock_watch *watch)
{
	const struct clock_reading now = read_clocks();
	struct clock_change change;

	if (!clock_compare(&watch->last, &now, &change))
		return;
	watch->last = now;
	watch->changed(watch->ctx, &change);
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct clock_watch *watch = io->data;
	uint64_t count;

	(void)loop;
	(void)events;
	if (read(io->fd, &count, sizeof(count)) < 0 && errno == ECANCELED)
		clock_watch_look(watch);
}

/* A timer that never ends but is cancelled when the clock is set. */
static int open_timer(void)
{
	const struct itimerspec never = {
		.it_value.tv_sec = sizeof(time_t) > 4 ? INT64_MAX / 1000000000 : INT32_MAX};
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd >= 0 &&
	    timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == 0)
		return fd;
	log_warning("clock: the kernel does not tell when it is set: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

struct clock_watch *clock_watch_new(struct ev_loop *loop, clock_changed *changed, void *ctx)
{
	struct clock_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->loop = loop;
	watch->changed = changed;
	watch->ctx = ctx;
	watch->last = read_clocks();
	watch->fd = open_timer();
	ev_io_init(&watch->io, on_readable, watch->fd, EV_READ);
	watch->io.data = watch;
	if (watch->fd >= 0)
		ev_io_start(loop, &watch->io);
	return watch;
}

void clock_watch_free(struct clock_watch *watch)
{
	if (!watch)
		return;
	if (watch->fd >= 0) {
		ev_io_stop(watch->loop, &watch->io);
		close(watch->fd);
	}
	free(watch);
}
