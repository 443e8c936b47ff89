/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_index_build.c -- from rules to classes of events.  Codes for which the same
 * rules stand and the same predicates are settled by the code alone (evt.type,
 * fields that these events do not have) share a class.
 */
#include <errno.h>

#include "event_class.h"
#include "known.h"
#include "process_memo.h"

enum {
	ARENA_BYTES = 4096,
	GUARD_WORTH = 4,     /* rules that it takes out of an event on average, to be a guard */
	GUARDS_TRIED = 16,   /* predicates */
	GUARD_WORK = 1 << 16 /* rules times outcomes, per class */
};

struct builder {
	struct pool *pool, scratch; /* scratch: for the time of building */
	const struct program *p;
	struct rule_index *x;
	const struct ruleset_rule *rules;
	unsigned nrules, norder;
	const uint32_t *order;	 /* the rules in force, as they are tried */
	uint32_t *at_code;	 /* the rules at the code in question */
	uint8_t *known;		 /* enum cover_known of each predicate, at that code */
	struct lookup **lookups; /* by expression */
	uint32_t *uses;		 /* by expression: rules at the code that ask for it */
	bool *looked_up;	 /* by predicate: it is in its look-up */
	bool *stateful;		 /* by rule */
	struct pool_vec classes; /* struct draft_class */
	struct arena arena;	 /* of the event that is asked what its code settles */
	unsigned most_rules;
};

/* A class with what makes it one. */
struct draft_class {
	struct event_class *c;
	uint64_t hash;
	unsigned n;
	const uint32_t *rules; /* dead ones too */
	const uint8_t *known;
};

/* ---- what names settle ---- */

static void set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* Do code, outcome and names decide it? */
static bool is_settled(const struct builder *b, const struct event_class *c, uint32_t predicate)
{
	bool settled =
		b->known[predicate] != KNOWN_NOT || program_predicate(b->p, predicate)->of_name;

	for (unsigned i = 0; i < c->nguards; i++)
		settled |= c->guards[i] == predicate;
	return settled;
}

/* What is the same for all opens by the same name, of the same path, with the same flags, that are no
 * failure, of no standard descriptor, and made no file. */
static bool expr_is_of_open(const struct program *p, uint32_t i)
{
	const struct expr *e = program_expr(p, i);

	for (unsigned k = 0; k < e->n; k++)
		if (!expr_is_of_open(p, e->items[k]))
			return false;
	if (e->kind != EXPR_FIELD)
		return true;
	switch (e->field.id) {
	case FIELD_fd_path_resolved:
	case FIELD_fd_type:
	case FIELD_fd_typechar:
	case FIELD_evt_is_open_read:
	case FIELD_evt_is_open_write:
	case FIELD_evt_is_open_create:
	case FIELD_evt_failed:
		return true;
	default:
		return field_is_of_name(&e->field);
	}
}

static bool is_of_open(const struct builder *b, uint32_t predicate)
{
	const struct predicate *q = program_predicate(b->p, predicate);

	return b->known[predicate] != KNOWN_NOT ||
	       (expr_is_of_open(b->p, q->left) &&
		(q->kind != PREDICATE_FIELDS || expr_is_of_open(b->p, q->right)));
}

static void settle(struct builder *b, struct event_class *c)
{
	for (uint32_t i = 0; i < b->p->predicates.n; i++) {
		if (is_settled(b, c, i))
			set_bit(c->settled, i);
		if (is_of_open(b, i))
			set_bit(c->of_open, i);
	}
	c->by_name = b->x->name == NO_EXPR ? 0 : (UINT32_C(1) << (1u << c->nguards)) - 1;
}

/* ---- covers into a class ---- */

static struct covered *covered_slot(const struct cover_map *map, uint32_t predicate)
{
	uint32_t i = predicate;

	while (map->slots[i & map->mask].cap != 0 &&
	       map->slots[i & map->mask].predicate != predicate)
		i++;
	return &map->slots[i & map->mask];
}

/* One predicate of one rule's cover. */
struct waker {
	uint32_t predicate, place;
};

