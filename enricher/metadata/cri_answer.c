/* SPDX-License-Identifier: Apache-2.0
 *
 * cri_answer.c -- see cri_answer.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "container_type.h"
#include "cri_answer.h"
#include "grpc_frame.h"
#include "image_names.h"
#include "runtime.pb-c.h"

/* ---- questions ---- */

static size_t frame(uint8_t *buf, const ProtobufCMessage *m)
{
	size_t n = protobuf_c_message_get_packed_size(m);

	if (n > CRI_QUESTION_MAX - GRPC_HEADER)
		return 0;
	protobuf_c_message_pack(m, buf + GRPC_HEADER);
	grpc_frame_header(buf, (uint32_t)n);
	return GRPC_HEADER + n;
}

size_t cri_ask_nothing(uint8_t buf[CRI_QUESTION_MAX])
{
	grpc_frame_header(buf, 0);
	return GRPC_HEADER;
}

size_t cri_ask_status(uint8_t buf[CRI_QUESTION_MAX], const char *id)
{
	Rt__StatusRequest m = RT__STATUS_REQUEST__INIT;

	m.id = (char *)(uintptr_t)id;
	m.verbose = true;
	return frame(buf, &m.base);
}

static bool terminate(struct span s, char *buf, size_t cap)
{
	if (s.n >= cap)
		return false;
	if (s.n > 0)
		memcpy(buf, s.p, s.n);
	buf[s.n] = '\0';
	return true;
}

size_t cri_ask_image(uint8_t buf[CRI_QUESTION_MAX], struct span image)
{
	Rt__ImageStatusRequest m = RT__IMAGE_STATUS_REQUEST__INIT;
	Rt__Image spec = RT__IMAGE__INIT;
	char text[CRI_QUESTION_MAX / 2];

	if (!terminate(image, text, sizeof(text)))
		return 0;
	spec.image = text;
	m.image = &spec;
	return frame(buf, &m.base);
}

size_t native_ask(uint8_t buf[CRI_QUESTION_MAX], struct span id)
{
	Rt__GetRequest m = RT__GET_REQUEST__INIT;
	char text[CRI_QUESTION_MAX / 2];

	if (!terminate(id, text, sizeof(text)))
		return 0;
	m.id = text;
	return frame(buf, &m.base);
}

/* ---- what all answers have ---- */

static struct span info_of(Rt__Pair *const *info, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(info[i]->key, "info") == 0)
			return span_str(info[i]->value);
	return SPAN_NONE;
}

static unsigned read_labels(Rt__Pair *const *pairs, size_t n, struct record_pair *ret)
{
	unsigned count = 0;

	for (size_t i = 0; i < n && count < RECORD_PAIRS_MAX; i++)
		ret[count++] =
			(struct record_pair){ span_str(pairs[i]->key), span_str(pairs[i]->value) };
	return count;
}

/* The JSON path A.B.C of V. */
static const json_t *walk(const json_t *v, const char *const *names)
{
	for (; v != NULL && *names != NULL; names++)
		v = json_at(v, *names);
	return v;
}
#define WALK(v, ...) walk(v, (const char *const[]){ __VA_ARGS__, NULL })

static bool is_privileged(const json_t *info)
{
	return json_is_true(WALK(info, "config", "linux", "security_context", "privileged")) ||
	       json_is_true(json_at(info, "privileged"));
}

/* The first process's, as a number, in BUF. */
static struct span user_of(const json_t *spec, char buf[24])
{
	const json_t *uid = WALK(spec, "process", "user", "uid");

	if (!json_is_integer(uid))
		return SPAN_NONE;
	snprintf(buf, 24, "%lld", (long long)json_integer_value(uid));
	return span_str(buf);
}

bool cri_read_version(struct span message, uint32_t *ret_type)
{
	static const struct {
		const char *name;
		uint32_t type;
	} names[] = { { "containerd", CONTAINER_CONTAINERD }, { "cri-o", CONTAINER_CRIO } };
	Rt__VersionResponse *m = rt__version_response__unpack(NULL, message.n, message.p);

	if (m == NULL)
		return false;
	*ret_type = CONTAINER_CRI;
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(m->runtime_name, names[i].name) == 0)
			*ret_type = names[i].type;
	rt__version_response__free_unpacked(m, NULL);
	return true;
}

