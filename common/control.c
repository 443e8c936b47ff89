/* SPDX-License-Identifier: Apache-2.0
 *
 * control.c -- control messages to bytes and back, side by side, and who may
 * send them.  The other side of the socket is not trusted: what does not fit is
 * refused as a whole.
 */
#include <errno.h>

#include "control.h"
#include "cursor.h"
#include "pack.h"

#define CONTROL_VERSION 1

enum control_who control_permission(enum control_kind kind)
{
	switch (kind) {
#define CONTROL(name, wire, who, text)                                                             \
	case CONTROL_##name:                                                                       \
		return CONTROL_WHO_##who;
#include "control.def"
#undef CONTROL
	case CONTROL_NONE:
	case CONTROL_COUNT:
		break;
	}
	return CONTROL_WHO_NOBODY;
}

const char *supervised_state_name(enum supervised_state state)
{
	static const char *const names[SUPERVISED_STATE_COUNT] = {
		[SUPERVISED_NONE] = "?",	  [SUPERVISED_STARTING] = "starting",
		[SUPERVISED_RUNNING] = "running", [SUPERVISED_STOPPING] = "stopping",
		[SUPERVISED_WAITING] = "waiting",
	};

	return (unsigned)state < SUPERVISED_STATE_COUNT ? names[state] : names[SUPERVISED_NONE];
}

const char *source_state_name(enum source_state state)
{
	static const char *const names[SOURCE_STATE_COUNT] = {
		[SOURCE_ABSENT] = "absent",	  [SOURCE_CONNECTING] = "connecting",
		[SOURCE_CONNECTED] = "connected", [SOURCE_FAILING] = "failing",
		[SOURCE_FAILED] = "failed",
	};

	return (unsigned)state < SOURCE_STATE_COUNT ? names[state] : "?";
}

const char *output_state_name(enum output_state state)
{
	static const char *const names[OUTPUT_STATE_COUNT] = {
		[OUTPUT_STATE_OK] = "ok",
		[OUTPUT_STATE_RETRYING] = "retrying",
	};

	return (unsigned)state < OUTPUT_STATE_COUNT ? names[state] : "?";
}

const char *heartbeat_state_name(enum heartbeat_state state)
{
	static const char *const names[HEARTBEAT_STATE_COUNT] = {
		[HEARTBEAT_OFF] = "off",
		[HEARTBEAT_OK] = "ok",
		[HEARTBEAT_MISSING] = "missing",
	};

	return (unsigned)state < HEARTBEAT_STATE_COUNT ? names[state] : "?";
}

/* ---- parts ---- */

/* A text of ours: at most CAP - 1 bytes, terminated, without a NUL inside. */
static void take_text(struct cursor *c, char *buf, size_t cap)
{
	struct span s = cursor_span(c);

	if (s.n >= cap || (s.n > 0 && memchr(s.p, '\0', s.n) != NULL)) {
		cursor_fail(c);
		s = SPAN_NONE;
	}
	if (s.n > 0)
		memcpy(buf, s.p, s.n);
	buf[s.n] = '\0';
}

static struct span terminated(const char *text, size_t cap)
{
	return span_of(text, strnlen(text, cap));
}

static void put_ring(struct pack *pk, const struct ring_status *r)
{
	pack_array(pk, 7);
	pack_span(pk, terminated(r->name, sizeof(r->name)));
	pack_uint64(pk, r->capacity);
	pack_uint64(pk, r->used);
	pack_uint64(pk, r->lost);
	pack_uint64(pk, r->generation);
	pack_bool(pk, r->attached);
	pack_uint64(pk, r->refused);
}

static void take_ring(struct cursor *c, struct ring_status *ret)
{
	size_t outer;

	if (!cursor_enter(c, &outer)) {
		cursor_fail(c);
		return;
	}
	take_text(c, ret->name, sizeof(ret->name));
	ret->capacity = cursor_uint(c, 0);
	ret->used = cursor_uint(c, 0);
	ret->lost = cursor_uint(c, 0);
	ret->generation = cursor_uint(c, 0);
	ret->attached = cursor_bool(c);
	ret->refused = cursor_uint(c, 0);
	cursor_leave(c, outer);
}

