/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request for the web page says of itself: the first byte chooses which header or number it
 * is.  A host that is known is one of few forms; a token that opens is the token.
 */
#include <stdlib.h>

#include "must.h"
#include "page_gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void host(struct span s)
{
	static const struct conf_list names = { 1, { (char *)"mews.example" } };

	if (!page_gate_knows_host(s, &names))
		return;
	must(s.n > 0 && s.n < 300);
	for (size_t i = 0; i < s.n; i++)
		must(s.p[i] > ' ' && s.p[i] < 0x7f);
}

static void number(struct span s)
{
	char text[64];
	uint64_t n;

	if (s.n >= sizeof(text))
		return;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (page_gate_number(text, 1, &n))
		must(strtoull(text, NULL, 10) == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char token[] = "0123456789abcdef";
	struct span s;

	if (size == 0)
		return 0;
	s = span_of(data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		host(s);
		break;
	case 1:
		if (page_gate_has_token(s, span_str(token)))
			must(span_ends(s, span_str(token)));
		break;
	case 2:
		must(!page_gate_is_token(s) || (s.n >= PAGE_TOKEN_LEAST && s.n <= PAGE_TOKEN_MOST));
		break;
	default:
		number(s);
	}
	return 0;
}
