/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_signals.c -- signals, and the bell that they and other threads ring: a descriptor,
 * so that who sleeps in poll() hears it.
 */
#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stage_core.h"

static volatile sig_atomic_t stop_signals, reload_signals, signal_bell = -1;

static void ring_own_bell(int fd)
{
	static const uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one));
}

static void on_signal(int sig)
{
	int saved = errno;

	if (sig == SIGHUP)
		reload_signals = 1;
	else
		stop_signals = stop_signals < 2 ? stop_signals + 1 : 2;
	/* It may have come a moment before we sleep. */
	ring_own_bell(signal_bell);
	errno = saved;
}

void stage_open_bell(struct runtime *rt)
{
	rt->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signal_bell = rt->bell_fd;
}

void stage_quiet_bell(struct runtime *rt)
{
	uint64_t rings;

	(void)!read(rt->bell_fd, &rings, sizeof(rings));
}

void stage_wake(struct stage *st)
{
	ring_own_bell(runtime_of(st)->bell_fd);
}

void stage_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

unsigned stage_stop_signals(void)
{
	return (unsigned)stop_signals;
}

bool stage_take_reload_signal(void)
{
	bool came = reload_signals != 0;

	if (came)
		reload_signals = 0;
	return came;
}
