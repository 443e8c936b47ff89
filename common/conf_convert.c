/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_convert.c -- see conf_convert.h.  The file and what it names become one document;
 * old keys get their new names there, and where Falco's defaults are others than ours
 * they are written down.  Then each key is asked what it is here, and written as it
 * is or as a comment.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf_convert.h"
#include "conf_files.h"
#include "conf_output.h"
#include "conf_value.h"

enum { ROOT = 1, MAX_PATH = 256, MAX_NODES = 100000, MAX_TEXT = 4096, STEP = 2 };

struct converter {
	struct conf_doc doc;
	struct conf_list read;
	FILE *out;
	void (*say)(const struct diag *);
	struct diag *diag;
	unsigned nodes; /* written so far: aliases must not make it endless */
	unsigned depth;
};

/* ---- what is said ---- */

static void tell(struct converter *c, const yaml_node_t *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void tell(struct converter *c, const yaml_node_t *where, const char *format, ...)
{
	struct diag d = { .kind = CONF_FOUND_GONE };
	va_list args;

	if (where != NULL)
		conf_place(&c->doc.yaml, where, &d);
	va_start(args, format);
	vsnprintf(d.message, sizeof(d.message), format, args);
	va_end(args);
	c->say(&d);
}

/* ---- the document ---- */

/* KEY is VALUE, if nobody has said anything of it. */
static void set_missing(struct converter *c, const char *key, const char *value)
{
	char option[MAX_PATH + MAX_TEXT];
	struct diag diag;

	if (conf_doc_at(&c->doc, key) != NULL)
		return;
	snprintf(option, sizeof(option), "%s=%s", key, value);
	if (conf_doc_option(&c->doc, option, &diag) < 0)
		tell(c, NULL, "cannot set '%s': %s", key, diag.message);
}

static void text_of(const yaml_node_t *node, char *buf, size_t cap)
{
	struct span text = conf_node_text(node);

	snprintf(buf, cap, "%.*s", (int)(text.n < cap ? text.n : cap), (const char *)text.p);
}

/* A key of old, whatever stands behind it.  Beside the new one it is wrong, and is said to be. */
static void rename_rules(struct converter *c)
{
	int key = conf_doc_add_scalar(&c->doc, span_str("rules_files"));
	yaml_node_pair_t *p = conf_doc_find(&c->doc, ROOT, CONF_OLD_RULES_KEY);

	if (p != NULL && key != 0 && conf_doc_find(&c->doc, ROOT, "rules_files") == NULL)
		p->key = key;
}

/* What had another name, or stands elsewhere. */
static void rename_old(struct converter *c)
{
	static const struct {
		const char *old, *key;
	} names[] = {
		{ "syscall_buf_size_preset", "engine.modern_ebpf.buf_size_preset" },
		{ "syscall_drop_failed_exit", "engine.modern_ebpf.drop_failed_exit" },
		{ "modern_bpf.cpus_for_each_syscall_buffer",
		  "engine.modern_ebpf.cpus_for_each_buffer" },
		{ "engine.ebpf.buf_size_preset", "engine.modern_ebpf.buf_size_preset" },
		{ "engine.ebpf.drop_failed_exit", "engine.modern_ebpf.drop_failed_exit" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		const yaml_node_t *node = conf_doc_at(&c->doc, names[i].old);
		char value[MAX_TEXT];

		if (node == NULL || node->type != YAML_SCALAR_NODE)
			continue;
		text_of(node, value, sizeof(value));
		set_missing(c, names[i].key, value);
	}
}

/* Where Falco, told nothing, does something else. */
static void write_defaults(struct converter *c)
{
	static const struct {
		const char *key, *value;
	} defaults[] = {
		{ "stdout_output.enabled", "false" },
		{ "engine.modern_ebpf.cpus_for_each_buffer", "2" },
		{ "syscall_event_drops.threshold", "0.1" },
		{ "syscall_event_drops.actions", "ignore" },
		{ "syscall_event_drops.rate", "0.03333" },
		{ "syscall_event_drops.max_burst", "1" },
		{ "webserver.listen_address", "0.0.0.0" },
		{ "webserver.ssl_certificate", "/etc/falco/falco.pem" },
		{ "log_syslog", "true" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(defaults); i++)
		set_missing(c, defaults[i].key, defaults[i].value);
}

/* ---- plugins ---- */

/* The item of `plugins' with this name; its number, 0: there is none. */
static int find_plugin(struct converter *c, const char *name)
{
	const yaml_node_t *list = conf_doc_at(&c->doc, "plugins");

	if (list == NULL || list->type != YAML_SEQUENCE_NODE)
		return 0;
	for (const yaml_node_item_t *i = list->data.sequence.items.start;
	     i < list->data.sequence.items.top; i++) {
		const yaml_node_pair_t *p = conf_doc_node(&c->doc, *i)->type == YAML_MAPPING_NODE
						    ? conf_doc_find(&c->doc, *i, "name")
						    : NULL;

		if (p != NULL && conf_doc_node(&c->doc, p->value)->type == YAML_SCALAR_NODE &&
		    span_is(conf_node_text(conf_doc_node(&c->doc, p->value)), name))
			return *i;
	}
	return 0;
}

/* Under ID, keys KEY and so on, NULL at the end; 0: not there. */
static int below(struct converter *c, int id, const char *const *keys)
{
	for (; *keys != NULL && id != 0; keys++) {
		const yaml_node_pair_t *p = conf_doc_node(&c->doc, id)->type == YAML_MAPPING_NODE
						    ? conf_doc_find(&c->doc, id, *keys)
						    : NULL;

		id = p == NULL ? 0 : p->value;
	}
	return id;
}

/* A list of texts as "[a, b]". */
static bool list_text(struct converter *c, int id, char *buf, size_t cap)
{
	const yaml_node_t *list = conf_doc_node(&c->doc, id);
	size_t at = 0;

	if (list->type != YAML_SEQUENCE_NODE)
		return false;
	for (const yaml_node_item_t *i = list->data.sequence.items.start;
	     i < list->data.sequence.items.top; i++) {
		const yaml_node_t *item = conf_doc_node(&c->doc, *i);

		if (item->type != YAML_SCALAR_NODE || at + item->data.scalar.length + 8 > cap)
			return false;
		at += (size_t)snprintf(buf + at, cap - at, "%s\"%s\"", at == 0 ? "[" : ", ",
				       (const char *)item->data.scalar.value);
	}
	if (at == 0)
		at = (size_t)snprintf(buf, cap, "[");
	snprintf(buf + at, cap - at, "]");
	return true;
}

/* The runtimes that the container plugin was told of. */
static void take_engines(struct converter *c)
{
	static const char *const engines[] = { "docker", "podman", "containerd", "cri" };
	int plugin = find_plugin(c, "container");

	for (unsigned i = 0; i < ARRAY_LEN(engines) && plugin != 0; i++) {
		const char *enabled[] = { "init_config", "engines", engines[i], "enabled", NULL };
		const char *sockets[] = { "init_config", "engines", engines[i], "sockets", NULL };
		char key[MAX_PATH], value[MAX_TEXT];
		int id = below(c, plugin, enabled);

		if (id != 0 && conf_doc_node(&c->doc, id)->type == YAML_SCALAR_NODE) {
			text_of(conf_doc_node(&c->doc, id), value, sizeof(value));
			snprintf(key, sizeof(key), "container_engines.%s.enabled", engines[i]);
			set_missing(c, key, value);
		}
		id = below(c, plugin, sockets);
		if (id != 0 && list_text(c, id, value, sizeof(value))) {
			snprintf(key, sizeof(key), "container_engines.%s.sockets", engines[i]);
			set_missing(c, key, value);
		}
	}
}

static void take_node_name(struct converter *c)
{
	static const char *const name[] = { "init_config", "nodeName", NULL };
	int plugin = find_plugin(c, "k8smeta"), id = plugin == 0 ? 0 : below(c, plugin, name);
	char value[MAX_TEXT];

	if (id == 0 || conf_doc_node(&c->doc, id)->type != YAML_SCALAR_NODE)
		return;
	text_of(conf_doc_node(&c->doc, id), value, sizeof(value));
	set_missing(c, "kubernetes.node_name", value);
}

/* Those whose place nothing takes. */
static void tell_of_plugins(struct converter *c)
{
	static const char *const name[] = { "name", NULL };
	const yaml_node_t *list = conf_doc_at(&c->doc, "plugins");
	size_t n =
		list == NULL || list->type != YAML_SEQUENCE_NODE
			? 0
			: (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);

	for (size_t i = 0; i < n; i++) {
		int item = list->data.sequence.items.start[i], id = below(c, item, name);
		char text[64] = "?";

		if (id != 0 && conf_doc_node(&c->doc, id)->type == YAML_SCALAR_NODE)
			text_of(conf_doc_node(&c->doc, id), text, sizeof(text));
		if (strcmp(text, "container") != 0 && strcmp(text, "k8smeta") != 0)
			tell(c, conf_doc_node(&c->doc, item),
			     "plugin '%s' cannot be loaded: rules for its events or with its "
			     "fields are not taken over",
			     text);
	}
}

/* Taken over as it is, but somebody else runs it. */
static void tell_of_program(struct converter *c)
{
	const yaml_node_t *enabled = conf_doc_at(&c->doc, "program_output.enabled");
	char text[16];
	bool on;

	if (enabled == NULL || enabled->type != YAML_SCALAR_NODE)
		return;
	text_of(enabled, text, sizeof(text));
	if (conf_bool_parse(text, &on) == 0 && on)
		tell(c, enabled,
		     "'program_output' runs its program as user mews-emitter, not as root: what "
		     "it reads and writes must be that user's");
}

/* ---- writing ---- */

static void indent(struct converter *c, bool comment, unsigned columns)
{
	fprintf(c->out, "%s%*s", comment ? "# " : "", (int)columns, "");
}

/* May TEXT stand without quotes, and be read as the same? */
static bool is_plain(struct span text)
{
	if (text.n == 0 || strchr("-:.", text.p[0]) != NULL || text.p[text.n - 1] == ':' ||
	    conf_is_null(text))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\0' ||
		    strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:",
			   text.p[i]) == NULL)
			return false;
	return true;
}

static void put_scalar(struct converter *c, const yaml_node_t *node)
{
	struct span text = conf_node_text(node);

	if (conf_is_nothing(node))
		return;
	if (is_plain(text)) {
		fprintf(c->out, "%.*s", (int)text.n, (const char *)text.p);
		return;
	}
	fputc('"', c->out);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			fprintf(c->out, "\\%c", text.p[i]);
		else if (text.p[i] < 0x20 || text.p[i] == 0x7f)
			fprintf(c->out, "\\x%02x", text.p[i]);
		else
			fputc(text.p[i], c->out);
	}
	fputc('"', c->out);
}

