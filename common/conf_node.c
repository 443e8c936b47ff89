/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_node.c -- see conf_node.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_doc.h"
#include "conf_node.h"
#include "conf_value.h"

/* Of a text without variables in variables there cannot be so many. */
enum { MAX_ROUNDS = 2000 };

void conf_place(yaml_document_t *doc, const yaml_node_t *node, struct diag *diag)
{
	const struct conf_doc *d = (struct conf_doc *)(void *)doc;
	size_t source = node->start_mark.index;

	snprintf(diag->file, sizeof(diag->file), "%s",
		 source < d->nsources ? d->source[source] : "");
	diag->line = (uint32_t)node->start_mark.line + 1;
	diag->column = (uint32_t)node->start_mark.column + 1;
}

struct span conf_node_text(const yaml_node_t *node)
{
	return span_of(node->data.scalar.value, node->data.scalar.length);
}

bool conf_is_null(struct span text)
{
	return text.n == 0 || span_is(text, "~") || span_is(text, "null") ||
	       span_is(text, "Null") || span_is(text, "NULL");
}

bool conf_is_nothing(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       conf_is_null(conf_node_text(node));
}

/* A text that is worked on where it stands. */
struct expansion {
	char *buf;
	size_t n, cap;
};

/* The N bytes at AT give way to TEXT. */
static int replace(struct expansion *x, char *at, size_t n, const char *text)
{
	size_t more = strlen(text), behind = x->n - (size_t)(at - x->buf) - n;

	if (x->n - n + more >= x->cap)
		return -ENOSPC;
	memmove(at + more, at + n, behind + 1);
	memcpy(at, text, more);
	x->n = x->n - n + more;
	return 0;
}

/* Its value for "${NAME}" at AT, whose brace is at END. */
static int put_variable(struct expansion *x, char *at, const char *end)
{
	const char *value;

	x->buf[end - x->buf] = '\0';
	value = getenv(at + 2);
	return replace(x, at, (size_t)(end + 1 - at), value == NULL ? "" : value);
}

/* A value is looked at again from its beginning: it may name others.  "$${" loses a "$", and what its
 * brace then holds is looked at. */
int conf_expand(struct span raw, char *buf, size_t cap)
{
	struct expansion x = { buf, raw.n, cap };
	unsigned rounds = 0;
	char *at = buf;
	int err = 0;

	if (raw.n >= cap)
		return -ENOSPC;
	if (raw.n > 0)
		memcpy(buf, raw.p, raw.n);
	buf[raw.n] = '\0';
	if (strlen(buf) != raw.n)
		return -EINVAL;
	while (err == 0 && (at = strchr(at, '$')) != NULL) {
		const char *end = strchr(at, '}');

		if (end == NULL)
			break;
		if (at[1] == '{')
			err = ++rounds > MAX_ROUNDS ? -ELOOP : put_variable(&x, at, end);
		else if (at[1] == '$' && at[2] == '{')
			err = replace(&x, at++, 1, "");
		else
			at++;
	}
	return err;
}

static const char *expand_error(int err)
{
	return err == -ENOSPC  ? "this text is too long, with its variables"
	       : err == -ELOOP ? "this text names a variable that stands for itself"
			       : "a text without NUL is wanted here";
}

void conf_reader_place(struct conf_reader *r, const yaml_node_t *node)
{
	conf_place(r->doc, node, r->diag);
}

int conf_refuse(struct conf_reader *r, const char *what)
{
	r->diag->kind = CONF_FOUND_WRONG;
	diag_set(r->diag, "%s: %s", r->key, what);
	return -EINVAL;
}

int conf_read_text(struct conf_reader *r, const yaml_node_t *node, char **ret)
{
	char value[CONF_VALUE_MAX];
	int err;

	conf_reader_place(r, node);
	if (node->type != YAML_SCALAR_NODE)
		return conf_refuse(r, "a text is wanted here");
	err = conf_expand(conf_node_text(node), value, sizeof(value));
	if (err < 0)
		return conf_refuse(r, expand_error(err));
	*ret = strdup(value);
	return *ret == NULL ? -ENOMEM : 0;
}

int conf_read_bool(struct conf_reader *r, const yaml_node_t *node, bool *ret)
{
	char *text;
	int err = conf_read_text(r, node, &text);

	if (err < 0)
		return err;
	if (conf_bool_parse(text, ret) < 0)
		err = conf_refuse(r, "true or false is wanted here");
	free(text);
	return err;
}

static void warn_of_key(struct conf_reader *r, const yaml_node_t *name)
{
	struct span text = name->type == YAML_SCALAR_NODE ? conf_node_text(name) : span_str("...");

	if (r->warn == NULL)
		return;
	r->diag->kind = CONF_FOUND_UNKNOWN;
	diag_set(r->diag, "%s does not know the key '%.*s', ignored", r->key,
		 (int)(text.n < 64 ? text.n : 64), (const char *)text.p);
	r->warn(r->diag);
	r->diag->kind = CONF_FOUND_WRONG;
}

int conf_read_map(struct conf_reader *r, const yaml_node_t *node, const struct conf_key *keys,
		  unsigned nkeys)
{
	uint32_t seen = 0;
	int err = 0;

	conf_reader_place(r, node);
	if (node->type != YAML_MAPPING_NODE)
		return conf_refuse(r, "a map is wanted here");
	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     err == 0 && p < node->data.mapping.pairs.top; p++) {
		const yaml_node_t *name = yaml_document_get_node(r->doc, p->key);
		unsigned i = 0;

		conf_reader_place(r, name);
		while (i < nkeys && (name->type != YAML_SCALAR_NODE ||
				     !span_is(conf_node_text(name), keys[i].name)))
			i++;
		if (i == nkeys) {
			warn_of_key(r, name);
			continue;
		}
		if (seen & 1u << i)
			return conf_refuse(r, "this key is given twice");
		seen |= 1u << i;
		err = keys[i].read(r, yaml_document_get_node(r->doc, p->value));
	}
	return err;
}

int conf_count_items(struct conf_reader *r, const yaml_node_t *node, int most)
{
	ptrdiff_t n;

	conf_reader_place(r, node);
	if (node->type != YAML_SEQUENCE_NODE)
		return conf_refuse(r, "a list is wanted here");
	n = node->data.sequence.items.top - node->data.sequence.items.start;
	return n > most ? conf_refuse(r, "this list is too long") : (int)n;
}

const yaml_node_t *conf_item(struct conf_reader *r, const yaml_node_t *list, int i)
{
	return yaml_document_get_node(r->doc, list->data.sequence.items.start[i]);
}
