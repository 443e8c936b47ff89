/* SPDX-License-Identifier: Apache-2.0
 *
 * answer.c -- see answer.h.
 */
#include "answer.h"

#include <errno.h>

#include "jread.h"

#define WAIT_MAX_S 3600

enum verdict answer_verdict(unsigned status)
{
	static const uint16_t again[] = { 401, 403, 404, 405, 407, 408, 421, 425, 429 };

	if (status >= 200 && status < 300)
		return VERDICT_TAKEN;
	for (unsigned i = 0; i < ARRAY_LEN(again); i++)
		if (status == again[i])
			return VERDICT_AGAIN;
	return status >= 400 && status < 500 ? VERDICT_REFUSED : VERDICT_AGAIN;
}

/* ---- Retry-After ---- */

static bool number(struct span *s, unsigned digits_max, uint64_t *ret)
{
	size_t i = 0;
	uint64_t v = 0;

	for (; i < s->n && i < digits_max && s->p[i] >= '0' && s->p[i] <= '9'; i++)
		v = v * 10 + (s->p[i] - '0');
	if (i == 0)
		return false;
	*s = span_of(s->p + i, s->n - i);
	*ret = v;
	return true;
}

static bool skip(struct span *s, char c)
{
	if (s->n == 0 || s->p[0] != (uint8_t)c)
		return false;
	*s = span_of(s->p + 1, s->n - 1);
	return true;
}

static bool month(struct span *s, uint64_t *ret)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned i = 0; i < 12; i++) {
		if (s->n < 3 || memcmp(s->p, names + (size_t)3 * i, 3) != 0)
			continue;
		*s = span_of(s->p + 3, s->n - 3);
		*ret = i + 1;
		return true;
	}
	return false;
}

/* Days from 1970-01-01; the year begins in March, so that the leap day is its last. */
static uint64_t days_of(uint64_t year, uint64_t of_month, uint64_t day)
{
	uint64_t y = of_month <= 2 ? year - 1 : year;
	uint64_t m = of_month <= 2 ? of_month + 9 : of_month - 3;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", the one form that is still made. */
static bool date(struct span s, uint64_t *ret)
{
	uint64_t day, mon, year, h, m, sec;
	const uint8_t *comma = s.n == 0 ? NULL : memchr(s.p, ',', s.n);

	if (comma == NULL)
		return false;
	s = span_of(comma + 1, s.n - (size_t)(comma - s.p) - 1);
	if (!skip(&s, ' ') || !number(&s, 2, &day) || !skip(&s, ' ') || !month(&s, &mon) ||
	    !skip(&s, ' ') || !number(&s, 4, &year) || !skip(&s, ' ') || !number(&s, 2, &h) ||
	    !skip(&s, ':') || !number(&s, 2, &m) || !skip(&s, ':') || !number(&s, 2, &sec) ||
	    !span_is(s, " GMT"))
		return false;
	if (year < 1970 || day < 1 || day > 31 || h > 23 || m > 59 || sec > 60)
		return false;
	*ret = days_of(year, mon, day) * 86400 + h * 3600 + m * 60 + sec;
	return true;
}

static struct span trim(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_of(s.p + 1, s.n - 1);
	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

unsigned answer_wait_ms(struct span value, uint64_t now_s)
{
	struct span s = trim(value);
	uint64_t wait_s = 0, then_s;

	if (date(s, &then_s))
		wait_s = then_s > now_s ? then_s - now_s : 0;
	else if (!number(&s, 9, &wait_s))
		return 0;
	return (unsigned)(wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S) * 1000;
}

/* ---- results of items ---- */

/* The one member of {"create": {...}}, whatever it is called. */
static struct span only_member(struct span object)
{
	struct jread_walk w = jread_begin(object);
	struct span key, value;

	return w.is_object && jread_next(&w, &key, &value) ? value : SPAN_NONE;
}

/* 409: it is there already, as it was sent before. */
static enum verdict verdict_of_item(uint64_t status)
{
	if (status == 409)
		return VERDICT_TAKEN;
	return status > 999 ? VERDICT_AGAIN : answer_verdict((unsigned)status);
}

int answer_bulk(struct span body, unsigned count, struct answer_items *ret)
{
	struct span items = jread_member(jread_value(body), "items"), key, item;
	struct jread_walk w = jread_begin(items);

	*ret = (struct answer_items){ 0 };
	if (jread_kind(items) != JREAD_ARRAY)
		return -EPROTO;
	while (ret->done < count && jread_next(&w, &key, &item)) {
		struct span result = only_member(item);
		uint64_t status;

		if (!jread_uint(jread_member(result, "status"), &status))
			return -EPROTO;
		ret->next = verdict_of_item(status);
		if (ret->next != VERDICT_TAKEN) {
			ret->status = status > 999 ? 0 : (unsigned)status;
			ret->why = jread_member(jread_member(result, "error"), "reason");
			return 0;
		}
		ret->done++;
	}
	return ret->done == count ? 0 : -EPROTO;
}

uint64_t answer_otlp_refused(struct span body, struct span *ret_why)
{
	struct span partial = jread_member(jread_value(body), "partialSuccess");
	struct span n = jread_member(partial, "rejectedLogRecords");
	uint64_t refused = 0;

	*ret_why = jread_member(partial, "errorMessage");
	/* A whole number of 64 bits is a string in such JSON, but not for everybody. */
	if (jread_kind(n) == JREAD_STRING && n.n >= 2)
		n = span_of(n.p + 1, n.n - 2);
	return jread_uint(n, &refused) ? refused : 0;
}
