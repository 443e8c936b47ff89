/* SPDX-License-Identifier: Apache-2.0
 *
 * A rules file from anybody: read, merged, compiled, its problems printed.
 */
#include <stdlib.h>

#include "rulefile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	return 0;
}
