/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_metadata.c -- what is said of a container's runtime and of Kubernetes: each
 * piece is kept as it was said, and goes out as the JSON that the enricher would have
 * sent of the container and of the pod.
 */
#include <errno.h>

#include "jout.h"
#include "pod_uid.h"
#include "scene_set.h"

#define SOME_CONTAINER "c0ffee000000"
#define SOME_POD       "c0ffee00-0000-4000-8000-000000000000"

/* Members of the container's object, by enum told_part. */
static const char *const members[TOLD_LABEL] = {
	[TOLD_NAME] = "name",
	[TOLD_UID] = "uid",
	[TOLD_IP] = "ip",
	[TOLD_IMAGE] = "image",
	[TOLD_IMAGE_ID] = "imageid",
	[TOLD_REPOSITORY] = "imagerepo",
	[TOLD_TAG] = "imagetag",
	[TOLD_DIGEST] = "imagedigest",
	[TOLD_CNI] = "cni_json",
	[TOLD_SANDBOX] = "pod_sandbox_id",
	[TOLD_PRIVILEGED] = "privileged",
	[TOLD_HOST_PID] = "host_pid",
	[TOLD_HOST_NETWORK] = "host_network",
	[TOLD_HOST_IPC] = "host_ipc",
};

/* ---- what is said ---- */

static struct scene_told *tell(struct said *x, unsigned part, struct span key, struct span text)
{
	struct scene_told *t = pool_push(x->s->pool, &x->s->told, sizeof(*t));

	if (t == NULL)
		return NULL;
	*t = (struct scene_told){ .object = (uint8_t)TOLD_OBJECT(x->row->what),
				  .part = (uint8_t)part,
				  .key = key,
				  .text = text,
				  .is_true = x->number != 0 };
	return t;
}

int said_set_told(struct said *x)
{
	unsigned part = TOLD_PART(x->row->what);
	struct span key = x->ref->key;

	/* So is the host called. */
	if (part == TOLD_NAME && TOLD_OBJECT(x->row->what) == TOLD_CONTAINER &&
	    span_is(x->text, "host"))
		return 0;
	if (part == TOLD_POD_NAME)
		key = span_str("io.kubernetes.pod.name");
	else if (part == TOLD_POD_NAMESPACE)
		key = span_str("io.kubernetes.pod.namespace");
	else if (part == TOLD_POD_UID)
		key = span_str("io.kubernetes.pod.uid");
	if (part >= TOLD_POD_NAME)
		part = TOLD_LABEL;
	return tell(x, part, key, x->text) == NULL ? -ENOMEM : 0;
}

