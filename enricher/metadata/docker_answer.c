/* SPDX-License-Identifier: Apache-2.0
 *
 * docker_answer.c -- see docker_answer.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "container_record.h"
#include "docker_answer.h"
#include "jread.h"

enum { NAMES_MAX = 32 };

/* ---- list, events ---- */

/* Ten thousand containers are ten megabytes of text, of which only the ids matter: it is read
 * in place. */
bool docker_read_list(struct span json, void (*each)(void *ctx, struct span id), void *ctx)
{
	struct span top = jread_value(json), key, element;
	struct jread_walk w = jread_begin(top);
	uint8_t buf[256];
	struct span id;

	if (jread_kind(top) != JREAD_ARRAY)
		return false;
	while (jread_next(&w, &key, &element)) {
		struct span member = jread_member(element, "Id");

		if (member.n > 0 && member.n <= sizeof(buf) && jread_string(member, buf, &id))
			each(ctx, id);
	}
	return true;
}

/* Docker's words and Podman's. */
static enum docker_action action_of(struct span word)
{
	static const struct {
		const char *word;
		enum docker_action action;
	} words[] = {
		{ "create", DOCKER_CAME },    { "start", DOCKER_CHANGED },
		{ "rename", DOCKER_CHANGED }, { "update", DOCKER_CHANGED },
		{ "die", DOCKER_WENT },	      { "died", DOCKER_WENT },
		{ "destroy", DOCKER_WENT },   { "remove", DOCKER_WENT },
	};

	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (span_is(word, words[i].word))
			return words[i].action;
	return DOCKER_OTHER;
}

bool docker_read_event(struct span line, struct docker_event *ret)
{
	json_t *top = json_bounded_read(line), *actor = json_at(top, "Actor");
	struct span type = json_text_at(top, "Type"), id = json_text_at(actor, "ID");
	bool ok = json_is_object(top);

	*ret = (struct docker_event){ .action = DOCKER_OTHER };
	if (ok && span_is(type, "container") && id.n > 0 && id.n < sizeof(ret->id)) {
		ret->action = action_of(json_text_at(top, "Action"));
		memcpy(ret->id, id.p, id.n);
	}
	json_decref(top);
	return ok;
}

/* ---- images ---- */

static json_t *some_texts(const json_t *array)
{
	json_t *ret = json_array();

	for (size_t i = 0; i < json_array_size(array) && i < NAMES_MAX; i++)
		if (json_is_string(json_array_get(array, i)))
			json_array_append(ret, json_array_get(array, i));
	return ret;
}

json_t *docker_read_image(struct span json)
{
	json_t *top = json_bounded_read(json), *ret = NULL;

	if (json_is_object(top) && (ret = json_object()) != NULL) {
		json_object_set_new(ret, "RepoDigests", some_texts(json_at(top, "RepoDigests")));
		json_object_set_new(ret, "RepoTags", some_texts(json_at(top, "RepoTags")));
	}
	json_decref(top);
	return ret;
}

struct span docker_image_id(const json_t *inspect)
{
	return json_text_at(inspect, "Image");
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

static void read_image_names(const json_t *inspect, const json_t *names, struct container_record *r)
{
	struct image_name name = { 0 };

	r->image = json_text_at(json_at(inspect, "Config"), "Image");
	r->image_id = image_id_plain(docker_image_id(inspect));
	if (r->image.n == 0 || !image_name_split(r->image, &name))
		find_name(names, &name);
	if (name.repository.n > 0)
		tag_of(names, &name);
	r->image_repository = name.repository;
	r->image_tag = name.tag;
	r->image_digest = name.digest.n > 0 ? name.digest : digest_for(names, name.repository);
}

/* ---- containers ---- */

static unsigned read_labels(const json_t *object, struct record_pair *pairs)
{
	unsigned n = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key,
			    value) if (n < RECORD_PAIRS_MAX && json_is_string(value)) pairs[n++] =
		(struct record_pair){ span_str(key), json_text(value) };
	return n;
}

static unsigned read_mounts(const json_t *array, struct record_mount *mounts)
{
	unsigned n = 0;

	for (size_t i = 0; i < json_array_size(array) && n < RECORD_MOUNTS_MAX; i++) {
		const json_t *m = json_array_get(array, i);

		mounts[n++] = (struct record_mount){
			.source = json_text_at(m, "Source"),
			.destination = json_text_at(m, "Destination"),
			.mode = json_text_at(m, "Mode"),
			.propagation = json_text_at(m, "Propagation"),
			.writable = json_is_true(json_at(m, "RW")),
		};
	}
	return n;
}

/* Its own, or that of the first network that it is in. */
static struct span read_ip(const json_t *settings)
{
	struct span ip = json_text_at(settings, "IPAddress");
	const char *key;
	json_t *network;

	if (ip.n > 0)
		return ip;
	json_object_foreach(json_at(settings, "Networks"), key, network)
	{
		ip = json_text_at(network, "IPAddress");
		if (ip.n > 0)
			return ip;
	}
	return SPAN_NONE;
}

static struct span text_of_label(const struct container_record *r, const char *key)
{
	for (unsigned i = 0; i < r->nlabels; i++)
		if (span_is(r->labels[i].key, key))
			return r->labels[i].value;
	return SPAN_NONE;
}

static void read_container(const json_t *inspect, struct container_record *r)
{
	const json_t *config = json_at(inspect, "Config"), *host = json_at(inspect, "HostConfig");
	struct span name = json_text_at(inspect, "Name");

	r->full_id = json_text_at(inspect, "Id");
	r->name = name.n > 0 && name.p[0] == '/' ? span_of(name.p + 1, name.n - 1) : name;
	r->user = json_text_at(config, "User");
	r->ip = read_ip(json_at(inspect, "NetworkSettings"));
	r->privileged = json_is_true(json_at(host, "Privileged"));
	r->host_pid = span_is(json_text_at(host, "PidMode"), "host");
	r->host_network = span_is(json_text_at(host, "NetworkMode"), "host");
	r->host_ipc = span_is(json_text_at(host, "IpcMode"), "host");
	r->nlabels = read_labels(json_at(config, "Labels"), r->labels);
	r->nmounts = read_mounts(json_at(inspect, "Mounts"), r->mounts);
	/* What the kubelet's way to Docker leaves with it. */
	r->is_sandbox = span_is(text_of_label(r, "io.kubernetes.docker.type"), "podsandbox");
	r->sandbox_id = text_of_label(r, "io.kubernetes.sandbox.id");
}

ssize_t docker_write(const json_t *inspect, const json_t *names, uint32_t type, uint8_t *buf,
		     size_t cap)
{
	struct container_record *r = calloc(1, sizeof(*r));
	ssize_t n = -EPROTO;

	if (r == NULL)
		return -ENOMEM;
	r->type = type;
	read_container(inspect, r);
	read_image_names(inspect, names, r);
	if (r->full_id.n > 0)
		n = container_record_write(r, buf, cap);
	free(r);
	return n;
}
