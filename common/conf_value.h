/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_value.h -- values of settings from texts, by type.  Between the conf*.c; nobody
 * else includes it.
 */
#ifndef MEWS_CONF_VALUE_H
#define MEWS_CONF_VALUE_H

#include "conf.h"

/* ROW's field of BASE from VALUE, which is expanded; of a list, one item more.  -EINVAL: it is none
 * such; -ENOSPC: the list is full; -ENOMEM. */
int conf_row_set(const struct conf_row *row, void *base, const char *value);

/* The words of true and false; -EINVAL: it is none of them. */
int conf_bool_parse(const char *value, bool *ret);

/* A list or set of words begins anew. */
void conf_row_clear(const struct conf_row *row, void *base);

/* Does the row's field hold a text of its own? */
bool conf_row_is_text(const struct conf_row *row);

/* "true or false", "a number from 1 to 10" ... */
void conf_row_takes(const struct conf_row *row, char *buf, size_t cap);

int conf_list_add(struct conf_list *list, const char *value);
void conf_list_clear(struct conf_list *list);

#endif
