/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_index.c -- the index at an event.  How it comes to be: rule_index_build.c.
 */
#include "event_class.h"
#include "field_class.h"
#include "process_memo.h"

bool rule_index_has(const struct rule_index *x, unsigned code)
{
	return code < EVENT_CODE_COUNT && x->by_code[code] != NULL;
}

struct waking {
	const struct event_class *c;
	uint64_t *bits;
};

/* A predicate is, or may be, true: the rules that it covers are woken. */
static void wake(void *ctx, uint32_t predicate)
{
	const struct waking *w = ctx;
	const struct cover_map *map = &w->c->covered;

	for (uint32_t i = predicate;; i++) {
		const struct covered *at = &map->slots[i & map->mask];

		if (at->cap == 0)
			return;
		if (at->predicate != predicate)
			continue;
		for (unsigned k = 0; k < at->n; k++)
			w->bits[at->rules[k] / 64] |= UINT64_C(1) << (at->rules[k] % 64);
		return;
	}
}

/* Apart: few need the room for many values. */
static __attribute__((noinline)) void look_up_any(const struct rule_index *x,
						  const struct probe *probe, struct field_event *e,
						  struct waking *w)
{
	struct value values[FIELD_ANY_MAX];
	unsigned n = field_get_any(&program_expr(x->program, probe->expr)->field, e, values);

	for (unsigned i = 0; i < n; i++)
		lookup_find(probe->lookup, probe->parts, &values[i], wake, w);
}

static void look_up(const struct rule_index *x, const struct probe *probe, struct program_memo *m,
		    struct field_event *e, struct waking *w)
{
	const struct value *v;

	if (probe->any) {
		look_up_any(x, probe, e, w);
		return;
	}
	v = program_value(x->program, m, probe->expr, e);
	if (v != NULL)
		lookup_find(probe->lookup, probe->parts, v, wake, w);
}

static void probe_all(const struct rule_index *x, const struct probes *probes,
		      struct program_memo *m, struct field_event *e, struct waking *w)
{
	const struct probe *lookups = probes->lookups.items;
	const uint32_t *single = probes->single.items;

	for (unsigned i = 0; i < probes->lookups.n; i++)
		look_up(x, &lookups[i], m, e, w);
	for (unsigned i = 0; i < probes->single.n; i++)
		if (program_test(x->program, m, single[i], e))
			wake(w, single[i]);
}

/* Guards are mostly asked once: their values are not kept. */
static bool guard_is_true(const struct rule_index *x, struct program_memo *m, uint32_t i,
			  struct field_event *e)
{
	const struct predicate *q = program_predicate(x->program, i);
	const struct expr *left = program_expr(x->program, q->left);
	struct value v;

	if (q->kind != PREDICATE_COMPARE || q->any != ANY_NO)
		return program_test(x->program, m, i, e);
	return left->get(&left->field, e, &v) && q->compare(&v, &q->rights[0]);
}

static unsigned outcome_of(const struct rule_index *x, const struct event_class *c,
			   struct program_memo *m, struct field_event *e)
{
	unsigned outcome = 0;

	for (unsigned i = 0; i < c->nguards; i++)
		outcome |= (unsigned)guard_is_true(x, m, c->guards[i], e) << i;
	return outcome;
}

/* Which rules of C can still match for E's process, as a list; 0: there was no room for it. */
static uint32_t work_out(struct rule_index *x, const struct event_class *c, struct program_memo *m,
			 struct field_event *e)
{
	struct waking w = { c, x->gate_bits };
	unsigned n = 0;

	memcpy(x->gate_bits, c->for_each_process, c->nwords * sizeof(uint64_t));
	probe_all(x, &c->process, m, e, &w);
	for (unsigned word = 0; word < c->nwords; word++) {
		for (uint64_t bits = x->gate_bits[word]; bits != 0; bits &= bits - 1) {
			uint32_t i = word * 64 + (unsigned)__builtin_ctzll(bits);

			if (program_may(x->program, m, x->starts[c->rules[i]], c->fixed, true, e))
				x->gate_list[n++] = i;
		}
	}
	return process_memo_list(x->memos, x->gate_list, n);
}

/* The list of E's process; 0: it cannot be kept. */
static uint32_t list_of(struct rule_index *x, const struct event_class *c, struct program_memo *m,
			struct field_event *e)
{
	uint32_t *list;

	if (m->process == NULL)
		return 0;
	list = &m->process->lists[c->number];
	if (*list == 0)
		*list = work_out(x, c, m, e);
	if (*list == 0) { /* the room for lists is used up: begin again */
		process_memos_clear(x->memos);
		name_memos_clear(x->names);
		*list = work_out(x, c, m, e);
	}
	return *list;
}

/* Wake what E's process wakes; LIST 0: its list cannot be kept. */
static void gate(struct rule_index *x, const struct event_class *c, uint32_t list,
		 struct program_memo *m, struct field_event *e, struct waking *w)
{
	const uint32_t *rules;
	unsigned n;

	if (list == 0) {
		for (unsigned i = 0; i < c->nwords; i++)
			w->bits[i] |= c->for_each_process[i];
		probe_all(x, &c->process, m, e, w);
		return;
	}
	rules = process_memo_rules(x->memos, list, &n);
	for (unsigned i = 0; i < n; i++)
		w->bits[rules[i] / 64] |= UINT64_C(1) << (rules[i] % 64);
}

