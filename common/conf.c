/* SPDX-License-Identifier: Apache-2.0
 *
 * conf.c -- from the document to struct conf: each key to its row, and what no single
 * value shows.
 *
 * The files are the administrator's and are read before the jail; still, their size,
 * their depth and the length of every list are bounded.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "conf_append.h"
#include "conf_change.h"
#include "conf_choice.h"
#include "conf_doc.h"
#include "conf_files.h"
#include "conf_output.h"
#include "conf_value.h"
#include "nearest.h"

#define CONF_STANDARD_FILE "/etc/mews/mews.yaml"
#define MAX_DEPTH	   8
#define MAX_KEY		   128
#define MAX_ROWS	   256

/* One load: what is being filled, and where to complain. */
struct loader {
	struct conf *conf;
	struct conf_doc doc;
	void (*warn)(const struct diag *);
	struct diag *diag;   /* its place is kept at the value in hand */
	struct bundle *keep; /* gets the texts of all files; NULL: nobody wants them */
	bool all;	     /* conf_check(): WARN hears all, and behind an error it goes on */
	unsigned errors;
	bool seen[MAX_ROWS];
};

/* ---- complaints ---- */

static void complain(struct loader *ld, enum conf_finding kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void complain(struct loader *ld, enum conf_finding kind, const char *format, ...)
{
	struct diag d = *ld->diag;
	va_list args;

	if (ld->warn == NULL ||
	    ((kind == CONF_FOUND_UNUSED || kind == CONF_FOUND_BY_HAND) && !ld->all))
		return;
	va_start(args, format);
	vsnprintf(d.message, sizeof(d.message), format, args);
	va_end(args);
	d.kind = (uint8_t)kind;
	ld->warn(&d);
}

/* ERR of one key: where all is to be heard, it is told, and no reason to stop. */
static int settle(struct loader *ld, int err)
{
	if (err != -EINVAL || !ld->all)
		return err;
	ld->diag->kind = CONF_FOUND_WRONG;
	ld->errors++;
	ld->warn(ld->diag);
	return 0;
}

/* The row that ends as KEY does, if there is one such. */
static const char *same_end(const char *key)
{
	const char *name = strrchr(key, '.'), *found = NULL;
	unsigned n, count = 0;
	const struct conf_row *rows = conf_rows(&n);

	name = name == NULL ? key : name + 1;
	for (unsigned i = 0; i < n; i++) {
		const char *dot = strrchr(rows[i].key, '.');

		if (strcmp(dot == NULL ? rows[i].key : dot + 1, name) != 0)
			continue;
		found = rows[i].key;
		count++;
	}
	return count == 1 ? found : NULL;
}

/* The same of an output's, whose own key is N bytes long. */
static struct span nearest_of_output(const char *key, size_t n)
{
	enum output_kind kind = conf_output_kind(key, n);
	struct nearest near;
	unsigned count;
	const struct conf_output_row *rows = conf_output_rows(&count);

	nearest_begin(&near, span_str(key[n] == '\0' ? "" : key + n + 1));
	for (unsigned i = 0; i < count; i++)
		if ((rows[i].kinds & 1u << kind) != 0)
			nearest_try_span(&near, span_str(rows[i].row.key));
	return near.span;
}

/* The key or map that may have been meant by KEY. */
static struct span nearest_key(const char *key)
{
	struct nearest near;
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);
	const char *same = same_end(key);
	size_t dot_at = strcspn(key, ".");

	if (conf_output_kind(key, dot_at) != OUTPUT_KIND_COUNT)
		return nearest_of_output(key, dot_at);
	nearest_begin(&near, span_str(key));
	for (unsigned kind = 0; kind < OUTPUT_KIND_COUNT; kind++)
		nearest_try_span(&near, span_str(conf_output_key(kind)));
	for (unsigned i = 0; i < n; i++) {
		nearest_try_span(&near, span_str(rows[i].key));
		for (const char *dot = rows[i].key; (dot = strchr(dot, '.')) != NULL; dot++)
			nearest_try_span(&near, span_of(rows[i].key, (size_t)(dot - rows[i].key)));
	}
	return near.span.p == NULL && same != NULL ? span_str(same) : near.span;
}

