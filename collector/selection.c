/* SPDX-License-Identifier: Apache-2.0
 *
 * selection.c -- see selection.h.
 */
#include "selection.h"

#include <stdio.h>

#include "wire.h"

static const uint16_t ends[] = { EVENT_SYSCALL_CLOSE_X, EVENT_SYSCALL_CLOSE_RANGE_X };

static bool asks(const struct ring_wants *wants, unsigned code)
{
	return (wants->events[code / 64] >> (code % 64) & 1) != 0;
}

/* Do rules ask for the call SC?  Those without an event of their own are asked for one by one. */
static bool asks_call(const struct ring_wants *wants, unsigned sc)
{
	unsigned code = selection_event_of(sc);

	return asks(wants, code) &&
	       (code != EVENT_GENERIC_X || (wants->syscalls[sc / 64] >> (sc % 64) & 1) != 0);
}

/* ---- calls and events ---- */

/* Events of calls that only 32-bit programs make; Falco's table, syscall.def, has none for them. */
unsigned selection_event_of(unsigned sc)
{
	const struct syscall_info *info = syscall_info(sc);

	switch (sc) {
	case SC_send:
		return EVENT_SOCKET_SEND_X;
	case SC_recv:
		return EVENT_SOCKET_RECV_X;
	case SC_stat64:
		return EVENT_SYSCALL_STAT64_X;
	case SC_lstat64:
		return EVENT_SYSCALL_LSTAT64_X;
	case SC_fstat64:
		return EVENT_SYSCALL_FSTAT64_X;
	case SC_mmap2:
		return EVENT_SYSCALL_MMAP2_X;
	case SC_umount:
		return EVENT_SYSCALL_UMOUNT_1_X;
	case SC__newselect:
		return EVENT_SYSCALL_SELECT_X;
	default:
		return info == NULL ? EVENT_GENERIC_X : info->exit_event;
	}
}

static void add_call(struct selection *s, unsigned sc)
{
	call_set_add(&s->calls, sc);
	event_set_add(&s->events, selection_event_of(sc));
}

void selection_add(struct selection *s, unsigned code)
{
	event_set_add(&s->events, code);
	for (unsigned sc = 0; sc < SC_COUNT; sc++)
		if (selection_event_of(sc) == code)
			call_set_add(&s->calls, sc);
}

void call_set_names(const struct call_set *s, char *buf, size_t cap)
{
	enum { TAIL = 16 }; /* " and 450 more" */
	unsigned left_out = 0;
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned sc = 0; sc < SC_COUNT; sc++) {
		const struct syscall_info *info = syscall_info(sc);

		if (!call_set_has(s, sc) || info == NULL)
			continue;
		if (left_out > 0 || n + strlen(info->name) + 2 + TAIL >= cap)
			left_out++;
		else
			n += (size_t)snprintf(buf + n, cap - n, "%s%s", n == 0 ? "" : ", ",
					      info->name);
	}
	if (left_out > 0)
		snprintf(buf + n, cap - n, " and %u more", left_out);
}

/* ---- the settings ---- */

bool base_syscalls_add(struct base_syscalls *b, const char *name)
{
	bool without = name[0] == '!';
	bool known = false;

	for (unsigned sc = 0; sc < SC_COUNT; sc++) {
		const struct syscall_info *info = syscall_info(sc);

		if (info == NULL || strcmp(info->name, name + without) != 0)
			continue;
		call_set_add(without ? &b->without : &b->with, sc);
		b->has_with |= !without;
		known = true;
	}
	return known;
}

/* Do rules ask for anything that is about descriptors: of sockets, or of other files? */
static bool asks_for_files(const struct ring_wants *wants, bool sockets)
{
	const uint32_t files = EF_USES_FD | EF_CREATES_FD | EF_DESTROYS_FD;

	for (unsigned code = 0; wants != NULL && code < EVENT_CODE_COUNT; code++) {
		const struct event_info *info = event_info(code);

		if (asks(wants, code) && (info->flags & files) != 0 &&
		    (info->category == EC_NET) == sockets)
			return true;
	}
	return false;
}

/* The call SC is one of those that the state behind cannot do without, with these rules. */
static bool repairs(const struct ring_wants *wants, unsigned sc)
{
	unsigned code = selection_event_of(sc);

	if (!state_set_matters(code))
		return false;
	if (!state_set_is_of_files(code))
		return true;
	return asks_for_files(wants, event_info(code)->category == EC_NET);
}

static bool is_base(const struct ring_wants *wants, const struct base_syscalls *b, unsigned sc)
{
	if (b->has_with && call_set_has(&b->with, sc))
		return true;
	if (b->repair)
		return repairs(wants, sc);
	return !b->has_with && state_set_matters(selection_event_of(sc));
}

