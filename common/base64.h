/* SPDX-License-Identifier: Apache-2.0
 *
 * base64.h -- what a digit of base64 (RFC 4648, 4) stands for.  Core.
 */
#ifndef MEWS_BASE64_H
#define MEWS_BASE64_H

#include <stdint.h>

/* 0 to 63; -1: it is none. */
static inline int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

#endif
