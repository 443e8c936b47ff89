/* SPDX-License-Identifier: Apache-2.0
 *
 * span.h -- bytes that somebody else owns: a pointer and a length, never a
 * terminator.  Whoever hands one out says until when it is valid.
 */
#ifndef MEWS_SPAN_H
#define MEWS_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct span {
	const uint8_t *p;
	size_t n;
};

#define SPAN_NONE ((struct span){ NULL, 0 })

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){ p, n };
}

static inline struct span span_str(const char *s)
{
	return (struct span){ (const uint8_t *)s, s == NULL ? 0 : strlen(s) };
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_is(struct span a, const char *s)
{
	return span_eq(a, span_str(s));
}

/* The same, where A is held against many names: most differ early. */
static inline bool span_is_name(struct span a, const char *name)
{
	size_t i = 0;

	while (i < a.n && name[i] != '\0' && a.p[i] == (uint8_t)name[i])
		i++;
	return i == a.n && name[i] == '\0';
}

static inline bool span_starts(struct span a, struct span prefix)
{
	return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

static inline bool span_ends(struct span a, struct span suffix)
{
	return a.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(a.p + a.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* A without the NUL bytes at its end, as Falco's strings come with one. */
static inline struct span span_chomp(struct span a)
{
	while (a.n > 0 && a.p[a.n - 1] == 0)
		a.n--;
	return a;
}

#endif
