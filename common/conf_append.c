/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_append.c -- append_output: a list of maps, each with what it takes from a
 * table of keys.  As in Falco, a key that is given twice in one entry is an error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_append.h"

enum { MAX_ENTRIES = 64, MAX_ITEMS = 64, MAX_VALUE = 4096 };

struct reader {
	yaml_document_t *doc;
	struct diag *diag;
	void (*warn)(const struct diag *);
	struct append_entry *entry;
};

struct append_key {
	const char *name;
	int (*read)(struct reader *r, const yaml_node_t *node);
};

static void place(struct reader *r, const yaml_node_t *node)
{
	r->diag->line = (uint32_t)node->start_mark.line + 1;
	r->diag->column = (uint32_t)node->start_mark.column + 1;
}

static int refuse(struct reader *r, const char *what)
{
	diag_set(r->diag, "append_output: %s", what);
	return -EINVAL;
}

static int read_text(struct reader *r, const yaml_node_t *node, char **ret)
{
	char value[MAX_VALUE];
	int err;

	place(r, node);
	if (node->type != YAML_SCALAR_NODE)
		return refuse(r, "a text is wanted here");
	err = conf_expand(span_of(node->data.scalar.value, node->data.scalar.length), value,
			  sizeof(value));
	if (err < 0)
		return refuse(r, err == -ENOSPC ? "this text is too long"
						: "a text without NUL is wanted here");
	*ret = strdup(value);
	return *ret == NULL ? -ENOMEM : 0;
}

static int read_bool(struct reader *r, const yaml_node_t *node, bool *ret)
{
	char *text;
	int err = read_text(r, node, &text);

	if (err < 0)
		return err;
	*ret = strcasecmp(text, "true") == 0;
	if (!*ret && strcasecmp(text, "false") != 0)
		err = refuse(r, "true or false is wanted here");
	free(text);
	return err;
}

/* Every pair of NODE to the key of its name among KEYS. */
static int read_map(struct reader *r, const yaml_node_t *node, const struct append_key *keys,
		    unsigned nkeys)
{
	uint32_t seen = 0;
	int err = 0;

	place(r, node);
	if (node->type != YAML_MAPPING_NODE)
		return refuse(r, "a map is wanted here");
	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     err == 0 && p < node->data.mapping.pairs.top; p++) {
		const yaml_node_t *name = yaml_document_get_node(r->doc, p->key);
		unsigned i = 0;

		place(r, name);
		while (i < nkeys &&
		       (name->type != YAML_SCALAR_NODE ||
			strcmp((const char *)name->data.scalar.value, keys[i].name) != 0))
			i++;
		if (i == nkeys) {
			diag_set(r->diag, "append_output does not know this key, ignored");
			if (r->warn != NULL)
				r->warn(r->diag);
			continue;
		}
		if (seen & 1u << i)
			return refuse(r, "this key is given twice");
		seen |= 1u << i;
		err = keys[i].read(r, yaml_document_get_node(r->doc, p->value));
	}
	return err;
}

/* How many items NODE has, which is a list of not too many; negative errno. */
static int count_items(struct reader *r, const yaml_node_t *node)
{
	ptrdiff_t n;

	place(r, node);
	if (node->type != YAML_SEQUENCE_NODE)
		return refuse(r, "a list is wanted here");
	n = node->data.sequence.items.top - node->data.sequence.items.start;
	return n > MAX_ITEMS ? refuse(r, "this list is too long") : (int)n;
}

static const yaml_node_t *item_of(struct reader *r, const yaml_node_t *list, int i)
{
	return yaml_document_get_node(r->doc, list->data.sequence.items.start[i]);
}

/* ---- match ---- */

static int read_source(struct reader *r, const yaml_node_t *node)
{
	return read_text(r, node, &r->entry->source);
}

static int read_rule(struct reader *r, const yaml_node_t *node)
{
	return read_text(r, node, &r->entry->rule);
}

