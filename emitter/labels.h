/* SPDX-License-Identifier: Apache-2.0
 *
 * labels.h -- labels that the administrator gives to what goes to one output: "name=value",
 * the value a template.  Core.
 */
#ifndef MEWS_LABELS_H
#define MEWS_LABELS_H

#include "jout.h"
#include "template.h"

#define LABELS_MAX	 32
#define LABELS_VALUE_MAX 1024 /* of one; what is longer is cut */

struct label {
	char name[64];
	struct template value;
};

struct labels {
	unsigned count;
	struct label label[LABELS_MAX];
};

/* One more, of ITEM, which must live as long as L.  -EINVAL with DIAG's message. */
int labels_add(struct labels *l, struct span item, struct diag *diag);

bool labels_have(const struct labels *l, const char *name);

/* All as members of J's innermost object.  False: the alert cannot be said. */
bool labels_put(const struct labels *l, struct jout *j, const struct format *f,
		const struct alert_frame *a);

/* The value of label I, written to BUF as far as it fits.  False: the alert cannot be said. */
bool labels_value(const struct labels *l, unsigned i, const struct format *f,
		  const struct alert_frame *a, uint8_t *buf, size_t cap, struct span *ret);

/* A member of its own for each output, but not an empty one, nor one that L has. */
void labels_put_own(const struct labels *l, struct jout *j, const char *name, struct span value);

/* A label's name of FIELD, with _ for what no name can have. */
void labels_put_name(char *buf, size_t cap, struct span field);

#endif
