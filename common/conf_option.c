/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_option.c -- `-o KEY=VALUE`.  KEY is a path through maps and lists: a.b[0].c;
 * list[] stands for a new item; a backslash takes the meaning from what follows.
 * VALUE is a text, or YAML if it stands in braces, or, for a key that is a list, in
 * brackets.  What is not there is made; what is there and is something else is an
 * error.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf_doc.h"
#include "conf_node.h"
#include "conf_output.h"

enum { ROOT = 1, MAX_STEPS = 16, MAX_KEY = 256, MAX_INDEX = 4096 };

enum step_kind { STEP_KEY, STEP_INDEX, STEP_NEW };

struct step {
	enum step_kind kind;
	const char *key; /* STEP_KEY */
	unsigned index;	 /* STEP_INDEX */
};

struct path {
	unsigned n;
	struct step step[MAX_STEPS];
	char text[2 * MAX_KEY]; /* the keys, each with its NUL */
	char key[MAX_KEY];	/* keys with dots between, without lists: as in the table of rows */
};

/* ---- the path ---- */

static int add_step(struct path *p, struct step s)
{
	if (p->n == MAX_STEPS)
		return -EINVAL;
	p->step[p->n++] = s;
	return 0;
}

/* A key of TEXT's beginning to *AT of P's; how much of TEXT it took, or -EINVAL. */
static int take_key(struct path *p, const char *text, size_t *at)
{
	char *key = p->text + *at;
	size_t i = 0, n = 0, have = strlen(p->key);

	while (text[i] != '\0' && strchr(".[]", text[i]) == NULL) {
		i += text[i] == '\\' && text[i + 1] != '\0';
		key[n++] = text[i++];
	}
	key[n] = '\0';
	*at += n + 1;
	if (n == 0 || have + n + 2 > sizeof(p->key))
		return -EINVAL;
	snprintf(p->key + have, sizeof(p->key) - have, "%s%s", have == 0 ? "" : ".", key);
	return add_step(p, (struct step){ .kind = STEP_KEY, .key = key }) < 0 ? -EINVAL : (int)i;
}

/* "[]" or "[12]" at TEXT's beginning. */
static int take_index(struct path *p, const char *text)
{
	struct step s = { .kind = text[1] == ']' ? STEP_NEW : STEP_INDEX };
	size_t i = 1;

	for (; text[i] >= '0' && text[i] <= '9'; i++) {
		s.index = s.index * 10 + (unsigned)(text[i] - '0');
		if (s.index > MAX_INDEX)
			return -EINVAL;
	}
	return text[i] != ']' || add_step(p, s) < 0 ? -EINVAL : (int)i + 1;
}

static int parse_path(struct path *p, const char *text)
{
	size_t at = 0;
	int n = take_key(p, text, &at);

	while (n >= 0 && text[n] != '\0') {
		text += n;
		if (*text == '[')
			n = take_index(p, text);
		else if (*text == '.')
			n = take_key(p, ++text, &at);
		else
			n = -EINVAL;
	}
	return n < 0 ? -EINVAL : 0;
}

/* Up to the first '=', to P; its place in OPTION, or NULL. */
static const char *split(const char *option, struct path *p)
{
	const char *eq = strchr(option, '=');
	char text[MAX_KEY];
	size_t n = eq == NULL ? 0 : (size_t)(eq - option);

	p->n = 0;
	p->key[0] = '\0';
	if (n == 0 || n >= sizeof(text))
		return NULL;
	memcpy(text, option, n);
	text[n] = '\0';
	return parse_path(p, text) < 0 ? NULL : eq;
}

bool conf_option_is(const char *option, const char *key)
{
	struct path p;

	return split(option, &p) != NULL && strcmp(p.step[0].key, key) == 0;
}

/* ---- the value ---- */

static bool is_list(const struct conf_row *row)
{
	return row != NULL &&
	       (row->type == CONF_LIST || row->type == CONF_PAIRS || row->type == CONF_WORDS ||
		row->type == CONF_FILES || row->type == CONF_APPEND || row->type == CONF_CHOICES);
}