static int put_node(struct converter *c, const yaml_node_t *node, bool comment, unsigned columns);
static int put_pairs(struct converter *c, const yaml_node_t *node, bool comment, unsigned columns,
		     bool is_item);

static bool is_empty(const yaml_node_t *node)
{
	return node->type == YAML_SEQUENCE_NODE
		       ? node->data.sequence.items.start == node->data.sequence.items.top
		       : node->data.mapping.pairs.start == node->data.mapping.pairs.top;
}

/* One behind its dash: a map's first key stands on the same line. */
static int put_item(struct converter *c, const yaml_node_t *node, bool comment, unsigned columns)
{
	if (node->type != YAML_MAPPING_NODE || is_empty(node))
		return put_node(c, node, comment, columns);
	if (++c->nodes > MAX_NODES || ++c->depth > CONF_MAX_DEPTH) {
		diag_set(c->diag, "the settings are too large, or hold themselves");
		return -EINVAL;
	}
	fputc(' ', c->out);
	if (put_pairs(c, node, comment, columns, true) < 0)
		return -EINVAL;
	c->depth--;
	return 0;
}

static int put_items(struct converter *c, const yaml_node_t *node, bool comment, unsigned columns)
{
	int err = 0;

	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     err == 0 && i < node->data.sequence.items.top; i++) {
		indent(c, comment, columns);
		fputc('-', c->out);
		err = put_item(c, conf_doc_node(&c->doc, *i), comment, columns + STEP);
	}
	return err;
}