/* Of the rules that were woken: those that can be true, whatever is still open. */
static void note_rules(const struct rule_index *x, const struct event_class *c,
		       struct program_memo *m, struct field_event *e, struct name_memo *name)
{
	unsigned n = 0;

	for (unsigned word = 0; word < c->nwords; word++)
		for (uint64_t bits = x->woken[word]; bits != 0; bits &= bits - 1) {
			uint32_t i = word * 64 + (unsigned)__builtin_ctzll(bits);

			if (!program_may(x->program, m, x->starts[c->rules[i]], c->settled, false,
					 e))
				continue;
			if (n == NAME_MEMO_RULES || i > UINT16_MAX) {
				name->nrules = NAME_HAS_MANY;
				return;
			}
			name->rules[n++] = (uint16_t)i;
		}
	name->nrules = (uint8_t)n;
}

static void wake_noted(struct rule_index *x, const struct event_class *c,
		       const struct name_memo *name)
{
	memset(x->woken, 0, c->nwords * sizeof(*x->woken));
	for (unsigned i = 0; i < name->nrules; i++)
		x->woken[name->rules[i] / 64] |= UINT64_C(1) << (name->rules[i] % 64);
}

/* fd.nameraw, empty if it is NAME.  False: there is none, or both are empty. */
static bool raw_of(const struct rule_index *x, struct span name, struct program_memo *m,
		   struct field_event *e, struct span *ret)
{
	const struct value *raw;

	*ret = SPAN_NONE;
	if (x->nameraw == NO_EXPR)
		return true;
	raw = program_value(x->program, m, x->nameraw, e);
	if (raw == NULL)
		return false;
	if (!span_eq(raw->s, name))
		*ret = raw->s;
	return raw->s.n > 0;
}

/* The memo of E's names, with rules LIST at OUTCOME; NULL: it has none. */
static struct name_memo *memo_of(const struct rule_index *x, const struct event_class *c,
				 uint32_t list, unsigned outcome, struct program_memo *m,
				 struct field_event *e)
{
	const struct file_info *f = event_file(e);
	struct name_key key = { .list = list,
				.class = (uint16_t)c->number,
				.outcome = (uint8_t)outcome,
				.file = f == NULL ? UINT8_MAX : f->type };
	const struct value *name;
	struct span raw;

	if ((c->by_name >> outcome & 1) == 0 || (c->has_gate && list == 0))
		return NULL;
	name = program_value(x->program, m, x->name, e);
	if (name == NULL || !raw_of(x, name->s, m, e, &raw))
		return NULL;
	return name_memo_get(x->names, &key, name->s, raw);
}

static bool is_open_for(struct field_event *e, enum field_id how)
{
	struct field_ref ref = { .id = how };
	struct value v;

	return field_get(&ref, e, &v) && v.b;
}

struct name_memo *rule_index_open_memo(struct rule_index *x, struct program_memo *m,
				       struct field_event *e)
{
	const struct event_class *c = x->by_code[e->ev->code];
	const struct file_info *f = event_file(e);
	struct name_key key = { .list = NAME_OF_ANYBODY };
	struct span name, raw;

	if (c == NULL || c->counts || f == NULL || x->name == NO_EXPR ||
	    !raw_of(x, f->name, m, e, &raw))
		return NULL;
	key.class = (uint16_t)c->number;
	key.outcome = (uint8_t)(is_open_for(e, FIELD_evt_is_open_read) |
				is_open_for(e, FIELD_evt_is_open_write) << 1);
	key.file = f->type;
	name = raw.n > 0 ? raw : f->name; /* the one follows from the other */
	return name_memo_get(x->names, &key, name,
			     span_eq(name, f->resolved) ? SPAN_NONE : f->resolved);
}

bool rule_index_open_matters(const struct rule_index *x, struct program_memo *m,
			     struct field_event *e)
{
	const struct event_class *c = x->by_code[e->ev->code];

	for (unsigned i = 0; i < c->nrules; i++)
		if (program_may(x->program, m, x->starts[c->rules[i]], c->of_open, false, e))
			return true;
	return false;
}

void rule_index_begin(struct rule_index *x, struct program_memo *m, struct ruleset_walk *walk)
{
	struct field_event *e = walk->event;
	const struct event_class *c = x->by_code[e->ev->code];
	struct waking w = { c, x->woken };
	struct name_memo *name;
	uint32_t list = 0;
	unsigned outcome;

	if (e->process != NULL && !field_process_is_told(e->ev->code))
		m->process = process_memo_get(x->memos, e->process, mirror_epoch(e->mirror));
	if (c->has_gate)
		list = list_of(x, c, m, e);
	outcome = outcome_of(x, c, m, e);
	name = memo_of(x, c, list, outcome, m, e);
	if (name != NULL && name->nrules == 0)
		return;
	walk->rules = c->rules;
	walk->woken = x->woken;
	walk->nwords = c->nwords;
	if (name != NULL && name->nrules <= NAME_MEMO_RULES) {
		wake_noted(x, c, name);
		return;
	}
	memcpy(x->woken, c->always, c->nwords * sizeof(*x->woken));
	if (c->has_gate)
		gate(x, c, list, m, e, &w);
	probe_all(x, &c->event[outcome], m, e, &w);
	if (name != NULL && name->nrules == NAME_IS_NEW)
		note_rules(x, c, m, e, name);
}
