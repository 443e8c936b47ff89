/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_choice.c -- `rules`: which rules are enabled, and which not.
 */
#include <errno.h>
#include <stdlib.h>

#include "conf_choice.h"

enum { MAX_CHOICES = 1024 };

struct filling {
	struct rule_choices *list;
	bool enable;
};

static int add_choice(struct conf_reader *r, const yaml_node_t *node, bool by_tag)
{
	const struct filling *f = r->at;
	struct rule_choices *list = f->list;
	struct rule_choice *grown;
	char *pattern;
	int err = conf_read_text(r, node, &pattern);

	if (err < 0)
		return err;
	grown = list->count == MAX_CHOICES
			? NULL
			: reallocarray(list->choice, list->count + 1, sizeof(*grown));
	if (grown == NULL) {
		free(pattern);
		return list->count == MAX_CHOICES ? conf_refuse(r, "there are too many entries")
						  : -ENOMEM;
	}
	list->choice = grown;
	grown[list->count++] = (struct rule_choice){ f->enable, by_tag, pattern };
	return 0;
}

static int read_rule(struct conf_reader *r, const yaml_node_t *node)
{
	return add_choice(r, node, false);
}

static int read_tag(struct conf_reader *r, const yaml_node_t *node)
{
	return add_choice(r, node, true);
}

static int read_which(struct conf_reader *r, const yaml_node_t *node, bool enable)
{
	static const struct conf_key keys[] = {
		{ "rule", read_rule },
		{ "tag", read_tag },
	};
	struct filling *f = r->at;
	unsigned were = f->list->count;
	int err;

	f->enable = enable;
	err = conf_read_map(r, node, keys, ARRAY_LEN(keys));
	if (err < 0 || f->list->count > were)
		return err;
	conf_reader_place(r, node);
	return conf_refuse(r, "'rule' or 'tag' is wanted here");
}

static int read_enable(struct conf_reader *r, const yaml_node_t *node)
{
	return read_which(r, node, true);
}

static int read_disable(struct conf_reader *r, const yaml_node_t *node)
{
	return read_which(r, node, false);
}

int conf_choice_read(yaml_document_t *doc, const yaml_node_t *node, void *at, struct diag *diag,
		     void (*warn)(const struct diag *))
{
	static const struct conf_key keys[] = {
		{ "enable", read_enable },
		{ "disable", read_disable },
	};
	struct filling f = { .list = at };
	struct conf_reader r = { .doc = doc, .diag = diag, .warn = warn, .key = "rules", .at = &f };
	int n = conf_count_items(&r, node, MAX_CHOICES), err = 0;

	if (n < 0)
		return n;
	for (int i = 0; err == 0 && i < n; i++)
		err = conf_read_map(&r, conf_item(&r, node, i), keys, ARRAY_LEN(keys));
	return err;
}

void conf_choice_clear(void *at)
{
	struct rule_choices *list = at;

	for (unsigned i = 0; i < list->count; i++)
		free(list->choice[i].pattern);
	free(list->choice);
	*list = (struct rule_choices){ .count = 0 };
}
