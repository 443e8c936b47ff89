/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON that a peer sent.  Whatever it is, all reads stay inside of it; and where
 * somebody else's parser takes it, both read the same values.
 */
#include <jansson.h>

#include "jread.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_TEXT = 1 << 16, DEEPEST = 64 };
static uint8_t text[MAX_TEXT];

static void same_string(struct span value, const char *p, size_t n)
{
	struct span s;

	must(jread_string(value, text, &s) && span_eq(s, span_of(p, n)));
}

static void same_scalar(struct span value, const json_t *j)
{
	enum jread_kind kind = jread_kind(value);
	uint64_t n;

	must(jread_true(value) == json_is_true(j));
	if (json_is_string(j))
		same_string(value, json_string_value(j), json_string_length(j));
	else
		must(kind == (json_is_boolean(j) ? JREAD_BOOL
			      : json_is_null(j)	 ? JREAD_NULL
						 : JREAD_NUMBER));
	if (json_is_integer(j) && jread_uint(value, &n))
		must(json_integer_value(j) == (json_int_t)n);
}

/* Members in their order, elements in theirs. */
static void same(struct span value, json_t *j)
{
	struct jread_walk w = jread_begin(value);
	struct span key, v;
	const char *name;
	size_t i, n;
	json_t *member;

	if (json_is_array(j)) {
		must(jread_kind(value) == JREAD_ARRAY);
		json_array_foreach(j, i, member)
		{
			must(jread_next(&w, &key, &v));
			same(v, member);
		}
	} else if (json_is_object(j)) {
		must(jread_kind(value) == JREAD_OBJECT);
		json_object_keylen_foreach(j, name, n, member)
		{
			must(jread_next(&w, &key, &v));
			same_string(key, name, n);
			same(v, member);
		}
	} else {
		same_scalar(value, j);
	}
	must(!jread_next(&w, &key, &v));
}

/* All of VALUE that can be read; the sum keeps the reads. */
static unsigned read_all(struct span value, unsigned depth)
{
	struct jread_walk w = jread_begin(value);
	unsigned sum = jread_true(value) + jread_member(value, "id").n % 2;
	struct span key, v, s;
	uint64_t n;

	must(value.n <= MAX_TEXT);
	if (jread_string(value, text, &s))
		for (size_t i = 0; i < s.n; i++)
			sum += s.p[i];
	sum += jread_uint(value, &n);
	while (depth > 0 && jread_next(&w, &key, &v))
		sum += read_all(key, 0) + read_all(v, depth - 1);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span value;
	json_t *j;

	if (size > MAX_TEXT)
		return 0;
	value = jread_value(span_of(data, size));
	must(read_all(value, DEEPEST) + 1 > 0);
	j = json_loadb((const char *)data, size,
		       JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	/* A NUL between values is no JSON, but that parser takes it behind a number. */
	if (j != NULL && memchr(data, 0, size) == NULL)
		same(value, j);
	json_decref(j);
	return 0;
}
