/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_loader.h -- one load of the settings, between the files that do it: nobody else includes it.
 * Whatever says -EINVAL has said in the loader's diag what is wrong.
 */
#ifndef MEWS_CONF_LOADER_H
#define MEWS_CONF_LOADER_H

#include "conf.h"
#include "conf_doc.h"
#include "conf_output.h"

#define MAX_ROWS 256

/* One load: what is being filled, and where to complain. */
struct loader {
	struct conf *conf;
	struct conf_doc doc;
	void (*warn)(const struct diag *);
	struct diag *diag;   /* its place is kept at the value in hand */
	struct bundle *keep; /* gets the texts of all files; NULL: nobody wants them */
	bool files_told;     /* what is wrong with config_files was said when they were merged */
	bool all;	     /* conf_check(): WARN hears all, and behind an error it goes on */
	unsigned errors;
	bool seen[MAX_ROWS];
};

/* ---- conf_complain.c ---- */

void loader_complain(struct loader *ld, enum conf_finding kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* KEY is no setting. */
void loader_complain_of_key(struct loader *ld, const char *key);

/* ERR of one key: where all is to be heard, it is told, and no reason to stop. */
int loader_settle(struct loader *ld, int err);

/* VALUE is none for ROW: -EINVAL. */
int loader_wrong(struct loader *ld, const struct conf_row *row, const char *value);

/* ---- conf_set.c ---- */

/* Is KEY the beginning of a longer one: a map that we look into? */
bool conf_is_branch(const char *key);

/* NODE is the value in hand. */
void loader_place(struct loader *ld, const yaml_node_t *node);

/* From NODE, or the default, to where ROW is in BASE. */
int loader_set_node(struct loader *ld, const struct conf_row *row, void *base,
		    const yaml_node_t *node);
int loader_set_standard(struct loader *ld, const struct conf_row *row, void *base);

/* ROW was given. */
void loader_note_row(struct loader *ld, const struct conf_row *row);

/* ---- conf_walk.c ---- */

/* One more output of KIND with the defaults; NULL: DIAG says why not. */
struct conf_output *loader_add_output(struct loader *ld, enum output_kind kind);

/* All keys of MAP, which stands under PREFIX ("": it is the whole). */
int loader_walk(struct loader *ld, const yaml_node_t *map, const char *prefix, unsigned depth);

/* ---- conf_check.c ---- */

/* What no single value shows, when all are set: -EINVAL, -ENOMEM. */
int loader_check(struct loader *ld);

#endif
