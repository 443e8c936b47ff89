/* SPDX-License-Identifier: Apache-2.0
 *
 * ruleset.c -- the rules, the program that they share, and the index that says
 * which of them are worth looking at.
 */
#include "ruleset.h"

#include <errno.h>
#include <stdlib.h>

#include "field_class.h"
#include "inode_names.h"
#include "mute_rules.h"
#include "name_memo.h"
#include "path_view.h"
#include "rule_hosts.h"
#include "rule_index.h"

/* By the index; each rule; each rule, as long as it is open what a runtime tells. */
/* '*' is any text; nothing else has a meaning of its own. */
static bool star_match(struct span pattern, struct span text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, back = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			back = t;
		} else if (p < pattern.n && pattern.p[p] == text.p[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++back;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

enum ruleset_mode { MODE_INDEXED, MODE_EACH, MODE_OPEN };

struct ruleset {
	struct pool pool;
	struct program program;
	struct program_memo memo;
	struct pool_vec rules; /* struct ruleset_rule */
	struct rule_index *index;
	uint32_t *order; /* the rules in force, as they are tried */
	unsigned evaluated;
	uint32_t turns; /* choices so far */
	bool captures;
	struct codes wanted;
	uint64_t extras;
	struct rule_hosts hosts; /* of the rules in force */

	bool other_paths;
	struct codes path_codes; /* at which rules look at paths */
	uint64_t *of_path;	 /* rules (a bit each) that may be tried by other paths */
	uint64_t *matched;	 /* rules that the event has tripped */
	bool any_matched;
	struct path_view view;
	struct inode_names *inodes;

	const struct ruleset_rule
		*minds; /* that opens by other names than the kernel's are left out */
	bool mutes;

	uint8_t asks;			  /* METADATA_* that rules in force do */
	uint64_t *told[METADATA_ALL + 1]; /* predicates (a bit each) that need none of these */
};

int ruleset_new(size_t limit, struct ruleset **ret)
{
	struct ruleset *rs = calloc(1, sizeof(*rs));

	if (rs == NULL)
		return -ENOMEM;
	pool_init(&rs->pool, limit);
	program_init(&rs->program, &rs->pool);
	*ret = rs;
	return 0;
}

void ruleset_statics(struct ruleset *rs, const struct static_fields *statics)
{
	rs->program.statics = statics;
}

static struct ruleset_rule *rule_at(const struct ruleset *rs, unsigned i)
{
	return &((struct ruleset_rule *)rs->rules.items)[i];
}

void ruleset_free(struct ruleset *rs)
{
	if (rs == NULL)
		return;
	for (unsigned i = 0; i < rs->rules.n; i++)
		output_free(rule_at(rs, i)->output);
	program_release(&rs->program);
	pool_release(&rs->pool);
	free(rs);
}

struct pool *ruleset_pool(struct ruleset *rs)
{
	return &rs->pool;
}

int ruleset_add(struct ruleset *rs, const struct ruleset_rule *rule, struct node *tree,
		struct diag *diag, struct compile_error *ret_error)
{
	const struct node *wrong = tree;
	struct ruleset_rule *slot;
	struct codes codes;
	uint32_t start;
	int err = compile_condition(&rs->program, tree, &start, diag, ret_error);

	if (err == 0) {
		err = codes_of_condition(tree, &codes, diag, &wrong);
		if (err < 0)
			*ret_error = (struct compile_error){ wrong->owner, wrong->at, tree->at };
	}
	if (err < 0)
		return err;
	slot = pool_push(&rs->pool, &rs->rules, sizeof(*slot));
	if (slot == NULL) {
		diag_set(diag, "the rules are too large");
		return -ENOMEM;
	}
	*slot = *rule;
	slot->tree = tree;
	slot->codes = codes;
	slot->start = start;
	return 0;
}

static void add_wants(struct ruleset *rs, const struct ruleset_rule *rule)
{
	const struct field_ref *refs;
	unsigned n = rule->output == NULL ? 0 : output_fields(rule->output, &refs);

	for (unsigned i = 0; i < n; i++)
		rs->extras |= field_wants(&refs[i]);
	for (unsigned i = 0; i < CODES_WORDS; i++)
		rs->wanted.events[i] |= rule->codes.events[i];
	for (unsigned i = 0; i < CODES_SC_WORDS; i++)
		rs->wanted.syscalls[i] |= rule->codes.syscalls[i];
	rs->wanted.events[EVENT_ASYNCEVENT_E / 64] |= UINT64_C(1) << (EVENT_ASYNCEVENT_E % 64);
}

static bool has_bit(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static int find_of_path(struct ruleset *rs, unsigned priority)
{
	unsigned nwords = (rs->rules.n + 63) / 64;

	rs->of_path = pool_array(&rs->pool, nwords, sizeof(*rs->of_path));
	rs->matched = pool_array(&rs->pool, nwords, sizeof(*rs->matched));
	rs->inodes = inode_names_new(&rs->pool);
	if (rs->of_path == NULL || rs->matched == NULL || rs->inodes == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < rs->rules.n; i++) {
		const struct ruleset_rule *rule = rule_at(rs, i);

		if (!rule_is_in_force(rule, priority) ||
		    !path_view_is_for(&rs->program, rule->tree))
			continue;
		set_bit(rs->of_path, i);
		if (!inode_names_add(rs->inodes, &rs->program, rule->tree))
			return -ENOMEM;
		for (unsigned w = 0; w < CODES_WORDS; w++)
			rs->path_codes.events[w] |= rule->codes.events[w];
	}
	return 0;
}

static uint8_t tree_asks(const struct program *p, const struct node *n)
{
	uint8_t asks = 0;

	if (n->kind == NODE_CHECK)
		asks = program_predicate(p, n->predicate - 1)->metadata;
	for (unsigned i = 0; i < n->n; i++)
		asks |= tree_asks(p, n->child[i]);
	return asks;
}

static uint8_t output_asks(const struct output *o)
{
	const struct field_ref *refs;
	unsigned n = o == NULL ? 0 : output_fields(o, &refs);
	uint8_t asks = 0;

	for (unsigned i = 0; i < n; i++)
		asks |= field_metadata(&refs[i]);
	return asks;
}

static int find_told(struct ruleset *rs, unsigned untold)
{
	const struct program *p = &rs->program;

	rs->told[untold] =
		pool_array(&rs->pool, (p->predicates.n + 63) / 64, sizeof(*rs->told[untold]));
	if (rs->told[untold] == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->predicates.n; i++)
		if ((program_predicate(p, i)->metadata & untold) == 0)
			set_bit(rs->told[untold], i);
	return 0;
}

static int find_asking(struct ruleset *rs, unsigned priority)
{
	const struct program *p = &rs->program;

	for (unsigned untold = 1; untold <= METADATA_ALL; untold++)
		if (find_told(rs, untold) < 0)
			return -ENOMEM;
	for (unsigned i = 0; i < rs->rules.n; i++) {
		struct ruleset_rule *rule = rule_at(rs, i);

		rule->condition_asks = tree_asks(p, rule->tree);
		rule->asks = rule->condition_asks | output_asks(rule->output);
		if (rule_is_in_force(rule, priority))
			rs->asks |= rule->asks;
	}
	return 0;
}

/* Those that one choice enabled stand in load order. */
static int find_order(struct ruleset *rs, unsigned priority)
{
	rs->order = pool_array(&rs->pool, rs->rules.n, sizeof(*rs->order));
	if (rs->order == NULL)
		return -ENOMEM;
	for (uint32_t turn = 0; turn <= rs->turns; turn++)
		for (uint32_t i = 0; i < rs->rules.n; i++) {
			struct ruleset_rule *rule = rule_at(rs, i);

			if (rule->turn != turn || !rule_is_in_force(rule, priority))
				continue;
			rule->place = rs->evaluated;
			rs->order[rs->evaluated++] = i;
		}
	return 0;
}

int ruleset_seal(struct ruleset *rs, unsigned priority)
{
	const struct ruleset_rule *needs_all;
	bool rare_sockets, rare_fcntls;
	int err = find_of_path(rs, priority);

	if (err == 0)
		err = find_asking(rs, priority);
	if (err == 0)
		err = find_order(rs, priority);
	if (err < 0)
		return err;
	rule_hosts_init(&rs->hosts, &rs->pool);
	for (unsigned i = 0; i < rs->rules.n; i++) {
		if (!rule_is_in_force(rule_at(rs, i), priority))
			continue;
		if (!rule_hosts_add(&rs->hosts, rule_at(rs, i)->tree))
			return -ENOMEM;
		rs->captures |= rule_at(rs, i)->capture;
		add_wants(rs, rule_at(rs, i));
	}
	if (rs->evaluated > 0)
		rs->extras |= program_wants(&rs->program);
	if (!program_memo_init(&rs->memo, &rs->program, &rs->pool) ||
	    !mute_who_minds(&rs->program, &rs->memo, rs->rules.items, rs->rules.n, priority,
			    MUTE_OWN_NAMES, &needs_all) ||
	    !mute_who_minds(&rs->program, &rs->memo, rs->rules.items, rs->rules.n, priority,
			    MUTE_ALL, &rs->minds) ||
	    !mute_common_sockets(&rs->program, &rs->memo, rs->rules.items, rs->rules.n, priority,
				 &rare_sockets) ||
	    !mute_common_fcntls(&rs->program, &rs->memo, rs->rules.items, rs->rules.n, priority,
				&rare_fcntls))
		return -ENOMEM;
	if (rare_sockets)
		rs->extras |= WANT_RARE_SOCKETS;
	if (rare_fcntls)
		rs->extras |= WANT_RARE_FCNTLS;
	rs->mutes = needs_all == NULL && !mute_minds_extras(rs->extras, &rs->wanted);
	return rule_index_new(&rs->pool, &rs->program, rs->rules.items, rs->rules.n, rs->order,
			      rs->evaluated, &rs->index);
}

unsigned ruleset_count(const struct ruleset *rs)
{
	return rs->rules.n;
}

const struct ruleset_rule *ruleset_rule(const struct ruleset *rs, unsigned i)
{
	return i < rs->rules.n ? rule_at(rs, i) : NULL;
}

static bool chooses(const struct rule_choice *c, const struct ruleset_rule *rule)
{
	if (!c->by_tag)
		return star_match(span_str(c->pattern), rule->name);
	for (unsigned i = 0; i < rule->ntags; i++)
		if (span_is(rule->tags[i], c->pattern))
			return true;
	return false;
}

void ruleset_choose(struct ruleset *rs, const struct rule_choices *choices)
{
	for (unsigned k = 0; k < choices->count; k++) {
		bool enable = choices->choice[k].enable;

		rs->turns++;
		for (unsigned i = 0; i < rs->rules.n; i++) {
			struct ruleset_rule *rule = rule_at(rs, i);

			if (rule->enabled == enable || !chooses(&choices->choice[k], rule))
				continue;
			rule->enabled = enable;
			rule->turn = rs->turns;
		}
	}
}

unsigned ruleset_evaluated_count(const struct ruleset *rs)
{
	return rs->evaluated;
}

unsigned ruleset_predicate_count(const struct ruleset *rs)
{
	return rs->program.predicates.n;
}

bool ruleset_captures(const struct ruleset *rs)
{
	return rs->captures;
}

void ruleset_wants(const struct ruleset *rs, struct codes *ret_codes, uint64_t *ret_extras)
{
	*ret_codes = rs->wanted;
	*ret_extras = rs->extras;
	if (!rs->other_paths || inode_names_count(rs->inodes) == 0)
		return;
	for (unsigned i = 0; i < inode_names_ncodes; i++)
		ret_codes->events[inode_names_codes[i] / 64] |= UINT64_C(1)
								<< (inode_names_codes[i] % 64);
}

unsigned ruleset_host_names(const struct ruleset *rs, struct host_names *ret)
{
	return rule_hosts_get(&rs->hosts, ret);
}

void ruleset_match_other_paths(struct ruleset *rs, bool on)
{
	rs->other_paths = on;
}

struct inode_names *ruleset_inode_names(struct ruleset *rs)
{
	return rs->inodes;
}

uint64_t ruleset_mutes(const struct ruleset *rs, const struct ruleset_rule **ret_why)
{
	*ret_why = rs->minds;
	if (!rs->mutes)
		return 0;
	return WANT_MUTES | (rs->minds == NULL ? WANT_MUTES_ALL : 0);
}

/* By the other path of its file, too? */
static bool open_matters(struct ruleset *rs, struct field_event *e)
{
	struct span path;

	if (rule_index_open_matters(rs->index, &rs->memo, e))
		return true;
	if (!rs->other_paths || !path_view_open(&rs->view, e, &path))
		return false;
	program_memo_next(&rs->memo, &rs->program);
	return rule_index_open_matters(rs->index, &rs->memo, &rs->view.event);
}

bool ruleset_can_mute(struct ruleset *rs, struct field_event *e)
{
	struct name_memo *memo;

	if (!rs->mutes || event_file(e) == NULL ||
	    (rs->other_paths && !inode_names_is_settled(rs->inodes, event_file(e))))
		return false;
	arena_clear(e->arena);
	program_memo_next(&rs->memo, &rs->program);
	memo = rule_index_open_memo(rs->index, &rs->memo, e);
	if (memo == NULL)
		return false;
	if (memo->nrules != NAME_IS_NEW)
		return memo->nrules == 0;
	memo->nrules = open_matters(rs, e) ? NAME_HAS_MANY : 0;
	return false; /* of most names there is one open only */
}

static void begin_view(struct ruleset *rs, struct field_event *e, struct ruleset_walk *w)
{
	program_memo_next(&rs->memo, &rs->program);
	w->event = e;
	w->word = w->nwords = 0;
	w->next = 0;
	if (w->mode == MODE_INDEXED)
		rule_index_begin(rs->index, &rs->memo, w);
}

static void begin(struct ruleset *rs, struct field_event *e, enum ruleset_mode mode,
		  struct ruleset_walk *ret)
{
	*ret = (struct ruleset_walk){
		.event = e, .as_is = e, .mode = (uint8_t)mode, .next = rs->rules.n
	};
	arena_clear(e->arena);
	if (rs->other_paths)
		inode_names_follow(rs->inodes, e);
	if (!rule_index_has(rs->index, e->ev->code))
		return;
	if (rs->any_matched)
		memset(rs->matched, 0, (rs->rules.n + 63) / 64 * sizeof(*rs->matched));
	rs->any_matched = false;
	begin_view(rs, e, ret);
}

void ruleset_begin(struct ruleset *rs, struct field_event *e, struct ruleset_walk *ret)
{
	begin(rs, e, MODE_INDEXED, ret);
}

unsigned ruleset_asks(const struct ruleset *rs)
{
	return rs->asks;
}

void ruleset_begin_each(struct ruleset *rs, struct field_event *e, unsigned open,
			struct ruleset_walk *ret)
{
	begin(rs, e, open != 0 ? MODE_OPEN : MODE_EACH, ret);
	ret->open = (uint8_t)open;
}

/* The next way to look at the event: by the kernel's paths, then by the name by which rules know the
 * inode.  False: there is no other. */
static bool open_view(struct ruleset *rs, struct ruleset_walk *w)
{
	const struct file_info *f = event_file(w->as_is);

	if (w->view++ == 0 && path_view_open(&rs->view, w->as_is, &w->other_path))
		return true;
	if (w->view == 1)
		w->view++;
	if (w->view > 2 || f == NULL || !inode_names_find(rs->inodes, f, &w->other_path))
		return false;
	path_view_name(&rs->view, w->as_is, w->other_path);
	return true;
}

/* Look at the event again, by other paths of its files.  False: it has none that are worth it. */
static bool next_view(struct ruleset *rs, struct ruleset_walk *w)
{
	unsigned code = w->event->ev->code;

	if (!rs->other_paths || !codes_has(&rs->path_codes, code) ||
	    !rule_index_has(rs->index, code) || !open_view(rs, w))
		return false;
	begin_view(rs, &rs->view.event, w);
	return true;
}

/* By other paths only those that look at paths, and did not match before. */
static bool is_worth(const struct ruleset *rs, const struct ruleset_walk *w, uint32_t rule)
{
	return w->view == 0 || (has_bit(rs->of_path, rule) && !has_bit(rs->matched, rule));
}

static bool next_of_each(const struct ruleset *rs, struct ruleset_walk *w, uint32_t *ret_rule)
{
	unsigned code = w->event->ev->code;

	while (w->next < rs->evaluated) {
		uint32_t rule = rs->order[w->next++];

		if (codes_has(&rule_at(rs, rule)->codes, code)) {
			*ret_rule = rule;
			return true;
		}
	}
	return false;
}

static inline bool next_to_look_at(const struct ruleset *rs, struct ruleset_walk *w,
				   uint32_t *ret_rule)
{
	return w->mode == MODE_INDEXED ? rule_index_next(w, ret_rule)
				       : next_of_each(rs, w, ret_rule);
}

static inline bool trips(struct ruleset *rs, const struct ruleset_walk *w,
			 const struct ruleset_rule *rule)
{
	if (w->mode == MODE_OPEN && (rule->condition_asks & w->open) != 0)
		return program_may(&rs->program, &rs->memo, rule->start, rs->told[w->open], false,
				   w->event);
	return program_run(&rs->program, &rs->memo, rule->start, w->event);
}

static bool trips_watched(struct ruleset *rs, const struct ruleset_walk *w,
			  const struct ruleset_rule *rule, const struct rule_watch *watch)
{
	uint64_t from = watch->now_ns();
	bool ret = trips(rs, w, rule);

	watch->took(watch->ctx, rule, watch->now_ns() - from);
	return ret;
}

/* WATCH, NULL or not, is known where this is put. */
static inline __attribute__((always_inline)) const struct ruleset_rule *next_rule(
	struct ruleset *rs, struct ruleset_walk *w, const struct rule_watch *watch)
{
	uint32_t i;

	do {
		while (next_to_look_at(rs, w, &i)) {
			const struct ruleset_rule *rule = rule_at(rs, i);

			if (!is_worth(rs, w, i) ||
			    !(watch == NULL ? trips(rs, w, rule)
					    : trips_watched(rs, w, rule, watch)))
				continue;
			set_bit(rs->matched, i);
			rs->any_matched = true;
			return rule;
		}
	} while (next_view(rs, w));
	return NULL;
}

const struct ruleset_rule *ruleset_next(struct ruleset *rs, struct ruleset_walk *w)
{
	return next_rule(rs, w, NULL);
}

const struct ruleset_rule *ruleset_next_watched(struct ruleset *rs, struct ruleset_walk *w,
						const struct rule_watch *watch)
{
	return next_rule(rs, w, watch);
}

uint32_t ruleset_name(const struct ruleset *rs, const struct ruleset_walk *w,
		      const struct ruleset_rule *rule)
{
	return w->view * rs->rules.n + rule->place;
}