/* ---- sandboxes ---- */

/* They are kept for as long as their containers may ask: of INFO, which is long, what matters. */
struct cri_sandbox {
	Rt__SandboxStatusResponse *m;
	char *cni; /* the CNI's result, as JSON */
	char image[256], user[24];
	bool privileged;
};

void cri_sandbox_free(struct cri_sandbox *s)
{
	if (s == NULL)
		return;
	if (s->m != NULL)
		rt__sandbox_status_response__free_unpacked(s->m, NULL);
	free(s->cni);
	free(s);
}

static void read_sandbox_info(struct cri_sandbox *s)
{
	json_t *info = json_bounded_read(info_of(s->m->info, s->m->n_info));
	const json_t *cni = json_at(info, "cniResult");

	if (json_is_object(cni))
		s->cni = json_dumps(cni, JSON_COMPACT);
	(void)terminate(json_text_at(info, "image"), s->image, sizeof(s->image));
	s->privileged = is_privileged(info);
	(void)user_of(json_at(info, "runtimeSpec"), s->user);
	json_decref(info);
	for (size_t i = 0; i < s->m->n_info; i++)
		rt__pair__free_unpacked(s->m->info[i], NULL);
	free(s->m->info);
	s->m->info = NULL;
	s->m->n_info = 0;
}

struct cri_sandbox *cri_read_sandbox(struct span message)
{
	struct cri_sandbox *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->m = rt__sandbox_status_response__unpack(NULL, message.n, message.p);
	if (s->m == NULL || s->m->status == NULL || s->m->status->id[0] == '\0') {
		cri_sandbox_free(s);
		return NULL;
	}
	read_sandbox_info(s);
	return s;
}

const char *cri_sandbox_id(const struct cri_sandbox *s)
{
	return s->m->status->id;
}

struct span cri_sandbox_image(const struct cri_sandbox *s)
{
	return span_str(s->image);
}

enum { NAMESPACE_OF_NODE = 2, SANDBOX_READY = 0 };

static const Rt__NamespaceOptions *options_of(const struct cri_sandbox *s)
{
	const Rt__SandboxLinux *host = s->m->status->host;

	return host == NULL || host->namespaces == NULL ? NULL : host->namespaces->options;
}

static struct span ip_of(const struct cri_sandbox *s)
{
	return s->m->status->network == NULL ? SPAN_NONE : span_str(s->m->status->network->ip);
}

bool cri_sandbox_is_settled(const struct cri_sandbox *s)
{
	const Rt__NamespaceOptions *o = options_of(s);

	return ip_of(s).n > 0 || (o != NULL && o->network == NAMESPACE_OF_NODE) ||
	       s->m->status->state != SANDBOX_READY;
}

/* What a container has of its pod. */
static void read_pod(const struct cri_sandbox *s, struct container_record *r)
{
	const Rt__NamespaceOptions *o = options_of(s);

	r->sandbox_id = span_str(cri_sandbox_id(s));
	r->ip = ip_of(s);
	r->cni_json = span_str(s->cni);
	r->npod_labels = read_labels(s->m->status->labels, s->m->status->n_labels, r->pod_labels);
	if (o == NULL)
		return;
	r->host_network = o->network == NAMESPACE_OF_NODE;
	r->host_pid = o->pid == NAMESPACE_OF_NODE;
	r->host_ipc = o->ipc == NAMESPACE_OF_NODE;
}

/* ---- images ---- */

static json_t *texts(char *const *strings, size_t n)
{
	json_t *ret = json_array();

	for (size_t i = 0; i < n && i < IMAGE_NAMES_MAX; i++)
		json_array_append_new(ret, json_string(strings[i])); /* not UTF-8: not taken */
	return ret;
}

