/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich.c -- the core's door: making it, taking frames, giving snapshots.
 */
#include <errno.h>
#include <stdlib.h>

#include "enrich_core.h"

enum { DEFAULT_THREADS = 262144, DEFAULT_FDS = 16384, DEFAULT_USERS = 65536 };
enum { DEFAULT_CONTAINERS = 16384, DEFAULT_PODS = 1024 };
#define DEFAULT_MEMORY ((size_t)512 << 20)

int enrich_new(const struct enrich_params *p, struct enrich **ret)
{
	struct enrich *en = calloc(1, sizeof(*en));
	int err;

	if (en == NULL)
		return -ENOMEM;
	en->scratch = malloc(WIRE_MAX_PAYLOAD);
	en->sink = p->sink;
	en->ask = p->ask;
	en->read_again = p->read_again;
	en->ask_ctx = p->ask_ctx;
	en->counts = p->counts;
	en->capture = p->capture;
	en->remove_tid = en->close_tid = en->close_fd = -1;
	en->in_capture_start = true;
	en->gaps = 1;
	fold_prepare(en);
	slab_init(&en->slab, p->memory_bytes != 0 ? p->memory_bytes : DEFAULT_MEMORY);
	fdtab_init(&en->fdtab, &en->slab,
		   p->fds_per_process != 0 ? p->fds_per_process : DEFAULT_FDS, p->seed);
	en->fdtab.replaces = !p->capture;
	err = en->scratch == NULL ? -ENOMEM : 0;
	if (err == 0)
		err = proctab_init(&en->proctab, &en->slab, &en->fdtab,
				   p->threads != 0 ? p->threads : DEFAULT_THREADS, p->seed);
	if (err == 0 && p->first_key != 0)
		en->proctab.next_key = p->first_key;
	if (err == 0)
		err = usertab_init(&en->usertab, &en->slab,
				   p->users != 0 ? p->users : DEFAULT_USERS, p->seed);
	if (err == 0)
		err = conttab_init(&en->conttab, &en->slab,
				   p->containers != 0 ? p->containers : DEFAULT_CONTAINERS,
				   p->seed);
	if (err == 0)
		err = podtab_init(&en->podtab, &en->slab, p->pods != 0 ? p->pods : DEFAULT_PODS);
	if (err == 0)
		err = nametab_init(&en->nametab, &en->slab);
	if (err < 0) {
		enrich_free(en);
		return err;
	}
	en->past = (struct past){
		.slab = &en->slab, .written = p->written, .read = p->read, .ctx = p->sink.ctx
	};
	en->proctab.past = p->written == NULL ? NULL : &en->past;
	en->proctab.gone = emit_gone;
	en->proctab.ctx = en;
	*ret = en;
	return 0;
}

void enrich_free(struct enrich *en)
{
	if (en == NULL)
		return;
	again_drop_stash(en);
	proctab_release(&en->proctab);
	usertab_release(&en->usertab);
	conttab_release(&en->conttab);
	podtab_release(&en->podtab);
	nametab_release(&en->nametab);
	slab_release(&en->slab);
	free(en->scratch);
	free(en);
}

/* What changed while nobody looked is told with the next that comes.  Of a capture everything always is: its
 * events are the same whenever wants come. */
static void follow_memory(struct enrich *en, bool wanted)
{
	struct proctab *pt = &en->proctab;
	uint64_t before = pt->along;

	pt->along = en->capture || wanted ? 0 : PROCESS_VOLATILE;
	if (pt->along == before || pt->along != 0)
		return;
	for (struct thread *th = proctab_next(pt, NULL); th != NULL; th = proctab_next(pt, th))
		if (th->sent && th->dirty != 0)
			proctab_touch(pt, th, th->dirty);
}

void enrich_want(struct enrich *en, const struct ring_wants *wants)
{
	en->wants = *wants;
	en->wants.extras &= ~(WANT_TAP | WANT_CLOSES | WANT_MUTES | WANT_MUTES_ALL |
			      WANT_RARE_SOCKETS | WANT_RARE_FCNTLS | WANT_MEMORY);
	follow_memory(en, (wants->extras & WANT_MEMORY) != 0);
}

