/* SPDX-License-Identifier: Apache-2.0
 *
 * frames.c -- see frames.h.
 */
#include "frames.h"

#include <time.h>

#include "clock.h"
#include "kit.h"
#include "support/wire_samples.h"

/* ---- good ones ---- */

/* Tables fill up, and what is referred to is there now and then. */
static uint64_t some_key(void)
{
	return one_in(4) ? chance_below(200000) : 1 + chance_below(300);
}

static uint64_t boottime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* Names of events: past, now, and for ever after. */
static uint64_t some_generation(void)
{
	switch (chance_below(8)) {
	case 0:
		return chance_word();
	case 1:
		return UINT64_MAX;
	case 2:
		return boottime();
	default:
		return 5000000000;
	}
}

static struct span some_bytes(size_t most)
{
	static _Thread_local uint8_t bytes[65536];

	if (one_in(64))
		chance_fill(bytes, sizeof(bytes));
	return span_of(bytes, chance_below(one_in(16) ? most : most / 64 + 16));
}

static void vary_raw(struct raw_event *ev)
{
	ev->code = (uint16_t)chance_below(460);
	ev->cpu = (uint16_t)chance_below(4);
	ev->flags = one_in(8) ? (uint32_t)chance() : 0;
	ev->ts_ns = one_in(8) ? chance_word() : wall_now().ns;
	ev->num = chance_word();
	ev->tid = (int64_t)some_key();
	ev->pid = one_in(3) ? ev->tid : (int64_t)some_key();
	ev->start_ns = chance_below(4);
	ev->nparams = (uint8_t)chance_below(EVENT_MAX_PARAMS + 1);
	for (unsigned i = 0; i < ev->nparams; i++) {
		if (one_in(3))
			ev->params[i] =
				(struct param){ .kind = PARAM_BYTES, .s = some_bytes(4096) };
		else
			ev->params[i] =
				(struct param){ .kind = PARAM_INT, .i = (int64_t)chance_word() };
	}
}

static void vary_event(struct event_frame *e)
{
	e->code = (uint16_t)chance_below(460);
	e->flags = one_in(8) ? (uint32_t)chance() : 0;
	e->ts_ns = one_in(8) ? chance_word() : wall_now().ns;
	e->origin_generation = some_generation();
	e->origin_seq = chance_word();
	e->process = some_key();
	e->version = chance_below(4);
	e->tid = (int64_t)some_key();
}

static void vary_process(struct process_frame *p)
{
	p->key = one_in(32) ? chance_word() : some_key();
	p->base = one_in(2) ? p->key : some_key();
	p->version = chance_below(4);
	p->mask = chance_word() & ((UINT64_C(1) << 40) - 1);
	p->info.ptid = (int64_t)some_key();
	p->info.comm = some_bytes(64);
	p->info.cgroups = some_bytes(32768);
}

static void vary_alert(struct alert_frame *a)
{
	a->origin_generation = some_generation();
	a->origin_seq = chance_word();
	a->rule_index = (uint32_t)chance_word();
	a->priority = (uint8_t)chance_below(8);
	a->ts_ns = one_in(4) ? chance_word() : wall_now().ns;
	a->message = some_bytes(32768);
	if (one_in(4))
		a->source = span_str("internal");
}

static void vary(unsigned type, union any_frame *f)
{
	switch (type) {
	case FRAME_RAW_EVENT:
		vary_raw(&f->raw_event);
		return;
	case FRAME_TASK:
		f->task.info.tid = (int64_t)some_key();
		f->task.info.pid = (int64_t)some_key();
		f->task.info.ptid = (int64_t)some_key();
		f->task.info.env = some_bytes(65536);
		return;
	case FRAME_TASK_FILE:
		f->task_file.tid = (int64_t)some_key();
		f->task_file.file.fd = (int64_t)chance_word();
		f->task_file.file.name = some_bytes(4096);
		return;
	case FRAME_PROCESS:
		vary_process(&f->process);
		return;
	case FRAME_PROCESS_GONE:
		f->process_gone.key = some_key();
		return;
	case FRAME_EVENT:
		vary_event(&f->event);
		return;
	case FRAME_USER:
		f->user.uid = (uint32_t)chance_below(200000);
		return;
	case FRAME_CONTAINER:
		f->container.id = some_bytes(64);
		return;
	case FRAME_ALERT:
		vary_alert(&f->alert);
		return;
	case FRAME_CAPTURE:
		f->capture.tid = (int64_t)chance_word();
		f->capture.ts_ns = one_in(2) ? chance_word() : wall_now().ns;
		f->capture.duration_ns = chance_word();
		f->capture.rule = some_bytes(512);
		return;
	default:
		return;
	}
}

static const struct wire_sample *some_sample(uint16_t type)
{
	unsigned from = (unsigned)chance_below(wire_sample_count);

	for (unsigned i = 0; i < wire_sample_count; i++) {
		const struct wire_sample *s = &wire_samples[(from + i) % wire_sample_count];

		if (s->type == type)
			return s;
	}
	return NULL;
}

/* ---- bent ones ---- */

enum { MARKS = 256 };