/* First how many rules each predicate wakes, then which. */
static bool map_covers(struct builder *b, struct event_class *c, const struct pool_vec *wakers)
{
	const struct waker *w = wakers->items;
	uint32_t cap = 4;

	while (cap < 2 * wakers->n)
		cap *= 2;
	c->covered.mask = cap - 1;
	c->covered.slots = pool_array(b->pool, cap, sizeof(*c->covered.slots));
	if (c->covered.slots == NULL)
		return false;
	for (unsigned i = 0; i < wakers->n; i++) {
		struct covered *at = covered_slot(&c->covered, w[i].predicate);

		at->predicate = w[i].predicate;
		at->cap++;
	}
	for (uint32_t i = 0; i < cap; i++) {
		struct covered *at = &c->covered.slots[i];

		if (at->cap == 0)
			continue;
		at->rules = pool_array(b->pool, at->cap, sizeof(*at->rules));
		if (at->rules == NULL)
			return false;
	}
	for (unsigned i = 0; i < wakers->n; i++) {
		struct covered *at = covered_slot(&c->covered, w[i].predicate);

		at->rules[at->n++] = w[i].place;
	}
	return true;
}

/* What of EXPR is looked up; made if it is not yet.  NULL: no room. */
static struct probe *probe_for(struct builder *b, struct probes *probes, uint32_t expr, bool any)
{
	struct probe *probe = probes->lookups.items;

	for (unsigned i = 0; i < probes->lookups.n; i++)
		if (probe[i].expr == expr)
			return &probe[i];
	probe = pool_push(b->pool, &probes->lookups, sizeof(*probe));
	if (probe != NULL)
		*probe = (struct probe){ .expr = expr, .any = any, .lookup = b->lookups[expr] };
	return probe;
}

static bool add_single(struct builder *b, struct probes *probes, uint32_t predicate)
{
	uint32_t *single = probes->single.items;

	for (unsigned i = 0; i < probes->single.n; i++)
		if (single[i] == predicate)
			return true;
	single = pool_push(b->pool, &probes->single, sizeof(*single));
	if (single != NULL)
		*single = predicate;
	return single != NULL;
}

static bool add_to(struct builder *b, struct probes *probes, uint32_t predicate)
{
	const struct predicate *q = program_predicate(b->p, predicate);
	unsigned parts = lookup_parts(q, program_expr(b->p, q->left));
	struct probe *probe;

	if (parts == 0)
		return add_single(b, probes, predicate);
	probe = probe_for(b, probes, q->left, q->any != ANY_NO);
	if (probe != NULL)
		probe->parts |= (uint8_t)parts;
	return probe != NULL;
}

/* Put PREDICATE into its expression's look-up, if it can be looked up. */
static bool look_up(struct builder *b, uint32_t predicate)
{
	const struct predicate *q = program_predicate(b->p, predicate);
	struct lookup **l = &b->lookups[q->left];

	if (b->looked_up[predicate] || lookup_parts(q, program_expr(b->p, q->left)) == 0)
		return true;
	if (*l == NULL)
		*l = lookup_new(b->pool);
	b->looked_up[predicate] = true;
	return *l != NULL && lookup_add(*l, q, predicate);
}

/* See to it that PREDICATE is found when it is true, at OUTCOMES at least. */
static bool add_probe(struct builder *b, struct event_class *c, uint32_t predicate,
		      uint32_t outcomes)
{
	if (!look_up(b, predicate))
		return false;
	if (program_predicate(b->p, predicate)->of_process)
		return add_to(b, &c->process, predicate);
	if (!is_settled(b, c, predicate))
		c->by_name &= ~outcomes;
	for (unsigned o = 0; o < MAX_OUTCOMES; o++)
		if ((outcomes >> o & 1) && !add_to(b, &c->event[o], predicate))
			return false;
	return true;
}

/* ---- guards ---- */

/* How often a cheap predicate about the field of Q is false, roughly; 0: it is not cheap. */
static float often_false(const struct program *p, const struct predicate *q)
{
	const struct expr *left = program_expr(p, q->left);

	if (q->of_process || left->kind != EXPR_FIELD || q->kind == PREDICATE_FIELDS)
		return 0;
	switch (left->field.id) {
	case FIELD_evt_is_open_write:
	case FIELD_evt_is_open_exec:
	case FIELD_evt_is_open_create:
		return 0.9F;
	case FIELD_fd_num:
	case FIELD_evt_rawres:
	case FIELD_evt_failed:
		return 0.3F;
	case FIELD_fd_typechar:
	case FIELD_fd_type:
	case FIELD_evt_is_open_read:
		return 0.1F;
	default:
		return 0;
	}
}

