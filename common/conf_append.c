/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_append.c -- append_output: a list of maps, each with what it takes from a
 * table of keys.  As in Falco, a key that is given twice in one entry is an error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "conf_append.h"

enum { MAX_ENTRIES = 64, MAX_ITEMS = 64 };

/* The entry in hand. */
static struct append_entry *entry_of(struct conf_reader *r)
{
	return r->at;
}

/* ---- match ---- */

static int read_source(struct conf_reader *r, const yaml_node_t *node)
{
	return conf_read_text(r, node, &entry_of(r)->source);
}

static int read_rule(struct conf_reader *r, const yaml_node_t *node)
{
	return conf_read_text(r, node, &entry_of(r)->rule);
}

static int read_tags(struct conf_reader *r, const yaml_node_t *node)
{
	int n = conf_count_items(r, node, MAX_ITEMS), err = 0;

	if (n < 0)
		return n;
	entry_of(r)->tags = calloc((size_t)n + 1, sizeof(char *));
	if (entry_of(r)->tags == NULL)
		return -ENOMEM;
	for (int i = 0; err == 0 && i < n; i++) {
		err = conf_read_text(r, conf_item(r, node, i), &entry_of(r)->tags[i]);
		entry_of(r)->ntags += err == 0;
	}
	return err;
}

static int read_match(struct conf_reader *r, const yaml_node_t *node)
{
	static const struct conf_key keys[] = {
		{ "source", read_source },
		{ "rule", read_rule },
		{ "tags", read_tags },
	};
	int err = conf_read_map(r, node, keys, ARRAY_LEN(keys));

	if (err == 0 && entry_of(r)->rule != NULL && entry_of(r)->ntags > 0 && r->warn != NULL) {
		conf_reader_place(r, node);
		r->diag->kind = CONF_FOUND_OTHER;
		diag_set(r->diag, "append_output: rule and tags are given, both must match");
		r->warn(r->diag);
		r->diag->kind = CONF_FOUND_WRONG;
	}
	return err;
}

/* ---- what is added ---- */

static int read_output(struct conf_reader *r, const yaml_node_t *node)
{
	return conf_read_text(r, node, &entry_of(r)->extra_output);
}

static int read_suggested(struct conf_reader *r, const yaml_node_t *node)
{
	return conf_read_bool(r, node, &entry_of(r)->suggested_output);
}

/* A field's name, or a map of one name to its format. */
static int read_field(struct conf_reader *r, const yaml_node_t *node, struct append_field *f)
{
	const yaml_node_pair_t *pair;
	int err;

	if (node->type != YAML_MAPPING_NODE)
		return conf_read_text(r, node, &f->name);
	conf_reader_place(r, node);
	pair = node->data.mapping.pairs.start;
	if (node->data.mapping.pairs.top - pair != 1)
		return conf_refuse(r, "an extra field is a name, or one name with its format");
	err = conf_read_text(r, yaml_document_get_node(r->doc, pair->key), &f->name);
	return err < 0 ? err
		       : conf_read_text(r, yaml_document_get_node(r->doc, pair->value), &f->format);
}

/* The last of the fields; the value of an event by its name alone may be asked for twice. */
static int check_last_field(struct conf_reader *r, const yaml_node_t *node)
{
	const struct append_entry *e = entry_of(r);
	const struct append_field *last = &e->fields[e->nfields - 1];

	conf_reader_place(r, node);
	for (unsigned i = 0; i + 1 < e->nfields; i++)
		if (strcmp(e->fields[i].name, last->name) == 0 &&
		    (e->fields[i].format != NULL || last->format != NULL))
			return conf_refuse(r, "this field is given twice");
	return 0;
}

static int read_fields(struct conf_reader *r, const yaml_node_t *node)
{
	int n = conf_count_items(r, node, MAX_ITEMS), err = 0;

	if (n < 0)
		return n;
	entry_of(r)->fields = calloc((size_t)n + 1, sizeof(*entry_of(r)->fields));
	if (entry_of(r)->fields == NULL)
		return -ENOMEM;
	for (int i = 0; err == 0 && i < n; i++) {
		const yaml_node_t *item = conf_item(r, node, i);

		err = read_field(r, item, &entry_of(r)->fields[i]);
		entry_of(r)->nfields++;
		if (err == 0)
			err = check_last_field(r, item);
	}
	return err;
}

/* ---- the list ---- */

static int read_entry(struct conf_reader *r, const yaml_node_t *node, struct append_list *list)
{
	static const struct conf_key keys[] = {
		{ "match", read_match },
		{ "extra_output", read_output },
		{ "suggested_output", read_suggested },
		{ "extra_fields", read_fields },
	};
	struct append_entry *grown;

	conf_reader_place(r, node);
	if (list->count == MAX_ENTRIES)
		return conf_refuse(r, "there are too many entries");
	grown = reallocarray(list->entry, list->count + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	list->entry = grown;
	r->at = &grown[list->count++];
	*entry_of(r) = (struct append_entry){ .source = NULL };
	return conf_read_map(r, node, keys, ARRAY_LEN(keys));
}

int conf_append_read(yaml_document_t *doc, const yaml_node_t *node, void *at, struct diag *diag,
		     void (*warn)(const struct diag *))
{
	struct append_list *list = at;
	struct conf_reader r = { .doc = doc, .diag = diag, .warn = warn, .key = "append_output" };
	int n, err = 0;

	if (node->type == YAML_MAPPING_NODE)
		return read_entry(&r, node, list);
	n = conf_count_items(&r, node, MAX_ENTRIES);
	if (n < 0)
		return n;
	for (int i = 0; err == 0 && i < n; i++)
		err = read_entry(&r, conf_item(&r, node, i), list);
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

void conf_append_clear(void *at)
{
	struct append_list *list = at;

	for (unsigned i = 0; i < list->count; i++)
		clear_entry(&list->entry[i]);
	free(list->entry);
	*list = (struct append_list){ .count = 0 };
}