void enrich_status(const struct enrich *en, struct enrich_status *ret)
{
	*ret = (struct enrich_status){
		.threads = { en->proctab.count, en->proctab.max,
			     sizeof(struct thread) + sizeof(struct thread_group) },
		.users = { en->usertab.count, en->usertab.max, sizeof(struct user_entry) },
		.containers = { en->conttab.count, en->conttab.max, sizeof(struct container) },
		.pods = { en->podtab.told, en->podtab.max, sizeof(struct pod) },
		.fds_per_process = en->fdtab.per_table,
		.fds = en->fdtab.held,
		.memory_bytes = en->slab.bytes,
		.memory_max = en->slab.ceiling,
	};
}

static uint64_t table_bytes(const struct enrich_table *t)
{
	enum { HASH_BYTES = 32 }; /* of an entry, where the buckets are most */

	return (uint64_t)t->max * (t->entry_bytes + HASH_BYTES);
}

uint64_t enrich_may_grow(const struct enrich *core)
{
	struct enrich_status s;

	enrich_status(core, &s);
	return table_bytes(&s.threads) + table_bytes(&s.users) + table_bytes(&s.containers) +
	       table_bytes(&s.pods) + s.memory_max;
}

/* ---- events ---- */

static bool is_wanted(const struct enrich *en)
{
	const struct ring_wants *w = &en->wants;

	return w->version == 0 || (en->ev.flags & EVENT_HEARTBEAT) != 0 ||
	       (w->events[en->ev.code / 64] >> en->ev.code % 64 & 1) != 0;
}

/* The tables count for themselves; their numbers are part of ours. */
static void count_tables(struct enrich *en)
{
	if ((en->proctab.added | en->proctab.refused | en->fdtab.evicted | en->fdtab.added |
	     en->fdtab.removed | en->usertab.refused | en->slab.refused | en->past.dropped) == 0)
		return;
	en->counts[ENRICHER_PROCESSES] += en->proctab.added;
	en->counts[ENRICHER_PROCESSES_EVICTED] += en->proctab.refused;
	en->counts[ENRICHER_FILES_EVICTED] += en->fdtab.evicted;
	en->counts[ENRICHER_FILES] += en->fdtab.added;
	en->counts[ENRICHER_FILES_REMOVED] += en->fdtab.removed;
	en->counts[ENRICHER_USERS_REFUSED] += en->usertab.refused;
	en->counts[ENRICHER_MEMORY_REFUSED] += en->slab.refused;
	en->counts[ENRICHER_PAST_DROPPED] += en->past.dropped;
	en->proctab.added = en->proctab.refused = 0;
	en->fdtab.added = en->fdtab.removed = en->fdtab.evicted = 0;
	en->usertab.refused = en->slab.refused = en->past.dropped = 0;
}

/* To ring enriched, and kept for snapshots. */
static void tell_host(struct enrich *en, struct host_frame *host)
{
	struct blob *b;
	ssize_t n;

	host->first_event_ns = en->first_event_ns;
	n = wire_encode_host(en->scratch, WIRE_MAX_PAYLOAD, host);
	if (n < 0)
		return;
	emit_payload(en, FRAME_HOST, span_of(en->scratch, (size_t)n));
	b = blob_new(&en->slab, span_of(en->scratch, (size_t)n), NULL);
	blob_drop(&en->slab, en->host);
	en->host = b;
}

/* Relative times count from the first event that is no meta-event, whoever sees it. */
static void note_first_event(struct enrich *en)
{
	struct host_frame host = { 0 };

	if (en->turn->info->source == ES_METAEVENT)
		return;
	en->first_event_ns = en->ev.ts_ns;
	if (en->host != NULL)
		wire_decode_host(blob_span(en->host), &host);
	tell_host(en, &host);
}

