/* SPDX-License-Identifier: Apache-2.0
 *
 * path.c -- putting paths together; see path.h.
 */
#include "path.h"

/* Length of OUT[0..N) without its last component: up to and with the slash
 * before it.  The first byte stays, it is the root's slash. */
static size_t without_last(const uint8_t *out, size_t n)
{
	if (n <= 1)
		return n;
	n--; /* the slash behind the component */
	while (n > 0 && out[n - 1] != '/')
		n--;
	return n;
}

/* Append NAME to OUT[0..N), normalised. */
static size_t append(uint8_t *out, size_t n, struct span name)
{
	size_t i = 0;

	while (i < name.n) {
		const uint8_t *c = name.p + i;
		size_t len = 0;

		while (i + len < name.n && c[len] != '/')
			len++;
		i += len;
		if (len == 2 && c[0] == '.' && c[1] == '.') {
			n = without_last(out, n);
		} else if (len > 0 && !(len == 1 && c[0] == '.')) {
			memmove(out + n, c, len);
			n += len;
		} else if (len == 0 && n == 0) {
			out[n++] = '/';
		}
		if (len > 0 && i < name.n && n > 0 && out[n - 1] != '/' && !(len == 1 && *c == '.'))
			out[n++] = '/';
		if (i < name.n)
			i++; /* the slash */
	}
	if (n > 1 && out[n - 1] == '/')
		n--;
	return n;
}

/* A byte that is zero in V has its top bit set in the result, and no other has. */
static uint64_t zero_bytes(uint64_t v)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);

	return ~(((v & low) + low) | v | low);
}

/* Is there a slash in NAME with a slash or a dot behind it?  Most names have none,
 * and are told by eight bytes at a time; the two characters differ in their last
 * bit alone. */
static bool has_odd_component(struct span name)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), slashes = ones * '/';
	uint64_t here, next;
	size_t i = 0;

	_Static_assert(('.' | 1) == '/', "a dot is a slash but for one bit");
	for (; i + 9 <= name.n; i += 8) {
		memcpy(&here, name.p + i, 8);
		memcpy(&next, name.p + i + 1, 8);
		if ((zero_bytes(here ^ slashes) & zero_bytes((next | ones) ^ slashes)) != 0)
			return true;
	}
	for (; i + 1 < name.n; i++)
		if (name.p[i] == '/' && (name.p[i + 1] | 1) == '/')
			return true;
	return false;
}

/* NAME has nothing in it that append() would leave out, but for a slash at its end. */
static bool is_plain(struct span name)
{
	return name.n > 0 && name.p[0] != '.' && !has_odd_component(name);
}

size_t path_concat(uint8_t *out, size_t cap, struct span dir, struct span name)
{
	if (cap < PATH_CAP)
		return 0;
	if (dir.n >= PATH_CAP || name.n >= PATH_CAP || dir.n + name.n + 1 > PATH_CAP) {
		memcpy(out, PATH_TOO_LONG, sizeof(PATH_TOO_LONG) - 1);
		return sizeof(PATH_TOO_LONG) - 1;
	}
	if (name.n == 0 || name.p[0] == '/')
		dir.n = 0;
	if (dir.n > 0)
		memmove(out, dir.p, dir.n);
	if (!is_plain(name))
		return append(out, dir.n, name);
	memmove(out + dir.n, name.p, name.n);
	dir.n += name.n;
	return dir.n > 1 && out[dir.n - 1] == '/' ? dir.n - 1 : dir.n;
}

bool path_has_two_slashes(struct span path)
{
	const uint64_t slashes = UINT64_C(0x0101010101010101) * '/';
	uint64_t here, next;
	size_t i = 0;

	for (; i + 9 <= path.n; i += 8) {
		memcpy(&here, path.p + i, 8);
		memcpy(&next, path.p + i + 1, 8);
		if ((zero_bytes(here ^ slashes) & zero_bytes(next ^ slashes)) != 0)
			return true;
	}
	for (; i + 1 < path.n; i++)
		if (path.p[i] == '/' && path.p[i + 1] == '/')
			return true;
	return false;
}

size_t path_merge_slashes(uint8_t *out, size_t cap, struct span path)
{
	size_t n = 0;

	for (size_t i = 0; i < path.n && n < cap; i++)
		if (path.p[i] != '/' || n == 0 || out[n - 1] != '/')
			out[n++] = path.p[i];
	return n;
}

enum { LANES = 16 };
typedef uint8_t lanes __attribute__((vector_size(LANES)));

/* A slash with a slash or a dot behind it, at one of the LANES places from P on? */
static bool has_odd_step(const uint8_t *p)
{
	uint64_t words[LANES / 8];
	lanes here, next, odd;

	memcpy(&here, p, LANES);
	memcpy(&next, p + 1, LANES);
	odd = (lanes)(here == '/') & ((lanes)(next == '/') | (lanes)(next == '.'));
	memcpy(words, &odd, sizeof(words));
	return (words[0] | words[1]) != 0;
}

bool path_is_plain(struct span path)
{
	size_t i = 0;

	if (path.n == 0 || path.n >= PATH_CAP || path.p[0] != '/')
		return false;
	if (path.n == 1)
		return true;
	for (; i + LANES < path.n; i += LANES)
		if (has_odd_step(path.p + i))
			return false;
	/* The rest, together with some that was looked at. */
	if (path.n > LANES) {
		if (has_odd_step(path.p + path.n - LANES - 1))
			return false;
	} else {
		for (i = 1; i < path.n; i++)
			if (path.p[i - 1] == '/' && (path.p[i] == '/' || path.p[i] == '.'))
				return false;
	}
	return path.p[path.n - 1] != '/';
}
