/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_loader.h -- rule files to a set of rules: collects lists, macros and
 * rules over all files in order, with append, override and exceptions, then
 * compiles them.  Files come in as trees (ytree.h), so this is core; rulefile.h
 * reads them.
 */
#ifndef MEWS_RULE_LOADER_H
#define MEWS_RULE_LOADER_H

#include "append_output.h"
#include "rule_problem.h"
#include "ruleset.h"

/* Falco's engine version, whose rules language this is. */
#define RULE_ENGINE_MAJOR 0
#define RULE_ENGINE_MINOR 63
#define RULE_ENGINE_PATCH 0

/* What rules may take: definitions, what is wrong with them, and the compiled set. */
#define RULE_LOADER_LIMIT   (UINT64_C(512) << 20)
#define RULE_PROBLEMS_LIMIT (UINT64_C(64) << 20)
#define RULESET_LIMIT	    (UINT64_C(1) << 30)

struct rule_loader;

int rule_loader_new(struct rule_loader **ret);
/* The host had no memory for what was to be loaded: all errors come from that. */
bool rule_loader_is_starved(const struct rule_loader *l);

void rule_loader_free(struct rule_loader *l);

/* What the settings add to rules. */
struct rule_extras {
	const struct append_list *append; /* to their outputs; NULL: nothing */
	struct static_fields statics;	  /* that they may name */
};

/* For all rules that are compiled from here on; NULL: nothing.  Must live as long as the loader, its
 * lists as long as the rules. */
void rule_loader_extras(struct rule_loader *l, const struct rule_extras *extras);

/* For what a file's tree and bytes are kept in: they must live as long as the loader. */
struct pool *rule_loader_pool(struct rule_loader *l);

/* Take FILE's definitions.  0; -EINVAL: there were errors, see the problems. */
int rule_loader_read(struct rule_loader *l, const struct yfile *file);

/* Compile all that was read so far.  RET is a new set, not sealed. */
int rule_loader_compile(struct rule_loader *l, struct ruleset **ret);

/* Errors and warnings of the last read and the last compile; _add for whoever
 * reads the files.  Live as long as the loader. */
struct rule_problems *rule_loader_problems(struct rule_loader *l);

/* Forget the problems: the next file begins. */
void rule_loader_next_file(struct rule_loader *l);

/* ---- requirements, as read ---- */

struct rule_plugin_version {
	struct span name, version;
};

struct rule_plugin_requirement {
	unsigned n; /* alternatives, the main one first */
	const struct rule_plugin_version *any;
	struct origin where;
	struct yplace value, entry; /* of the key, of the requirement in it */
};

/* How many there are; RET may be NULL. */
unsigned rule_loader_requirements(const struct rule_loader *l,
				  const struct rule_plugin_requirement **ret);

/* 0 if R is met by the plugins LOADED; the reason why not in DIAG otherwise. */
int rule_requirement_check(const struct rule_plugin_requirement *r,
			   const struct rule_plugin_version *loaded, unsigned nloaded,
			   struct diag *diag);

/* The same for all requirements from number FROM on and what is native here; each
 * that is not met is an error of the file that was read last. */
int rule_requirements_meet(struct rule_loader *l, unsigned from);

/* What is native here counts as loaded. */
extern const struct rule_plugin_version rule_native_plugins[];
extern const unsigned rule_native_plugin_count;

#endif
