/* SPDX-License-Identifier: Apache-2.0
 *
 * wants.c -- see wants.h.
 */
#include "wants.h"

#include "event.h"

enum { SOCKETCALL_NR = 102 };

/* How narrow.def's rows pass their arguments. */
enum kind { OLD = 0, WIDE = WANTED_WIDE, ARGS = 6 << WANTED_ARGS, MANY = WANTED_MANY };

struct narrow_row {
	uint16_t row, sc;
	uint8_t flags;
};

static const struct narrow_row narrow_rows[] = {
#if defined(__x86_64__)
#define IA32(nr, name, kind) { NARROW_32 + nr, SC_##name, kind },
#define X32(nr, name)	     { nr, SC_##name, 0 },
#define SOCKETCALL(call, name, args)                                                               \
	{ NARROW_SOCKETCALL + call, SC_##name, MANY | args << WANTED_ARGS },
#else
#define ARM32(nr, name, kind) { NARROW_32 + nr, SC_##name, kind },
#endif
#include "narrow.def"
#undef IA32
#undef X32
#undef SOCKETCALL
#undef ARM32
};

static int native_nr(unsigned sc)
{
#if defined(__x86_64__)
	return syscall_info(sc)->x86_64_nr;
#else
	return syscall_info(sc)->aarch64_nr;
#endif
}

/* Which family makes the event CODE and how it may fill the buffer: family.def. */
static bool capture_of(unsigned code, struct wanted *ret)
{
	enum { BULK = 0, STATE = WANTED_STATE };

	switch (code) {
#define CAPTURE(event, fam, class)                                                                 \
	case EVENT_##event:                                                                        \
		ret->family = FAMILY_##fam;                                                        \
		ret->flags = WANTED_YES | class;                                                   \
		return true;
#include "family.def"
#undef CAPTURE
	}
	return false;
}

bool wants_can(unsigned code)
{
	struct wanted ignored;

	return capture_of(code, &ignored);
}

/* The system call SC's row; all zero if its event is not wanted. */
static struct wanted row_of(const struct selection *s, unsigned sc, unsigned native)
{
	unsigned code = selection_event_of(sc);
	struct wanted row = { 0 };

	if (!call_set_has(&s->calls, sc) || !event_set_has(&s->events, code) ||
	    !capture_of(code, &row))
		return (struct wanted){ 0 };
	row.code = (uint16_t)code;
	row.sc = (uint16_t)sc;
	row.native = (uint16_t)native;
	if (event_set_has(&s->spared, code))
		row.family |= WANTED_SPARED;
	return row;
}

int wants_beat_nr(void)
{
	return native_nr(SC_sched_get_priority_max);
}

bool wants_beat(struct wants *w)
{
	int nr = wants_beat_nr();
	struct wanted row = w->native[nr];
	bool others = (row.flags & WANTED_YES) != 0;

	if (!others) {
		(void)capture_of(EVENT_GENERIC_X, &row);
		row.flags |= w->native[nr].flags;
		row.code = EVENT_GENERIC_X;
		row.sc = SC_sched_get_priority_max;
		row.native = (uint16_t)nr;
	}
	row.family |= WANTED_BEAT;
	w->native[nr] = row;
	return others;
}

/* The row of a 32-bit call.  Its number is told as the one that the call has natively; if it has
 * none, as it is. */
static void fill_narrow(struct wants *w, const struct selection *s, const struct narrow_row *n)
{
	int nr = native_nr(n->sc);
	struct wanted row = row_of(s, n->sc, nr < 0 ? n->row : (unsigned)nr);

	if (row.flags == 0)
		return;
	row.flags |= n->flags | w->narrow[n->row].flags;
	w->narrow[n->row] = row;
	if (n->row >= NARROW_SOCKETCALL) /* to be found, the one that holds it has to be */
		w->narrow[NARROW_32 + SOCKETCALL_NR].flags |= WANTED_MANY;
}

void wants_fill(struct wants *w, const struct selection *selection)
{
	*w = (struct wants){ 0 };
	for (unsigned nr = 0; nr < WANTED_COUNT; nr++)
		w->native[nr] = row_of(selection, syscall_from_native((int)nr), nr);
	for (size_t i = 0; i < ARRAY_LEN(narrow_rows); i++)
		fill_narrow(w, selection, &narrow_rows[i]);
	/* Where a second look is worth it. */
	for (unsigned nr = 0; nr < NARROW_X32; nr++)
		if (w->narrow[NARROW_32 + nr].flags != 0)
			w->native[nr].flags |= WANTED_NARROW;
}