static void put_words(struct pack *pk, const uint64_t *words, unsigned n)
{
	pack_array(pk, n);
	for (unsigned i = 0; i < n; i++)
		pack_uint64(pk, words[i]);
}

static void take_words(struct cursor *c, uint64_t *ret, unsigned n)
{
	size_t outer;

	if (cursor_enter(c, &outer))
		for (unsigned i = 0; i < n; i++)
			ret[i] = cursor_uint(c, 0);
	cursor_leave(c, outer);
}

static void put_gap(struct pack *pk, const struct coverage_gap *g)
{
	pack_array(pk, 6);
	pack_span(pk, terminated(g->program, sizeof(g->program)));
	pack_span(pk, terminated(g->reason, sizeof(g->reason)));
	put_words(pk, g->events, ARRAY_LEN(g->events));
	put_words(pk, g->wanted, ARRAY_LEN(g->wanted));
	pack_bool(pk, g->of_state);
	pack_bool(pk, g->of_ring);
}

static void take_gap(struct cursor *c, struct coverage_gap *ret)
{
	size_t outer;

	if (!cursor_enter(c, &outer)) {
		cursor_fail(c);
		return;
	}
	take_text(c, ret->program, sizeof(ret->program));
	take_text(c, ret->reason, sizeof(ret->reason));
	take_words(c, ret->events, ARRAY_LEN(ret->events));
	take_words(c, ret->wanted, ARRAY_LEN(ret->wanted));
	ret->of_state = cursor_bool(c);
	ret->of_ring = cursor_bool(c);
	cursor_leave(c, outer);
}

static void put_source(struct pack *pk, const struct source_status *s)
{
	pack_array(pk, 10);
	pack_span(pk, terminated(s->name, sizeof(s->name)));
	pack_span(pk, terminated(s->place, sizeof(s->place)));
	pack_span(pk, terminated(s->text, sizeof(s->text)));
	pack_uint64(pk, (uint64_t)s->state);
	pack_uint64(pk, s->last_contact_ns);
	pack_uint64(pk, s->latency_ns);
	pack_uint64(pk, s->objects);
	pack_uint64(pk, s->asked);
	pack_uint64(pk, s->misses);
	pack_uint64(pk, s->reconnects);
}

static void take_source(struct cursor *c, struct source_status *ret)
{
	uint64_t state;
	size_t outer;

	if (!cursor_enter(c, &outer)) {
		cursor_fail(c);
		return;
	}
	take_text(c, ret->name, sizeof(ret->name));
	take_text(c, ret->place, sizeof(ret->place));
	take_text(c, ret->text, sizeof(ret->text));
	state = cursor_uint(c, 0);
	ret->last_contact_ns = cursor_uint(c, 0);
	ret->latency_ns = cursor_uint(c, 0);
	ret->objects = cursor_uint(c, 0);
	ret->asked = cursor_uint(c, 0);
	ret->misses = cursor_uint(c, 0);
	ret->reconnects = cursor_uint(c, 0);
	cursor_leave(c, outer);
	if (state >= SOURCE_STATE_COUNT)
		cursor_fail(c);
	else
		ret->state = (enum source_state)state;
}

/* As on a sheet; the version is for those. */
static void put_losses(struct pack *pk, const struct losses *l)
{
	uint8_t sheet[LOSSES_SHEET];
	ssize_t n = l->count > 0 ? losses_encode(sheet, sizeof(sheet), 0, l) : 0;

	pack_span_or_nil(pk, span_of(sheet, n > 0 ? (size_t)n : 0));
}

static void take_losses(struct cursor *c, struct losses *ret)
{
	struct span sheet = cursor_span(c);

	if (sheet.n > 0 && losses_decode(sheet, 0, ret) < 0)
		cursor_fail(c);
}

static void put_latency(struct pack *pk, const struct histogram *h)
{
	pack_array(pk, ARRAY_LEN(h->count) + 1);
	for (unsigned i = 0; i < ARRAY_LEN(h->count); i++)
		pack_uint64(pk, h->count[i]);
	pack_uint64(pk, h->sum_ns);
}

