/* SPDX-License-Identifier: Apache-2.0
 *
 * podmeta.h -- what Kubernetes told of a pod: the members of its JSON that fields
 * show, found once when it comes.  They lie in the JSON.  Core.
 */
#ifndef MEWS_PODMETA_H
#define MEWS_PODMETA_H

#include "jread.h"

/* Whose name, uid and labels there are. */
enum podmeta_thing {
	PODMETA_POD,
	PODMETA_NS,
	PODMETA_DEPLOYMENT,
	PODMETA_RS,
	PODMETA_RC,
	PODMETA_THING_COUNT
};

/* Each is the text of a JSON value; empty: it was not told. */
struct podmeta_names {
	struct span name, uid, labels;
};

struct podmeta {
	struct podmeta_names things[PODMETA_THING_COUNT];
	struct span ip;
	struct span services; /* an array of objects, each for podmeta_names_read() */
};

void podmeta_read(struct podmeta *m, struct span json);
void podmeta_names_read(struct podmeta_names *n, struct span object);

#endif
