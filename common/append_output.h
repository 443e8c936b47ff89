/* SPDX-License-Identifier: Apache-2.0
 *
 * append_output.h -- what the settings add to the outputs of rules: plain data,
 * read in conf_append.c, used where rules are compiled.
 */
#ifndef MEWS_APPEND_OUTPUT_H
#define MEWS_APPEND_OUTPUT_H

#include <stdbool.h>

/* One of output_fields: the field NAME as it is, or under NAME the text of FORMAT. */
struct append_field {
	char *name, *format; /* NULL: the field itself */
};

struct append_entry {
	/* Which rules: all that is given must be so. */
	char *source, *rule;
	unsigned ntags;
	char **tags;
	/* What they get. */
	char *extra_output; /* NULL: nothing */
	bool suggested_output;
	unsigned nfields;
	struct append_field *fields;
};

struct append_list {
	unsigned count;
	struct append_entry *entry;
};

#endif
