/* SPDX-License-Identifier: Apache-2.0
 *
 * A segment of any bytes: what is found in it is what was written, places do not overlap, and it ends.
 * The first byte says where a real record is put in between.
 */
#include <stdlib.h>

#include "journal.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The key that the corpus is written with. */
static const struct journal_key key = { 0x4d657773, 7 };

static unsigned count(struct journal_key k, struct span bytes, uint64_t *patience)
{
	uint64_t before = *patience;
	struct journal_record r;
	size_t start, end;
	unsigned n = 0;

	while (bytes.n > 0) {
		bool found = journal_search(k, bytes, patience, &r, &start, &end);

		must(start <= end && end <= bytes.n && end > 0 && *patience <= before);
		must(*patience > 0 || (!found && start == end));
		if (!found)
			break;
		must(end - start == JOURNAL_RECORD_HEADER + r.payload.n);
		must(journal_length(k, span_of(bytes.p + start, end - start)) == end - start);
		n++;
		bytes = span_of(bytes.p + end, bytes.n - end);
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal_record r = { .number = 5, .payload = span_str("between") };
	uint64_t first, patience = JOURNAL_PATIENCE;
	struct journal_key said;
	uint8_t *with;
	size_t at;
	ssize_t n;

	if (size == 0)
		return 0;
	/* Who left it chose the key. */
	if (journal_decode_header(span_of(data + 1, size - 1), &first, &said))
		(void)count(said, span_of(data + 1, size - 1), &patience);
	patience = size;
	(void)count(key, span_of(data + 1, size - 1), &patience);
	with = malloc(size + 256);
	must(with != NULL);
	at = size == 1 ? 0 : data[0] % size;
	memcpy(with, data + 1, at < size - 1 ? at : size - 1);
	at = at < size - 1 ? at : size - 1;
	n = journal_encode(key, with + at, 256, &r);
	must(n > 0);
	memcpy(with + at + n, data + 1 + at, size - 1 - at);
	/* It may lie within what says that it is longer, but not unless that is whole. */
	patience = JOURNAL_PATIENCE;
	must(count(key, span_of(with, size - 1 + (size_t)n), &patience) >= 1 || patience == 0);
	free(with);
	return 0;
}