static bool stands_in(struct span text, uint8_t open, uint8_t close)
{
	return text.n >= 2 && text.p[0] == open && text.p[text.n - 1] == close;
}

static int wrap(struct conf_doc *d, int item)
{
	int list = conf_doc_add_sequence(d);

	if (item <= 0 || list == 0)
		return item < 0 ? item : -ENOMEM;
	return yaml_document_append_sequence_item(&d->yaml, list, item) ? list : -ENOMEM;
}

/* Outputs of a kind are a map or a list of maps. */
static bool is_output(const struct path *p, unsigned step)
{
	return step == 0 &&
	       conf_output_kind(p->step[0].key, strlen(p->step[0].key)) != OUTPUT_KIND_COUNT;
}

/* Is NODE all of what a list takes: a list, or what is written as a map? */
static bool is_whole(const struct conf_row *row, const yaml_node_t *node)
{
	return node->type == YAML_SEQUENCE_NODE ||
	       (row->type == CONF_PAIRS && node->type == YAML_MAPPING_NODE);
}

/* The node of VALUE for P, of ROW; negative errno. */
static int make_value(struct conf_doc *d, const struct path *p, const struct conf_row *row,
		      struct span value, struct diag *diag)
{
	bool whole_list = is_list(row) && p->step[p->n - 1].kind == STEP_KEY;
	int id;

	if (stands_in(value, '{', '}') ||
	    ((whole_list || is_output(p, p->n - 1)) && stands_in(value, '[', ']')))
		id = conf_doc_add_yaml(d, value, diag);
	else if (whole_list && value.n == 0)
		return conf_doc_add_sequence(d);
	else
		id = conf_doc_add_scalar(d, value);
	if (id == 0) {
		diag_set(diag, "the value is no text");
		return -EINVAL;
	}
	if (id > 0 && whole_list && !is_whole(row, conf_doc_node(d, id)))
		return wrap(d, id);
	return id;
}

/* A list that nobody has set begins as its row says. */
static int standard_list(struct conf_doc *d, const struct conf_row *row)
{
	int list = conf_doc_add_sequence(d);
	const char *items = row == NULL || (row->type != CONF_LIST && row->type != CONF_PAIRS &&
					    row->type != CONF_WORDS)
				    ? ""
				    : row->standard;

	while (list != 0 && *items != '\0') {
		size_t n = strcspn(items, " ");
		int item = conf_doc_add_scalar(d, span_of(items, n));

		if (item == 0 || !yaml_document_append_sequence_item(&d->yaml, list, item))
			return 0;
		items += n + (items[n] == ' ');
	}
	return list;
}

/* ---- in the document ---- */

/* Where the child that S names hangs in node ID; NULL: nowhere yet. */
static int *find_child(struct conf_doc *d, int id, struct step s)
{
	yaml_node_t *n = conf_doc_node(d, id);
	yaml_node_pair_t *p;

	if (s.kind == STEP_KEY) {
		p = conf_doc_find(d, id, s.key);
		return p == NULL ? NULL : &p->value;
	}
	if (s.kind == STEP_NEW ||
	    s.index >= (size_t)(n->data.sequence.items.top - n->data.sequence.items.start))
		return NULL;
	return &n->data.sequence.items.start[s.index];
}

static int add_child(struct conf_doc *d, int id, struct step s, int child)
{
	const yaml_node_t *n = conf_doc_node(d, id);
	int key;

	if (s.kind == STEP_INDEX &&
	    s.index != (size_t)(n->data.sequence.items.top - n->data.sequence.items.start))
		return -ERANGE;
	if (s.kind != STEP_KEY)
		return yaml_document_append_sequence_item(&d->yaml, id, child) ? 0 : -ENOMEM;
	key = conf_doc_add_scalar(d, span_str(s.key));
	if (key == 0)
		return -EINVAL; /* no UTF-8 */
	return yaml_document_append_mapping_pair(&d->yaml, id, key, child) ? 0 : -ENOMEM;
}

