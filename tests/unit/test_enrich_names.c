/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of addresses through the enricher and the mirror: what a resolver said of the names that rules ask
 * for, as an evaluator finds it by the address.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "nametab.h"
#include "support/state_kit.h"

#define ONE   "\4\12\0\0\1"
#define TWO   "\4\12\0\0\2"
#define SIX   "\20\375\0\0\0\0\0\0\0\0\0\0\0\0\0\0\6"
#define S(a)  span_of(a, sizeof(a) - 1)
#define AT(a) span_of((a) + 1, sizeof(a) - 2)

TestSuite(enrich_names, .init = setup, .fini = teardown);

static void want(const char *a, const char *b)
{
	static struct host_names names;

	names.n = 0;
	if (a != NULL)
		names.name[names.n++] = span_str(a);
	if (b != NULL)
		names.name[names.n++] = span_str(b);
	enrich_want_names(w->enrich, &names);
}

static void say(const char *name, struct span addresses)
{
	enrich_name(w->enrich, span_str(name), addresses);
}

/* The names that M has of ADDRESS, each with a blank behind it. */
static const char *names_in(const struct mirror *m, struct span address)
{
	const struct address_frame *f = mirror_address(m, address);
	static char text[256];

	text[0] = '\0';
	for (unsigned i = 0; f != NULL && i < f->nnames; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s ",
			 (int)f->names[i].n, (const char *)f->names[i].p);
	return text;
}

static const char *names_of(struct span address)
{
	return names_in(w->mirror, address);
}

Test(enrich_names, an_address_has_the_names_that_were_resolved_to_it)
{
	want("a", "b");
	say("a", S(ONE TWO SIX));
	cr_assert_str_eq(names_of(AT(ONE)), "a ");
	cr_assert_str_eq(names_of(AT(SIX)), "a ");
	say("b", S(TWO));
	cr_assert_str_eq(names_of(AT(TWO)), "a b ");
	cr_assert_str_eq(names_of(S("\12\0\0\3")), "");
}

Test(enrich_names, what_a_name_has_no_more_is_taken_away)
{
	want("a", "b");
	say("a", S(ONE TWO));
	say("b", S(TWO));
	say("a", S(ONE));
	cr_assert_str_eq(names_of(AT(ONE)), "a ");
	cr_assert_str_eq(names_of(AT(TWO)), "b ");
	say("a", SPAN_NONE);
	cr_assert(mirror_address(w->mirror, AT(ONE)) == NULL);
}

Test(enrich_names, names_that_rules_ask_for_no_more_are_forgotten)
{
	want("a", "b");
	say("a", S(ONE TWO));
	say("b", S(TWO));
	want("b", NULL);
	cr_assert_str_eq(names_of(AT(ONE)), "");
	cr_assert_str_eq(names_of(AT(TWO)), "b ");
	/* An answer that was on its way. */
	say("a", S(ONE));
	cr_assert_str_eq(names_of(AT(ONE)), "");
	want("a", "b");
	cr_assert_str_eq(names_of(AT(ONE)), "");
	say("a", S(ONE));
	cr_assert_str_eq(names_of(AT(ONE)), "a ");
}

Test(enrich_names, nonsense_is_not_taken)
{
	static uint8_t long_one[NAMED_MAX_BYTES + 1];

	want("a", NULL);
	say("a", S(ONE));
	say("a", span_of(long_one, sizeof(long_one)));
	cr_assert_str_eq(names_of(AT(ONE)), "a ");
	/* Up to where it makes sense. */
	say("a", S(TWO "\5wrong"));
	cr_assert_str_eq(names_of(AT(ONE)), "");
	cr_assert_str_eq(names_of(AT(TWO)), "a ");
	say("a", S("\20short"));
	cr_assert_str_eq(names_of(AT(TWO)), "");
}

/* ---- snapshots ---- */

static struct mirror *other;
static unsigned addresses;

static int take(void *ctx, uint16_t type, struct span payload)
{
	(void)ctx;
	addresses += type == FRAME_ADDRESS;
	cr_assert_eq(mirror_apply(other, type, payload), 0);
	return 0;
}

Test(enrich_names, a_snapshot_tells_each_address_once)
{
	struct mirror_limits limits = {
		.processes = 16, .users = 16, .groups = 16, .containers = 16
	};

	want("a", "b");
	say("a", S(ONE TWO));
	say("b", S(TWO SIX));
	cr_assert_eq(mirror_new(&limits, &other), 0);
	cr_assert_eq(enrich_snapshot(w->enrich, UINT64_MAX, take, NULL), 0);
	cr_assert(eq(uint, addresses, 3));
	cr_assert_str_eq(names_in(other, AT(ONE)), "a ");
	cr_assert_str_eq(names_in(other, AT(TWO)), "a b ");
	cr_assert_str_eq(names_in(other, AT(SIX)), "b ");
	mirror_free(other);
}

Test(enrich_names, as_many_names_as_there_is_room_for)
{
	static struct host_names names;
	static char text[HOST_NAMES_MAX][8];

	for (; names.n < HOST_NAMES_MAX; names.n++) {
		snprintf(text[names.n], sizeof(text[0]), "n%u", names.n);
		names.name[names.n] = span_str(text[names.n]);
	}
	enrich_want_names(w->enrich, &names);
	for (unsigned i = 0; i < names.n; i++)
		say(text[i], S(ONE));
	cr_assert(eq(uint, mirror_address(w->mirror, AT(ONE))->nnames, ADDRESS_MAX_NAMES));
	want(NULL, NULL);
	cr_assert(mirror_address(w->mirror, AT(ONE)) == NULL);
}
