/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers from whoever answers at a receiver's place.  The first byte is how many items were
 * sent; nothing that is told lies outside of the answer, and no more is done than was sent.
 */

#include "answer.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_lie_in(struct span part, struct span whole)
{
	must(part.n == 0 || (part.p >= whole.p && part.n <= whole.n &&
			     (size_t)(part.p - whole.p) <= whole.n - part.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer_items items;
	struct span body, why;

	if (size == 0)
		return 0;
	body = span_of(data + 1, size - 1);
	if (answer_bulk(body, data[0], &items) == 0)
		must((items.done == data[0]) == (items.next == VERDICT_TAKEN) || data[0] == 0);
	must(items.done <= data[0]);
	must_lie_in(items.why, body);
	answer_otlp_refused(body, &why);
	must_lie_in(why, body);
	must(answer_wait_ms(body, 784111740) <= 3600 * 1000);
	return 0;
}