static int take_event(struct enrich *en, const struct ring_frame *frame, uint64_t generation)
{
	bool leading;

	en->counts[ENRICHER_IN]++;
	if (wire_decode_raw_event(frame->payload, &en->ev) < 0 || en->ev.code >= EVENT_CODE_COUNT ||
	    en->turns[en->ev.code].info == NULL) {
		en->counts[ENRICHER_REFUSED]++;
		return -EPROTO;
	}
	en->turn = &en->turns[en->ev.code];
	if (en->first_event_ns == 0)
		note_first_event(en);
	fold_leftovers(en);
	leading = en->in_capture_start && (en->turn->traits & TURN_LEADING) != 0;
	en->in_capture_start = leading;
	fold_event(en);
	if (en->in_snapshot && en->th != NULL)
		en->th->snapshot = en->snapshot;
	emit_changes(en);
	if (en->again || leading || (en->turn->traits & TURN_HIDDEN) != 0 ||
	    (en->ev.flags & EVENT_STATE_ONLY) != 0 || !is_wanted(en)) {
		en->counts[ENRICHER_FOLDED]++;
		return 0;
	}
	en->out.origin_generation = en->capture ? ENRICH_CAPTURE_GENERATION : generation;
	en->out.origin_seq = en->capture ? en->ev.num : frame->seq;
	if (!emit_event(en)) {
		en->counts[ENRICHER_REFUSED]++;
		return -EPROTO;
	}
	if (!en->stopped)
		en->counts[ENRICHER_OUT]++;
	return 0;
}

/* ---- state ---- */

static int take_host(struct enrich *en, struct span payload)
{
	struct host_frame host;

	if (wire_decode_host(payload, &host) < 0)
		return -EPROTO;
	net_local_set(&en->local, &host);
	en->boot_ts_ns = host.boot_ts_ns;
	tell_host(en, &host);
	return 0;
}

static int take_user(struct enrich *en, struct span payload)
{
	struct user_frame u;

	if (wire_decode_user(payload, &u) < 0)
		return -EPROTO;
	if (usertab_user(&en->usertab, &u) > 0)
		emit_user(en, &u);
	return 0;
}

static int take_group(struct enrich *en, struct span payload)
{
	struct group_frame g;

	if (wire_decode_group(payload, &g) < 0)
		return -EPROTO;
	if (usertab_group(&en->usertab, &g) > 0)
		emit_group(en, &g);
	return 0;
}

static int take_gap(struct enrich *en, struct span payload)
{
	struct gap_frame gap;

	if (wire_decode_gap(payload, &gap) < 0)
		return -EPROTO;
	en->gaps += gap.doubt;
	if (!en->again)
		emit_payload(en, FRAME_GAP, payload);
	return 0;
}

static int take_state(struct enrich *en, const struct ring_frame *frame)
{
	switch (frame->type) {
	case FRAME_TASK:
		return take_task(en, frame->payload);
	case FRAME_TASK_FILE:
		return take_task_file(en, frame->payload);
	case FRAME_TASK_READ:
		return take_task_read(en, frame->payload);
	case FRAME_HOST:
		return take_host(en, frame->payload);
	case FRAME_USER:
		return take_user(en, frame->payload);
	case FRAME_GROUP:
		return take_group(en, frame->payload);
	case FRAME_GAP:
		return take_gap(en, frame->payload);
	case FRAME_SNAPSHOT_BEGIN:
		fold_leftovers(en);
		take_snapshot_begin(en);
		return 0;
	case FRAME_SNAPSHOT_END:
		take_snapshot_end(en);
		return 0;
	default:
		return -EPROTO;
	}
}

static int take_frame(struct enrich *en, const struct ring_frame *frame, uint64_t generation)
{
	int err;

	if (frame->type == FRAME_RAW_EVENT) {
		err = take_event(en, frame, generation);
	} else {
		en->counts[ENRICHER_STATE_IN]++;
		err = take_state(en, frame);
		if (err < 0)
			en->counts[ENRICHER_STATE_REFUSED]++;
		/* Families of a snapshot are put together at its end: wait for that. */
		if (!en->in_snapshot)
			emit_changes(en);
	}
	count_tables(en);
	return en->stopped ? -ECANCELED : err;
}

