/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_node.h -- how settings that are more than a value or a list of values are read
 * from the document: maps by tables of keys, lists, texts.  Between the conf*.c;
 * nobody else includes it.
 */
#ifndef MEWS_CONF_NODE_H
#define MEWS_CONF_NODE_H

#include <yaml.h>

#include "diag.h"
#include "span.h"

enum { CONF_VALUE_MAX = 4096 };

/* DIAG's file, line and column are NODE's.  DOC must be the one of a struct conf_doc. */
void conf_place(yaml_document_t *doc, const yaml_node_t *node, struct diag *diag);

/* TEXT, without quotes, is how YAML says nothing. */
bool conf_is_null(struct span text);

/* Nothing stands behind the key: the default stays. */
bool conf_is_nothing(const yaml_node_t *node);

struct span conf_node_text(const yaml_node_t *node);

/* RAW with ${VAR} replaced by the environment's value, in which others may be named; $${VAR} by itself.
 * -ENOSPC; -EINVAL: a NUL; -ELOOP: a variable names itself. */
int conf_expand(struct span raw, char *buf, size_t cap);

struct conf_reader {
	yaml_document_t *doc;
	struct diag *diag;
	void (*warn)(const struct diag *); /* may be NULL */
	const char *key;		   /* whose value is read: for messages */
	void *at;			   /* the caller's: what is being filled */
};

struct conf_key {
	const char *name;
	int (*read)(struct conf_reader *r, const yaml_node_t *node);
};

void conf_reader_place(struct conf_reader *r, const yaml_node_t *node);

/* "KEY: WHAT" into the diag; returns -EINVAL. */
int conf_refuse(struct conf_reader *r, const char *what);

/* RET is the caller's to free. */
int conf_read_text(struct conf_reader *r, const yaml_node_t *node, char **ret);
int conf_read_bool(struct conf_reader *r, const yaml_node_t *node, bool *ret);

/* Every pair of NODE, a map, to the key of its name among KEYS; others are warned of, and a key that
 * is given twice is an error. */
int conf_read_map(struct conf_reader *r, const yaml_node_t *node, const struct conf_key *keys,
		  unsigned nkeys);

/* How many items NODE has, which is a list of not more than MOST; negative errno. */
int conf_count_items(struct conf_reader *r, const yaml_node_t *node, int most);
const yaml_node_t *conf_item(struct conf_reader *r, const yaml_node_t *list, int i);

#endif