/* In node ID, CHILD is what S names. */
static int set_child(struct conf_doc *d, int id, struct step s, int child)
{
	int *at = find_child(d, id, s);

	if (at == NULL)
		return add_child(d, id, s, child);
	*at = child;
	return 0;
}

/* A key of a list is one of its first item. */
static int first_item(struct conf_doc *d, int id, struct step s)
{
	int *at = NULL;

	if (s.kind == STEP_KEY && conf_doc_node(d, id)->type == YAML_SEQUENCE_NODE)
		at = find_child(d, id, (struct step){ .kind = STEP_INDEX });
	return at != NULL && conf_doc_node(d, *at)->type == YAML_MAPPING_NODE ? *at : id;
}

/* The child of ID that S names, a map or a list as NEXT needs; made if there is none. */
static int go_down(struct conf_doc *d, int id, struct step s, struct step next,
		   const struct conf_row *row)
{
	yaml_node_type_t want = next.kind == STEP_KEY ? YAML_MAPPING_NODE : YAML_SEQUENCE_NODE;
	int *at = find_child(d, id, s), child, err;

	if (at != NULL && !conf_is_nothing(conf_doc_node(d, *at)))
		return conf_doc_node(d, first_item(d, *at, next))->type == want ? *at : -EINVAL;
	child = want == YAML_MAPPING_NODE ? conf_doc_add_mapping(d) : standard_list(d, row);
	if (child == 0)
		return -ENOMEM;
	err = set_child(d, id, s, child);
	return err < 0 ? err : child;
}

/* What is of TYPE at S of node ID becomes a list of it. */
static int make_list(struct conf_doc *d, int id, struct step s, yaml_node_type_t type)
{
	int *at = find_child(d, id, s), list;

	if (at == NULL || conf_doc_node(d, *at)->type != type ||
	    conf_is_nothing(conf_doc_node(d, *at)))
		return 0;
	list = wrap(d, *at);
	return list < 0 ? list : set_child(d, id, s, list);
}

/* An item is named of what stands at STEP: it may stand there as the only one, by itself. */
static int make_lists(struct conf_doc *d, const struct path *p, unsigned step, int id,
		      const struct conf_row *row)
{
	if (p->step[step + 1].kind == STEP_KEY)
		return 0;
	if (is_output(p, step))
		return make_list(d, id, p->step[step], YAML_MAPPING_NODE);
	return row != NULL && conf_takes_one(row)
		       ? make_list(d, id, p->step[step], YAML_SCALAR_NODE)
		       : 0;
}

static int set_path(struct conf_doc *d, const struct path *p, const struct conf_row *row, int value)
{
	int id = ROOT;

	for (unsigned i = 0; i + 1 < p->n && id > 0; i++) {
		if (make_lists(d, p, i, id, row) < 0)
			return -ENOMEM;
		id = go_down(d, id, p->step[i], p->step[i + 1], row);
		if (id > 0)
			id = first_item(d, id, p->step[i + 1]);
	}
	return id < 0 ? id : set_child(d, id, p->step[p->n - 1], value);
}

int conf_doc_option(struct conf_doc *d, const char *option, struct diag *diag)
{
	const struct conf_row *row;
	const char *eq;
	struct path p;
	int value, err;

	*diag = (struct diag){ .file = "-o" };
	eq = split(option, &p);
	if (eq == NULL) {
		diag_set(diag, "'%.200s' is not KEY=VALUE, with a key such as a.b[0].c", option);
		return -EINVAL;
	}
	row = conf_row_find(p.key);
	value = make_value(d, &p, row, span_str(eq + 1), diag);
	if (value < 0)
		return value;
	err = set_path(d, &p, row, value);
	if (err == -EINVAL)
		diag_set(diag,
			 "'%.*s': there is no such place in the settings: a map has keys, a "
			 "list has items",
			 (int)(eq - option), option);
	else if (err == -ERANGE)
		diag_set(diag, "'%.*s': there are not that many", (int)(eq - option), option);
	return err == -ERANGE ? -EINVAL : err;
}
