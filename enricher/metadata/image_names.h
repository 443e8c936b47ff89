/* SPDX-License-Identifier: Apache-2.0
 *
 * image_names.h -- the names and digests that an image goes by, as a runtime told them, and
 * what a container of it is said to be of.  Core.
 */
#ifndef MEWS_IMAGE_NAMES_H
#define MEWS_IMAGE_NAMES_H

#include "container_record.h"
#include "json_bounded.h"

#define IMAGE_NAMES_MAX 32

/* An object {"RepoTags": [...], "RepoDigests": [...]}; both are of strings, and bounded. */
json_t *image_names_new(const json_t *tags, const json_t *digests);

/* Fill in what R->image, which is as the container was made with, and NAMES (NULL: none) tell. */
void image_names_apply(const json_t *names, struct container_record *r);

#endif
