/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_kit.h -- settings out of a text, and what was warned of.
 */
#ifndef MEWS_CONF_KIT_H
#define MEWS_CONF_KIT_H

#include "conf.h"

static unsigned warnings;
static struct diag last_warning;

static inline void warn(const struct diag *d)
{
	warnings++;
	last_warning = *d;
}

/* TEXT as x.yaml, OPTION behind it if there is one. */
static inline int load(const char *text, const char *option, struct conf *c, struct diag *d)
{
	warnings = 0;
	return conf_load_text(span_str(text), "x.yaml", &option, option == NULL ? 0 : 1, warn, c,
			      d);
}

#endif
