/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's resolver, on a thread of its own: names that it knows without a network.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <time.h>

#include "resolver.h"

static struct lookup_answer wait_for(struct resolver *r, const char *name)
{
	const struct timespec pause = { 0, 1000000 };
	struct lookup_answer a = { .end = LOOKUP_FAILED };
	char of[HOST_NAME_LONGEST + 1];
	uint64_t took_ns;

	cr_assert(resolver_ask(r, name));
	cr_assert(not(resolver_ask(r, "another")), "one at a time");
	for (unsigned i = 0; !resolver_take(r, of, &a, &took_ns); i++) {
		cr_assert(lt(uint, i, 60000));
		nanosleep(&pause, NULL);
	}
	cr_assert(eq(str, of, (char *)name));
	cr_assert(not(resolver_take(r, of, &a, &took_ns)), "once");
	return a;
}

Test(resolver, finds_what_is_written_as_an_address_or_in_the_hosts_file)
{
	struct resolver *r;
	struct lookup_answer a;

	cr_assert(eq(int, resolver_new(&r), 0));
	a = wait_for(r, "127.0.0.9");
	cr_assert(eq(int, a.end, LOOKUP_FOUND));
	cr_assert(span_eq(span_of(a.bytes, a.n), span_of("\4\177\0\0\11", 5)));
	a = wait_for(r, "localhost");
	cr_assert(eq(int, a.end, LOOKUP_FOUND));
	cr_assert(named_has(span_of(a.bytes, a.n), span_of("\177\0\0\1", 4)));
	resolver_free(r);
}

Test(resolver, lets_go_of_a_lookup_that_is_on_its_way)
{
	struct resolver *r;

	cr_assert(eq(int, resolver_new(&r), 0));
	cr_assert(resolver_ask(r, "localhost"));
	resolver_free(r);
	resolver_free(NULL);
}
