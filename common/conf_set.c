/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_set.c -- a value to the member that its row names: from a node of the document, or as
 * it is by default.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_append.h"
#include "conf_change.h"
#include "conf_choice.h"
#include "conf_files.h"
#include "conf_loader.h"
#include "conf_value.h"

/* ---- rows ---- */

static bool is_list(const struct conf_row *row)
{
	return row->type == CONF_LIST || row->type == CONF_PAIRS || row->type == CONF_WORDS;
}

/* Rows that are trees have a reader, and something to free. */
static const struct tree {
	enum conf_type type;
	int (*read)(yaml_document_t *doc, const yaml_node_t *node, void *at, struct diag *diag,
		    void (*warn)(const struct diag *));
	void (*clear)(void *at);
} trees[] = {
	{ CONF_APPEND, conf_append_read, conf_append_clear },
	{ CONF_CHOICES, conf_choice_read, conf_choice_clear },
	{ CONF_FILES, conf_files_read, conf_files_clear },
};

static const struct tree *tree_of(const struct conf_row *row)
{
	for (unsigned i = 0; i < ARRAY_LEN(trees); i++)
		if (trees[i].type == row->type)
			return &trees[i];
	return NULL;
}

static void *field_of(void *base, const struct conf_row *row)
{
	return (char *)base + row->offset;
}

bool conf_is_branch(const char *key)
{
	size_t len = strlen(key);
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);

	for (unsigned i = 0; i < n; i++)
		if (strncmp(rows[i].key, key, len) == 0 && rows[i].key[len] == '.')
			return true;
	return false;
}

/* ---- values ---- */

/* BASE: what the row's offset is in. */
static int set_value(struct loader *ld, const struct conf_row *row, void *base, struct span raw)
{
	char value[CONF_VALUE_MAX];
	int err = conf_expand(raw, value, sizeof(value));

	if (err == -ENOSPC) {
		diag_set(ld->diag, "the value of '%s' is longer than %d bytes", row->key,
			 CONF_VALUE_MAX - 1);
		return -EINVAL;
	}
	if (err == -ELOOP) {
		diag_set(ld->diag, "the value of '%s' names a variable that stands for itself",
			 row->key);
		return -EINVAL;
	}
	if (err < 0)
		return loader_wrong(ld, row, "...");
	err = conf_row_set(row, base, value);
	if (err == -EINVAL)
		return loader_wrong(ld, row, value);
	if (err == -ENOSPC) {
		diag_set(ld->diag, "'%s' has more than %d items", row->key, CONF_MAX_LIST);
		return -EINVAL;
	}
	if (err < 0)
		diag_set(ld->diag, "no memory");
	return err;
}

void loader_place(struct loader *ld, const yaml_node_t *node)
{
	conf_place(&ld->doc.yaml, node, ld->diag);
}

/* One text is a list of one. */
static int set_one(struct loader *ld, const struct conf_row *row, void *base,
		   const yaml_node_t *node)
{
	conf_row_clear(row, base);
	return set_value(ld, row, base, conf_node_text(node));
}

static int set_list(struct loader *ld, const struct conf_row *row, void *base,
		    const yaml_node_t *node)
{
	int err = 0;

	conf_row_clear(row, base);
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     err == 0 && i < node->data.sequence.items.top; i++) {
		const yaml_node_t *item = conf_doc_node(&ld->doc, *i);

		loader_place(ld, item);
		if (item->type != YAML_SCALAR_NODE) {
			diag_set(ld->diag, "'%s' takes a list of texts", row->key);
			return -EINVAL;
		}
		err = set_value(ld, row, base, conf_node_text(item));
	}
	return err;
}