int said_set_told_labels(struct said *x)
{
	const struct ynode *v = x->value;

	if (v->kind != YNODE_MAPPING)
		return said_refuse(x, "takes a mapping of labels");
	for (unsigned i = 0; i < v->n; i++) {
		const struct ynode *key = v->items[2 * i], *value = v->items[2 * i + 1];

		if (key->kind != YNODE_SCALAR || value->kind != YNODE_SCALAR)
			return said_refuse(x, "takes labels that are texts");
		if (tell(x, TOLD_PART(x->row->what), key->text, value->text) == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* One, or as many as there are services. */
int said_set_told_services(struct said *x)
{
	const struct ynode *v = x->value;
	unsigned n = v->kind == YNODE_SEQUENCE ? v->n : 1;

	if (v->kind == YNODE_MAPPING || n > TOLD_SERVICES)
		return said_refuse(x, "takes a text, or a list of at most 16 texts");
	for (unsigned i = 0; i < n; i++) {
		const struct ynode *one = v->kind == YNODE_SEQUENCE ? v->items[i] : v;
		struct scene_told *t;

		if (one->kind != YNODE_SCALAR)
			return said_refuse(x, "takes a list of texts");
		t = tell(x, TOLD_PART(x->row->what), x->ref->key, one->text);
		if (t == NULL)
			return -ENOMEM;
		t->index = (uint8_t)i;
	}
	return 0;
}

/* "source:destination:mode:read/write:propagation", what is behind the second may be missing. */
int said_set_told_mounts(struct said *x)
{
	const struct ynode *v = x->value;
	unsigned n = v->kind == YNODE_SEQUENCE ? v->n : 1;

	if (v->kind == YNODE_MAPPING)
		return said_refuse(x, "takes a mount as source:destination:mode:true, or a list");
	for (unsigned i = 0; i < n; i++) {
		const struct ynode *one = v->kind == YNODE_SEQUENCE ? v->items[i] : v;

		if (one->kind != YNODE_SCALAR || memchr(one->text.p, ':', one->text.n) == NULL)
			return said_refuse(x, "takes mounts as source:destination:mode:true");
		if (tell(x, TOLD_MOUNT, SPAN_NONE, one->text) == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* ---- what follows ---- */

static const struct scene_told *told_at(const struct scene *s, unsigned i)
{
	return &((const struct scene_told *)s->told.items)[i];
}

/* Could it be said of the host as well? */
static bool is_no_more(const struct scene_told *t)
{
	return t->part >= TOLD_PRIVILEGED && t->part <= TOLD_HOST_IPC ? !t->is_true
								      : t->text.n == 0;
}

/* Something is said of the container's runtime (OF_POD: of Kubernetes); MORE: that the host has not. */
static bool is_told(const struct scene *s, bool of_pod, bool more)
{
	for (unsigned i = 0; i < s->told.n; i++) {
		const struct scene_told *t = told_at(s, i);

		if ((t->object != TOLD_CONTAINER) == of_pod && (!more || !is_no_more(t)))
			return true;
	}
	return false;
}

static struct span said_pod_uid(const struct scene *s)
{
	for (unsigned i = 0; i < s->told.n; i++)
		if (told_at(s, i)->object == TOLD_POD && told_at(s, i)->part == TOLD_UID)
			return told_at(s, i)->text;
	return span_str(SOME_POD);
}

static bool was_said(const struct scene *s, uint64_t bits)
{
	return (s->chain[0].said & bits) != 0;
}

void scene_finish_metadata(struct scene *s)
{
	struct process_info *p = &s->chain[0].info;
	bool of_pod = is_told(s, true, true);
	struct span uid = said_pod_uid(s);
	struct line line;
	uint8_t *buf;
	size_t cap;

	if ((of_pod || is_told(s, false, true) || s->said_container) &&
	    !was_said(s, PROCESS_BIT(container_id)))
		p->container_id = span_str(SOME_CONTAINER);
	if (is_told(s, false, false))
		s->said_container = true;
	if (!of_pod || was_said(s, PROCESS_BIT(cgroups)))
		return;
	cap = 64 + uid.n + p->container_id.n;
	buf = pool_get(s->pool, cap);
	if (buf == NULL)
		return;
	line_init(&line, buf, cap);
	line_puts(&line, "cpu=/kubepods/pod");
	line_put(&line, uid);
	line_puts(&line, "/");
	line_put(&line, p->container_id);
	line_put_char(&line, '\0');
	p->cgroups = span_of(buf, (size_t)line_length(&line));
}

/* ---- JSON ---- */

/* Longer than all that is told can get. */
static size_t bound(const struct scene *s)
{
	size_t n = 4096;

	for (unsigned i = 0; i < s->told.n; i++)
		n += 128 + 6 * (told_at(s, i)->key.n + told_at(s, i)->text.n);
	return n;
}

static bool is_of(const struct scene_told *t, unsigned object, unsigned index)
{
	return t->object == object && t->index == index;
}

static bool has_part(const struct scene *s, unsigned object, unsigned index, unsigned part)
{
	for (unsigned i = 0; i < s->told.n; i++)
		if (is_of(told_at(s, i), object, index) &&
		    (part == TOLD_PART_COUNT || told_at(s, i)->part == part))
			return true;
	return false;
}

static void put_labels(const struct scene *s, struct jout *j, unsigned object, unsigned index,
		       unsigned part, const char *member)
{
	char key[256];

	if (!has_part(s, object, index, part))
		return;
	jout_object(j, member);
	for (unsigned i = 0; i < s->told.n; i++) {
		const struct scene_told *t = told_at(s, i);

		if (!is_of(t, object, index) || t->part != part || t->key.n >= sizeof(key))
			continue;
		memcpy(key, t->key.p, t->key.n);
		key[t->key.n] = '\0';
		jout_string(j, key, t->text);
	}
	jout_end(j);
}

/* What is one member: the last that was said. */
static void put_members(const struct scene *s, struct jout *j, unsigned object, unsigned index)
{
	for (unsigned part = 0; part < TOLD_LABEL; part++) {
		const struct scene_told *last = NULL;

		for (unsigned i = 0; i < s->told.n; i++)
			if (is_of(told_at(s, i), object, index) && told_at(s, i)->part == part)
				last = told_at(s, i);
		if (last == NULL)
			continue;
		if (part >= TOLD_PRIVILEGED)
			jout_bool(j, members[part], last->is_true);
		else
			jout_string(j, members[part], last->text);
	}
	put_labels(s, j, object, index, TOLD_LABEL, "labels");
}

static struct span next_piece(struct span *rest)
{
	const uint8_t *end = rest->n > 0 ? memchr(rest->p, ':', rest->n) : NULL;
	size_t n = end == NULL ? rest->n : (size_t)(end - rest->p);
	struct span piece = span_of(rest->p, n);

	*rest = end == NULL ? SPAN_NONE : span_of(end + 1, rest->n - n - 1);
	return piece;
}

static void put_mounts(const struct scene *s, struct jout *j)
{
	if (!has_part(s, TOLD_CONTAINER, 0, TOLD_MOUNT))
		return;
	jout_array(j, "Mounts");
	for (unsigned i = 0; i < s->told.n; i++) {
		struct span rest = told_at(s, i)->text;

		if (told_at(s, i)->part != TOLD_MOUNT)
			continue;
		jout_object(j, NULL);
		jout_string(j, "Source", next_piece(&rest));
		jout_string(j, "Destination", next_piece(&rest));
		jout_string(j, "Mode", next_piece(&rest));
		jout_bool(j, "RW", !span_is(next_piece(&rest), "false"));
		jout_string(j, "Propagation", rest);
		jout_end(j);
	}
	jout_end(j);
}

static int end_json(struct jout *j, struct span *ret, const uint8_t *buf)
{
	ssize_t n;

	jout_end(j);
	n = line_length(j->line);
	*ret = n < 0 ? SPAN_NONE : span_of(buf, (size_t)n);
	return n < 0 ? -E2BIG : 0;
}

int scene_container_json(const struct scene *s, struct span *ret)
{
	size_t cap = bound(s);
	uint8_t *buf = pool_get(s->pool, cap);
	struct line line;
	struct jout j;

	*ret = SPAN_NONE;
	if (buf == NULL)
		return -ENOMEM;
	line_init(&line, buf, cap);
	jout_init(&j, &line);
	jout_object(&j, NULL);
	put_members(s, &j, TOLD_CONTAINER, 0);
	put_labels(s, &j, TOLD_CONTAINER, 0, TOLD_POD_LABEL, "pod_sandbox_labels");
	put_mounts(s, &j);
	return end_json(&j, ret, buf);
}

static void put_services(const struct scene *s, struct jout *j)
{
	if (!has_part(s, TOLD_SERVICE, 0, TOLD_PART_COUNT))
		return;
	jout_array(j, "svc");
	for (unsigned i = 0; has_part(s, TOLD_SERVICE, i, TOLD_PART_COUNT); i++) {
		jout_object(j, NULL);
		put_members(s, j, TOLD_SERVICE, i);
		jout_end(j);
	}
	jout_end(j);
}

int scene_pod(const struct scene *s, struct pod_frame *ret, uint8_t uid[POD_UID_MAX])
{
	static const char *const objects[] = { [TOLD_NS] = "ns",
					       [TOLD_DEPLOYMENT] = "deployment",
					       [TOLD_RS] = "rs",
					       [TOLD_RC] = "rc" };
	size_t cap = bound(s);
	uint8_t *buf;
	struct line line;
	struct jout j;

	*ret = (struct pod_frame){ .uid = cgroup_pod_uid(s->chain[0].info.cgroups, uid) };
	if (ret->uid.n == 0 || !is_told(s, true, false))
		return -ENOENT;
	buf = pool_get(s->pool, cap);
	if (buf == NULL)
		return -ENOMEM;
	line_init(&line, buf, cap);
	jout_init(&j, &line);
	jout_object(&j, NULL);
	put_members(s, &j, TOLD_POD, 0);
	for (unsigned object = TOLD_NS; object <= TOLD_RC; object++) {
		if (!has_part(s, object, 0, TOLD_PART_COUNT))
			continue;
		jout_object(&j, objects[object]);
		put_members(s, &j, object, 0);
		jout_end(&j);
	}
	put_services(s, &j);
	return end_json(&j, &ret->json, buf);
}