/* Where its line has begun already. */
static int put_pair_here(struct converter *c, const yaml_node_pair_t *p, bool comment,
			 unsigned columns)
{
	const yaml_node_t *key = conf_doc_node(&c->doc, p->key);

	if (key->type == YAML_SCALAR_NODE)
		put_scalar(c, key);
	else
		fputs("\"?\"", c->out);
	fputc(':', c->out);
	return put_node(c, conf_doc_node(&c->doc, p->value), comment, columns + STEP);
}

static int put_pair(struct converter *c, const yaml_node_pair_t *p, bool comment, unsigned columns)
{
	indent(c, comment, columns);
	return put_pair_here(c, p, comment, columns);
}

static int put_pairs(struct converter *c, const yaml_node_t *node, bool comment, unsigned columns,
		     bool is_item)
{
	int err = 0;

	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     err == 0 && p < node->data.mapping.pairs.top; p++) {
		err = is_item ? put_pair_here(c, p, comment, columns)
			      : put_pair(c, p, comment, columns);
		is_item = false;
	}
	return err;
}

/* Behind a key's colon, or an item's dash: NODE, and the end of its line. */
static int put_node(struct converter *c, const yaml_node_t *node, bool comment, unsigned columns)
{
	int err;

	if (++c->nodes > MAX_NODES || c->depth > CONF_MAX_DEPTH) {
		diag_set(c->diag, "the settings are too large, or hold themselves");
		return -EINVAL;
	}
	if (node->type == YAML_SCALAR_NODE) {
		fputc(' ', c->out);
		put_scalar(c, node);
		fputc('\n', c->out);
		return 0;
	}
	if (is_empty(node)) {
		fputs(node->type == YAML_SEQUENCE_NODE ? " []\n" : " {}\n", c->out);
		return 0;
	}
	fputc('\n', c->out);
	c->depth++;
	err = node->type == YAML_SEQUENCE_NODE ? put_items(c, node, comment, columns)
					       : put_pairs(c, node, comment, columns, false);
	c->depth--;
	return err;
}