static void complain_of_key(struct loader *ld, const char *key)
{
	const struct conf_gone *gone = conf_gone_find(key);
	struct span near = gone != NULL ? SPAN_NONE : nearest_key(key);

	if (gone != NULL)
		complain(ld, CONF_FOUND_GONE, "'%s' is not a setting, ignored: %s", key,
			 gone->text);
	else if (near.n > 0)
		complain(ld, CONF_FOUND_UNKNOWN, "'%s' is not a setting, ignored: is '%.*s' meant?",
			 key, (int)near.n, (const char *)near.p);
	else
		complain(ld, CONF_FOUND_UNKNOWN, "'%s' is not a setting, ignored", key);
}

static int wrong(struct loader *ld, const struct conf_row *row, const char *value)
{
	char takes[160];

	conf_row_takes(row, takes, sizeof(takes));
	diag_set(ld->diag, "'%s' is not a value for '%s': it takes %s", value, row->key, takes);
	return -EINVAL;
}

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

/* Is KEY the beginning of a longer one: a map that we look into? */
static bool is_branch(const char *key)
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
	if (err < 0)
		return wrong(ld, row, "...");
	err = conf_row_set(row, base, value);
	if (err == -EINVAL)
		return wrong(ld, row, value);
	if (err == -ENOSPC) {
		diag_set(ld->diag, "'%s' has more than %d items", row->key, CONF_MAX_LIST);
		return -EINVAL;
	}
	if (err < 0)
		diag_set(ld->diag, "no memory");
	return err;
}

static void place(struct loader *ld, const yaml_node_t *node)
{
	conf_place(&ld->doc.yaml, node, ld->diag);
}

static int set_list(struct loader *ld, const struct conf_row *row, void *base,
		    const yaml_node_t *node)
{
	int err = 0;

	conf_row_clear(row, base);
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     err == 0 && i < node->data.sequence.items.top; i++) {
		const yaml_node_t *item = conf_doc_node(&ld->doc, *i);

		place(ld, item);
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

		place(ld, name);
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

static int set_node(struct loader *ld, const struct conf_row *row, void *base,
		    const yaml_node_t *node)
{
	const struct tree *tree = tree_of(row);

	if (conf_is_nothing(node))
		return 0; /* the default stays */
	if (is_list(row) && node->type == YAML_SEQUENCE_NODE)
		return set_list(ld, row, base, node);
	if (row->type == CONF_PAIRS && node->type == YAML_MAPPING_NODE)
		return set_pairs(ld, row, base, node);
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
			complain(ld, CONF_FOUND_BY_HAND,
				 "'%s' is not changed by a reload, but by `mews restart %s'",
				 row->key, stage_name((enum stage_id)id));
}

static void note_row(struct loader *ld, const struct conf_row *row)
{
	unsigned n;
	bool *seen = &ld->seen[row - conf_rows(&n)];

	if (*seen)
		complain(ld, CONF_FOUND_TWICE, "'%s' is given twice, the last one counts",
			 row->key);
	*seen = true;
	if (row->type == CONF_UNUSED)
		complain(ld, CONF_FOUND_UNUSED, "'%s' has no effect: %s", row->key, row->text);
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

static int load_standard(struct loader *ld, const struct conf_row *row, void *base)
{
	if (tree_of(row) != NULL)
		return 0; /* none */
	if (row->type == CONF_LIST || row->type == CONF_PAIRS)
		return load_standard_list(field_of(base, row), row->standard);
	return set_value(ld, row, base, span_str(row->standard));
}

/* ---- outputs ---- */

/* One more output of KIND with the defaults; NULL: DIAG says why not. */
static struct conf_output *add_output(struct loader *ld, enum output_kind kind)
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
		if (load_standard(ld, &all[i].row, o) < 0)
			return NULL;
	}
	return o;
}

static int walk_output_pair(struct loader *ld, const yaml_node_t *key, const yaml_node_t *value,
			    struct conf_output *o)
{
	const struct conf_output_row *row = NULL;
	char path[MAX_KEY];

