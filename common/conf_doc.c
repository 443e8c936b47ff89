/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_doc.c -- files and options become one document.  Each file is parsed by
 * itself; its nodes are copied behind those that are there already, aliases staying
 * what they are: one node in several places.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_doc.h"
#include "conf_node.h"
#include "yaml_relax.h"

enum { ROOT = 1 };

/* ---- life ---- */

static int add_source(struct conf_doc *d, const char *name)
{
	for (unsigned i = 0; i < d->nsources; i++)
		if (strcmp(d->source[i], name) == 0)
			return (int)i;
	if (d->nsources == CONF_MAX_SOURCES)
		return -E2BIG;
	d->source[d->nsources] = strdup(name);
	return d->source[d->nsources] == NULL ? -ENOMEM : (int)d->nsources++;
}

int conf_doc_init(struct conf_doc *d)
{
	*d = (struct conf_doc){ .has_yaml = false };
	d->has_yaml = yaml_document_initialize(&d->yaml, NULL, NULL, NULL, 1, 1);
	if (!d->has_yaml || add_source(d, "-o") < 0 || conf_doc_add_mapping(d) != ROOT) {
		conf_doc_release(d);
		return -ENOMEM;
	}
	return 0;
}

void conf_doc_release(struct conf_doc *d)
{
	if (d->has_yaml)
		yaml_document_delete(&d->yaml);
	for (unsigned i = 0; i < d->nsources; i++)
		free(d->source[i]);
	*d = (struct conf_doc){ .has_yaml = false };
}

/* ---- nodes ---- */

/* Of an option: it has no place but itself. */
static int placed(struct conf_doc *d, int id)
{
	if (id != 0)
		conf_doc_node(d, id)->start_mark =
			(yaml_mark_t){ .index = 0, .line = SIZE_MAX, .column = SIZE_MAX };
	return id;
}

/* libyaml adds UTF-8 only: it gets as many NULs, which the text takes the place of. */
static int add_scalar(yaml_document_t *to, struct span text, yaml_scalar_style_t style)
{
	yaml_char_t *room = calloc(text.n + 1, 1);
	int id = room == NULL ? 0 : yaml_document_add_scalar(to, NULL, room, (int)text.n, style);

	free(room);
	if (id != 0 && text.n > 0)
		memcpy(yaml_document_get_node(to, id)->data.scalar.value, text.p, text.n);
	return id;
}

int conf_doc_add_scalar(struct conf_doc *d, struct span text)
{
	return placed(d, add_scalar(&d->yaml, text, YAML_DOUBLE_QUOTED_SCALAR_STYLE));
}

int conf_doc_add_sequence(struct conf_doc *d)
{
	return placed(d, yaml_document_add_sequence(&d->yaml, NULL, YAML_BLOCK_SEQUENCE_STYLE));
}

int conf_doc_add_mapping(struct conf_doc *d)
{
	return placed(d, yaml_document_add_mapping(&d->yaml, NULL, YAML_BLOCK_MAPPING_STYLE));
}

struct copy {
	struct conf_doc *to;
	yaml_document_t *from;
	int *made; /* by number in FROM: the number of the copy; 0: none yet */
	size_t source;
};

static int add_like(struct copy *c, const yaml_node_t *n)
{
	yaml_document_t *to = &c->to->yaml;
	int id;

	if (n->type == YAML_SCALAR_NODE)
		id = add_scalar(to, conf_node_text(n), n->data.scalar.style);
	else if (n->type == YAML_SEQUENCE_NODE)
		id = yaml_document_add_sequence(to, NULL, n->data.sequence.style);
	else
		id = yaml_document_add_mapping(to, NULL, n->data.mapping.style);
	if (id == 0)
		return -ENOMEM;
	conf_doc_node(c->to, id)->start_mark = n->start_mark;
	conf_doc_node(c->to, id)->start_mark.index = c->source;
	return id;
}

static int copy_node(struct copy *c, int from, unsigned depth);

static int copy_items(struct copy *c, const yaml_node_t *n, int id, unsigned depth)
{
	for (const yaml_node_item_t *i = n->data.sequence.items.start;
	     i < n->data.sequence.items.top; i++) {
		int item = copy_node(c, *i, depth);

		if (item < 0)
			return item;
		if (!yaml_document_append_sequence_item(&c->to->yaml, id, item))
			return -ENOMEM;
	}
	return id;
}

static int copy_pairs(struct copy *c, const yaml_node_t *n, int id, unsigned depth)
{
	for (const yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
	     p++) {
		int key = copy_node(c, p->key, depth);
		int value = key < 0 ? key : copy_node(c, p->value, depth);

		if (value < 0)
			return value;
		if (!yaml_document_append_mapping_pair(&c->to->yaml, id, key, value))
			return -ENOMEM;
	}
	return id;
}

