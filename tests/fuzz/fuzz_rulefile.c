/* SPDX-License-Identifier: Apache-2.0
 *
 * A rules file from anybody: read, merged, compiled, its problems printed; and
 * held against the schema.
 */
#include <stdlib.h>

#include "rule_schema.h"
#include "rulefile.h"
#include "ytree_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_schema(struct span text)
{
	struct yfile f = { .name = "fuzz.yaml", .bytes = text };
	struct diag diag = { .message = "" };
	struct pool_vec words = { 0 };
	struct pool pool;

	pool_init(&pool, 64 * 1024 * 1024);
	if (ytree_read(&f, &pool, &diag) == 0)
		rule_schema_check(&f, &pool, &words);
	else if (diag.message[0] == '\0' || diag.line == 0)
		abort(); /* an error says what and where */
	pool_release(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	struct rulefile_load load;

	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	if (rulefile_load_text("fuzz.yaml", span_of(data, size), &load) == 0 &&
	    ruleset_seal(load.rules, RULE_PRIORITY_DEBUG) < 0)
		abort();
	if (nowhere != NULL)
		rulefile_print(&load, true, nowhere);
	rulefile_release(&load);
	check_schema(span_of(data, size));
	return 0;
}
