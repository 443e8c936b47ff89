/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_read.h -- readers of the elements that require something of us; for the
 * loader only.
 */
#ifndef MEWS_RULE_READ_H
#define MEWS_RULE_READ_H

#include "rule_defs.h"

int read_engine_version(struct rule_loader *l, const struct ynode *item);
int read_plugin_versions(struct rule_loader *l, const struct ynode *item);

#endif
