/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_walk.c -- through the document: each key to its row, maps into each other, outputs one by one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf_loader.h"
#include "conf_node.h"

#define MAX_DEPTH 8
#define MAX_KEY	  128

/* ---- outputs ---- */

struct conf_output *loader_add_output(struct loader *ld, enum output_kind kind)
{
	struct conf_output *o = conf_output_add(ld->conf, kind);
	const struct conf_output_row *all;
	unsigned n;

	if (o == NULL) {
		diag_set(ld->diag, "there is no room for more than %d outputs", CONF_MAX_OUTPUTS);
		return NULL;
	}
	all = conf_output_rows(&n);
	for (unsigned i = 0; i < n; i++) {
		/* What another kind takes is there, too; of two rows for one member this kind's. */
		if ((all[i].kinds & 1u << kind) == 0 &&
		    conf_output_row(kind, all[i].row.key) != NULL)
			continue;
		if (loader_set_standard(ld, &all[i].row, o) < 0)
			return NULL;
	}
	return o;
}

static int walk_output_pair(struct loader *ld, const yaml_node_t *key, const yaml_node_t *value,
			    struct conf_output *o)
{
	const struct conf_output_row *row = NULL;
	char path[MAX_KEY];

	loader_place(ld, key);
	if (key->type != YAML_SCALAR_NODE) {
		diag_set(ld->diag, "a key must be a plain text");
		return -EINVAL;
	}
	if (memchr(key->data.scalar.value, '\0', key->data.scalar.length) == NULL)
		row = conf_output_row(o->kind, (const char *)key->data.scalar.value);
	if (row == NULL) {
		snprintf(path, sizeof(path), "%s.%.80s", conf_output_key(o->kind),
			 (const char *)key->data.scalar.value);
		loader_complain_of_key(ld, path);
		return 0;
	}
	loader_place(ld, value);
	return loader_set_node(ld, &row->row, o, value);
}

static int walk_output(struct loader *ld, const yaml_node_t *map, enum output_kind kind)
{
	struct conf_output *o;
	int err = 0;

	loader_place(ld, map);
	if (map->type != YAML_MAPPING_NODE) {
		diag_set(ld->diag, "'%s' takes a map, or a list of maps", conf_output_key(kind));
		return -EINVAL;
	}
	o = loader_add_output(ld, kind);
	if (o == NULL)
		return -EINVAL;
	o->node = conf_doc_id(&ld->doc, map);
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     err == 0 && p < map->data.mapping.pairs.top; p++)
		err = loader_settle(ld, walk_output_pair(ld, conf_doc_node(&ld->doc, p->key),
							 conf_doc_node(&ld->doc, p->value), o));
	return err;
}

/* NODE is a map or a list of maps. */
static int walk_outputs(struct loader *ld, const yaml_node_t *node, enum output_kind kind)
{
	int err = 0;

	if (conf_output_at(ld->conf, kind, 0) != NULL)
		loader_complain(ld, CONF_FOUND_TWICE, "'%s' is given twice, the last one counts",
				conf_output_key(kind));
	conf_output_clear(ld->conf, kind);
	if (conf_is_nothing(node))
		return 0;
	if (node->type != YAML_SEQUENCE_NODE)
		return walk_output(ld, node, kind);
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     err == 0 && i < node->data.sequence.items.top; i++)
		err = loader_settle(ld, walk_output(ld, conf_doc_node(&ld->doc, *i), kind));
	return err;
}

/* ---- maps ---- */

/* The diag's place is the key's. */
static int check_old_name(struct loader *ld)
{
	if (conf_doc_find(&ld->doc, 1, "rules_files") != NULL) {
		diag_set(ld->diag, "'" CONF_OLD_RULES_KEY "' is an old name of 'rules_files', "
				   "which is given, too: one of them must go");
		return -EINVAL;
	}
	loader_complain(ld, CONF_FOUND_GONE,
			"'" CONF_OLD_RULES_KEY "' is an old name of 'rules_files'");
	return 0;
}

static int walk_value(struct loader *ld, const char *path, const yaml_node_t *value, unsigned depth)
{
	enum output_kind kind = conf_output_kind(path, strlen(path));
	const struct conf_row *row = conf_row_find(path);

	if (kind != OUTPUT_KIND_COUNT) {
		loader_place(ld, value);
		return walk_outputs(ld, value, kind);
	}
	if (row == NULL && !conf_is_branch(path)) {
		loader_complain_of_key(ld, path);
		return 0;
	}
	if (strcmp(path, CONF_OLD_RULES_KEY) == 0 && check_old_name(ld) < 0)
		return -EINVAL;
	if (row != NULL)
		loader_note_row(ld, row);
	if ((row != NULL && row->type == CONF_FILES && ld->files_told) ||
	    (row != NULL && row->type == CONF_UNUSED) || (row == NULL && conf_is_nothing(value)))
		return 0;
	loader_place(ld, value);
	if (row != NULL)
		return loader_set_node(ld, row, ld->conf, value);
	if (value->type != YAML_MAPPING_NODE) {
		diag_set(ld->diag, "'%s' takes a map", path);
		return -EINVAL;
	}
	return loader_walk(ld, value, path, depth + 1);
}

static int walk_pair(struct loader *ld, const yaml_node_t *key, const yaml_node_t *value,
		     const char *prefix, unsigned depth)
{
	char path[MAX_KEY];
	struct span name;

	loader_place(ld, key);
	if (key->type != YAML_SCALAR_NODE) {
		diag_set(ld->diag, "a key must be a plain text");
		return -EINVAL;
	}
	name = conf_node_text(key);
	if (memchr(name.p, '\0', name.n) != NULL ||
	    snprintf(path, sizeof(path), "%s%s%.*s", prefix, *prefix == '\0' ? "" : ".",
		     (int)(name.n < MAX_KEY ? name.n : MAX_KEY), name.p) >= (int)sizeof(path)) {
		loader_complain(ld, CONF_FOUND_UNKNOWN, "'%s' is not a setting, ignored", "...");
		return 0;
	}
	return loader_settle(ld, walk_value(ld, path, value, depth));
}

int loader_walk(struct loader *ld, const yaml_node_t *map, const char *prefix, unsigned depth)
{
	int err = 0;

	if (depth > MAX_DEPTH) {
		diag_set(ld->diag, "more than %d maps in each other", MAX_DEPTH);
		return -EINVAL;
	}
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     err == 0 && p < map->data.mapping.pairs.top; p++)
		err = walk_pair(ld, conf_doc_node(&ld->doc, p->key),
				conf_doc_node(&ld->doc, p->value), prefix, depth);
	return err;
}
