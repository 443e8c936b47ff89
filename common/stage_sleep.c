/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_sleep.c -- one poll() over all that can happen to a stage.
 */
#include <poll.h>

#include "stage_core.h"

#define POLL_STOP_NS (10 * NS_PER_MSEC)

enum { OWN_FDS = 3, INLET_AT = OWN_FDS, FOREIGN_AT, OUTLET_AT, ALL_FDS = OUTLET_AT + OUTLET_FDS };

static int timeout_ms(uint64_t ns)
{
	return (int)((ns + NS_PER_MSEC - 1) / NS_PER_MSEC);
}

/* Sleep until something of P can be read: true.  Doors and control are to be heard at once if it
 * is theirs, and were looked at just now if it is not. */
static bool sleep_on(struct runtime *rt, struct pollfd *p, uint64_t timeout_ns)
{
	/* A signal may have come without its bell; what was forgotten is looked at when nothing came. */
	bool has_news, is_any;
	unsigned n = OUTLET_AT;
	int got;

	p[0] = (struct pollfd){ .fd = rt->bell_fd, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = rt->control == NULL ? -1 : control_server_fd(rt->control),
				.events = POLLIN };
	/* In the middle of a turn, or with one reload under way, it is not listened to. */
	p[2] = (struct pollfd){ .fd = rt->in_reserve || rt->renewing.pending ? -1 : rt->supply_fd,
				.events = POLLIN };
	if (rt->st.out != NULL)
		n += outlet_fds(rt->st.out, p + OUTLET_AT);
	got = poll(p, n, timeout_ms(timeout_ns));
	is_any = got > 0;
	if (!is_any)
		for (unsigned i = 0; i < n; i++)
			p[i].revents = 0;
	if (p[0].revents != 0)
		stage_quiet_bell(rt);
	has_news = got < 0 || (got == 0 && timeout_ns >= POLL_IDLE_NS);
	for (unsigned i = 0; i < n; i++)
		has_news |= p[i].revents != 0 && i != INLET_AT && i != FOREIGN_AT;
	rt->last_poll = has_news ? (struct mono){ 0 } : mono_now();
	return is_any;
}

bool stage_sleep(struct stage *st, int fd, uint64_t timeout_ns)
{
	struct runtime *rt = runtime_of(st);
	struct pollfd p[ALL_FDS];
	uint64_t most_ns = UINT64_MAX;
	bool is_any = true;

	p[INLET_AT] = p[FOREIGN_AT] = (struct pollfd){ .fd = -1 };
	p[FOREIGN_AT] = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (st->in != NULL) {
		most_ns = inlet_nap(st->in, mono_now());
		p[INLET_AT] = (struct pollfd){ .fd = inlet_fd(st->in), .events = POLLIN };
	}
	if (timeout_ns > most_ns)
		timeout_ns = most_ns;
	if (timeout_ns > 0)
		is_any = sleep_on(rt, p, timeout_ns);
	if (st->in != NULL) {
		inlet_awake(st->in, p[INLET_AT].revents != 0);
		/* The door is on its way: an answer, a new writer, the end of the old one. */
		if (p[INLET_AT].fd == -1 || inlet_fd(st->in) == -1)
			rt->last_poll = (struct mono){ 0 };
	}
	return is_any;
}

void stage_wait_for_room(struct runtime *rt)
{
	struct pollfd p[ALL_FDS];

	p[INLET_AT] = p[FOREIGN_AT] = (struct pollfd){ .fd = -1 };
	if (outlet_nap(rt->st.out))
		(void)sleep_on(rt, p, POLL_IDLE_NS);
	outlet_awake(rt->st.out);
}

void stage_wait_for_work(struct runtime *rt)
{
	uint64_t timeout_ns = POLL_IDLE_NS, left;

	if (rt->st.due.ns != 0) {
		left = mono_since(mono_now(), rt->st.due);
		timeout_ns = left < timeout_ns ? left : timeout_ns;
	}
	if (rt->stop_at.ns != 0 && timeout_ns > POLL_STOP_NS)
		timeout_ns = POLL_STOP_NS;
	if (rt->ops->wait != NULL)
		rt->ops->wait(&rt->st, rt->st.ctx, timeout_ns);
	else
		(void)stage_sleep(&rt->st, -1, timeout_ns);
}