/* ---- what is spared ---- */

static bool asks_extra(const struct ring_wants *wants, unsigned extra)
{
	return (wants->extras >> extra & 1) != 0;
}

/* Is anything asked for that is wrong when descriptors stay that were closed?  (The standard ones are
 * told of in any case.) */
static bool asks_for_ends(const struct ring_wants *wants)
{
	bool polls = asks(wants, EVENT_SYSCALL_POLL_X) || asks(wants, EVENT_SYSCALL_PPOLL_X);

	return asks_extra(wants, WANT_FD_COUNT) || asks_extra(wants, WANT_FD_TYPES) ||
	       asks_extra(wants, WANT_FD_NAMED) || (polls && asks_extra(wants, WANT_FDLIST)) ||
	       (wants->extras & (WANT_TAP | WANT_CLOSES)) != 0;
}

/* Sockets that are not told of when they are made are known from the next event on. */
static bool asks_for_sockets(const struct ring_wants *wants)
{
	return asks(wants, EVENT_SOCKET_SOCKET_X) && (wants->extras & WANT_RARE_SOCKETS) == 0;
}

/* Of those that are no duplicates nothing is kept. */
static bool asks_for_fcntls(const struct ring_wants *wants)
{
	return asks(wants, EVENT_SYSCALL_FCNTL_X) &&
	       (wants->extras & (WANT_RARE_FCNTLS | WANT_TAP)) != WANT_RARE_FCNTLS;
}

static void spare(struct selection *s, const struct ring_wants *wants)
{
	for (size_t i = 0; i < ARRAY_LEN(ends) && !asks_for_ends(wants); i++)
		if (!asks(wants, ends[i]))
			event_set_add(&s->spared, ends[i]);
	if (!asks_for_fcntls(wants))
		event_set_add(&s->spared, EVENT_SYSCALL_FCNTL_X);
	if (event_set_has(&s->spared, EVENT_SYSCALL_CLOSE_X) &&
	    event_set_has(&s->spared, EVENT_SYSCALL_CLOSE_RANGE_X) && !asks_for_sockets(wants))
		event_set_add(&s->spared, EVENT_SOCKET_SOCKET_X);
}

/* ---- all of it ---- */

static void add_rest(struct selection *s, const struct ring_wants *wants)
{
	struct selection of_calls = { 0 };

	for (unsigned sc = 0; sc < SC_COUNT; sc++)
		add_call(&of_calls, sc);
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		if (state_set_is_lineage(code) ||
		    (wants != NULL && asks(wants, code) && !event_set_has(&of_calls.events, code)))
			event_set_add(&s->events, code);
}

static void choose(struct selection *s, const struct ring_wants *wants,
		   const struct base_syscalls *base, unsigned sc)
{
	bool asked = wants != NULL && asks_call(wants, sc);
	bool state = state_set_matters(selection_event_of(sc));

	if (!call_set_has(&base->without, sc) && (asked || is_base(wants, base, sc))) {
		add_call(s, sc);
		s->ncalls += syscall_info(sc) != NULL;
		s->nasked += asked && syscall_info(sc) != NULL;
		return;
	}
	if (asked)
		call_set_add(&s->asked, sc);
	if (state)
		call_set_add(&s->missing, sc);
}

/* Before it is said what rules look at, and for who keeps all that comes, that is everything. */
static void choose_urgent(struct selection *s, const struct ring_wants *wants)
{
	_Static_assert(sizeof(s->urgent.bits) == sizeof(wants->events), "a bit per event code");

	if (wants == NULL || (wants->extras & WANT_TAP) != 0)
		s->urgent = s->events;
	else
		memcpy(s->urgent.bits, wants->events, sizeof(s->urgent.bits));
}

void selection_fill(struct selection *s, const struct ring_wants *wants,
		    const struct base_syscalls *base)
{
	static const struct base_syscalls standard;

	*s = (struct selection){ 0 };
	if (wants != NULL && wants->version == 0)
		wants = NULL;
	for (unsigned sc = 0; sc < SC_COUNT; sc++)
		choose(s, wants, base == NULL ? &standard : base, sc);
	add_rest(s, wants);
	choose_urgent(s, wants);
	if (wants == NULL)
		return;
	spare(s, wants);
	s->mutes = (wants->extras & WANT_MUTES) != 0 && (wants->extras & WANT_TAP) == 0;
}

bool selection_grows(const struct selection *from, const struct selection *to)
{
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (event_set_has(&from->spared, ends[i]) && !event_set_has(&to->spared, ends[i]))
			return true;
	return false;
}
