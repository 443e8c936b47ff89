/* SPDX-License-Identifier: Apache-2.0
 *
 * sources.c -- the table of all kinds of sources; each has a file of its own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "meta_source.h"

const struct source_ops *const source_rows[] = {
	&source_docker,	    &source_podman, &source_cri, &source_containerd,
	&source_kubernetes, &source_dns, /* behind kubernetes, which it looks at */
};
const unsigned source_row_count = ARRAY_LEN(source_rows);

void source_places_of(const struct conf_engine *engine, struct source_places *ret)
{
	const char *root = getenv("HOST_ROOT");

	for (unsigned i = 0; engine->enabled && i < engine->sockets.count; i++) {
		char *place = ret->place[ret->count];

		if (ret->count == SOURCE_PLACES_MAX ||
		    snprintf(place, SOURCE_PLACE_MAX, "%s%s", root == NULL ? "" : root,
			     engine->sockets.item[i]) >= SOURCE_PLACE_MAX)
			log_warning(
				"'%s' is one socket too many, or its path is too long: not asked",
				engine->sockets.item[i]);
		else
			ret->count++;
	}
}
