/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_value.c -- see scene_value.h.
 */
#include "scene_value.h"

#include <errno.h>

#include "literal.h"
#include "names.h"

struct span scene_trim(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_of(s.p + 1, s.n - 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* ---- numbers ---- */

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static bool digits(struct span s, unsigned base, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)digit_of(s.p[i]);

		if (d >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, d, &v))
			return false;
	}
	*ret = v;
	return s.n > 0;
}

static bool take_prefix(struct span *s, const char *prefix)
{
	if (!span_starts(*s, span_str(prefix)))
		return false;
	*s = span_of(s->p + strlen(prefix), s->n - strlen(prefix));
	return true;
}

/* Does the magnitude U with its sign fit a type of SIZE bytes? */
static bool fits(uint64_t u, bool minus, unsigned size, bool is_signed)
{
	uint64_t most = size >= 8 ? UINT64_MAX : (UINT64_C(1) << (size * 8)) - 1;

	if (!is_signed)
		return !minus && u <= most;
	return u <= most / 2 + (minus ? 1 : 0);
}

bool scene_number(struct span s, unsigned type, int64_t *ret)
{
	unsigned size = param_type_size(type);
	bool minus;
	uint64_t u;

	if ((type == PT_UID || type == PT_GID) && span_is(s, "-1")) {
		*ret = UINT32_MAX;
		return true;
	}
	minus = take_prefix(&s, "-");
	if (!digits(s, take_prefix(&s, "0x") ? 16 : 10, &u))
		return false;
	if (!fits(u, minus, size == 0 ? 8 : size, param_type_is_signed(type)))
		return false;
	*ret = (int64_t)(minus ? -u : u);
	return true;
}

bool scene_octal(struct span s, int64_t *ret)
{
	uint64_t u;

	(void)take_prefix(&s, "0o");
	if (!digits(s, 8, &u) || u > UINT32_MAX)
		return false;
	*ret = (int64_t)u;
	return true;
}

bool scene_result(struct span s, int64_t *ret)
{
	if (span_is(s, "SUCCESS")) {
		*ret = 0;
		return true;
	}
	for (int64_t error = 1; error < 200; error++) {
		const char *name = name_of_errno(error);

		if (name == NULL || !span_is(s, name))
			continue;
		*ret = -error;
		return true;
	}
	return false;
}

/* ---- time ---- */

/* N digits at the front of S, then the character AFTER (0: none). */
static bool take_number(struct span *s, size_t n, char after, uint64_t *ret)
{
	size_t whole = n + (after != 0);

	if (s->n < whole || !digits(span_of(s->p, n), 10, ret) ||
	    (after != 0 && s->p[n] != (uint8_t)after))
		return false;
	*s = span_of(s->p + whole, s->n - whole);
	return true;
}

