/* SPDX-License-Identifier: Apache-2.0
 *
 * re2_shim.cc -- the only C++ here: RE2 as regex_shim.h wants it.  RE2's options for
 * POSIX syntax: egrep's grammar, the longest match, ^ and $ match at lines,
 * no case folding.  RE2 never throws and never backtracks; its automaton is
 * bounded by max_mem and falls back to a slower search when that is used up.
 */
#include <re2/re2.h>
#include <stdint.h>
#include <string.h>

#include <new>
#include <string>

#include "regex_shim.h"

struct regex {
	regex(re2::StringPiece pattern, const RE2::Options &options)
		: re(pattern, options)
	{
	}
	RE2 re;
};

static void set_error(char *error, size_t cap, const char *text)
{
	if (cap == 0)
		return;
	strncpy(error, text, cap - 1);
	error[cap - 1] = '\0';
}

extern "C" struct regex *regex_shim_new(const void *pattern, size_t n, char *error, size_t error_cap)
{
	RE2::Options options(RE2::POSIX);
	struct regex *r;

	options.set_log_errors(false);
	r = new (std::nothrow)
		regex(re2::StringPiece(static_cast<const char *>(pattern), n), options);
	if (r == nullptr) {
		set_error(error, error_cap, "");
		return nullptr;
	}
	if (!r->re.ok()) {
		set_error(error, error_cap, r->re.error().c_str());
		delete r;
		return nullptr;
	}
	return r;
}

extern "C" void regex_shim_free(struct regex *r)
{
	delete r;
}

/* The length of the well-formed UTF-8 sequence at S, or 0; then *ret_bad is how
 * many bytes of a maximal ill-formed part to pass over. */
static size_t utf8_length(const uint8_t *s, size_t n, size_t *ret_bad)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t need;

	*ret_bad = 1;
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		need = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		need = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < need; i++) {
		if (i >= n || s[i] < low || s[i] > high) {
			*ret_bad = i;
			return 0;
		}
		low = 0x80;
		high = 0xbf;
	}
	return need;
}

static bool is_utf8(const uint8_t *p, size_t n)
{
	size_t bad;

	for (size_t i = 0; i < n;) {
		size_t len = utf8_length(p + i, n - i, &bad);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

extern "C" bool regex_shim_match(const struct regex *r, const void *subject, size_t n)
{
	const uint8_t *p = static_cast<const uint8_t *>(subject);
	const char *text = static_cast<const char *>(subject);
	size_t bad;

	if (is_utf8(p, n))
		return RE2::FullMatch(re2::StringPiece(text, n), r->re);

	/* Rare: text that is no UTF-8 is put right in a copy. */
	std::string fixed;

	fixed.reserve(n + 16);
	for (size_t i = 0; i < n;) {
		size_t len = utf8_length(p + i, n - i, &bad);

		if (len > 0)
			fixed.append(text + i, len);
		else
			fixed.append("\xef\xbf\xbd");
		i += len > 0 ? len : bad;
	}
	return RE2::FullMatch(fixed, r->re);
}
