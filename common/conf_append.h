/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_append.h -- the one setting that is no value or list of values: a list of
 * maps.  Between conf.c and conf_append.c; nobody else includes it.
 */
#ifndef MEWS_CONF_APPEND_H
#define MEWS_CONF_APPEND_H

#include <yaml.h>

#include "append_output.h"
#include "conf_node.h"

/* Put the entries of NODE, a list of maps or one map,  at the end of
 * AT, a struct append_list.  -EINVAL with DIAG, its
 * place set; -ENOMEM.  What was added before an error stays there. */
int conf_append_read(yaml_document_t *doc, const yaml_node_t *node, void *at, struct diag *diag,
		     void (*warn)(const struct diag *));

void conf_append_clear(void *at);

#endif