/* A map of names and values: each is one item, with the row's text between the two. */
static int set_pairs(struct loader *ld, const struct conf_row *row, void *base,
		     const yaml_node_t *node)
{
	int err = 0;

	conf_row_clear(row, base);
	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     err == 0 && p < node->data.mapping.pairs.top; p++) {
		const yaml_node_t *name = conf_doc_node(&ld->doc, p->key);
		const yaml_node_t *value = conf_doc_node(&ld->doc, p->value);
		char item[CONF_VALUE_MAX];
		int n;

		loader_place(ld, name);
		if (name->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE ||
		    memchr(name->data.scalar.value, '\0', name->data.scalar.length) != NULL ||
		    memchr(value->data.scalar.value, '\0', value->data.scalar.length) != NULL) {
			diag_set(ld->diag, "'%s' takes a map of texts", row->key);
			return -EINVAL;
		}
		n = snprintf(item, sizeof(item), "%s%s%s", (const char *)name->data.scalar.value,
			     row->words[0], (const char *)value->data.scalar.value);
		if (n < 0 || (size_t)n >= sizeof(item)) {
			diag_set(ld->diag, "the value of '%s' is longer than %d bytes", row->key,
				 CONF_VALUE_MAX - 1);
			return -EINVAL;
		}
		err = set_value(ld, row, base, span_of(item, (size_t)n));
	}
	return err;
}

int loader_set_node(struct loader *ld, const struct conf_row *row, void *base,
		    const yaml_node_t *node)
{
	const struct tree *tree = tree_of(row);

	if (conf_is_nothing(node))
		return 0; /* the default stays */
	if (is_list(row) && node->type == YAML_SEQUENCE_NODE)
		return set_list(ld, row, base, node);
	if (row->type == CONF_PAIRS && node->type == YAML_MAPPING_NODE)
		return set_pairs(ld, row, base, node);
	if (is_list(row) && conf_takes_one(row) && node->type == YAML_SCALAR_NODE)
		return set_one(ld, row, base, node);
	if (tree != NULL) {
		tree->clear(field_of(base, row));
		return tree->read(&ld->doc.yaml, node, field_of(base, row), ld->diag, ld->warn);
	}
	if (node->type != YAML_SCALAR_NODE || is_list(row)) {
		diag_set(ld->diag, "'%s' takes a %s", row->key,
			 is_list(row) ? "list" : "single value");
		return -EINVAL;
	}
	return set_value(ld, row, base, conf_node_text(node));
}

static void note_change(struct loader *ld, const struct conf_row *row)
{
	struct conf_change change = conf_change_of(row->key);

	for (unsigned id = STAGE_NONE + 1; id < STAGE_COUNT; id++)
		if (change.by_hand & 1u << id)
			loader_complain(ld, CONF_FOUND_BY_HAND,
					"'%s' is not changed by a reload, but by `mews restart %s'",
					row->key, stage_name((enum stage_id)id));
}

void loader_note_row(struct loader *ld, const struct conf_row *row)
{
	unsigned n;
	bool *seen = &ld->seen[row - conf_rows(&n)];

	if (*seen)
		loader_complain(ld, CONF_FOUND_TWICE, "'%s' is given twice, the last one counts",
				row->key);
	*seen = true;
	if (row->type == CONF_UNUSED)
		loader_complain(ld, CONF_FOUND_UNUSED, "'%s' has no effect: %s", row->key,
				row->text);
	note_change(ld, row);
}

/* A list's items, with spaces between. */
static int load_standard_list(struct conf_list *list, const char *items)
{
	char item[CONF_VALUE_MAX];
	int err = 0;

	while (err == 0 && *items != '\0') {
		size_t n = strcspn(items, " ");

		snprintf(item, sizeof(item), "%.*s", (int)n, items);
		err = conf_list_add(list, item);
		items += n + (items[n] == ' ');
	}
	return err;
}

int loader_set_standard(struct loader *ld, const struct conf_row *row, void *base)
{
	if (tree_of(row) != NULL)
		return 0; /* none */
	if (row->type == CONF_LIST || row->type == CONF_PAIRS)
		return load_standard_list(field_of(base, row), row->standard);
	return set_value(ld, row, base, span_str(row->standard));
}

void conf_row_release(const struct conf_row *row, void *base)
{
	const struct tree *tree = tree_of(row);
	void *at = field_of(base, row);

	if (conf_row_is_text(row)) {
		free(*(char **)at);
		*(char **)at = NULL;
	} else if (row->type == CONF_LIST || row->type == CONF_PAIRS) {
		conf_list_clear(at);
	} else if (tree != NULL) {
		tree->clear(at);
	}
}
