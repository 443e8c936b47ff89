/* SPDX-License-Identifier: Apache-2.0
 *
 * utf8.c -- see utf8.h.
 */
#include "utf8.h"

/* What may follow the first byte of a character: how many bytes, and in what range
 * the first of them is; all others are 80 .. BF.  No bytes: nothing of several begins so. */
struct lead {
	uint8_t more, least, most;
};

static struct lead lead_of(uint8_t first)
{
	if (first >= 0xc2 && first <= 0xdf)
		return (struct lead){ 1, 0x80, 0xbf };
	if (first == 0xe0)
		return (struct lead){ 2, 0xa0, 0xbf };
	if (first == 0xed)
		return (struct lead){ 2, 0x80, 0x9f };
	if (first >= 0xe1 && first <= 0xef)
		return (struct lead){ 2, 0x80, 0xbf };
	if (first == 0xf0)
		return (struct lead){ 3, 0x90, 0xbf };
	if (first >= 0xf1 && first <= 0xf3)
		return (struct lead){ 3, 0x80, 0xbf };
	if (first == 0xf4)
		return (struct lead){ 3, 0x80, 0x8f };
	return (struct lead){ 0, 0, 0 };
}

size_t utf8_length(const uint8_t *p, size_t n, bool *ret_valid)
{
	struct lead lead = lead_of(p[0]);
	size_t i = 1;

	if (lead.more > 0 && n > 1 && p[1] >= lead.least && p[1] <= lead.most)
		for (i = 2; i <= lead.more && i < n && (p[i] & 0xc0) == 0x80;)
			i++;
	*ret_valid = p[0] < 0x80 || (lead.more > 0 && i == (size_t)lead.more + 1);
	return i;
}

uint32_t utf8_number(const uint8_t *p, size_t length)
{
	static const uint8_t bits[UTF8_MAX_BYTES + 1] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t number = p[0] & bits[length];

	for (size_t i = 1; i < length; i++)
		number = number << 6 | (p[i] & 0x3f);
	return number;
}

size_t utf8_put(uint8_t *out, uint32_t number)
{
	if (number < 0x80) {
		out[0] = (uint8_t)number;
		return 1;
	}
	if (number < 0x800) {
		out[0] = (uint8_t)(0xc0 | number >> 6);
		out[1] = (uint8_t)(0x80 | (number & 0x3f));
		return 2;
	}
	if (number < 0x10000) {
		out[0] = (uint8_t)(0xe0 | number >> 12);
		out[1] = (uint8_t)(0x80 | (number >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (number & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | number >> 18);
	out[1] = (uint8_t)(0x80 | (number >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (number >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (number & 0x3f));
	return 4;
}