/* Where elements begin, as far as one pass over the bytes that knows no nesting can tell. */
static unsigned find_elements(const uint8_t *p, size_t n, size_t marks[MARKS])
{
	static const uint8_t fixed[32] = { /* bytes behind c0.. df */
					   0, 0, 0, 0, 1, 2, 4, 1, 2,  4, 4, 8, 1, 2, 4, 8,
					   1, 2, 4, 8, 2, 3, 5, 9, 17, 1, 2, 4, 2, 4, 2, 4
	};
	unsigned found = 0;

	for (size_t at = 0; at < n && found < MARKS;) {
		uint8_t c = p[at];
		size_t more = 0;

		marks[found++] = at;
		if (c >= 0xc0 && c <= 0xdf) {
			more = fixed[c - 0xc0];
			if (c == 0xc4 && at + 1 < n)
				more += p[at + 1];
			else if (c == 0xc5 && at + 2 < n)
				more += (size_t)p[at + 1] << 8 | p[at + 2];
		} else if (c >= 0xa0 && c < 0xc0) {
			more = c & 0x1f;
		}
		at += 1 + more;
	}
	return found;
}

/* Put M bytes of MORE where AT is, in place of GONE bytes. */
static size_t replace(uint8_t *buf, size_t n, size_t cap, size_t at, size_t gone,
		      const uint8_t *more, size_t m)
{
	if (gone > n - at)
		gone = n - at;
	if (n - gone + m > cap)
		return n;
	memmove(buf + at + m, buf + at + gone, n - at - gone);
	if (m > 0)
		memcpy(buf + at, more, m);
	return n - gone + m;
}

/* Lengths and counts of 32 bits: all the memory there is. */
static size_t inflate(uint8_t *buf, size_t n, size_t cap, size_t at)
{
	static const uint8_t heads[] = { 0xc6, 0xdd, 0xdf, 0xc5, 0xdc, 0xde, 0xdb, 0xc9 };
	uint32_t count = (uint32_t)chance_word();
	uint8_t head[5] = { heads[chance_below(sizeof(heads))] };

	memcpy(head + 1, &count, sizeof(count));
	return replace(buf, n, cap, at, 1, head, sizeof(head));
}

static size_t nest(uint8_t *buf, size_t n, size_t cap, size_t at)
{
	uint8_t deep[512];
	size_t depth = 1 + chance_below(one_in(4) ? sizeof(deep) : 16);

	memset(deep, one_in(2) ? 0x91 : 0x81, depth);
	return replace(buf, n, cap, at, 0, deep, depth);
}

size_t frame_bend(uint8_t *buf, size_t n, size_t cap)
{
	size_t marks[MARKS];
	unsigned found = find_elements(buf, n, marks);
	size_t at = found > 0 ? marks[chance_below(found)] : 0;
	uint8_t word[9] = { one_in(2) ? 0xcf : 0xd3 };

	did(DEED_MUTATIONS, 1);
	switch (n == 0 ? 7 : chance_below(9)) {
	case 0:
		return inflate(buf, n, cap, at);
	case 1:
		return nest(buf, n, cap, at);
	case 2: /* another type */
		buf[at] = (uint8_t)(0xc0 + chance_below(0x20));
		return n;
	case 3: /* cut off */
		return chance_below(n);
	case 4: /* an element that is missing */
		return replace(buf, n, cap, at, 1 + chance_below(9), NULL, 0);
	case 5: { /* or comes again */
		uint8_t again[256];
		size_t len = chance_below(n < sizeof(again) ? n : sizeof(again));

		memcpy(again, buf, len);
		return replace(buf, n, cap, at, 0, again, len);
	}
	case 6: { /* another number */
		uint64_t w = chance_word();

		for (unsigned i = 0; i < 8; i++)
			word[1 + i] = (uint8_t)(w >> (56 - 8 * i));
		return replace(buf, n, cap, at, buf[at] == 0xcf || buf[at] == 0xd3 ? 9 : 1, word,
			       sizeof(word));
	}
	case 7: { /* nothing but noise, of any length */
		size_t len = chance_below(one_in(64) ? cap : 512);

		chance_fill(buf, len < cap ? len : cap);
		return len;
	}
	default:
		for (uint64_t i = 1 + chance_below(8); i > 0; i--)
			buf[chance_below(n)] ^= (uint8_t)(1u << chance_below(8));
		return n;
	}
}

size_t frame_make(uint8_t *buf, size_t cap, const uint16_t *types, unsigned bent,
		  uint16_t *ret_type)
{
	static _Thread_local union any_frame f;
	const struct wire_sample *s;
	unsigned ntypes = 0;
	ssize_t n;

	while (types[ntypes] != 0)
		ntypes++;
	*ret_type = types[chance_below(ntypes)];
	s = some_sample(*ret_type);
	if (s == NULL)
		return 0;
	s->fill(&f);
	vary(s->type, &f);
	n = s->encode(buf, cap, &f);
	if (n < 0)
		n = 0;
	if (chance_below(16) >= bent)
		return (size_t)n;
	if (one_in(8))
		*ret_type = (uint16_t)chance_below(FRAME_TYPE_COUNT + 1);
	for (uint64_t i = 1 + chance_below(3); i > 0; i--)
		n = (ssize_t)frame_bend(buf, (size_t)n, cap);
	return (size_t)n;
}
