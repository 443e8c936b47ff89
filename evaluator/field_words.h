/* SPDX-License-Identifier: Apache-2.0
 *
 * field_words.h -- arguments, environments and control groups: strings that end in NUL, one behind the other.
 */
#ifndef MEWS_FIELD_WORDS_H
#define MEWS_FIELD_WORDS_H

#include "field_class.h"

/* The next string of LIST, taken off; false at the end. */
bool words_next(struct span *list, struct span *ret);

/* The value of NAME in LIST of NAME=VALUE; false: it is not there. */
bool words_named(struct span list, struct span name, struct span *ret);

/* String N, from 0; empty if there are not so many. */
bool words_nth(struct span list, uint64_t n, struct value *ret);

/* All of them, with spaces between. */
void words_put(struct text *t, struct span list);
bool words_joined(const struct field_event *e, struct span list, struct value *ret);

/* The arguments; one empty argument alone counts as none. */
struct span process_args(const struct process_info *p);

/* Name and arguments. */
void process_put_cmdline(struct text *t, const struct process_info *p);
bool process_cmdline(const struct field_event *e, const struct process_info *p, struct value *ret);

#endif