static int read_tags(struct reader *r, const yaml_node_t *node)
{
	int n = count_items(r, node), err = 0;

	if (n < 0)
		return n;
	r->entry->tags = calloc((size_t)n + 1, sizeof(char *));
	if (r->entry->tags == NULL)
		return -ENOMEM;
	for (int i = 0; err == 0 && i < n; i++) {
		err = read_text(r, item_of(r, node, i), &r->entry->tags[i]);
		r->entry->ntags += err == 0;
	}
	return err;
}

static int read_match(struct reader *r, const yaml_node_t *node)
{
	static const struct append_key keys[] = {
		{ "source", read_source },
		{ "rule", read_rule },
		{ "tags", read_tags },
	};
	int err = read_map(r, node, keys, ARRAY_LEN(keys));

	if (err == 0 && r->entry->rule != NULL && r->entry->ntags > 0 && r->warn != NULL) {
		place(r, node);
		diag_set(r->diag, "append_output: rule and tags are given, both must match");
		r->warn(r->diag);
	}
	return err;
}

/* ---- what is added ---- */

static int read_output(struct reader *r, const yaml_node_t *node)
{
	return read_text(r, node, &r->entry->extra_output);
}

static int read_suggested(struct reader *r, const yaml_node_t *node)
{
	return read_bool(r, node, &r->entry->suggested_output);
}

/* A field's name, or a map of one name to its format. */
static int read_field(struct reader *r, const yaml_node_t *node, struct append_field *f)
{
	const yaml_node_pair_t *pair;
	int err;

	if (node->type != YAML_MAPPING_NODE)
		return read_text(r, node, &f->name);
	place(r, node);
	pair = node->data.mapping.pairs.start;
	if (node->data.mapping.pairs.top - pair != 1)
		return refuse(r, "an extra field is a name, or one name with its format");
	err = read_text(r, yaml_document_get_node(r->doc, pair->key), &f->name);
	return err < 0 ? err
		       : read_text(r, yaml_document_get_node(r->doc, pair->value), &f->format);
}

static int read_fields(struct reader *r, const yaml_node_t *node)
{
	int n = count_items(r, node), err = 0;

	if (n < 0)
		return n;
	r->entry->fields = calloc((size_t)n + 1, sizeof(*r->entry->fields));
	if (r->entry->fields == NULL)
		return -ENOMEM;
	for (int i = 0; err == 0 && i < n; i++) {
		err = read_field(r, item_of(r, node, i), &r->entry->fields[i]);
		r->entry->nfields++;
	}
	return err;
}

/* ---- the list ---- */

static int read_entry(struct reader *r, const yaml_node_t *node, struct append_list *list)
{
	static const struct append_key keys[] = {
		{ "match", read_match },
		{ "extra_output", read_output },
		{ "suggested_output", read_suggested },
		{ "extra_fields", read_fields },
	};
	struct append_entry *grown;

	place(r, node);
	if (list->count == MAX_ENTRIES)
		return refuse(r, "there are too many entries");
	grown = reallocarray(list->entry, list->count + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	list->entry = grown;
	r->entry = &grown[list->count++];
	*r->entry = (struct append_entry){ .source = NULL };
	return read_map(r, node, keys, ARRAY_LEN(keys));
}

int conf_append_read(yaml_document_t *doc, const yaml_node_t *node, struct append_list *list,
		     struct diag *diag, void (*warn)(const struct diag *))
{
	struct reader r = { .doc = doc, .diag = diag, .warn = warn };
	int n, err = 0;

	if (node->type == YAML_MAPPING_NODE)
		return read_entry(&r, node, list);
	n = count_items(&r, node);
	if (n < 0)
		return n;
	for (int i = 0; err == 0 && i < n; i++)
		err = read_entry(&r, item_of(&r, node, i), list);
	return err;
}

static void clear_entry(struct append_entry *e)
{
	free(e->source);
	free(e->rule);
	free(e->extra_output);
	for (unsigned i = 0; i < e->ntags; i++)
		free(e->tags[i]);
	free(e->tags);
	for (unsigned i = 0; i < e->nfields; i++) {
		free(e->fields[i].name);
		free(e->fields[i].format);
	}
	free(e->fields);
}

void conf_append_clear(struct append_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		clear_entry(&list->entry[i]);
	free(list->entry);
	*list = (struct append_list){ .count = 0 };
}
