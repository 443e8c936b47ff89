/* SPDX-License-Identifier: Apache-2.0
 *
 * uuid.c -- see uuid.h.  Nobody has to be kept from making two alerts with one id: whoever could
 * would only hide his own.  So two sums with good mixing are enough, and 122 bits of them.
 */
#include "uuid.h"

/* Every bit of the result depends on every bit of X. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	return x;
}

static uint64_t word_at(struct span s, size_t at)
{
	size_t n = s.n - at < 8 ? s.n - at : 8;
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)s.p[at + i] << 8 * i;
	return w;
}

struct uuid uuid_of(const struct span *parts, unsigned n)
{
	uint64_t a = UINT64_C(0x9e3779b97f4a7c15), b = UINT64_C(0xc2b2ae3d27d4eb4f);
	struct uuid u;

	for (unsigned i = 0; i < n; i++) {
		for (size_t at = 0; at < parts[i].n; at += 8) {
			uint64_t w = word_at(parts[i], at);

			a = mix(a ^ w) + UINT64_C(0x9e3779b97f4a7c15);
			b = mix(b + w) ^ a;
		}
		a = mix(a + parts[i].n);
		b = mix(b ^ parts[i].n ^ a);
	}
	for (unsigned i = 0; i < 8; i++) {
		u.byte[i] = (uint8_t)(a >> 8 * i);
		u.byte[8 + i] = (uint8_t)(b >> 8 * i);
	}
	u.byte[6] = (uint8_t)((u.byte[6] & 0x0f) | 0x80);
	u.byte[8] = (uint8_t)((u.byte[8] & 0x3f) | 0x80);
	return u;
}

void uuid_print(struct uuid u, char ret[static UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *p = ret;

	for (unsigned i = 0; i < UUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[u.byte[i] >> 4];
		*p++ = digits[u.byte[i] & 0x0f];
	}
	*p = '\0';
}