/* The number of the copy; -ENOMEM; -ELOOP: too deep.  A map that holds itself does so in the copy. */
static int copy_node(struct copy *c, int from, unsigned depth)
{
	const yaml_node_t *n = yaml_document_get_node(c->from, from);
	int id = c->made[from];

	if (id != 0)
		return id;
	if (depth > CONF_MAX_DEPTH)
		return -ELOOP;
	id = add_like(c, n);
	if (id < 0)
		return id;
	c->made[from] = id;
	if (n->type == YAML_SEQUENCE_NODE)
		return copy_items(c, n, id, depth + 1);
	return n->type == YAML_MAPPING_NODE ? copy_pairs(c, n, id, depth + 1) : id;
}

static int copy_begin(struct copy *c, struct conf_doc *to, yaml_document_t *from, size_t source)
{
	*c = (struct copy){ .to = to, .from = from, .source = source };
	c->made = calloc((size_t)(from->nodes.top - from->nodes.start) + 1, sizeof(*c->made));
	return c->made == NULL ? -ENOMEM : 0;
}

static int copy_failed(int err, struct diag *diag)
{
	if (err != -ELOOP)
		return err;
	diag_set(diag, "more than %d maps and lists in each other", CONF_MAX_DEPTH);
	return -EINVAL;
}

/* ---- texts ---- */

/* RET is to be deleted if this succeeds. */
static int parse_strictly(struct span text, yaml_document_t *ret, struct diag *diag)
{
	yaml_parser_t parser;
	int err = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, text.p == NULL ? (const uint8_t *)"" : text.p,
				     text.n);
	if (!yaml_parser_load(&parser, ret)) {
		err = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
		diag->line = (uint32_t)parser.problem_mark.line + 1;
		diag->column = (uint32_t)parser.problem_mark.column + 1;
		diag_set(diag, "%s", parser.problem == NULL ? "not YAML" : parser.problem);
	}
	yaml_parser_delete(&parser);
	return err;
}

static void unrelax(const struct yaml_relaxed *relaxed, yaml_document_t *doc)
{
	for (yaml_node_t *n = doc->nodes.start; n < doc->nodes.top; n++) {
		if (n->type != YAML_SCALAR_NODE)
			continue;
		n->data.scalar.length =
			yaml_unrelax(relaxed, n->data.scalar.value, n->data.scalar.length);
		n->data.scalar.value[n->data.scalar.length] = '\0';
	}
}

/* DIAG says why TEXT was refused: once more, as yaml-cpp would read it.  What is refused then as
 * well is wrong; if it is no further on, the first reason stays. */
static int parse_relaxed(struct span text, yaml_document_t *ret, struct diag *diag)
{
	struct diag first = *diag;
	struct yaml_relaxed relaxed;
	uint8_t *room = malloc(yaml_relax_room(text) + 1);
	int err = room == NULL ? -ENOMEM : -EINVAL;

	if (room != NULL && yaml_relax(text, room, &relaxed))
		err = parse_strictly(relaxed.text, ret, diag);
	free(room);
	if (err == 0) {
		unrelax(&relaxed, ret);
		diag_set(diag, "%s", "");
	} else if (err == -EINVAL && !diag_is_behind(diag, &first)) {
		*diag = first;
	}
	return err;
}

/* RET is to be deleted if this succeeds. */
static int parse_yaml(struct span text, yaml_document_t *ret, struct diag *diag)
{
	int err = parse_strictly(text, ret, diag);

	return err == -EINVAL ? parse_relaxed(text, ret, diag) : err;
}

int conf_doc_add_yaml(struct conf_doc *d, struct span text, struct diag *diag)
{
	yaml_document_t doc;
	struct copy c;
	int err = parse_yaml(text, &doc, diag);

	if (err < 0)
		return err;
	err = copy_begin(&c, d, &doc, 0);
	if (err == 0 && yaml_document_get_root_node(&doc) != NULL)
		err = copy_node(&c, ROOT, 0);
	else if (err == 0)
		err = conf_doc_add_scalar(d, span_str(""));
	free(c.made);
	yaml_document_delete(&doc);
	return err == 0 ? -ENOMEM : copy_failed(err, diag);
}

/* ---- merging ---- */

static yaml_node_pair_t *find_among(struct conf_doc *d, int map, struct span key, size_t most)
{
	yaml_node_t *m = conf_doc_node(d, map);
	size_t n = (size_t)(m->data.mapping.pairs.top - m->data.mapping.pairs.start);

	for (size_t i = n < most ? n : most; i-- > 0;) {
		yaml_node_pair_t *p = &m->data.mapping.pairs.start[i];
		const yaml_node_t *name = conf_doc_node(d, p->key);

		if (name->type == YAML_SCALAR_NODE && span_eq(conf_node_text(name), key))
			return p;
	}
	return NULL;
}

yaml_node_pair_t *conf_doc_find(struct conf_doc *d, int map, const char *key)
{
	return find_among(d, map, span_str(key), SIZE_MAX);
}

