/* SPDX-License-Identifier: Apache-2.0
 *
 * Host names that are looked up: when, in which order, and what of an answer is new.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "lookups.h"

static struct lookups l;
static struct mono now = { 100 * NS_PER_SEC };

static void setup(void)
{
	l = (struct lookups){ 0 };
}

TestSuite(lookups, .init = setup);

static struct mono after_s(uint64_t s)
{
	return mono_after(now, s * NS_PER_SEC);
}

/* An answer of the addresses 10.0.0.B, for each byte B of LAST. */
static struct lookup_answer answer(const char *last)
{
	struct lookup_answer a = { .end = *last != '\0' ? LOOKUP_FOUND : LOOKUP_NONE };

	for (; *last != '\0'; last++)
		lookup_add(&a, (const uint8_t[4]){ 10, 0, 0, (uint8_t)*last }, 4);
	return a;
}

/* Whether it was taken; KNOWN is what was found of it before. */
static const struct lookup *known;

static bool want(const char *name)
{
	return lookups_want(&l, name, &known);
}

static void want_alone(const char *name)
{
	cr_assert(want(name));
	lookups_keep(&l, now);
}

static bool is_news(const char *name, const char *last, struct mono at)
{
	struct lookup_answer a = answer(last);

	return lookups_answer(&l, name, &a, at) != NULL;
}

static void fails(const char *name, struct mono at)
{
	struct lookup_answer a = { .end = LOOKUP_FAILED };

	cr_assert(lookups_answer(&l, name, &a, at) == NULL);
}

static const char *next_at(struct mono at)
{
	struct mono due;
	const struct lookup *one = lookups_next(&l, at, &due);

	return one == NULL ? "" : one->name;
}

Test(lookups, a_name_is_looked_up_at_once_and_each_minute_from_then_on)
{
	struct mono due;

	cr_assert_str_eq(next_at(now), "");
	want_alone("a.example");
	cr_assert_str_eq(next_at(now), "a.example");
	cr_assert(is_news("a.example", "x", now));
	cr_assert(lookups_next(&l, after_s(59), &due) == NULL);
	cr_assert(eq(u64, due.ns, after_s(60).ns));
	cr_assert_str_eq(next_at(after_s(60)), "a.example");
}

Test(lookups, the_same_addresses_in_another_order_are_nothing_new)
{
	want_alone("a");
	cr_assert(is_news("a", "xyz", now));
	cr_assert(not(is_news("a", "zxy", now)));
	cr_assert(not(is_news("a", "zxyzx", now)));
	cr_assert(is_news("a", "xy", now));
	cr_assert(is_news("a", "", now));
	cr_assert(not(is_news("a", "", now)));
}

Test(lookups, that_there_is_none_is_nothing_new_at_first)
{
	want_alone("a");
	cr_assert(not(is_news("a", "", now)));
	cr_assert(eq(uint, lookups_numbers(&l, now).unasked, 0));
}

Test(lookups, who_does_not_answer_takes_nothing_away_and_is_asked_less_and_less)
{
	uint64_t at = 0;

	want_alone("a");
	cr_assert(is_news("a", "x", now));
	for (uint64_t wait = 5; wait <= 320; wait *= 2) {
		fails("a", after_s(at));
		cr_assert_str_eq(next_at(after_s(at + wait - 1)), "");
		cr_assert_str_eq(next_at(after_s(at + wait)), "a");
		at += wait;
	}
	fails("a", after_s(at));
	cr_assert_str_eq(next_at(after_s(at + 319)), "");
	cr_assert_str_eq(next_at(after_s(at + 320)), "a");
	cr_assert(eq(uint, lookups_numbers(&l, now).failing, 1));
	cr_assert(eq(uint, lookups_numbers(&l, now).found, 1));
	cr_assert(not(is_news("a", "x", after_s(at + 320))));
	cr_assert(eq(uint, lookups_numbers(&l, now).failing, 0));
}

Test(lookups, names_that_are_wanted_no_more_go)
{
	cr_assert(want("a"));
	cr_assert(want("b"));
	lookups_keep(&l, now);
	cr_assert(is_news("b", "x", now));
	cr_assert(want("b"));
	cr_assert(want("c"));
	/* Until all are said nobody knows who goes. */
	cr_assert_str_eq(next_at(after_s(1)), "a");
	lookups_keep(&l, now);
	cr_assert_str_eq(next_at(after_s(1)), "c");
	cr_assert(eq(uint, lookups_numbers(&l, now).names, 2));
	/* Its answer was on the way. */
	cr_assert(not(is_news("a", "y", after_s(1))));
	/* What was known of the others still is. */
	cr_assert(not(is_news("b", "x", after_s(1))));
}

Test(lookups, what_was_found_of_a_name_is_known_when_it_comes_again)
{
	cr_assert(want("a"));
	cr_assert(want("b"));
	cr_assert(known == NULL);
	lookups_keep(&l, now);
	cr_assert_str_eq(next_at(now), "a");
	cr_assert(is_news("a", "x", now));
	cr_assert(want("a"));
	cr_assert(known == NULL);
	lookups_keep(&l, now);
	lookups_keep(&l, now);
	cr_assert(eq(uint, lookups_numbers(&l, now).names, 0));
	cr_assert_str_eq(next_at(after_s(1000)), "");
	/* An answer that comes late is for later. */
	cr_assert(not(is_news("a", "xy", now)));
	cr_assert(want("b"));
	cr_assert(known == NULL);
	cr_assert(want("a"));
	cr_assert(known != NULL);
	cr_assert(eq(uint, known->answer.count, 2));
	cr_assert(eq(uint, lookups_numbers(&l, now).found, 1));
	/* It may have changed. */
	lookups_keep(&l, now);
	cr_assert_str_eq(next_at(now), "a");
	cr_assert(not(is_news("a", "xy", now)));
}

