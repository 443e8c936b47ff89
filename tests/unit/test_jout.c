/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON put together piece by piece, on a line of fixed size and on one that drains.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "jout.h"

static void put_sample(struct jout *j)
{
	jout_object(j, NULL);
	jout_str(j, "a\"b", "c\\\n\x01\xff");
	jout_array(j, "list");
	jout_int(j, NULL, -5);
	jout_uint(j, NULL, UINT64_MAX);
	jout_object(j, NULL);
	jout_end(j);
	jout_array(j, NULL);
	jout_end(j);
	jout_null(j, NULL);
	jout_end(j);
	jout_bool(j, "yes", true);
	jout_double(j, "half", 0.5);
	jout_object(j, "inner");
	jout_str(j, "k", "");
	jout_end(j);
	jout_end(j);
}

static const char want[] = "{\"a\\\"b\":\"c\\\\\\n\\u0001\xef\xbf\xbd\",\"list\":[-5,"
			   "18446744073709551615,{},[],null],\"yes\":true,\"half\":0.5,"
			   "\"inner\":{\"k\":\"\"}}";

Test(jout, commas_quotes_and_escapes_come_by_themselves)
{
	uint8_t buf[256];
	struct line line;
	struct jout j;

	line_init(&line, buf, sizeof(buf));
	jout_init(&j, &line);
	put_sample(&j);
	cr_assert(line_length(&line) == (ssize_t)sizeof(want) - 1);
	cr_assert(memcmp(buf, want, sizeof(want) - 1) == 0);
}

Test(jout, a_line_without_drain_that_is_full_is_void)
{
	uint8_t buf[sizeof(want) - 2];
	struct line line;
	struct jout j;

	line_init(&line, buf, sizeof(buf));
	jout_init(&j, &line);
	put_sample(&j);
	cr_assert(line_length(&line) == -ENOSPC);
}

struct gathered {
	uint8_t bytes[512];
	size_t n, room;
};

static bool gather(void *ctx, struct span s)
{
	struct gathered *g = ctx;

	if (s.n > g->room - g->n)
		return false;
	memcpy(g->bytes + g->n, s.p, s.n);
	g->n += s.n;
	return true;
}

Test(jout, a_line_that_drains_has_no_end_whatever_its_size)
{
	for (size_t cap = 1; cap < 100; cap++) {
		struct gathered g = { .room = sizeof(g.bytes) };
		uint8_t buf[100];
		struct line line;
		struct jout j;

		line_init_drained(&line, buf, cap, gather, &g);
		jout_init(&j, &line);
		put_sample(&j);
		cr_assert(line_finish(&line) == 0);
		cr_assert(g.n == sizeof(want) - 1, "%zu with %zu", g.n, cap);
		cr_assert(memcmp(g.bytes, want, g.n) == 0);
	}
}

Test(jout, a_drain_that_fails_is_told_at_the_end)
{
	for (size_t room = 0; room < sizeof(want) - 1; room++) {
		struct gathered g = { .room = room };
		uint8_t buf[16];
		struct line line;
		struct jout j;

		line_init_drained(&line, buf, sizeof(buf), gather, &g);
		jout_init(&j, &line);
		put_sample(&j);
		cr_assert(line_finish(&line) == -EIO);
	}
}
