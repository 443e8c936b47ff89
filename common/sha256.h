/* SPDX-License-Identifier: Apache-2.0
 *
 * sha256.h -- SHA-256 (FIPS 180-4), in pieces.  Our own: neither stage that wants a digest links a library
 * that has it, and for digests of public files no jailed process is to hold one more.  Core.
 */
#ifndef MEWS_SHA256_H
#define MEWS_SHA256_H

#include "span.h"

enum { SHA256_BYTES = 32, SHA256_BLOCK = 64, SHA256_TEXT = 2 * SHA256_BYTES + 1 };

struct sha256 {
	uint32_t h[8];
	uint64_t length; /* bytes that came so far */
	uint8_t block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, struct span bytes);
void sha256_end(struct sha256 *s, uint8_t ret[SHA256_BYTES]);

/* In hexadecimal, with a NUL. */
void sha256_text(const uint8_t digest[SHA256_BYTES], char ret[SHA256_TEXT]);

#endif