json_t *cri_read_image(struct span message)
{
	Rt__ImageStatusResponse *m = rt__image_status_response__unpack(NULL, message.n, message.p);
	json_t *tags, *digests, *ret = NULL;

	if (m == NULL)
		return NULL;
	if (m->image != NULL) {
		tags = texts(m->image->repo_tags, m->image->n_repo_tags);
		digests = texts(m->image->repo_digests, m->image->n_repo_digests);
		ret = image_names_new(tags, digests);
		json_object_set_new(ret, "Id", json_string(m->image->id));
		json_decref(tags);
		json_decref(digests);
	}
	rt__image_status_response__free_unpacked(m, NULL);
	return ret;
}

/* REF is "repository@digest", or the image's id alone. */
static void read_image(struct container_record *r, struct span image, struct span ref,
		       struct span id, const json_t *names)
{
	struct image_name n;
	struct span known = json_text(json_array_get(json_at(names, "RepoTags"), 0));
	bool is_named = image_name_split(ref, &n);

	r->image = image;
	if (!image_name_split(image, &(struct image_name){ 0 }) && known.n > 0)
		r->image = known;
	image_names_apply(names, r);
	if (r->image_digest.n == 0)
		r->image_digest = is_named ? n.digest : ref;
	r->image_id = image_id_plain(id.n > 0 ? id : json_text_at(names, "Id"));
	if (r->image_id.n == 0 && !is_named)
		r->image_id = image_id_plain(ref);
}

/* ---- containers ---- */

struct cri_container {
	Rt__ContainerStatusResponse *m;
	json_t *info;
};

void cri_container_free(struct cri_container *c)
{
	if (c == NULL)
		return;
	if (c->m != NULL)
		rt__container_status_response__free_unpacked(c->m, NULL);
	json_decref(c->info);
	free(c);
}

struct cri_container *cri_read_container(struct span message)
{
	struct cri_container *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->m = rt__container_status_response__unpack(NULL, message.n, message.p);
	if (c->m == NULL || c->m->status == NULL || c->m->status->id[0] == '\0') {
		cri_container_free(c);
		return NULL;
	}
	c->info = json_bounded_read(info_of(c->m->info, c->m->n_info));
	return c;
}

struct span cri_container_id(const struct cri_container *c)
{
	return span_str(c->m->status->id);
}

struct span cri_container_sandbox(const struct cri_container *c)
{
	struct span id = json_text_at(c->info, "sandboxID");

	return id.n > 0 ? id
			: json_text_at(WALK(c->info, "runtimeSpec", "annotations"),
				       "io.kubernetes.cri.sandbox-id");
}

struct span cri_container_image(const struct cri_container *c)
{
	const Rt__ContainerStatus *s = c->m->status;

	if (s->image_ref[0] != '\0')
		return span_str(s->image_ref);
	return s->image == NULL ? SPAN_NONE : span_str(s->image->image);
}

static struct span propagation_name(int32_t n)
{
	static const char *const names[] = { "private", "rslave", "rshared" };

	return span_str(n >= 0 && n < (int32_t)ARRAY_LEN(names) ? names[n] : "unknown");
}

static unsigned read_mounts(const Rt__ContainerStatus *s, struct record_mount *ret)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->n_mounts && n < RECORD_MOUNTS_MAX; i++)
		ret[n++] = (struct record_mount){
			.source = span_str(s->mounts[i]->host_path),
			.destination = span_str(s->mounts[i]->container_path),
			.mode = span_str(""),
			.propagation = propagation_name(s->mounts[i]->propagation),
			.writable = !s->mounts[i]->read_only,
		};
	return n;
}

static ssize_t write_and_free(struct container_record *r, uint8_t *buf, size_t cap)
{
	ssize_t n = container_record_write(r, buf, cap);

	free(r);
	return n;
}

ssize_t cri_write(const struct cri_container *c, const struct cri_sandbox *s, const json_t *names,
		  uint32_t type, uint8_t *buf, size_t cap)
{
	struct container_record *r = calloc(1, sizeof(*r));
	const Rt__ContainerStatus *st = c->m->status;
	char user[24];

	if (r == NULL)
		return -ENOMEM;
	r->type = type;
	r->full_id = span_str(st->id);
	r->name = st->metadata == NULL ? SPAN_NONE : span_str(st->metadata->name);
	r->nlabels = read_labels(st->labels, st->n_labels, r->labels);
	r->nmounts = read_mounts(st, r->mounts);
	r->privileged = is_privileged(c->info);
	r->user = user_of(json_at(c->info, "runtimeSpec"), user);
	if (s != NULL)
		read_pod(s, r);
	else
		r->sandbox_id = cri_container_sandbox(c);
	read_image(r, st->image == NULL ? SPAN_NONE : span_str(st->image->image),
		   span_str(st->image_ref), span_str(st->image_id), names);
	return write_and_free(r, buf, cap);
}