/* A predecessor has counted all that comes of it. */
static int take_again(struct enrich *en, const struct ring_frame *frame, uint64_t generation)
{
	uint64_t *counts = en->counts, none[ENRICHER_COUNTERS] = { 0 };
	int err;

	en->again = true;
	en->counts = none;
	err = take_frame(en, frame, generation);
	en->counts = counts;
	en->again = false;
	en->counts[ENRICHER_STATE_OUT] += none[ENRICHER_STATE_OUT];
	return err;
}

int enrich_frame(struct enrich *en, const struct ring_frame *frame, uint64_t generation)
{
	if (en->stopped)
		return -ECANCELED;
	return __builtin_expect((frame->flags & RING_FRAME_AGAIN) != 0, 0)
		       ? take_again(en, frame, generation)
		       : take_frame(en, frame, generation);
}

uint64_t enrich_last_ts(const struct enrich *en)
{
	return en->ev.ts_ns;
}

/* ---- users of the host ---- */

static void put_user(void *ctx, const struct user_frame *u)
{
	struct enrich *en = ctx;

	if (usertab_user(&en->usertab, u) > 0)
		emit_user(en, u);
}

static void put_group(void *ctx, const struct group_frame *g)
{
	struct enrich *en = ctx;

	if (usertab_group(&en->usertab, g) > 0)
		emit_group(en, g);
}

static void user_gone(void *ctx, const struct user_entry *e)
{
	struct enrich *en = ctx;
	struct group_frame g;
	struct user_frame u;

	if (e->is_group) {
		g = user_entry_group(e);
		g.gone = true;
		emit_group(en, &g);
	} else {
		u = user_entry_user(e);
		u.gone = true;
		emit_user(en, &u);
	}
}

void enrich_host_users(struct enrich *en, struct span passwd, struct span group)
{
	usertab_reread_begin(&en->usertab);
	usertab_parse_passwd(passwd, put_user, en);
	usertab_parse_group(group, put_group, en);
	usertab_reread_end(&en->usertab, user_gone, en);
}

/* ---- snapshot ---- */

struct snapshot {
	struct enrich *en;
	uint64_t from; /* the first frame that its reader is going to read */
	int (*put)(void *ctx, uint16_t type, struct span payload);
	void *ctx;
	int err;
};

static void give(struct snapshot *s, uint16_t type, ssize_t len)
{
	if (s->err == 0 && len >= 0)
		s->err = s->put(s->ctx, type, span_of(s->en->scratch, (size_t)len));
}

static void give_people(struct snapshot *s, bool groups)
{
	struct enrich *en = s->en;

	for (struct user_entry *e = usertab_next(&en->usertab, NULL); e != NULL && s->err == 0;
	     e = usertab_next(&en->usertab, e)) {
		struct user_frame u = user_entry_user(e);
		struct group_frame g = user_entry_group(e);

		if (e->is_group != groups)
			continue;
		if (groups)
			give(s, FRAME_GROUP, wire_encode_group(en->scratch, WIRE_MAX_PAYLOAD, &g));
		else
			give(s, FRAME_USER, wire_encode_user(en->scratch, WIRE_MAX_PAYLOAD, &u));
	}
}

static void give_containers(struct snapshot *s)
{
	const struct conttab *ct = &s->en->conttab;

	uint8_t full_id[CONTAINER_ID_MAX];

	for (uint32_t i = 0; i < ct->fresh && s->err == 0; i++) {
		struct container_frame c;

		if (ct->slots[i].id == NULL)
			continue;
		c = container_frame(&ct->slots[i], full_id);
		give(s, FRAME_CONTAINER,
		     wire_encode_container(s->en->scratch, WIRE_MAX_PAYLOAD, &c));
	}
}

