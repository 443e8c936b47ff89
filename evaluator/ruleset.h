/* SPDX-License-Identifier: Apache-2.0
 *
 * ruleset.h -- all rules, compiled: one event to the rules that it trips.
 * Rules are indexed by event code; what they share is computed once per event.
 * Built at load, then sealed; evaluation allocates nothing and changes nothing
 * but the set's own memory of the event.  Core; one thread per set.
 */
#ifndef MEWS_RULESET_H
#define MEWS_RULESET_H

#include "codes.h"
#include "compile.h"
#include "output.h"
#include "rule_choice.h"

#define RULE_PRIORITY_DEBUG 7

/* A rule as it stands after lists, macros, exceptions and overrides. */
struct ruleset_rule {
	uint32_t ordinal; /* of all rules in load order, those that are skipped, too */
	uint32_t turn;	  /* 0: enabled by its file; else by which choice of the settings */
	uint32_t place;	  /* in the order in which those in force are tried */
	uint8_t priority; /* 0 emergency ... 7 debug */
	bool enabled;
	bool capture;	     /* it asks for the events around its matches */
	uint32_t capture_ms; /* 0: as long as the settings say */
	struct span name, desc, source;
	struct span condition;	 /* as written, appended parts included */
	struct span output_text; /* as compiled */
	unsigned ntags;
	const struct span *tags;
	struct output *output;
	const struct node *tree; /* macros resolved */
	struct codes codes;	 /* events that it can match; the event of async sources too */
	uint32_t start;		 /* its first step */
	uint8_t asks;		 /* METADATA_* that it needs, in its condition or its output */
	uint8_t condition_asks;	 /* in its condition */
	const char *file;
	uint32_t line, column; /* of its name, from 1 */
};

/* Is it in force: enabled, and severe enough? */
static inline bool rule_is_in_force(const struct ruleset_rule *rule, unsigned priority)
{
	return rule->enabled && rule->priority <= priority;
}

struct ruleset;

/* LIMIT: bytes that it may grow to. */
int ruleset_new(size_t limit, struct ruleset **ret);
void ruleset_free(struct ruleset *rs);
struct pool *ruleset_pool(struct ruleset *rs); /* lives as long as the set */

/* The fields static.* that rules may name which are added from here on; NULL, as at first: all. */
void ruleset_statics(struct ruleset *rs, const struct static_fields *statics);

/* Compile TREE and add RULE (its texts and tags must live in the set's pool; the
 * output becomes the set's on success).  -EINVAL with DIAG and *RET_ERROR; -ENOMEM. */
int ruleset_add(struct ruleset *rs, const struct ruleset_rule *rule, struct node *tree,
		struct diag *diag, struct compile_error *ret_error);

/* Enable and disable rules as the settings say, the last choice that fits one deciding.  Rules that are enabled
 * here and were not before are tried behind all that were.  Before it is sealed. */
void ruleset_choose(struct ruleset *rs, const struct rule_choices *choices);

/* Done: index the enabled rules of at most this PRIORITY number.  -ENOMEM. */
int ruleset_seal(struct ruleset *rs, unsigned priority);

unsigned ruleset_count(const struct ruleset *rs);
const struct ruleset_rule *ruleset_rule(const struct ruleset *rs, unsigned i);
unsigned ruleset_evaluated_count(const struct ruleset *rs); /* enabled and severe enough */
unsigned ruleset_predicate_count(const struct ruleset *rs);

/* Is there a rule in force that asks for captures? */
bool ruleset_captures(const struct ruleset *rs);

/* What the rules in force need from the stages before. */
void ruleset_wants(const struct ruleset *rs, struct codes *ret_codes, uint64_t *ret_extras);

/* The host names that rules in force compare fd.cip.name and its like with, each once; they live as long as RS.  How
 * many found no room in RET, or can be no host's names. */
unsigned ruleset_host_names(const struct ruleset *rs, struct host_names *ret);

/* ---- at an event ---- */

/* Whether rules that look at paths and do not match are tried with the files' other paths, too; if
 * nobody says: not. */
void ruleset_match_other_paths(struct ruleset *rs, bool on);

/* Which opens may be left out that no rule can match: 0, none, WANT_MUTES, and with WANT_MUTES_ALL all.  *RET_WHY
 * is the first rule that minds that it is all. */
uint64_t ruleset_mutes(const struct ruleset *rs, const struct ruleset_rule **ret_why);

/* E, an open that no rule has matched, may be left out from now on as long as these are the rules: whoever opens
 * the file, by the same name and with the same flags, trips none.  Not the first time that it is seen. */
bool ruleset_can_mute(struct ruleset *rs, struct field_event *e);

/* The files that rules name, by inode: who can look at the machine tells them which these are.  The
 * set's; only a sealed one has it. */
struct inode_names;
struct inode_names *ruleset_inode_names(struct ruleset *rs);

/* The rules that are left to be looked at: a bit each, cleared as they are taken. */
struct ruleset_walk {
	struct field_event *event; /* as the rules see it */
	struct field_event *as_is;
	struct span other_path; /* the path that the rule found; "": as the event has it */
	unsigned view;		/* how often it was begun anew with other paths */
	const uint32_t *rules;	/* those of the event's class, as they are tried */
	uint64_t *woken;
	unsigned word, nwords;
	uint8_t mode;  /* enum ruleset_mode */
	uint8_t open;  /* METADATA_* */
	uint32_t next; /* ruleset_begin_each(): which in the order is to be looked at next */
};

/* E's arena is the walk's from here on: it is cleared now. */
void ruleset_begin(struct ruleset *rs, struct field_event *e, struct ruleset_walk *ret);

/* The METADATA_* that some rule in force asks for. */
unsigned ruleset_asks(const struct ruleset *rs);

/* As ruleset_begin(), for an event whose state is not the mirror's own: each rule is looked at, and
 * nothing is remembered of process and names.  OPEN: METADATA_* of which nothing is known yet;
 * then ruleset_next() gives the rules that the event trips whatever is told, and those that it may
 * trip, which ask for it in their condition. */
void ruleset_begin_each(struct ruleset *rs, struct field_event *e, unsigned open,
			struct ruleset_walk *ret);

/* The next rule that the event trips, in the order in which they were enabled: load order, but for
 * ruleset_choose(); then those that it trips by another path of a file, each rule once.  NULL: no more. */
const struct ruleset_rule *ruleset_next(struct ruleset *rs, struct ruleset_walk *w);

/* Names RULE, which W gave last, among those that it gives of its event: greater than all before.  With the
 * same rules the same event has the same names. */
uint32_t ruleset_name(const struct ruleset *rs, const struct ruleset_walk *w,
		      const struct ruleset_rule *rule);

/* Who wants to know how long each rule takes that is looked at: there is no clock here. */
struct rule_watch {
	uint64_t (*now_ns)(void);
	void (*took)(void *ctx, const struct ruleset_rule *rule, uint64_t ns);
	void *ctx;
};

/* ruleset_next(), watched.  What rules share is the time of who comes to it first. */
const struct ruleset_rule *ruleset_next_watched(struct ruleset *rs, struct ruleset_walk *w,
						const struct rule_watch *watch);

#endif