/* Days from 1970-01-01: whole eras of 400 years, their years counted from March. */
static uint64_t days_of(uint64_t year, uint64_t month, uint64_t day)
{
	uint64_t y = month <= 2 ? year - 1 : year;
	uint64_t of_era = y % 400, of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return y / 400 * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool fraction(struct span s, uint64_t *ret_ns)
{
	uint64_t v = 0;

	*ret_ns = 0;
	if (s.n == 0)
		return true;
	if (!take_prefix(&s, ".") || s.n == 0 || s.n > 9 || !digits(s, 10, &v))
		return false;
	for (size_t i = s.n; i < 9; i++)
		v *= 10;
	*ret_ns = v;
	return true;
}

bool scene_time(struct span s, uint64_t *ret)
{
	uint64_t year, month, day, hour, minute, second, ns;

	if (digits(s, 10, ret))
		return *ret <= INT64_MAX;
	if (s.n > 0 && s.p[s.n - 1] == 'Z')
		s.n--;
	if (!take_number(&s, 4, '-', &year) || !take_number(&s, 2, '-', &month) || s.n < 3)
		return false;
	if (!take_number(&s, 2, s.p[2] == ' ' ? ' ' : 'T', &day) ||
	    !take_number(&s, 2, ':', &hour) || !take_number(&s, 2, ':', &minute) ||
	    !take_number(&s, 2, 0, &second) || !fraction(s, &ns))
		return false;
	if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31 ||
	    hour > 23 || minute > 59 || second > 59)
		return false;
	*ret = (((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) *
		       1000000000 +
	       ns;
	return true;
}

/* ---- addresses ---- */

bool scene_ip(struct span s, struct ip_addr *ret)
{
	struct op_right right;
	struct diag ignored;

	if (literal_parse(s, PT_IPADDR, OP_EQ, NULL, &right, &ignored) < 0)
		return false;
	*ret = right.ip;
	return true;
}

bool scene_endpoint(struct span s, struct scene_endpoint *ret)
{
	const uint8_t *colon = s.n == 0 ? NULL : memrchr(s.p, ':', s.n);
	struct span ip, port;
	int64_t v;

	if (colon == NULL)
		return false;
	ip = span_of(s.p, (size_t)(colon - s.p));
	port = span_of(colon + 1, s.n - ip.n - 1);
	if (ip.n > 2 && ip.p[0] == '[' && ip.p[ip.n - 1] == ']')
		ip = span_of(ip.p + 1, ip.n - 2);
	if (!scene_ip(ip, &ret->ip) || !scene_number(port, PT_PORT, &v))
		return false;
	ret->port = (uint16_t)v;
	return true;
}

bool scene_connection(struct span s, struct scene_endpoint *ret_from, struct scene_endpoint *ret_to)
{
	const uint8_t *arrow = s.n == 0 ? NULL : memmem(s.p, s.n, "->", 2);
	size_t at = arrow == NULL ? 0 : (size_t)(arrow - s.p);

	return arrow != NULL && scene_endpoint(span_of(s.p, at), ret_from) &&
	       scene_endpoint(span_of(arrow + 2, s.n - at - 2), ret_to) &&
	       ret_from->ip.family == ret_to->ip.family;
}

/* ---- strings ---- */

static int no_nul(struct span s, struct diag *diag)
{
	if (s.n == 0 || memchr(s.p, 0, s.n) == NULL)
		return 0;
	diag_set(diag, "there is a NUL byte in the text");
	return -EINVAL;
}

static int add_string(struct pool_text *to, struct span s, struct diag *diag)
{
	int err = no_nul(s, diag);

	if (err < 0)
		return err;
	return pool_text_add(to, s) && pool_text_add(to, span_of("", 1)) ? 0 : -ENOMEM;
}

static int split(struct pool_text *to, struct span s, struct diag *diag)
{
	int err = 0;

	for (s = scene_trim(s); err == 0 && s.n > 0; s = scene_trim(s)) {
		const uint8_t *blank = memchr(s.p, ' ', s.n);
		size_t n = blank == NULL ? s.n : (size_t)(blank - s.p);

		err = add_string(to, span_of(s.p, n), diag);
		s = span_of(s.p + n, s.n - n);
	}
	return err;
}

static int add_pair(struct pool_text *to, const struct ynode *key, const struct ynode *value,
		    struct diag *diag)
{
	if (key->kind != YNODE_SCALAR || value->kind != YNODE_SCALAR) {
		diag_set(diag, "a name and a text are wanted here");
		return -EINVAL;
	}
	if (no_nul(key->text, diag) < 0)
		return -EINVAL;
	pool_text_add(to, key->text);
	pool_text_str(to, "=");
	return add_string(to, value->text, diag);
}

int scene_strings(struct pool *pool, const struct ynode *value, struct span *ret, struct diag *diag)
{
	struct pool_text out = { .pool = pool };
	int err = 0;

	if (value->kind == YNODE_SCALAR)
		err = split(&out, value->text, diag);
	for (unsigned i = 0; err == 0 && value->kind == YNODE_MAPPING && i < value->n; i++)
		err = add_pair(&out, value->items[2 * i], value->items[2 * i + 1], diag);
	for (unsigned i = 0; err == 0 && value->kind == YNODE_SEQUENCE && i < value->n; i++) {
		if (value->items[i]->kind != YNODE_SCALAR) {
			diag_set(diag, "a list of texts is wanted here");
			return -EINVAL;
		}
		err = add_string(&out, value->items[i]->text, diag);
	}
	*ret = pool_text_span(&out);
	return err;
}

struct span scene_join(struct pool *pool, const struct ynode *value, const char *between)
{
	struct pool_text out = { .pool = pool };

	if (value->kind == YNODE_SCALAR)
		return value->text;
	for (unsigned i = 0; i < value->n; i++) {
		if (i > 0)
			pool_text_str(&out, between);
		pool_text_add(&out, value->items[i]->text);
	}
	return pool_text_span(&out);
}