/* How many of the N rules are false when PREDICATE is. */
static unsigned falling_with(struct builder *b, uint32_t predicate, unsigned n)
{
	unsigned fallen = 0;

	b->known[predicate] = KNOWN_FALSE;
	for (unsigned i = 0; i < n; i++)
		fallen += !cover_is_alive(b->p, b->rules[b->at_code[i]].tree, b->known);
	b->known[predicate] = KNOWN_NOT;
	return fallen;
}

/* The cheap predicates that take most of the N rules at this code out, as far as the work of
 * trying all outcomes for all rules stays small. */
static void choose_guards(struct builder *b, struct event_class *c, unsigned n)
{
	float worth[MAX_GUARDS + 1] = { 0 };
	unsigned most = 0, tried = 0;

	while (most < MAX_GUARDS && (n << (most + 1)) <= GUARD_WORK)
		most++;
	for (uint32_t i = 0; most > 0 && i < b->p->predicates.n && tried < GUARDS_TRIED; i++) {
		float often = often_false(b->p, program_predicate(b->p, i)), w;
		unsigned at = c->nguards;

		if (b->known[i] != KNOWN_NOT || often == 0)
			continue;
		tried++;
		w = often * (float)falling_with(b, i, n);
		if (w < GUARD_WORTH || (at == most && w <= worth[at - 1]))
			continue;
		if (at < most)
			c->nguards++;
		else
			at--;
		for (; at > 0 && worth[at - 1] < w; at--) {
			worth[at] = worth[at - 1];
			c->guards[at] = c->guards[at - 1];
		}
		worth[at] = w;
		c->guards[at] = i;
	}
}

/* At which outcomes of the guards RULE can be true. */
static uint32_t outcomes_of(struct builder *b, const struct event_class *c, uint32_t rule)
{
	uint32_t outcomes = 0;

	for (unsigned o = 0; o < 1u << c->nguards; o++) {
		for (unsigned i = 0; i < c->nguards; i++)
			b->known[c->guards[i]] = o >> i & 1 ? KNOWN_TRUE : KNOWN_FALSE;
		if (cover_is_alive(b->p, b->rules[rule].tree, b->known))
			outcomes |= UINT32_C(1) << o;
	}
	for (unsigned i = 0; i < c->nguards; i++)
		b->known[c->guards[i]] = KNOWN_NOT;
	return outcomes;
}

/* ---- a class ---- */

/* RULE at PLACE of C: how is it woken? */
static bool add_rule(struct builder *b, struct event_class *c, uint32_t rule,
		     const struct cover *cover, struct pool_vec *wakers)
{
	uint32_t place = c->nrules++, outcomes;

	c->rules[place] = rule;
	if (b->stateful[rule]) {
		c->by_name = 0;
		c->counts = true;
		set_bit(c->always, place);
		return true;
	}
	if (cover->kind == COVER_ALWAYS) {
		set_bit(c->for_each_process, place);
		c->has_gate = true;
		return true;
	}
	outcomes = outcomes_of(b, c, rule);
	for (const struct cover_item *i = cover->first; i != NULL; i = i->next) {
		struct waker *w = pool_push(&b->scratch, wakers, sizeof(*w));

		if (w == NULL || !add_probe(b, c, i->predicate, outcomes))
			return false;
		*w = (struct waker){ i->predicate, place };
		c->has_gate |= program_predicate(b->p, i->predicate)->of_process;
	}
	return true;
}

static uint32_t find_field(const struct program *p, enum field_id id)
{
	for (uint32_t i = 0; i < p->exprs.n; i++)
		if (program_expr(p, i)->kind == EXPR_FIELD && program_expr(p, i)->field.id == id)
			return i;
	return NO_EXPR;
}

static struct event_class *class_new(struct builder *b, unsigned nrules)
{
	struct event_class *c = pool_get(b->pool, sizeof(*c));
	unsigned nwords = (nrules + 63) / 64;

	if (c == NULL)
		return NULL;
	c->rules = pool_array(b->pool, nrules, sizeof(*c->rules));
	c->always = pool_array(b->pool, nwords, sizeof(uint64_t));
	c->for_each_process = pool_array(b->pool, nwords, sizeof(uint64_t));
	c->fixed = pool_array(b->pool, (b->p->predicates.n + 63) / 64, sizeof(uint64_t));
	c->settled = pool_array(b->pool, (b->p->predicates.n + 63) / 64, sizeof(uint64_t));
	c->of_open = pool_array(b->pool, (b->p->predicates.n + 63) / 64, sizeof(uint64_t));
	return b->pool->failed ? NULL : c;
}

