/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_append.h -- the one setting that is no value or list of values: a list of
 * maps.  Between conf.c and conf_append.c; nobody else includes it.
 */
#ifndef MEWS_CONF_APPEND_H
#define MEWS_CONF_APPEND_H

#include <yaml.h>

#include "append_output.h"
#include "diag.h"
#include "span.h"

/* RAW with ${VAR} replaced by the environment's value, $${VAR} by itself.
 * -ENOSPC; -EINVAL: a NUL. */
int conf_expand(struct span raw, char *buf, size_t cap);

/* Put the entries of NODE, a list of maps or one map, at LIST's end.  -EINVAL with DIAG, its
 * place set; -ENOMEM.  What was added before an error stays in LIST. */
int conf_append_read(yaml_document_t *doc, const yaml_node_t *node, struct append_list *list,
		     struct diag *diag, void (*warn)(const struct diag *));

void conf_append_clear(struct append_list *list);

#endif
