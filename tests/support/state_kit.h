/* SPDX-License-Identifier: Apache-2.0
 *
 * state_kit.h -- for tests of a state_world, `w`: what a field is at the last event.
 */
#ifndef MEWS_STATE_KIT_H
#define MEWS_STATE_KIT_H

#include <criterion/criterion.h>

#include "state_world.h"

static struct state_world *w;

static inline void setup(void)
{
	cr_assert_eq(state_world_new(&w), 0);
	state_world_begin(w);
	state_world_end(w);
}

static inline void teardown(void)
{
	state_world_free(w);
}

/* REF's text in TEXT; NULL: missing. */
static inline const char *state_value(const char *field, char text[8192])
{
	struct field_ref ref;
	struct diag diag = { 0 };
	struct value v;
	struct span s;

	arena_clear(&w->arena);
	cr_assert_eq(field_parse(span_str(field), &ref, &diag), 0, "%s: %s", field, diag.message);
	if (!field_get(&ref, &w->event, &v))
		return NULL;
	s = field_text(&ref, &w->event);
	cr_assert_lt(s.n, 8192);
	if (s.n > 0)
		memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return text;
}

static inline void state_is(const char *field, const char *expected)
{
	char text[8192];
	const char *got = state_value(field, text);
	bool same = got == NULL || expected == NULL ? got == expected : strcmp(got, expected) == 0;

	cr_assert(same, "%s is '%s', not '%s'", field, got == NULL ? "(missing)" : got,
		  expected == NULL ? "(missing)" : expected);
}

struct state_row {
	const char *field, *text; /* NULL: missing */
};

#define STATE_ARE(...)                                                                             \
	do {                                                                                       \
		static const struct state_row rows_[] = { __VA_ARGS__ };                           \
		for (size_t i_ = 0; i_ < ARRAY_LEN(rows_); i_++)                                   \
			state_is(rows_[i_].field, rows_[i_].text);                                 \
	} while (0)

#endif
