/* SPDX-License-Identifier: Apache-2.0
 *
 * outputs.h -- the outputs that are on: each a sink with the form that its alerts have.
 */
#ifndef MEWS_OUTPUTS_H
#define MEWS_OUTPUTS_H

#include "sink.h"

struct output {
	struct sink sink;
	struct format format;
};

struct outputs {
	unsigned count;
	struct output all[CONF_MAX_OUTPUTS];
};

/* Open those that CONF has enabled, with FORM but for what each says otherwise.  As in Falco, one
 * that cannot be opened is said and left out.  An exit code. */
int outputs_open(struct outputs *os, const struct conf *conf, const struct format *form);

void outputs_close(struct outputs *os);

/* For whoever asks how we are: "file stdout". */
void outputs_names(const struct outputs *os, char *ret, size_t cap);

#endif
