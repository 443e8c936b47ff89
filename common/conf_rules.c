/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_rules.c -- which rules files there are, when settings and command line are known.
 */
#include <errno.h>
#include <unistd.h>

#include "conf_value.h"
#include "log.h"

void conf_clear_rules(struct conf *c)
{
	conf_list_clear(&c->rules_files);
	c->rules_asked_for = true;
}

int conf_add_rules(struct conf *c, const char *path)
{
	return conf_list_add(&c->rules_files, path);
}

/* One that is there and cannot be read is for the reader to say. */
static bool is_missing(const char *path)
{
	return access(path, F_OK) == -1 && (errno == ENOENT || errno == ENOTDIR);
}

void conf_rules_present(const struct conf *c, struct conf_list *ret)
{
	ret->count = 0;
	for (unsigned i = 0; i < c->rules_files.count; i++) {
		char *path = c->rules_files.item[i];

		if (c->rules_asked_for || !is_missing(path))
			ret->item[ret->count++] = path;
		else
			log_info("there is no '%s': no rules from there", path);
	}
}
