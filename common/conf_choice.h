/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_choice.h -- the setting `rules`.  Between conf.c and conf_choice.c; nobody
 * else includes it.
 */
#ifndef MEWS_CONF_CHOICE_H
#define MEWS_CONF_CHOICE_H

#include "conf_node.h"
#include "rule_choice.h"

/* AT: a struct rule_choices, which gets NODE's entries at its end.  -EINVAL with DIAG, its place set;
 * -ENOMEM.  What was added before an error stays. */
int conf_choice_read(yaml_document_t *doc, const yaml_node_t *node, void *at, struct diag *diag,
		     void (*warn)(const struct diag *));
void conf_choice_clear(void *at);

#endif