/* ---- each key ---- */

static int put_comment(struct converter *c, const yaml_node_pair_t *p, const char *why,
		       unsigned columns)
{
	indent(c, true, columns);
	fprintf(c->out, "%s:\n", why);
	return put_pair(c, p, true, columns);
}

static bool is_branch(const char *path)
{
	size_t len = strlen(path);
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);

	for (unsigned i = 0; i < n; i++)
		if (strncmp(rows[i].key, path, len) == 0 && rows[i].key[len] == '.')
			return true;
	return false;
}

static int convert_map(struct converter *c, const yaml_node_t *map, const char *prefix,
		       unsigned columns);

/* A value that cannot be here: the key as a comment, and it is said. */
static int convert_engine_kind(struct converter *c, const yaml_node_pair_t *p, unsigned columns)
{
	const yaml_node_t *value = conf_doc_node(&c->doc, p->value);
	char text[64] = "";

	if (value->type == YAML_SCALAR_NODE)
		text_of(value, text, sizeof(text));
	if (strcmp(text, "modern_ebpf") == 0 || strcmp(text, "kmod") == 0)
		return put_pair(c, p, false, columns);
	if (strcmp(text, "ebpf") != 0)
		tell(c, value, "engine '%s' is none that mews run has: the kernel is watched",
		     text);
	return put_comment(c, p, "there is one eBPF engine, modern_ebpf", columns);
}

static int convert_unknown(struct converter *c, const yaml_node_pair_t *p, const char *path,
			   unsigned columns)
{
	const struct conf_gone *gone = conf_gone_find(path);

	tell(c, conf_doc_node(&c->doc, p->key), "'%s' is not taken over: %s", path,
	     gone == NULL ? "mews has no such setting" : gone->text);
	return put_comment(c, p, gone == NULL ? "mews has no such setting" : gone->text, columns);
}