	place(ld, key);
	if (key->type != YAML_SCALAR_NODE) {
		diag_set(ld->diag, "a key must be a plain text");
		return -EINVAL;
	}
	if (memchr(key->data.scalar.value, '\0', key->data.scalar.length) == NULL)
		row = conf_output_row(o->kind, (const char *)key->data.scalar.value);
	if (row == NULL) {
		snprintf(path, sizeof(path), "%s.%.80s", conf_output_key(o->kind),
			 (const char *)key->data.scalar.value);
		complain_of_key(ld, path);
		return 0;
	}
	place(ld, value);
	return set_node(ld, &row->row, o, value);
}

static int walk_output(struct loader *ld, const yaml_node_t *map, enum output_kind kind)
{
	struct conf_output *o;
	int err = 0;

	place(ld, map);
	if (map->type != YAML_MAPPING_NODE) {
		diag_set(ld->diag, "'%s' takes a map, or a list of maps", conf_output_key(kind));
		return -EINVAL;
	}
	o = add_output(ld, kind);
	if (o == NULL)
		return -EINVAL;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     err == 0 && p < map->data.mapping.pairs.top; p++)
		err = settle(ld, walk_output_pair(ld, conf_doc_node(&ld->doc, p->key),
						  conf_doc_node(&ld->doc, p->value), o));
	return err;
}

/* NODE is a map or a list of maps. */
static int walk_outputs(struct loader *ld, const yaml_node_t *node, enum output_kind kind)
{
	int err = 0;

	if (conf_output_at(ld->conf, kind, 0) != NULL)
		complain(ld, CONF_FOUND_TWICE, "'%s' is given twice, the last one counts",
			 conf_output_key(kind));
	conf_output_clear(ld->conf, kind);
	if (conf_is_nothing(node))
		return 0;
	if (node->type != YAML_SEQUENCE_NODE)
		return walk_output(ld, node, kind);
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     err == 0 && i < node->data.sequence.items.top; i++)
		err = settle(ld, walk_output(ld, conf_doc_node(&ld->doc, *i), kind));
	return err;
}

/* ---- maps ---- */

static int walk(struct loader *ld, const yaml_node_t *map, const char *prefix, unsigned depth);

static int walk_value(struct loader *ld, const char *path, const yaml_node_t *value, unsigned depth)
{
	enum output_kind kind = conf_output_kind(path, strlen(path));
	const struct conf_row *row = conf_row_find(path);

	if (kind != OUTPUT_KIND_COUNT) {
		place(ld, value);
		return walk_outputs(ld, value, kind);
	}
	if (row == NULL && !is_branch(path)) {
		complain_of_key(ld, path);
		return 0;
	}
	if (row != NULL)
		note_row(ld, row);
	if ((row != NULL && row->type == CONF_UNUSED) || (row == NULL && conf_is_nothing(value)))
		return 0;
	place(ld, value);
	if (row != NULL)
		return set_node(ld, row, ld->conf, value);
	if (value->type != YAML_MAPPING_NODE) {
		diag_set(ld->diag, "'%s' takes a map", path);
		return -EINVAL;
	}
	return walk(ld, value, path, depth + 1);
}

static int walk_pair(struct loader *ld, const yaml_node_t *key, const yaml_node_t *value,
		     const char *prefix, unsigned depth)
{
	char path[MAX_KEY];
	struct span name;

	place(ld, key);
	if (key->type != YAML_SCALAR_NODE) {
		diag_set(ld->diag, "a key must be a plain text");
		return -EINVAL;
	}
	name = conf_node_text(key);
	if (memchr(name.p, '\0', name.n) != NULL ||
	    snprintf(path, sizeof(path), "%s%s%.*s", prefix, *prefix == '\0' ? "" : ".",
		     (int)(name.n < MAX_KEY ? name.n : MAX_KEY), name.p) >= (int)sizeof(path)) {
		complain(ld, CONF_FOUND_UNKNOWN, "'%s' is not a setting, ignored", "...");
		return 0;
	}
	return settle(ld, walk_value(ld, path, value, depth));
}

static int walk(struct loader *ld, const yaml_node_t *map, const char *prefix, unsigned depth)
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

/* ---- all of it ---- */

