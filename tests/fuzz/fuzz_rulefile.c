/* SPDX-License-Identifier: Apache-2.0
 *
 * A rules file from anybody: read, merged, compiled, described, its problems
 * printed; and held against the schema.
 */
#include <stdlib.h>

#include "describe.h"
#include "rule_schema.h"
#include "rulefile.h"
#include "ytree_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_schema(struct span text)
{
	struct yfile f = { .name = "fuzz.yaml", .bytes = text };
	struct diag diag = { .message = "" };
	struct pool_vec words = { 0 }, of_rules = { 0 };
	struct pool pool;

	pool_init(&pool, 64 * 1024 * 1024);
	if (ytree_read(&f, &pool, &diag) == 0) {
		if (!rule_schema_check(&f, RULE_SCHEMA_ALL, &pool, &words) ||
		    !rule_schema_check(&f, RULE_SCHEMA_BUT_TESTS, &pool, &of_rules))
			of_rules.n = 0; /* there was no room */
		if (of_rules.n > words.n)
			abort(); /* it has nothing against rules that it has not against all */
	} else if (diag.message[0] == '\0' || diag.line == 0)
		abort(); /* an error says what and where */
	pool_release(&pool);
}

static bool to_nowhere(void *ctx, struct span bytes)
{
	(void)ctx;
	(void)bytes;
	return true;
}

static void describe(const struct rulefile_load *load)
{
	uint8_t buf[256];
	struct line line;
	struct jout j;

	line_init_drained(&line, buf, sizeof(buf), to_nowhere, NULL);
	jout_init(&j, &line);
	if (!describe_rules(load->loader, load->rules, &j) || j.depth != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	struct rulefile_load load;

	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	if (rulefile_load_text("fuzz.yaml", span_of(data, size), &load) == 0) {
		if (ruleset_seal(load.rules, RULE_PRIORITY_DEBUG) < 0)
			abort();
		describe(&load);
	}
	if (nowhere != NULL)
		rulefile_print(&load, true, nowhere);
	rulefile_release(&load);
	check_schema(span_of(data, size));
	return 0;
}
