/* SPDX-License-Identifier: Apache-2.0
 *
 * Bundles of any bytes: each item lies in them, and what was read, written again, is the
 * same.
 */
#include <errno.h>

#include "bundle.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_in(struct span part, const uint8_t *data, size_t size)
{
	return part.p >= data && part.n <= size && (size_t)(part.p - data) <= size - part.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size);
	struct bundle again = { .p = NULL };
	struct bundle_item item;
	int more;

	while ((more = bundle_next(&rest, &item)) == 1) {
		must(lies_in(item.name, data, size) && lies_in(item.text, data, size));
		must(bundle_add(&again, &item) == 0);
	}
	must(more == 0 || more == -EPROTO);
	if (more == 0)
		must(again.n == size && (size == 0 || memcmp(again.p, data, size) == 0));
	bundle_release(&again);
	return 0;
}
