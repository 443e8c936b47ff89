/* SPDX-License-Identifier: Apache-2.0
 *
 * docker_answer.c -- see docker_answer.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "container_record.h"
#include "docker_answer.h"
#include "image_names.h"
#include "jread.h"

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
		ret->attributes = json_incref(json_at(actor, "Attributes"));
	}
	json_decref(top);
	return ok;
}

/* ---- images ---- */

json_t *docker_read_image(struct span json)
{
	json_t *top = json_bounded_read(json), *ret = NULL;

	if (json_is_object(top))
		ret = image_names_new(json_at(top, "RepoTags"), json_at(top, "RepoDigests"));
	json_decref(top);
	return ret;
}

struct span docker_image_id(const json_t *inspect)
{
	return json_text_at(inspect, "Image");
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
	r->image = json_text_at(json_at(inspect, "Config"), "Image");
	r->image_id = image_id_plain(docker_image_id(inspect));
	image_names_apply(names, r);
	if (r->full_id.n > 0)
		n = container_record_write(r, buf, cap);
	free(r);
	return n;
}

/* ---- what an event told ---- */

/* Attributes are the labels, and among them what else the event has to say. */
static bool is_label(struct span key)
{
	static const char *const others[] = { "image",	  "name",   "podId", "containerExitCode",
					      "exitCode", "execID", "signal" };

	for (unsigned i = 0; i < ARRAY_LEN(others); i++)
		if (span_is(key, others[i]))
			return false;
	return true;
}

ssize_t docker_write_event(struct span id, const json_t *attributes, uint32_t type, uint8_t *buf,
			   size_t cap)
{
	struct container_record *r = calloc(1, sizeof(*r));
	struct record_pair all[RECORD_PAIRS_MAX];
	unsigned nall = read_labels(attributes, all);
	ssize_t n;

	if (r == NULL)
		return -ENOMEM;
	r->type = type;
	r->full_id = id;
	r->name = json_text_at(attributes, "name");
	r->image = json_text_at(attributes, "image");
	for (unsigned i = 0; i < nall; i++)
		if (is_label(all[i].key))
			r->labels[r->nlabels++] = all[i];
	image_names_apply(NULL, r);
	n = container_record_write(r, buf, cap);
	free(r);
	return n;
}
