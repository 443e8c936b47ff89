/* SPDX-License-Identifier: Apache-2.0
 *
 * rulefile.h -- rule files from the disk: found, read, parsed as YAML, loaded.
 * The evaluator uses it before its jail, `mews` for validation and before it
 * starts anything.  Shell.
 */
#ifndef MEWS_RULEFILE_H
#define MEWS_RULEFILE_H

#include <stdio.h>

#include "bundle.h"
#include "conf.h"
#include "rule_loader.h"
#include "sha256.h"

/* A rules file is never longer than this. */
#define RULEFILE_MAX_BYTES (32u * 1024 * 1024)
#define RULEFILE_MAX_FILES 1024

/* What came of one file; the texts live as long as the load. */
struct rulefile_result {
	char *name;
	bool successful;
	unsigned nproblems;
	const struct rule_problem *problems;
	const struct yfile *file; /* whole only if it was read and is YAML */
	unsigned path;		  /* which of the paths brought it */
	unsigned left_out;	  /* warnings that are more than could be kept */
	bool schema_checked;	  /* when files are validated, if they are YAML */
	unsigned nschema;
	const struct span *schema; /* what Falco's schema has against it */
	/* The same, but against tests in it, which Falco has not. */
	unsigned nschema_rules;
	const struct span *schema_rules;
};

struct rulefile_load {
	struct rule_loader *loader;
	struct ruleset *rules; /* of all files; NULL: there were errors */
	unsigned nfiles;
	struct rulefile_result *files;
	unsigned path;	     /* in hand */
	bool report;	     /* all files are to be looked at, and held against the schema */
	struct bundle *keep; /* files are read, and no more; NULL: they are loaded */
};

/* Load PATHS (files, or directories: their *.yaml and *.yml, sorted, not what is
 * below), in order; after the first file with errors nothing more is read.  0
 * with RET->rules, not sealed; -EINVAL with the problems; -ENOMEM.  RET is
 * to be released in any case. */
int rulefile_load(const struct conf_list *paths, struct rulefile_load *ret);
/* The same; rules get what EXTRAS says, which must live as long as the load. */
int rulefile_load_with(const struct conf_list *paths, const struct rule_extras *extras,
		       struct rulefile_load *ret);
/* The same, of the rules files in BUNDLE (bundle.h). */
int rulefile_load_bundle(struct span bundle, const struct rule_extras *extras,
			 struct rulefile_load *ret);
/* The texts of all files of PATHS to the end of BUNDLE; what is in them is not looked at.  RET has what
 * could not be read, and is to be released in any case. */
int rulefile_gather(const struct conf_list *paths, struct bundle *bundle,
		    struct rulefile_load *ret);
/* Those that LOAD has read. */
int rulefile_keep(const struct rulefile_load *load, struct bundle *bundle);
void rulefile_release(struct rulefile_load *load);

/* The same for a report on the files: behind one with errors the others are read,
 * too, and each is held against Falco's schema. */
int rulefile_validate(const struct conf_list *paths, struct rulefile_load *ret);

/* The same for text that is called NAME: one file. */
int rulefile_load_text(const char *name, struct span text, struct rulefile_load *ret);
int rulefile_load_text_with(const char *name, struct span text, const struct rule_extras *extras,
			    struct rulefile_load *ret);

/* One more file behind those of LOAD, which went well: its rules are new then. */
int rulefile_add_text(struct rulefile_load *load, const char *name, struct span text);

/* "FILE:LINE:COLUMN: MESSAGE", the line, a caret: for each problem, errors only
 * if WARNINGS is false.  Text from files is escaped. */
void rulefile_print(const struct rulefile_load *load, bool warnings, FILE *to);
void rulefile_print_problems(const struct rule_problem *problems, unsigned n, bool warnings,
			     FILE *to);

/* Where rules are when nobody says: /etc/mews/rules.d, else beside the
 * executable: ../share/mews/rules or, in a build tree, ../../rules.  Fills RET
 * with one path, which is to be freed; -ENOENT: there is none. */
int rules_default_paths(struct conf_list *ret);

/* What CONF has for rules. */
struct rule_extras rules_extras(const struct conf *conf);

/* Load the rules of CONF, or where rules are when it names none, with all that it says of them, for a
 * command: what is wrong goes to ERR.  0, EXIT_INPUT, EXIT_HOST; RET is to be released in any case. */
int rules_load_with(const struct conf *conf, struct rulefile_load *ret, FILE *err);

/* The same, to see whether they load. */
int rules_check(const struct conf *conf, FILE *err);

/* What tells one set of rules from another: the files' texts, and which rules are in force with
 * PRIORITY, in which order; once they are chosen. */
void rules_digest(const struct rulefile_load *load, unsigned priority, uint8_t ret[SHA256_BYTES]);

#endif