static void take_latency(struct cursor *c, struct histogram *ret)
{
	size_t outer;

	if (cursor_enter(c, &outer)) {
		for (unsigned i = 0; i < ARRAY_LEN(ret->count); i++)
			ret->count[i] = cursor_uint(c, 0);
		ret->sum_ns = cursor_uint(c, 0);
	}
	cursor_leave(c, outer);
}

static void put_usage(struct pack *pk, const struct stage_usage *u)
{
	const uint64_t words[] = { u->cpu_ns, u->rss_bytes, u->vsz_bytes, u->ceiling_bytes };

	put_words(pk, words, ARRAY_LEN(words));
}

static void take_usage(struct cursor *c, struct stage_usage *ret)
{
	uint64_t words[4] = { 0 };

	take_words(c, words, ARRAY_LEN(words));
	*ret = (struct stage_usage){ words[0], words[1], words[2], words[3] };
}

static void put_heartbeat(struct pack *pk, const struct heartbeat_status *h)
{
	const uint64_t words[] = { (uint64_t)h->state, h->count, h->last_ns, h->latency_ns };

	put_words(pk, words, ARRAY_LEN(words));
}

static void take_heartbeat(struct cursor *c, struct heartbeat_status *ret)
{
	uint64_t words[4] = { 0 };

	take_words(c, words, ARRAY_LEN(words));
	if (words[0] >= HEARTBEAT_STATE_COUNT)
		cursor_fail(c);
	else
		*ret = (struct heartbeat_status){ (enum heartbeat_state)words[0], words[1],
						  words[2], words[3] };
}

static void put_output(struct pack *pk, const struct output_status *o)
{
	pack_array(pk, 14);
	pack_span(pk, terminated(o->name, sizeof(o->name)));
	pack_span(pk, terminated(o->kind, sizeof(o->kind)));
	pack_span(pk, terminated(o->last_error, sizeof(o->last_error)));
	pack_uint64(pk, (uint64_t)o->state);
	pack_uint64(pk, o->journalled);
	pack_uint64(pk, o->delivered);
	pack_uint64(pk, o->filtered);
	pack_uint64(pk, o->pending);
	pack_uint64(pk, o->lost);
	pack_uint64(pk, o->refused);
	pack_uint64(pk, o->retries);
	pack_uint64(pk, o->last_delivery_ns);
	put_latency(pk, &o->latency);
	put_heartbeat(pk, &o->heartbeat);
}

static void take_output(struct cursor *c, struct output_status *ret)
{
	uint64_t state;
	size_t outer;

	if (!cursor_enter(c, &outer)) {
		cursor_fail(c);
		return;
	}
	take_text(c, ret->name, sizeof(ret->name));
	take_text(c, ret->kind, sizeof(ret->kind));
	take_text(c, ret->last_error, sizeof(ret->last_error));
	state = cursor_uint(c, 0);
	ret->journalled = cursor_uint(c, 0);
	ret->delivered = cursor_uint(c, 0);
	ret->filtered = cursor_uint(c, 0);
	ret->pending = cursor_uint(c, 0);
	ret->lost = cursor_uint(c, 0);
	ret->refused = cursor_uint(c, 0);
	ret->retries = cursor_uint(c, 0);
	ret->last_delivery_ns = cursor_uint(c, 0);
	if (c->left > 0) /* of one who has none */
		take_latency(c, &ret->latency);
	if (c->left > 0)
		take_heartbeat(c, &ret->heartbeat);
	cursor_leave(c, outer);
	if (state >= OUTPUT_STATE_COUNT)
		cursor_fail(c);
	else
		ret->state = (enum output_state)state;
}

static void put_spool(struct pack *pk, const struct spool_status *s)
{
	pack_array(pk, 8);
	pack_bool(pk, s->is_used);
	pack_bool(pk, s->on_disk);
	pack_span(pk, terminated(s->why, sizeof(s->why)));
	pack_uint64(pk, s->records);
	pack_uint64(pk, s->bytes);
	pack_uint64(pk, s->segments);
	pack_uint64(pk, s->dropped);
	pack_uint64(pk, s->damaged);
}