ssize_t cri_write_sandbox(const struct cri_sandbox *s, const json_t *names, uint32_t type,
			  uint8_t *buf, size_t cap)
{
	struct container_record *r = calloc(1, sizeof(*r));
	const Rt__SandboxStatus *st = s->m->status;

	if (r == NULL)
		return -ENOMEM;
	read_pod(s, r);
	r->type = type;
	r->is_sandbox = true;
	r->full_id = span_str(st->id);
	r->name = st->metadata == NULL ? SPAN_NONE : span_str(st->metadata->name);
	r->nlabels = read_labels(st->labels, st->n_labels, r->labels);
	r->npod_labels = 0; /* they are its own */
	r->privileged = s->privileged;
	r->user = span_str(s->user);
	read_image(r, cri_sandbox_image(s), SPAN_NONE, SPAN_NONE, names);
	return write_and_free(r, buf, cap);
}

/* ---- events ---- */

static bool copy_text(char *to, size_t cap, const char *from)
{
	size_t n = strlen(from);

	if (n >= cap)
		return false;
	memcpy(to, from, n + 1);
	return true;
}

bool cri_read_event(struct span message, struct cri_event *ret)
{
	static const enum cri_action actions[] = { CRI_CAME, CRI_CHANGED, CRI_OTHER, CRI_WENT };
	Rt__ContainerEvent *m = rt__container_event__unpack(NULL, message.n, message.p);

	*ret = (struct cri_event){ .action = CRI_OTHER };
	if (m == NULL)
		return false;
	if (m->type >= 0 && m->type < (int32_t)ARRAY_LEN(actions) && m->id[0] != '\0' &&
	    copy_text(ret->id, sizeof(ret->id), m->id))
		ret->action = actions[m->type];
	rt__container_event__free_unpacked(m, NULL);
	return true;
}

static enum cri_action action_of(const char *topic)
{
	static const struct {
		const char *topic;
		enum cri_action action;
	} topics[] = {
		{ "/containers/create", CRI_CAME },
		{ "/containers/update", CRI_CHANGED },
		{ "/containers/delete", CRI_WENT },
		{ "/tasks/start", CRI_CHANGED },
	};

	for (unsigned i = 0; i < ARRAY_LEN(topics); i++)
		if (strcmp(topic, topics[i].topic) == 0)
			return topics[i].action;
	return CRI_OTHER;
}

bool native_read_event(struct span message, struct cri_event *ret)
{
	Rt__Envelope *m = rt__envelope__unpack(NULL, message.n, message.p);
	Rt__EventId *id = NULL;

	*ret = (struct cri_event){ .action = CRI_OTHER };
	if (m == NULL)
		return false;
	if (m->event != NULL && action_of(m->topic) != CRI_OTHER)
		id = rt__event_id__unpack(NULL, m->event->value.len, m->event->value.data);
	if (id != NULL && id->id[0] != '\0' && copy_text(ret->id, sizeof(ret->id), id->id) &&
	    copy_text(ret->space, sizeof(ret->space), m->namespace_))
		ret->action = action_of(m->topic);
	if (id != NULL)
		rt__event_id__free_unpacked(id, NULL);
	rt__envelope__free_unpacked(m, NULL);
	return true;
}

/* ---- containerd's own ---- */

struct native_container {
	Rt__GetResponse *m;
	json_t *spec; /* of the runtime */
};

void native_container_free(struct native_container *c)
{
	if (c == NULL)
		return;
	if (c->m != NULL)
		rt__get_response__free_unpacked(c->m, NULL);
	json_decref(c->spec);
	free(c);
}

struct native_container *native_read_container(struct span message)
{
	struct native_container *c = calloc(1, sizeof(*c));
	const Rt__Any *spec;