/* How many rules at the code would ask for the value of each expression. */
static bool count_uses(struct builder *b, unsigned n)
{
	uint32_t *uses = pool_array(&b->scratch, b->p->exprs.n, sizeof(*uses));
	struct cover cover;

	if (uses == NULL)
		return false;
	memset(b->uses, 0, b->p->exprs.n * sizeof(*b->uses));
	for (unsigned i = 0; i < n; i++) {
		if (!cover_find(b->p, b->rules[b->at_code[i]].tree, b->known, b->uses, &b->scratch,
				&cover))
			return false;
		for (const struct cover_item *k = cover.first; k != NULL; k = k->next)
			uses[program_predicate(b->p, k->predicate)->left]++;
	}
	memcpy(b->uses, uses, b->p->exprs.n * sizeof(*uses));
	return true;
}

/* The rules at the code, less those that it makes false. */
static struct event_class *class_build(struct builder *b, unsigned n)
{
	struct event_class *c = class_new(b, n);
	struct pool_vec wakers = { 0 };

	if (c == NULL)
		return NULL;
	for (uint32_t i = 0; i < b->p->predicates.n; i++)
		if (b->known[i] != KNOWN_NOT)
			set_bit(c->fixed, i);
	choose_guards(b, c, n);
	settle(b, c);
	if (!count_uses(b, n))
		return NULL;
	for (unsigned i = 0; i < n; i++) {
		uint32_t rule = b->at_code[i];
		struct cover cover;

		if (!cover_find(b->p, b->rules[rule].tree, b->known, b->uses, &b->scratch, &cover))
			return NULL;
		if (cover.kind != COVER_DEAD && !add_rule(b, c, rule, &cover, &wakers))
			return NULL;
	}
	c->nwords = (c->nrules + 63) / 64;
	return map_covers(b, c, &wakers) ? c : NULL;
}

/* ---- codes to classes ---- */

static uint64_t hash_bytes(uint64_t h, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const uint8_t *)p)[i]) * UINT64_C(0x100000001b3);
	return h;
}

static int class_for(struct builder *b, unsigned n, struct event_class **ret)
{
	size_t rules_bytes = n * sizeof(*b->at_code), known_bytes = b->p->predicates.n;
	uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325), b->at_code, rules_bytes);
	struct draft_class *d = b->classes.items;
	uint32_t *rules;
	uint8_t *known;

	hash = hash_bytes(hash, b->known, known_bytes);
	for (unsigned i = 0; i < b->classes.n; i++) {
		if (d[i].hash != hash || d[i].n != n ||
		    memcmp(d[i].rules, b->at_code, rules_bytes) != 0 ||
		    memcmp(d[i].known, b->known, known_bytes) != 0)
			continue;
		*ret = d[i].c;
		return 0;
	}
	*ret = class_build(b, n);
	d = pool_push(&b->scratch, &b->classes, sizeof(*d));
	rules = pool_array(&b->scratch, n, sizeof(*rules));
	known = pool_array(&b->scratch, known_bytes, 1);
	if (*ret == NULL || d == NULL || rules == NULL || known == NULL)
		return -ENOMEM;
	memcpy(rules, b->at_code, rules_bytes);
	memcpy(known, b->known, known_bytes);
	(*ret)->number = b->classes.n - 1;
	*d = (struct draft_class){ *ret, hash, n, rules, known };
	if ((*ret)->nrules > b->most_rules)
		b->most_rules = (*ret)->nrules;
	return 0;
}

/* Events that no condition asks for by itself, but every rule sees. */
static bool rule_sees(const struct ruleset_rule *rule, unsigned code)
{
	return codes_has(&rule->codes, code) || code == EVENT_ASYNCEVENT_E;
}

static int index_code(struct builder *b, struct program_memo *m, unsigned code)
{
	struct event_class *c;
	unsigned n = 0;
	int err;

	for (unsigned i = 0; i < b->norder; i++)
		if (rule_sees(&b->rules[b->order[i]], code))
			b->at_code[n++] = b->order[i];
	if (n == 0)
		return 0;
	known_of_code(b->p, m, &b->arena, code, b->known);
	err = class_for(b, n, &c);
	if (err == 0 && c->nrules > 0)
		b->x->by_code[code] = c;
	return err;
}