Test(lookups, what_is_no_name_is_not_looked_up)
{
	char longest[HOST_NAME_LONGEST + 2];

	memset(longest, 'l', sizeof(longest));
	longest[HOST_NAME_LONGEST + 1] = '\0';
	cr_assert(not(want("")));
	cr_assert(not(want("a b")));
	cr_assert(not(want(longest)));
	cr_assert(want(longest + 1));
}

static void want_numbered(const char *prefix, unsigned n)
{
	char name[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%u", prefix, i);
		cr_assert(want(name));
	}
	lookups_keep(&l, now);
}

/* Whatever is due at AT is looked up, and has an address. */
static unsigned look_up_all(struct mono at)
{
	struct mono due;
	const struct lookup *one;
	unsigned n = 0;

	for (; (one = lookups_next(&l, at, &due)) != NULL; n++)
		(void)is_news(one->name, "x", at);
	return n;
}

Test(lookups, new_names_are_few)
{
	/* All at once, as rules that are loaded ask for them, and the same again as often as they are said. */
	for (unsigned i = 0; i < 10; i++)
		want_numbered("n", HOST_NAMES_MAX);
	cr_assert(eq(uint, look_up_all(now), HOST_NAMES_MAX));
	/* Others in their place wait: one a minute. */
	want_numbered("secret", 3);
	cr_assert(eq(uint, lookups_numbers(&l, now).unasked, 0));
	cr_assert(eq(uint, lookups_numbers(&l, now).waiting, 3));
	cr_assert_str_eq(next_at(after_s(59)), "");
	cr_assert_str_eq(next_at(after_s(60)), "secret0");
	cr_assert(eq(uint, lookups_numbers(&l, after_s(120)).unasked, 2));
	cr_assert(eq(uint, lookups_numbers(&l, after_s(120)).waiting, 1));
	/* However many there were, and whichever come and go. */
	for (unsigned i = 0; i < 10; i++)
		want_numbered(i % 2 == 0 ? "s" : "t", HOST_NAMES_MAX);
	for (unsigned i = 1; i <= HOST_NAMES_MAX / 2; i++)
		cr_assert(le(uint, look_up_all(after_s((uint64_t)60 * i)), i));
	want_numbered("u", HOST_NAMES_MAX);
	cr_assert(le(uint, look_up_all(after_s((uint64_t)60 * HOST_NAMES_MAX)),
		     HOST_NAMES_MAX / 2 + 1));
}

Test(lookups, names_that_were_never_looked_up_cost_nothing)
{
	for (unsigned i = 0; i < 10; i++)
		want_numbered(i % 2 == 0 ? "s" : "t", HOST_NAMES_MAX);
	want_numbered("n", HOST_NAMES_MAX);
	cr_assert(eq(uint, look_up_all(now), HOST_NAMES_MAX));
}

Test(lookups, whoever_names_as_many_as_he_may_takes_nothing_from_who_comes_behind)
{
	want_numbered("n", 5);
	cr_assert(eq(uint, look_up_all(now), 5));
	want_numbered("s", HOST_NAMES_MAX);
	cr_assert(eq(uint, look_up_all(now), HOST_NAMES_MAX - 5));
	for (unsigned i = 0; i < 10; i++)
		want_numbered(i % 2 == 0 ? "t" : "u", HOST_NAMES_MAX);
	cr_assert(want("n0"));
	cr_assert(known != NULL);
}

Test(lookups, who_was_looked_up_longest_ago_is_forgotten_first)
{
	char name[16];

	for (unsigned i = 0; i < ARRAY_LEN(l.all); i++) {
		snprintf(name, sizeof(name), "n%u", i);
		want_alone(name);
		cr_assert(is_news(name, "x", after_s(i)));
		lookups_keep(&l, now);
	}
	cr_assert(not(want("one more")));
	cr_assert(want("more"));
	cr_assert(want("n1"));
	cr_assert(known != NULL);
	cr_assert(want("n0"));
	cr_assert(known == NULL);
}

Test(lookups, more_addresses_than_there_is_room_for_are_counted)
{
	struct lookup_answer a = { .end = LOOKUP_FOUND };
	struct span left, one;
	unsigned n = 0;

	for (uint8_t i = 0; i < NAMED_MAX_ADDRESSES + 2; i++) {
		uint8_t address[16] = { 0xfd, [15] = i };

		lookup_add(&a, address, sizeof(address));
		lookup_add(&a, address, sizeof(address));
	}
	left = span_of(a.bytes, a.n);
	while ((one = named_next(&left)).n > 0) {
		cr_assert(eq(sz, one.n, 16));
		cr_assert(eq(uint, one.p[15], n));
		n++;
	}
	cr_assert(eq(uint, n, NAMED_MAX_ADDRESSES));
	cr_assert(eq(uint, a.too_many, 4));
}