	if (c == NULL)
		return NULL;
	c->m = rt__get_response__unpack(NULL, message.n, message.p);
	if (c->m == NULL || c->m->container == NULL || c->m->container->id[0] == '\0') {
		native_container_free(c);
		return NULL;
	}
	spec = c->m->container->spec;
	if (spec != NULL)
		c->spec = json_bounded_read(span_of(spec->value.data, spec->value.len));
	return c;
}

struct span native_container_image(const struct native_container *c)
{
	return span_str(c->m->container->image);
}

bool native_read_digest(struct span message, char ret[128])
{
	Rt__GetImageResponse *m = rt__get_image_response__unpack(NULL, message.n, message.p);
	bool ok = m != NULL && m->image != NULL && m->image->target != NULL &&
		  copy_text(ret, 128, m->image->target->digest);

	if (m != NULL)
		rt__get_image_response__free_unpacked(m, NULL);
	return ok;
}

static bool has_text(const json_t *array, const char *text)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (span_is(json_text(json_array_get(array, i)), text))
			return true;
	return false;
}

/* Of a mount's options, the one that says how it propagates. */
static struct span propagation_of(const json_t *options)
{
	static const char *const words[] = { "rprivate", "private", "rslave",
					     "slave",	 "rshared", "shared" };

	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (has_text(options, words[i]))
			return span_str(words[i]);
	return span_str("");
}

static struct span mode_of(const json_t *options)
{
	struct span prefix = span_str("mode=");

	for (size_t i = 0; i < json_array_size(options); i++) {
		struct span s = json_text(json_array_get(options, i));

		if (span_starts(s, prefix))
			return span_of(s.p + prefix.n, s.n - prefix.n);
	}
	return span_str("");
}

static unsigned read_spec_mounts(const json_t *array, struct record_mount *ret)
{
	unsigned n = 0;

	for (size_t i = 0; i < json_array_size(array) && n < RECORD_MOUNTS_MAX; i++) {
		const json_t *m = json_array_get(array, i), *options = json_at(m, "options");

		ret[n++] = (struct record_mount){
			.source = json_text_at(m, "source"),
			.destination = json_text_at(m, "destination"),
			.mode = mode_of(options),
			.propagation = propagation_of(options),
			.writable = !has_text(options, "ro"),
		};
	}
	return n;
}

/* A container that has no namespace of that kind is in the host's. */
static bool is_of_host(const json_t *spec, const char *kind)
{
	const json_t *all = WALK(spec, "linux", "namespaces");

	for (size_t i = 0; i < json_array_size(all); i++)
		if (span_is(json_text_at(json_array_get(all, i), "type"), kind))
			return false;
	return json_is_array(all);
}

/* Nothing is said of it: it is what has the power to do it all, and nothing hidden from it. */
static bool is_spec_privileged(const json_t *spec)
{
	return has_text(WALK(spec, "process", "capabilities", "bounding"), "CAP_SYS_ADMIN") &&
	       json_array_size(WALK(spec, "linux", "maskedPaths")) == 0;
}

ssize_t native_write(const struct native_container *c, const char *digest, uint8_t *buf, size_t cap)
{
	struct container_record *r = calloc(1, sizeof(*r));
	const Rt__NativeContainer *n = c->m->container;
	char user[24];

	if (r == NULL)
		return -ENOMEM;
	r->type = CONTAINER_CONTAINERD;
	r->full_id = r->name = span_str(n->id);
	r->nlabels = read_labels(n->labels, n->n_labels, r->labels);
	r->nmounts = read_spec_mounts(json_at(c->spec, "mounts"), r->mounts);
	r->privileged = is_spec_privileged(c->spec);
	r->host_network = is_of_host(c->spec, "network");
	r->host_pid = is_of_host(c->spec, "pid");
	r->host_ipc = is_of_host(c->spec, "ipc");
	r->user = user_of(c->spec, user);
	r->image = span_str(n->image);
	image_names_apply(NULL, r);
	if (r->image_digest.n == 0)
		r->image_digest = span_str(digest);
	return write_and_free(r, buf, cap);
}