static void give_pods(struct snapshot *s)
{
	const struct podtab *pt = &s->en->podtab;

	for (uint32_t i = 0; i < pt->count && s->err == 0; i++) {
		struct pod_frame f = pod_frame(&pt->pods[i]);

		give(s, FRAME_POD, wire_encode_pod(s->en->scratch, WIRE_MAX_PAYLOAD, &f));
	}
}

/* By address, each once: with the first of the names that it has. */
static void give_addresses(struct snapshot *s)
{
	const struct nametab *nt = &s->en->nametab;

	for (unsigned i = 0; i < nt->count; i++) {
		struct span left = blob_span(nt->names[i].addresses), address;

		while (s->err == 0 && (address = named_next(&left)).n > 0) {
			struct address_frame f;

			nametab_frame(nt, address, &f);
			if (!span_eq(f.names[0], blob_span(nt->names[i].name)))
				continue;
			give(s, FRAME_ADDRESS,
			     wire_encode_address(s->en->scratch, WIRE_MAX_PAYLOAD, &f));
		}
	}
}

/* What was when the frame at FROM was written, and ceased to be since.  A reader of all of the ring meets
 * everybody in it, but it may have another's to read before, by who has which number: so it gets all, as
 * of a version that whatever it reads replaces. */
static void give_past(struct snapshot *s)
{
	for (const struct past_entry *e = s->en->past.first; e != NULL && s->err == 0;
	     e = e->next) {
		uint64_t version = e->version;

		if (e->at < s->from || e->type != FRAME_PROCESS)
			continue;
		if (s->from == 0 && e->gone)
			version = PROCESS_UNTOLD;
		else if (e->before >= s->from)
			continue;
		give(s, FRAME_PROCESS,
		     fields_encode(&e->fields, e->key, version, s->en->scratch, WIRE_MAX_PAYLOAD));
	}
}

/* What has no versions: the last that is told holds, so the first after FROM comes last. */
static void give_past_others(struct snapshot *s)
{
	for (const struct past_entry *e = s->en->past.last;
	     e != NULL && e->at >= s->from && s->err == 0; e = e->prev)
		if (e->type != FRAME_PROCESS)
			s->err = s->put(s->ctx, e->type, blob_span(e->payload));
}

static void give_thread(struct snapshot *s, struct thread *th)
{
	const struct thread_fields *f = th->past != NULL ? &th->past->fields : &th->f;
	uint64_t version = th->version;

	if (th->told_at >= s->from) { /* in line */
		if (s->from != 0)
			return;
		version = PROCESS_UNTOLD;
	}
	give(s, FRAME_PROCESS,
	     fields_encode(f, th->key, version, s->en->scratch, WIRE_MAX_PAYLOAD));
	if (!th->sent)
		th->told_at = 0;
	th->sent = true; /* its end will be told */
}

static void give_threads(struct snapshot *s, bool main)
{
	struct proctab *pt = &s->en->proctab;

	for (struct thread *th = proctab_next(pt, NULL); th != NULL && s->err == 0;
	     th = proctab_next(pt, th)) {
		if (thread_is_main(th) == main)
			give_thread(s, th);
	}
}

int enrich_snapshot(struct enrich *en, uint64_t from,
		    int (*put)(void *ctx, uint16_t type, struct span payload), void *ctx)
{
	struct snapshot s = { .en = en, .from = from, .put = put, .ctx = ctx };
	struct span host = blob_span(en->host);

	give(&s, FRAME_SNAPSHOT_BEGIN, wire_encode_empty(en->scratch, WIRE_MAX_PAYLOAD));
	if (host.n > 0 && s.err == 0)
		s.err = put(ctx, FRAME_HOST, host);
	give_people(&s, false);
	give_people(&s, true);
	give_containers(&s);
	give_pods(&s);
	give_addresses(&s);
	give_past_others(&s);
	give_past(&s);
	give_threads(&s, true);
	give_threads(&s, false);
	give(&s, FRAME_SNAPSHOT_END, wire_encode_empty(en->scratch, WIRE_MAX_PAYLOAD));
	return s.err;
}