static int load_standards(struct loader *ld)
{
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);
	int err = n > MAX_ROWS ? -E2BIG : 0;

	for (unsigned i = 0; err == 0 && i < n; i++)
		err = load_standard(ld, &rows[i], ld->conf);
	return err;
}

/* What no single value shows. */
static int check_whole(struct loader *ld)
{
	int err;

	*ld->diag = (struct diag){ 0 };
	/* Nobody spoke of it: it is there, as the defaults say. */
	if (conf_output_at(ld->conf, OUTPUT_STDOUT, 0) == NULL &&
	    add_output(ld, OUTPUT_STDOUT) == NULL)
		return -EINVAL;
	err = conf_output_settle(ld->conf, ld->diag);
	if (err < 0)
		return err;
	if (ld->conf->engine == CONF_ENGINE_KMOD) {
		ld->conf->kernel_buffer_bytes = ld->conf->kmod_buffer_bytes;
		ld->conf->drop_failed = ld->conf->kmod_drop_failed;
	}
	if ((ld->conf->drops_actions & 1) != 0 && ld->conf->drops_actions != 1) {
		diag_set(ld->diag, "'syscall_event_drops.actions': to ignore is all that can be "
				   "done then");
		return -EINVAL;
	}
	return 0;
}

/* The options that say which files there are count before these are read; all others behind
 * them. */
static int set_options(struct loader *ld, const char *const *options, unsigned n, bool of_files)
{
	int err = 0;

	for (unsigned i = 0; err == 0 && i < n; i++)
		if (conf_option_is(options[i], "config_files") == of_files)
			err = settle(ld, conf_doc_option(&ld->doc, options[i], ld->diag));
	return err;
}

/* What stands in the document, to ld->conf. */
static int take_document(struct loader *ld)
{
	int err;

	*ld->diag = (struct diag){ 0 };
	err = settle(ld, walk(ld, yaml_document_get_root_node(&ld->doc.yaml), "", 0));
	if (err == 0)
		err = settle(ld, check_whole(ld));
	return err;
}

static int load_begin(struct loader *ld)
{
	int err = load_standards(ld);

	return err < 0 ? err : conf_doc_init(&ld->doc);
}

/* What all loads end with, when their files are in the document or it went wrong (ERR); the result. */
static int load_end(struct loader *ld, int err, const char *const *options, unsigned noptions,
		    struct conf *ret)
{
	if (err == 0)
		err = set_options(ld, options, noptions, false);
	if (err == 0)
		err = take_document(ld);
	conf_doc_release(&ld->doc);
	if (err < 0 && ld->diag->message[0] == '\0')
		diag_set(ld->diag, "%s", strerror(-err));
	if (err < 0 || ret == NULL) {
		conf_release(ld->conf);
		return err;
	}
	*ret = *ld->conf;
	return 0;
}

int conf_load_texts(const struct conf_text *texts, unsigned ntexts, const char *const *options,
		    unsigned noptions, void (*warn)(const struct diag *), struct conf *ret,
		    struct diag *diag)
{
	struct conf conf = { 0 };
	struct loader ld = { .conf = &conf, .warn = warn, .diag = diag };
	int err;

	*diag = (struct diag){ 0 };
	err = load_begin(&ld);
	for (unsigned i = 0; err == 0 && i < ntexts; i++)
		err = conf_doc_merge(&ld.doc, texts[i].name, texts[i].text, texts[i].strategy,
				     diag);
	if (err == 0)
		err = set_options(&ld, options, noptions, true);
	return load_end(&ld, err, options, noptions, ret);
}

/* The files of a bundle, in its order. */
static int merge_bundle(struct loader *ld, struct span bundle)
{
	struct bundle_item item;
	int err = 0, more;

	while (err == 0 && (more = bundle_next(&bundle, &item)) != 0) {
		char name[4096];

		if (more < 0)
			return more;
		if (item.kind != BUNDLE_SETTINGS)
			continue;
		snprintf(name, sizeof(name), "%.*s",
			 (int)(item.name.n < sizeof(name) ? item.name.n : sizeof(name)),
			 (const char *)item.name.p);
		err = conf_doc_merge(&ld->doc, name, item.text, (enum conf_strategy)item.strategy,
				     ld->diag);
	}
	return err;
}

