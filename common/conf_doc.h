/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_doc.h -- the settings as one YAML document: the file, those that are merged
 * behind it, and what the command line says.  What keys mean is not asked here.
 * Each node's start_mark has its line and column, and in `index` which source it
 * came from.  Between the conf*.c; nobody else includes it.
 */
#ifndef MEWS_CONF_DOC_H
#define MEWS_CONF_DOC_H

#include <yaml.h>

#include "conf.h"

#define CONF_MAX_SOURCES 80 /* files, and options */
#define CONF_MAX_DEPTH	 64 /* of maps and lists in each other */

struct conf_doc {
	yaml_document_t yaml; /* first: conf_place() comes back from it */
	bool has_yaml;
	unsigned nsources;
	char *source[CONF_MAX_SOURCES];
};

int conf_doc_init(struct conf_doc *d);
void conf_doc_release(struct conf_doc *d);

/* Merge TEXT, the file NAME; the first one is the file itself.  -EINVAL with DIAG, -ENOMEM. */
int conf_doc_merge(struct conf_doc *d, const char *name, struct span text,
		   enum conf_strategy strategy, struct diag *diag);

/* Set what OPTION ("key=value", conf_option.c) says; source "-o". */
int conf_doc_option(struct conf_doc *d, const char *option, struct diag *diag);
/* Is it OPTION's key, or below it? */
bool conf_option_is(const char *option, const char *key);

/* A new node of the document, 0: no memory.  Of source "-o". */
int conf_doc_add_scalar(struct conf_doc *d, struct span text);
int conf_doc_add_sequence(struct conf_doc *d);
int conf_doc_add_mapping(struct conf_doc *d);

/* The whole of TEXT, YAML, as a new node.  Negative errno with DIAG. */
int conf_doc_add_yaml(struct conf_doc *d, struct span text, struct diag *diag);

/* The value of KEY in the map of number MAP, the last one if there are several; NULL: none.  Valid
 * until a node is added. */
yaml_node_pair_t *conf_doc_find(struct conf_doc *d, int map, const char *key);

/* The value at PATH, keys of maps with dots between; NULL: nothing is there. */
yaml_node_t *conf_doc_at(struct conf_doc *d, const char *path);

static inline yaml_node_t *conf_doc_node(struct conf_doc *d, int id)
{
	return yaml_document_get_node(&d->yaml, id);
}

static inline unsigned conf_doc_id(const struct conf_doc *d, const yaml_node_t *node)
{
	return (unsigned)(node - d->yaml.nodes.start) + 1;
}

#endif