/* ---- rules with fields that count how often they are looked at ---- */

static bool expr_is_stateful(const struct program *p, uint32_t i)
{
	const struct expr *e = program_expr(p, i);

	if (e->kind == EXPR_FIELD)
		return field_is_stateful(&e->field);
	for (unsigned k = 0; k < e->n; k++)
		if (expr_is_stateful(p, e->items[k]))
			return true;
	return false;
}

static bool is_stateful(const struct program *p, const struct node *n)
{
	const struct predicate *q;

	for (unsigned i = 0; i < n->n; i++)
		if (is_stateful(p, n->child[i]))
			return true;
	if (n->kind != NODE_CHECK)
		return false;
	q = program_predicate(p, n->predicate - 1);
	return expr_is_stateful(p, q->left) ||
	       (q->kind == PREDICATE_FIELDS && expr_is_stateful(p, q->right));
}

/* ---- all of it ---- */

static int build_all(struct builder *b)
{
	struct program_memo memo;
	int err = 0;

	if (!program_memo_init(&memo, b->p, &b->scratch))
		return -ENOMEM;
	for (uint32_t i = 0; i < b->nrules; i++) {
		b->x->starts[i] = b->rules[i].start;
		b->stateful[i] = is_stateful(b->p, b->rules[i].tree);
	}
	for (unsigned code = 0; err == 0 && code < EVENT_CODE_COUNT; code++)
		err = index_code(b, &memo, code);
	for (uint32_t i = 0; err == 0 && i < b->p->exprs.n; i++)
		if (b->lookups[i] != NULL && !lookup_seal(b->lookups[i]))
			err = -ENOMEM;
	return err;
}

static bool builder_init(struct builder *b)
{
	unsigned npredicates = b->p->predicates.n;

	b->x = pool_get(b->pool, sizeof(*b->x));
	b->at_code = pool_array(&b->scratch, b->nrules, sizeof(*b->at_code));
	b->known = pool_array(&b->scratch, npredicates, 1);
	b->lookups = pool_array(&b->scratch, b->p->exprs.n, sizeof(*b->lookups));
	b->uses = pool_array(&b->scratch, b->p->exprs.n, sizeof(*b->uses));
	b->looked_up = pool_array(&b->scratch, npredicates, sizeof(*b->looked_up));
	b->stateful = pool_array(&b->scratch, b->nrules, sizeof(*b->stateful));
	arena_init(&b->arena, pool_get(&b->scratch, ARENA_BYTES), ARENA_BYTES);
	if (b->scratch.failed || b->x == NULL)
		return false;
	b->x->program = b->p;
	b->x->name = find_field(b->p, FIELD_fd_name);
	b->x->nameraw = find_field(b->p, FIELD_fd_nameraw);
	b->x->starts = pool_array(b->pool, b->nrules, sizeof(*b->x->starts));
	return b->x->starts != NULL;
}

/* Room for the largest class. */
static bool index_finish(struct builder *b)
{
	struct rule_index *x = b->x;
	unsigned nwords = (b->most_rules + 63) / 64;

	x->woken = pool_array(b->pool, nwords, sizeof(*x->woken));
	x->gate_bits = pool_array(b->pool, nwords, sizeof(*x->gate_bits));
	x->gate_list = pool_array(b->pool, b->most_rules, sizeof(*x->gate_list));
	x->memos = process_memos_new(b->pool, b->p->of_process, b->classes.n);
	x->names = name_memos_new(b->pool);
	return x->woken != NULL && x->gate_bits != NULL && x->gate_list != NULL &&
	       x->memos != NULL && x->names != NULL;
}

int rule_index_new(struct pool *pool, const struct program *p, const struct ruleset_rule *rules,
		   unsigned n, const uint32_t *order, unsigned norder, struct rule_index **ret)
{
	struct builder b = {
		.pool = pool, .p = p, .rules = rules, .nrules = n, .order = order, .norder = norder
	};
	int err = -ENOMEM;

	pool_init(&b.scratch, pool->limit);
	if (builder_init(&b))
		err = build_all(&b);
	if (err == 0 && !index_finish(&b))
		err = -ENOMEM;
	pool_release(&b.scratch);
	if (err == 0)
		*ret = b.x;
	return err;
}
