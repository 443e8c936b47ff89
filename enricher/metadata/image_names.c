/* SPDX-License-Identifier: Apache-2.0
 *
 * image_names.c -- see image_names.h.
 */
#include "image_names.h"

static json_t *some_texts(const json_t *array)
{
	json_t *ret = json_array();

	for (size_t i = 0; i < json_array_size(array) && i < IMAGE_NAMES_MAX; i++)
		if (json_is_string(json_array_get(array, i)))
			json_array_append(ret, json_array_get(array, i));
	return ret;
}

json_t *image_names_new(const json_t *tags, const json_t *digests)
{
	json_t *ret = json_object();

	json_object_set_new(ret, "RepoTags", some_texts(tags));
	json_object_set_new(ret, "RepoDigests", some_texts(digests));
	return ret;
}

static struct span digest_for(const json_t *names, struct span repository)
{
	const json_t *all = json_at(names, "RepoDigests");
	struct image_name one;

	for (size_t i = 0; i < json_array_size(all); i++)
		if (image_name_split(json_text(json_array_get(all, i)), &one) &&
		    span_eq(one.repository, repository))
			return one.digest;
	/* It was pulled by another name. */
	if (json_array_size(all) == 1 && image_name_split(json_text(json_array_get(all, 0)), &one))
		return one.digest;
	return SPAN_NONE;
}

/* A container that was made by the image's digest has the name that the image has. */
static void find_name(const json_t *names, struct image_name *ret)
{
	const json_t *tags = json_at(names, "RepoTags"), *digests = json_at(names, "RepoDigests");

	if (!image_name_split(json_text(json_array_get(tags, 0)), ret))
		(void)image_name_split(json_text(json_array_get(digests, 0)), ret);
}

static void tag_of(const json_t *names, struct image_name *name)
{
	const json_t *tags = json_at(names, "RepoTags");
	struct image_name one;

	for (size_t i = 0; name->tag.n == 0 && i < json_array_size(tags); i++)
		if (image_name_split(json_text(json_array_get(tags, i)), &one) &&
		    span_eq(one.repository, name->repository))
			name->tag = one.tag;
	if (name->tag.n == 0 && name->digest.n == 0)
		name->tag = span_str("latest");
}

void image_names_apply(const json_t *names, struct container_record *r)
{
	struct image_name name = { 0 };

	if (r->image.n == 0 || !image_name_split(r->image, &name))
		find_name(names, &name);
	if (name.repository.n > 0)
		tag_of(names, &name);
	r->image_repository = name.repository;
	r->image_tag = name.tag;
	r->image_digest = name.digest.n > 0 ? name.digest : digest_for(names, name.repository);
}