yaml_node_t *conf_doc_at(struct conf_doc *d, const char *path)
{
	int id = ROOT;

	while (*path != '\0') {
		size_t n = strcspn(path, ".");
		yaml_node_pair_t *p = NULL;

		if (conf_doc_node(d, id)->type == YAML_MAPPING_NODE)
			p = find_among(d, id, span_of(path, n), SIZE_MAX);
		if (p == NULL)
			return NULL;
		id = p->value;
		path += n + (path[n] == '.');
	}
	return conf_doc_node(d, id);
}

/* The items of list MORE at the end of list LIST. */
static int append_items(struct conf_doc *d, int list, int more)
{
	const yaml_node_t *m = conf_doc_node(d, more);
	size_t n = (size_t)(m->data.sequence.items.top - m->data.sequence.items.start);

	for (size_t i = 0; i < n; i++) {
		int item = conf_doc_node(d, more)->data.sequence.items.start[i];

		if (!yaml_document_append_sequence_item(&d->yaml, list, item))
			return -ENOMEM;
	}
	return 0;
}

/* KEY and VALUE at the top, of which the first WERE pairs are those of files before. */
static int merge_pair(struct conf_doc *d, int key, int value, enum conf_strategy strategy,
		      size_t were)
{
	const yaml_node_t *name = conf_doc_node(d, key);
	yaml_node_pair_t *p = NULL;

	if (name->type == YAML_SCALAR_NODE)
		p = find_among(d, ROOT, conf_node_text(name), were);
	if (p == NULL)
		return yaml_document_append_mapping_pair(&d->yaml, ROOT, key, value) ? 0 : -ENOMEM;
	if (strategy == CONF_STRATEGY_ADD_ONLY)
		return 0;
	if (strategy == CONF_STRATEGY_APPEND &&
	    conf_doc_node(d, p->value)->type == YAML_SEQUENCE_NODE &&
	    conf_doc_node(d, value)->type == YAML_SEQUENCE_NODE)
		return append_items(d, p->value, value);
	p->key = key;
	p->value = value;
	return 0;
}

static int merge_document(struct conf_doc *d, yaml_document_t *from, size_t source,
			  enum conf_strategy strategy)
{
	const yaml_node_t *root = yaml_document_get_root_node(from), *mine = conf_doc_node(d, ROOT);
	size_t were = (size_t)(mine->data.mapping.pairs.top - mine->data.mapping.pairs.start);
	struct copy c;
	int err = copy_begin(&c, d, from, source);

	/* An alias of the whole in itself is the whole document, not a map of its own. */
	if (err == 0)
		c.made[ROOT] = ROOT;
	for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
	     err == 0 && p < root->data.mapping.pairs.top; p++) {
		int key = copy_node(&c, p->key, 1);
		int value = key < 0 ? key : copy_node(&c, p->value, 1);

		err = value < 0 ? value : merge_pair(d, key, value, strategy, were);
	}
	free(c.made);
	return err;
}

static bool names_files(yaml_document_t *doc, const yaml_node_t *root, struct diag *diag)
{
	for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
	     p < root->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(doc, p->key);

		if (key->type != YAML_SCALAR_NODE || !span_is(conf_node_text(key), "config_files"))
			continue;
		diag->line = (uint32_t)key->start_mark.line + 1;
		diag->column = (uint32_t)key->start_mark.column + 1;
		return true;
	}
	return false;
}

int conf_doc_merge(struct conf_doc *d, const char *name, struct span text,
		   enum conf_strategy strategy, struct diag *diag)
{
	bool is_first = d->nsources == 1;
	int source = add_source(d, name), err;
	const yaml_node_t *root;
	yaml_document_t doc;

	*diag = (struct diag){ .line = 0 };
	snprintf(diag->file, sizeof(diag->file), "%s", name);
	if (source == -E2BIG) {
		diag_set(diag, "these are more than %d files", CONF_MAX_SOURCES - 1);
		return -EINVAL;
	}
	if (source < 0)
		return source;
	err = parse_yaml(text, &doc, diag);
	if (err < 0)
		return err;
	root = yaml_document_get_root_node(&doc);
	if (root == NULL || conf_is_nothing(root)) {
		yaml_document_delete(&doc);
		return 0;
	}
	diag->line = (uint32_t)root->start_mark.line + 1;
	diag->column = (uint32_t)root->start_mark.column + 1;
	if (root->type != YAML_MAPPING_NODE) {
		diag_set(diag, "the settings must be a map of keys and values");
		err = -EINVAL;
	} else if (!is_first && names_files(&doc, root, diag)) {
		diag_set(diag, "'config_files' may stand in the first file only");
		err = -EINVAL;
	} else {
		err = copy_failed(merge_document(d, &doc, (size_t)source, strategy), diag);
	}
	yaml_document_delete(&doc);
	return err;
}
