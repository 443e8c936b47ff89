/* SPDX-License-Identifier: Apache-2.0
 *
 * Bundles of settings and rules, the way they go to a stage, and what it takes until a
 * setting is in force.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bundle.h"
#include "conf_change.h"
#include "supply.h"

static struct bundle made(void)
{
	struct bundle b = { .p = NULL };
	struct bundle_item items[] = {
		{ BUNDLE_SETTINGS, 0, span_str("x.yaml"), span_str("priority: error\n") },
		{ BUNDLE_RULES, 0, span_str("r.yaml"), span_str("- list: a\n  items: []\n") },
		{ BUNDLE_SETTINGS, CONF_STRATEGY_ADD_ONLY, span_str("y.yaml"),
		  span_str("priority: debug\nlog_level: debug\n") },
	};

	for (unsigned i = 0; i < ARRAY_LEN(items); i++)
		cr_assert(eq(int, bundle_add(&b, &items[i]), 0));
	return b;
}

Test(bundle, what_was_put_in_comes_out)
{
	struct bundle b = made();
	struct span rest = span_of(b.p, b.n);
	struct bundle_item item;

	cr_assert(eq(int, bundle_next(&rest, &item), 1));
	cr_assert(item.kind == BUNDLE_SETTINGS && span_is(item.name, "x.yaml"));
	cr_assert(eq(int, bundle_next(&rest, &item), 1));
	cr_assert(item.kind == BUNDLE_RULES && span_is(item.text, "- list: a\n  items: []\n"));
	cr_assert(eq(int, bundle_next(&rest, &item), 1));
	cr_assert(item.strategy == CONF_STRATEGY_ADD_ONLY);
	cr_assert(eq(int, bundle_next(&rest, &item), 0));
	bundle_release(&b);
}

Test(bundle, what_is_cut_off_is_refused)
{
	struct bundle b = made();

	for (size_t n = 1; n < b.n; n++) {
		uint8_t *copy = malloc(n);
		struct span rest = span_of(copy, n);
		struct bundle_item item;
		int err;

		memcpy(copy, b.p, n);
		while ((err = bundle_next(&rest, &item)) == 1)
			continue;
		cr_assert(err == -EPROTO || err == 0);
		free(copy);
	}
	b.p[0] = 9;
	cr_assert(eq(int,
		     bundle_next(&(struct span){ b.p, b.n }, &(struct bundle_item){ .kind = 0 }),
		     -EPROTO));
	bundle_release(&b);
}

Test(bundle, settings_of_a_bundle_are_those_of_its_files)
{
	struct bundle b = made();
	const char *option = "json_output=true";
	struct conf c;
	struct diag d;

	cr_assert(eq(int, conf_load_bundle(span_of(b.p, b.n), &option, 1, NULL, &c, &d), 0));
	cr_assert(eq(uint, c.priority, 3));
	cr_assert_str_eq(c.log_level, "debug");
	cr_assert(c.json_output);
	conf_release(&c);
	bundle_release(&b);
}

Test(bundle, it_travels_as_sealed_memory)
{
	struct bundle b = made();
	struct supply_message m;
	struct span got;
	int ends[2], fd = supply_seal(span_of(b.p, b.n));

	cr_assert(ge(int, fd, 0));
	cr_assert(eq(int, (int)write(fd, "x", 1), -1));
	cr_assert(eq(int, supply_pair(ends), 0));
	cr_assert(eq(int, supply_receive(ends[1], &m), -EAGAIN));
	cr_assert(eq(int, supply_send(ends[0], SUPPLY_RELOAD, fd, "why"), 0));
	cr_assert(eq(int, supply_receive(ends[1], &m), 0));
	cr_assert(m.kind == SUPPLY_RELOAD && m.fd != -1 && m.fd != fd);
	cr_assert_str_eq(m.text, "why");
	cr_assert(eq(int, supply_read(m.fd, &got), 0));
	cr_assert(span_eq(got, span_of(b.p, b.n)));
	free((void *)(uintptr_t)got.p);
	cr_assert(eq(int, (int)send(ends[0], "\x63", 1, 0), 1));
	cr_assert(eq(int, supply_receive(ends[1], &m), -EPROTO));
	close(ends[0]);
	cr_assert(eq(int, supply_receive(ends[1], &m), -EPIPE));
	/* Memory that somebody can still write is none that settings come from. */
	fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	cr_assert(eq(int, (int)write(fd, b.p, b.n), (int)b.n));
	cr_assert(eq(int, supply_read(fd, &got), -EPROTO));
	bundle_release(&b);
}

static unsigned said;

static void say(void *ctx, const char *key, struct conf_change change)
{
	(void)ctx;
	(void)change;
	cr_assert_neq(key[0], '\0');
	said++;
}

Test(bundle, each_setting_says_what_it_takes)
{
	static const struct {
		const char *option;
		unsigned again, by_hand;
	} cases[] = {
		{ "priority=error", 0, 0 },
		{ "rules[]={disable: {rule: x}}", 0, 0 },
		{ "json_output=true", 1u << STAGE_EMITTER, 0 },
		{ "stdout_output.minimum_priority=error", 1u << STAGE_EMITTER, 0 },
		{ "http_output={url: x}", 1u << STAGE_EMITTER, 0 },
		{ "container_engines.docker.sockets=/x", 1u << STAGE_ENRICHER, 0 },
		{ "mews.resolve_names=never", 1u << STAGE_ENRICHER, 0 },
		{ "capture.enabled=true", 1u << STAGE_RECORDER, 0 },
		{ "mews.rings.raw_mb=2", 0, 1u << STAGE_COLLECTOR },
		{ "engine.modern_ebpf.buf_size_preset=2", 0, 1u << STAGE_COLLECTOR },
	};
	struct conf a;
	struct diag d;

	cr_assert(eq(int, conf_load_text(SPAN_NONE, "x", NULL, 0, NULL, &a, &d), 0));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf_change change;
		struct conf b;

		cr_assert(eq(int, conf_load_text(SPAN_NONE, "x", &cases[i].option, 1, NULL, &b, &d),
			     0));
		said = 0;
		change = conf_compare(&a, &b, say, NULL);
		cr_assert(eq(uint, change.again, cases[i].again), "%s", cases[i].option);
		cr_assert(eq(uint, change.by_hand, cases[i].by_hand), "%s", cases[i].option);
		cr_assert(eq(uint, said, (cases[i].again | cases[i].by_hand) != 0), "%s",
			  cases[i].option);
		conf_release(&b);
	}
	conf_release(&a);
}
