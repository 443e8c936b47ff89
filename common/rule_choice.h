/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_choice.h -- what the settings enable and disable of the rules: plain data,
 * read in conf_choice.c, used where rules are loaded.
 */
#ifndef MEWS_RULE_CHOICE_H
#define MEWS_RULE_CHOICE_H

#include <stdbool.h>

struct rule_choice {
	bool enable;
	bool by_tag;   /* the rules that have this tag; else those of this name */
	char *pattern; /* of a name: '*' is any text */
};

/* In order: the last that fits a rule decides. */
struct rule_choices {
	unsigned count;
	struct rule_choice *choice;
};

#endif