int conf_load_bundle(struct span bundle, const char *const *options, unsigned noptions,
		     void (*warn)(const struct diag *), struct conf *ret, struct diag *diag)
{
	struct conf conf = { 0 };
	struct loader ld = { .conf = &conf, .warn = warn, .diag = diag };
	int err;

	*diag = (struct diag){ 0 };
	err = load_begin(&ld);
	if (err == 0)
		err = merge_bundle(&ld, bundle);
	if (err == 0)
		err = set_options(&ld, options, noptions, true);
	return load_end(&ld, err, options, noptions, ret);
}

int conf_load_text(struct span text, const char *name, const char *const *options,
		   unsigned noptions, void (*warn)(const struct diag *), struct conf *ret,
		   struct diag *diag)
{
	struct conf_text one = { .name = name, .text = text };

	return conf_load_texts(&one, 1, options, noptions, warn, ret, diag);
}

/* FILE and all that belongs to it, to the document. */
static int merge_files(struct loader *ld, const char *file, const char *const *options,
		       unsigned noptions)
{
	const char *path = file == NULL ? CONF_STANDARD_FILE : file;
	uint8_t *bytes = NULL;
	size_t n = 0;
	int err = conf_read_file(path, &bytes, &n);

	if (err < 0 && !(file == NULL && err == -ENOENT)) {
		snprintf(ld->diag->file, sizeof(ld->diag->file), "%s", path);
		diag_set(ld->diag, "cannot read the settings: %s", strerror(-err));
		return err;
	}
	err = conf_doc_merge(&ld->doc, path, span_of(bytes, n), CONF_STRATEGY_APPEND, ld->diag);
	if (err == 0 && ld->keep != NULL)
		err = bundle_add(ld->keep, &(struct bundle_item){ .kind = BUNDLE_SETTINGS,
								  .name = span_str(path),
								  .text = span_of(bytes, n) });
	free(bytes);
	if (err == 0 && bytes != NULL)
		err = conf_list_add(&ld->conf->read_files, path);
	if (err == 0)
		err = set_options(ld, options, noptions, true);
	return err < 0 ? err
		       : conf_files_merge(&ld->doc, path, &ld->conf->read_files, ld->keep,
					  ld->diag);
}

static int load(struct loader *ld, const char *file, const char *const *options, unsigned noptions,
		struct conf *ret)
{
	int err;

	*ld->diag = (struct diag){ 0 };
	err = load_begin(ld);
	if (err == 0)
		err = settle(ld, merge_files(ld, file, options, noptions));
	return load_end(ld, err, options, noptions, ret);
}

int conf_load(const char *file, const char *const *options, unsigned noptions,
	      void (*warn)(const struct diag *), struct conf *ret, struct diag *diag)
{
	struct conf conf = { 0 };
	struct loader ld = { .conf = &conf, .warn = warn, .diag = diag };

	return load(&ld, file, options, noptions, ret);
}

int conf_load_keeping(const char *file, const char *const *options, unsigned noptions,
		      void (*warn)(const struct diag *), struct conf *ret, struct diag *diag,
		      struct bundle *keep)
{
	struct conf conf = { 0 };
	struct loader ld = { .conf = &conf, .warn = warn, .diag = diag, .keep = keep };

	return load(&ld, file, options, noptions, ret);
}

unsigned conf_check(const char *file, const char *const *options, unsigned noptions,
		    void (*hear)(const struct diag *))
{
	struct conf conf = { 0 };
	struct diag diag;
	struct loader ld = { .conf = &conf, .warn = hear, .diag = &diag, .all = true };

	if (load(&ld, file, options, noptions, NULL) < 0) {
		hear(&diag);
		ld.errors++;
	}
	return ld.errors;
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

void conf_release(struct conf *c)
{
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);

	if (c == NULL)
		return;
	for (unsigned i = 0; i < n; i++)
		conf_row_release(&rows[i], c);
	conf_output_release(c);
	conf_list_clear(&c->read_files);
}

int conf_add_rules(struct conf *c, const char *path)
{
	return conf_list_add(&c->rules_files, path);
}

void conf_clear_rules(struct conf *c)
{
	conf_list_clear(&c->rules_files);
}