static int convert_branch(struct converter *c, const yaml_node_pair_t *p, const char *path,
			  unsigned columns)
{
	const yaml_node_t *value = conf_doc_node(&c->doc, p->value);

	if (value->type != YAML_MAPPING_NODE)
		return put_pair(c, p, false, columns); /* which is wrong, and is said to be */
	indent(c, false, columns);
	put_scalar(c, conf_doc_node(&c->doc, p->key));
	fputs(":\n", c->out);
	return convert_map(c, value, path, columns + STEP);
}

static int convert_outputs(struct converter *c, const yaml_node_pair_t *p, const char *path,
			   unsigned columns)
{
	const yaml_node_t *value = conf_doc_node(&c->doc, p->value);

	if (value->type == YAML_MAPPING_NODE && !is_empty(value))
		return convert_branch(c, p, path, columns);
	return put_pair(c, p, false, columns);
}

static int convert_pair(struct converter *c, const yaml_node_pair_t *p, const char *prefix,
			unsigned columns)
{
	const yaml_node_t *key = conf_doc_node(&c->doc, p->key);
	char name[MAX_PATH] = "?", path[2 * MAX_PATH];
	const struct conf_row *row;

	if (key->type == YAML_SCALAR_NODE)
		text_of(key, name, sizeof(name));
	snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix == '\0' ? "" : ".", name);
	row = conf_row_find(path);
	if (strcmp(path, "config_files") == 0)
		return put_comment(c, p, "what these files say stands here", columns);
	if (strcmp(path, "engine.kind") == 0)
		return convert_engine_kind(c, p, columns);
	if (conf_output_kind(path, strlen(path)) != OUTPUT_KIND_COUNT)
		return convert_outputs(c, p, path, columns);
	if (row != NULL && row->type == CONF_UNUSED)
		return put_comment(c, p, row->text, columns);
	if (row != NULL)
		return put_pair(c, p, false, columns);
	return is_branch(path) ? convert_branch(c, p, path, columns)
			       : convert_unknown(c, p, path, columns);
}

static int convert_map(struct converter *c, const yaml_node_t *map, const char *prefix,
		       unsigned columns)
{
	int err = 0;

	if (++c->depth > CONF_MAX_DEPTH) {
		diag_set(c->diag, "the settings hold themselves");
		return -EINVAL;
	}
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     err == 0 && p < map->data.mapping.pairs.top; p++)
		err = convert_pair(c, p, prefix, columns);
	c->depth--;
	return err;
}

/* ---- all of it ---- */

static int read_all(struct converter *c, const char *file)
{
	uint8_t *bytes;
	size_t n;
	int err = conf_read_file(file, &bytes, &n);

	if (err < 0) {
		snprintf(c->diag->file, sizeof(c->diag->file), "%s", file);
		diag_set(c->diag, "cannot read the settings: %s", strerror(-err));
		return err;
	}
	err = conf_doc_merge(&c->doc, file, span_of(bytes, n), CONF_STRATEGY_APPEND, c->diag);
	free(bytes);
	return err < 0 ? err : conf_files_merge(&c->doc, file, &c->read, NULL, c->diag);
}

static void put_head(struct converter *c, const char *file)
{
	fprintf(c->out, "# Settings of mews, from %s", file);
	for (unsigned i = 0; i < c->read.count; i++)
		fprintf(c->out, ",\n# %s", c->read.item[i]);
	fputs(".\n# Keys that have no meaning here stand as comments, with the reason.\n", c->out);
}

int conf_convert(const char *file, FILE *out, void (*say)(const struct diag *), struct diag *diag)
{
	struct converter c = { .out = out, .say = say, .diag = diag };
	int err;

	*diag = (struct diag){ .line = 0 };
	err = conf_doc_init(&c.doc);
	if (err == 0)
		err = read_all(&c, file);
	if (err == 0) {
		rename_rules(&c);
		rename_old(&c);
		take_engines(&c);
		take_node_name(&c);
		tell_of_plugins(&c);
		tell_of_program(&c);
		write_defaults(&c);
		put_head(&c, file);
		err = convert_map(&c, conf_doc_node(&c.doc, ROOT), "", 0);
	}
	conf_doc_release(&c.doc);
	conf_list_clear(&c.read);
	if (err < 0 && diag->message[0] == '\0')
		diag_set(diag, "%s", strerror(-err));
	return err;
}