static void take_spool(struct cursor *c, struct spool_status *ret)
{
	size_t outer;

	if (!cursor_enter(c, &outer)) {
		cursor_fail(c);
		return;
	}
	ret->is_used = cursor_bool(c);
	ret->on_disk = cursor_bool(c);
	take_text(c, ret->why, sizeof(ret->why));
	ret->records = cursor_uint(c, 0);
	ret->bytes = cursor_uint(c, 0);
	ret->segments = cursor_uint(c, 0);
	ret->dropped = cursor_uint(c, 0);
	ret->damaged = cursor_uint(c, 0);
	cursor_leave(c, outer);
}

static void put_status(struct pack *pk, const struct stage_status *s)
{
	unsigned nsources = s->nsources < CONTROL_MAX_SOURCES ? s->nsources : CONTROL_MAX_SOURCES;
	unsigned nrings = s->nrings < CONTROL_MAX_RINGS ? s->nrings : CONTROL_MAX_RINGS;
	unsigned ngaps = s->ngaps < CONTROL_MAX_GAPS ? s->ngaps : CONTROL_MAX_GAPS;
	unsigned noutputs = s->noutputs < CONTROL_MAX_OUTPUTS ? s->noutputs : CONTROL_MAX_OUTPUTS;

	pack_array(pk, 16);
	pack_uint64(pk, (uint64_t)s->stage);
	pack_int64(pk, s->pid);
	pack_uint64(pk, s->uptime_ns);
	put_words(pk, s->counts.v, RING_COUNTS);
	pack_array(pk, nrings);
	for (unsigned i = 0; i < nrings; i++)
		put_ring(pk, &s->rings[i]);
	pack_span(pk, terminated(s->detail, sizeof(s->detail)));
	pack_bool(pk, s->mid_event);
	pack_array(pk, ngaps);
	for (unsigned i = 0; i < ngaps; i++)
		put_gap(pk, &s->gaps[i]);
	pack_array(pk, nsources);
	for (unsigned i = 0; i < nsources; i++)
		put_source(pk, &s->sources[i]);
	put_losses(pk, &s->losses);
	put_words(pk, s->gauges.v, STAGE_GAUGES);
	put_latency(pk, &s->latency);
	put_usage(pk, &s->usage);
	pack_array(pk, noutputs);
	for (unsigned i = 0; i < noutputs; i++)
		put_output(pk, &s->outputs[i]);
	put_spool(pk, &s->spool);
	put_heartbeat(pk, &s->heartbeat);
}

static void take_status(struct cursor *c, struct stage_status *ret)
{
	uint64_t stage = cursor_uint(c, 0);
	size_t outer;

	if (stage == STAGE_NONE || stage >= STAGE_COUNT) {
		cursor_fail(c);
		return;
	}
	ret->stage = (enum stage_id)stage;
	ret->pid = cursor_int(c, 0);
	ret->uptime_ns = cursor_uint(c, 0);
	take_words(c, ret->counts.v, RING_COUNTS);
	if (cursor_enter(c, &outer))
		while (c->left > 0 && ret->nrings < CONTROL_MAX_RINGS)
			take_ring(c, &ret->rings[ret->nrings++]);
	cursor_leave(c, outer);
	take_text(c, ret->detail, sizeof(ret->detail));
	ret->mid_event = cursor_bool(c);
	if (cursor_enter(c, &outer))
		while (c->left > 0 && ret->ngaps < CONTROL_MAX_GAPS)
			take_gap(c, &ret->gaps[ret->ngaps++]);
	cursor_leave(c, outer);
	if (cursor_enter(c, &outer))
		while (c->left > 0 && ret->nsources < CONTROL_MAX_SOURCES)
			take_source(c, &ret->sources[ret->nsources++]);
	cursor_leave(c, outer);
	take_losses(c, &ret->losses);
	take_words(c, ret->gauges.v, STAGE_GAUGES);
	take_latency(c, &ret->latency);
	take_usage(c, &ret->usage);
	if (c->left == 0) /* of one who has none */
		return;
	if (cursor_enter(c, &outer))
		while (c->left > 0 && ret->noutputs < CONTROL_MAX_OUTPUTS)
			take_output(c, &ret->outputs[ret->noutputs++]);
	cursor_leave(c, outer);
	take_spool(c, &ret->spool);
	if (c->left > 0)
		take_heartbeat(c, &ret->heartbeat);
}

