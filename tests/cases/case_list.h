/* SPDX-License-Identifier: Apache-2.0
 *
 * case_list.h -- a file of cases, one JSON object a line: each is judged, and at
 * the end stands how many agree.  A case whose id docs/falco-differences.md
 * names is argued there: it counts apart when it differs.  What cannot be run
 * is counted by its reason, never left out silently.
 */
#ifndef MEWS_CASE_LIST_H
#define MEWS_CASE_LIST_H

#include <jansson.h>
#include <stdbool.h>

enum verdict { VERDICT_AGREES, VERDICT_DIFFERS, VERDICT_CANNOT };

/* Says why in WHY, which holds at least CASE_WHY bytes, unless it agrees. */
enum { CASE_WHY = 2048 };
typedef enum verdict case_judge(const json_t *c, char *why);

/* $MEWS_CASES. */
const char *case_dir(void);

/* Judge every case of NAME_cases.jsonl (or of NAME.jsonl) and print one TAP line
 * with NUMBER, and "cases NAME: N of M agree[, K argued][; U cannot run: ...]".
 * False: some differ and are not argued. */
bool case_list_run(unsigned number, const char *name, case_judge *judge);

/* Each object of FILE below case_dir(), in order: the result is a new array,
 * NULL if there is no such file. */
json_t *case_list_load(const char *file);

/* The string member KEY of O; NULL if there is none. */
const char *case_text(const json_t *o, const char *key);

#endif