static void put_supervised(struct pack *pk, const struct supervised *s)
{
	pack_array(pk, 4);
	pack_uint64(pk, (uint64_t)s->stage);
	pack_uint64(pk, (uint64_t)s->state);
	pack_int64(pk, s->pid);
	pack_uint64(pk, s->restarts);
}

static void take_supervised(struct cursor *c, struct supervised *ret)
{
	uint64_t stage, state;
	size_t outer;

	if (!cursor_enter(c, &outer)) {
		cursor_fail(c);
		return;
	}
	stage = cursor_uint(c, 0);
	state = cursor_uint(c, 0);
	ret->pid = cursor_int(c, 0);
	ret->restarts = cursor_uint(c, 0);
	cursor_leave(c, outer);
	if (stage == STAGE_NONE || stage >= STAGE_COUNT || state >= SUPERVISED_STATE_COUNT) {
		cursor_fail(c);
		return;
	}
	ret->stage = (enum stage_id)stage;
	ret->state = (enum supervised_state)state;
}

/* ---- messages ---- */

ssize_t control_encode_request(uint8_t *buf, size_t cap, const struct control_request *r)
{
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, 3);
	pack_uint64(&pk, CONTROL_VERSION);
	pack_uint64(&pk, (uint64_t)r->kind);
	pack_span(&pk, terminated(r->argument, sizeof(r->argument)));
	return pack_length(&pk);
}

int control_decode_request(struct span msg, struct control_request *ret)
{
	struct control_request r = { 0 };
	struct cursor c = cursor_start(msg);
	uint64_t version = cursor_uint(&c, 0), kind = cursor_uint(&c, 0);

	take_text(&c, r.argument, sizeof(r.argument));
	if (cursor_finish(&c) < 0)
		return -EPROTO;
	if (version != CONTROL_VERSION)
		return -EPROTONOSUPPORT;
	if (kind > INT32_MAX || control_permission((enum control_kind)kind) == CONTROL_WHO_NOBODY)
		return -EOPNOTSUPP;
	r.kind = (enum control_kind)kind;
	*ret = r;
	return 0;
}

ssize_t control_encode_answer(uint8_t *buf, size_t cap, const struct control_answer *a)
{
	unsigned n = a->nsupervised < STAGE_COUNT ? a->nsupervised : STAGE_COUNT;
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, 7);
	pack_uint64(&pk, CONTROL_VERSION);
	pack_int64(&pk, a->result);
	pack_span(&pk, terminated(a->text, sizeof(a->text)));
	if (a->has_status)
		put_status(&pk, &a->status);
	else
		pack_nil(&pk);
	pack_array(&pk, n);
	for (unsigned i = 0; i < n; i++)
		put_supervised(&pk, &a->supervised[i]);
	pack_span(&pk, a->page);
	pack_uint64(&pk, a->next);
	return pack_length(&pk);
}

int control_decode_answer(struct span msg, struct control_answer *ret)
{
	struct control_answer a = { 0 };
	struct cursor c = cursor_start(msg);
	uint64_t version = cursor_uint(&c, 0);
	int64_t result = cursor_int(&c, 0);
	size_t outer;

	take_text(&c, a.text, sizeof(a.text));
	a.has_status = cursor_enter(&c, &outer);
	if (a.has_status)
		take_status(&c, &a.status);
	cursor_leave(&c, outer);
	if (cursor_enter(&c, &outer))
		while (c.left > 0 && a.nsupervised < STAGE_COUNT)
			take_supervised(&c, &a.supervised[a.nsupervised++]);
	cursor_leave(&c, outer);
	a.page = cursor_span(&c);
	a.next = cursor_uint(&c, 0);
	if (cursor_finish(&c) < 0 || result > 0 || result < -4095)
		return -EPROTO;
	if (version != CONTROL_VERSION)
		return -EPROTONOSUPPORT;
	a.result = (int)result;
	*ret = a;
	return 0;
}
