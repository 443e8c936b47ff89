/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_store.c -- see kube_store.h.  A node has some hundred pods, and they change
 * some times a second: tables are arrays that are looked through.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube_store.h"

#define LINGER_NS   (10 * NS_PER_SEC)
#define PATIENCE_NS NS_PER_SEC
#define FRESH_NS    (300 * NS_PER_SEC)
#define RETRY_NS    (100 * NS_PER_MSEC) /* a sink that has no room */

enum { SERVICES_OF_POD = 16, LONGEST_JSON = 48 << 10 };

struct kube_pod {
	json_t *object;
	char *told; /* what its name in cgroup paths stands for; NULL: not for this pod */
	uint64_t sweep;
	struct mono since, gone; /* gone.ns 0: it is there */
	bool changed;
};

struct kube_wish {
	char uid[KUBE_UID_MAX + 1];
	struct mono until;
};

enum reference_state { REFERENCE_WANTED, REFERENCE_ASKED, REFERENCE_ANSWERED };

struct kube_reference {
	enum kube_kind kind;
	enum reference_state state;
	char *ns, *name;
	json_t *object;	   /* NULL: not known */
	struct mono until; /* the answer is good */
	bool was_answered, used;
};

int kube_store_init(struct kube_store *s, const struct kube_limits *limits, const char *node,
		    struct kube_sink sink)
{
	*s = (struct kube_store){ .limits = *limits, .sink = sink };
	if (strlen(node) >= sizeof(s->node))
		return -EINVAL;
	memcpy(s->node, node, strlen(node) + 1);
	s->pods = calloc(limits->pods, sizeof(*s->pods));
	s->references = calloc(limits->references, sizeof(struct kube_reference *));
	s->wishes = calloc(limits->pods, sizeof(*s->wishes));
	s->services = json_object();
	if (s->pods == NULL || s->references == NULL || s->wishes == NULL || s->services == NULL) {
		kube_store_release(s);
		return -ENOMEM;
	}
	return 0;
}

static void reference_free(struct kube_reference *r)
{
	if (r == NULL)
		return;
	free(r->ns);
	free(r->name);
	json_decref(r->object);
	free(r);
}

static void pod_clear(struct kube_pod *p)
{
	json_decref(p->object);
	free(p->told);
	*p = (struct kube_pod){ 0 };
}

void kube_store_release(struct kube_store *s)
{
	for (unsigned i = 0; i < s->npods; i++)
		pod_clear(&s->pods[i]);
	for (unsigned i = 0; i < s->nreferences; i++)
		reference_free(s->references[i]);
	free(s->pods);
	free(s->references);
	free(s->wishes);
	json_decref(s->services);
	*s = (struct kube_store){ 0 };
}

static bool same_text(const json_t *a, const json_t *b, const char *member)
{
	return strcmp(kube_text(a, member), kube_text(b, member)) == 0;
}

static void sooner(struct mono *next, uint64_t ns)
{
	if (ns != 0 && ns < next->ns)
		next->ns = ns;
}

/* ---- pods ---- */

static void pod_remove(struct kube_store *s, struct kube_pod *p)
{
	pod_clear(p);
	*p = s->pods[--s->npods];
	s->pods[s->npods] = (struct kube_pod){ 0 };
}

static struct kube_pod *pod_find(struct kube_store *s, const json_t *object)
{
	for (unsigned i = 0; i < s->npods; i++)
		if (same_text(s->pods[i].object, object, "uid"))
			return &s->pods[i];
	return NULL;
}

static bool has_name(const struct kube_pod *p, struct span cgroup)
{
	return span_is(cgroup, kube_text(p->object, "cgroup"));
}

static bool is_named_by_uid(const struct kube_pod *p)
{
	return strcmp(kube_text(p->object, "cgroup"), kube_text(p->object, "uid")) == 0;
}

/* Whose a name is that two pods have in cgroup paths.  A uid is the server's to give, the name of a
 * mirror is what its maker says.  A static pod has a new mirror after the one that was deleted; when
 * both are there, the younger one has taken the other's name. */
static bool comes_before(const struct kube_pod *a, const struct kube_pod *b)
{
	bool by_uid = is_named_by_uid(a), there = a->gone.ns == 0;

	if (by_uid != is_named_by_uid(b))
		return by_uid;
	if (there != (b->gone.ns == 0))
		return there;
	return strcmp(kube_text(a->object, "created"), kube_text(b->object, "created")) < 0;
}

static struct kube_pod *pod_of_cgroup(struct kube_store *s, struct span uid)
{
	struct kube_pod *ret = NULL;

	for (unsigned i = 0; i < s->npods; i++)
		if (has_name(&s->pods[i], uid) && (ret == NULL || comes_before(&s->pods[i], ret)))
			ret = &s->pods[i];
	return ret;
}

/* Those of NS that refer to what changed are looked at again; NULL: of all. */
static void pods_changed(struct kube_store *s, const char *ns)
{
	for (unsigned i = 0; i < s->npods; i++)
		if (ns == NULL || strcmp(kube_text(s->pods[i].object, "namespace"), ns) == 0)
			s->pods[i].changed = true;
}

static void put_pod(struct kube_store *s, json_t *object, struct mono now)
{
	struct kube_pod *p = pod_find(s, object);

	if (s->node[0] != '\0' && strcmp(kube_text(object, "node"), s->node) != 0)
		return;
	if (p == NULL) {
		if (s->npods == s->limits.pods) {
			s->refused++;
			return;
		}
		p = &s->pods[s->npods++];
		p->since = now;
	} else {
		/* Its processes stay where they are, whatever is written on it later. */
		json_object_set(object, "cgroup", json_object_get(p->object, "cgroup"));
	}
	json_incref(object);
	json_decref(p->object);
	p->object = object;
	p->sweep = s->pod_sweep;
	p->gone.ns = 0;
	p->changed = true;
}

static void pod_gone(struct kube_pod *p, struct mono now)
{
	if (p->gone.ns == 0)
		p->gone = mono_after(now, LINGER_NS);
}

/* ---- services ---- */

static void put_service(struct kube_store *s, json_t *object)
{
	const char *ns = kube_text(object, "namespace"), *name = kube_text(object, "name");
	json_t *group = json_object_get(s->services, ns);
	bool fresh = json_object_get(group, name) == NULL;

	if (fresh && s->nservices == s->limits.services) {
		s->refused++;
		return;
	}
	if (group == NULL) {
		group = json_object();
		json_object_set_new(s->services, ns, group);
	}
	json_object_set_new(object, "sweep", json_integer((json_int_t)s->service_sweep));
	if (json_object_set(group, name, object) == 0)
		s->nservices += fresh;
	pods_changed(s, ns);
}

static void remove_service(struct kube_store *s, const char *ns, const char *name)
{
	json_t *group = json_object_get(s->services, ns);

	if (json_object_del(group, name) < 0)
		return;
	s->nservices--;
	pods_changed(s, ns);
	if (json_object_size(group) == 0)
		json_object_del(s->services, ns);
}

static void sweep_services(struct kube_store *s)
{
	void *next_ns, *next;
	const char *ns, *name;
	json_t *group, *service;

	json_object_foreach_safe(s->services, next_ns, ns, group)
	{
		json_object_foreach_safe(group, next, name, service)
		{
			if ((uint64_t)json_integer_value(json_object_get(service, "sweep")) !=
			    s->service_sweep) {
				json_incref(group); /* the last one takes it along */
				remove_service(s, ns, name);
				json_decref(group);
			}
		}
	}
}

/* ---- lists and events ---- */

void kube_store_list_begin(struct kube_store *s, enum kube_kind kind)
{
	if (kind == KUBE_SERVICE)
		s->service_sweep++;
	else
		s->pod_sweep++;
}

void kube_store_list_end(struct kube_store *s, enum kube_kind kind, struct mono now)
{
	if (kind == KUBE_SERVICE) {
		sweep_services(s);
		return;
	}
	for (unsigned i = 0; i < s->npods; i++)
		if (s->pods[i].sweep != s->pod_sweep)
			pod_gone(&s->pods[i], now);
}

void kube_store_put(struct kube_store *s, enum kube_kind kind, json_t *object, struct mono now)
{
	if (kind == KUBE_SERVICE)
		put_service(s, object);
	else
		put_pod(s, object, now);
}

void kube_store_delete(struct kube_store *s, enum kube_kind kind, const json_t *object,
		       struct mono now)
{
	struct kube_pod *p;

	if (kind == KUBE_SERVICE) {
		remove_service(s, kube_text(object, "namespace"), kube_text(object, "name"));
		return;
	}
	p = pod_find(s, object);
	if (p != NULL)
		pod_gone(p, now);
}

/* ---- references ---- */

static struct kube_reference *reference_find(struct kube_store *s, enum kube_kind kind,
					     const char *ns, const char *name)
{
	for (unsigned i = 0; i < s->nreferences; i++) {
		struct kube_reference *r = s->references[i];

		if (r->kind == kind && strcmp(r->name, name) == 0 && strcmp(r->ns, ns) == 0)
			return r;
	}
	return NULL;
}

static struct kube_reference *reference_add(struct kube_store *s, enum kube_kind kind,
					    const char *ns, const char *name)
{
	struct kube_reference *r;

	if (s->nreferences == s->limits.references) {
		s->refused++;
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->kind = kind;
	r->ns = strdup(ns);
	r->name = strdup(name);
	if (r->ns == NULL || r->name == NULL) {
		reference_free(r);
		return NULL;
	}
	s->references[s->nreferences++] = r;
	return r;
}

/* What is known of the object of that name; *PENDING: there may be more soon.  With a
 * UID, one that has another is not it. */
static const json_t *reference_get(struct kube_store *s, enum kube_kind kind, const char *ns,
				   const char *name, const char *uid, bool *pending)
{
	struct kube_reference *r = reference_find(s, kind, ns, name);

	if (r == NULL)
		r = reference_add(s, kind, ns, name);
	if (r == NULL)
		return NULL;
	r->used = true;
	if (!r->was_answered)
		*pending = true;
	return r->object != NULL &&
			       (uid[0] == '\0' || strcmp(kube_text(r->object, "uid"), uid) == 0)
		       ? r->object
		       : NULL;
}

struct kube_reference *kube_store_wanted(struct kube_store *s)
{
	for (unsigned i = 0; i < s->nreferences; i++) {
		if (s->references[i]->state != REFERENCE_WANTED)
			continue;
		s->references[i]->state = REFERENCE_ASKED;
		return s->references[i];
	}
	return NULL;
}

void kube_reference_path(const struct kube_reference *r, char *buf, size_t cap)
{
	const struct kube_kind_row *row = kube_kind_row(r->kind);

	if (r->kind == KUBE_NAMESPACE)
		snprintf(buf, cap, "%s/%s/%s", row->prefix, row->plural, r->name);
	else
		snprintf(buf, cap, "%s/namespaces/%s/%s/%s", row->prefix, r->ns, row->plural,
			 r->name);
}

enum kube_kind kube_reference_kind(const struct kube_reference *r)
{
	return r->kind;
}

void kube_store_answer(struct kube_store *s, struct kube_reference *r, json_t *object,
		       uint64_t again_ns, struct mono now)
{
	bool news = !r->was_answered || (object != NULL && !json_equal(object, r->object));

	if (object != NULL) {
		json_incref(object);
		json_decref(r->object);
		r->object = object;
	}
	r->state = REFERENCE_ANSWERED;
	r->was_answered = true;
	r->until = mono_after(now, object != NULL ? FRESH_NS : again_ns);
	if (news)
		pods_changed(s, r->kind == KUBE_NAMESPACE ? r->name : r->ns);
}

/* Old answers are asked for anew while a pod needs them. */
static void references_step(struct kube_store *s, struct mono now)
{
	for (unsigned i = 0; i < s->nreferences;) {
		struct kube_reference *r = s->references[i];

		if (r->state != REFERENCE_ANSWERED || r->until.ns > now.ns) {
			i++;
		} else if (r->used) {
			r->used = false; /* putting the pods together will tell */
			r->state = REFERENCE_WANTED;
			pods_changed(s, r->kind == KUBE_NAMESPACE ? r->name : r->ns);
			i++;
		} else {
			reference_free(r);
			s->references[i] = s->references[--s->nreferences];
		}
	}
}

/* ---- a pod put together ---- */

/* OBJECT's name, uid and labels; what is not known of it comes from REFERENCE. */
static json_t *brief(const json_t *object, const char *name, const char *uid)
{
	json_t *to = json_object(), *labels = json_object_get(object, "labels");

	json_object_set_new(to, "name", json_string(name));
	if (object != NULL)
		uid = kube_text(object, "uid");
	if (uid[0] != '\0')
		json_object_set_new(to, "uid", json_string(uid));
	if (labels != NULL)
		json_object_set(to, "labels", labels);
	return to;
}

static void set_workload(json_t *to, const json_t *owner)
{
	json_t *w = json_object();

	json_object_set(w, "kind", json_object_get(owner, "kind"));
	json_object_set(w, "name", json_object_get(owner, "name"));
	json_object_set_new(to, "workload", w);
}

/* From owner to owner, as far as there is one and it can be asked for. */
static void put_owners(struct kube_store *s, json_t *to, const json_t *pod, bool *pending)
{
	static const char *const members[KUBE_KIND_COUNT] = {
		[KUBE_REPLICASET] = "rs",
		[KUBE_DEPLOYMENT] = "deployment",
		[KUBE_CONTROLLER] = "rc",
	};
	const json_t *owner = json_object_get(pod, "owner");

	for (unsigned i = 0; owner != NULL && i < 4; i++) {
		const char *name = kube_text(owner, "name"), *uid = kube_text(owner, "uid");
		enum kube_kind kind = kube_kind_of(kube_text(owner, "kind"));
		const json_t *object = NULL;

		set_workload(to, owner);
		if (kind >= KUBE_REPLICASET)
			object = reference_get(s, kind, kube_text(pod, "namespace"), name, uid,
					       pending);
		if (members[kind] != NULL)
			json_object_set_new(to, members[kind], brief(object, name, uid));
		owner = json_object_get(object, "owner");
	}
}

static bool selects(const json_t *service, const json_t *labels)
{
	json_t *selector = json_object_get(service, "selector"), *value;
	const char *key;

	json_object_foreach(selector, key, value)
	{
		if (!json_equal(value, json_object_get(labels, key)))
			return false;
	}
	return selector != NULL;
}

static void put_services(const struct kube_store *s, json_t *to, const json_t *pod)
{
	json_t *group = json_object_get(s->services, kube_text(pod, "namespace")), *service;
	json_t *array = json_array(), *labels = json_object_get(pod, "labels");
	const char *name;

	json_object_foreach(group, name, service)
	{
		if (json_array_size(array) < SERVICES_OF_POD && selects(service, labels))
			json_array_append_new(array, brief(service, name, ""));
	}
	if (json_array_size(array) > 0)
		json_object_set(to, "svc", array);
	json_decref(array);
}

static json_t *put_together(struct kube_store *s, const json_t *pod, bool *pending)
{
	static const char *const own[] = { "name", "namespace", "uid", "ip", "node", "labels" };
	const char *ns = kube_text(pod, "namespace");
	json_t *to = json_object();

	for (unsigned i = 0; i < ARRAY_LEN(own); i++)
		if (json_object_get(pod, own[i]) != NULL)
			json_object_set(to, own[i], json_object_get(pod, own[i]));
	json_object_set_new(to, "ns",
			    brief(reference_get(s, KUBE_NAMESPACE, "", ns, "", pending), ns, ""));
	put_owners(s, to, pod, pending);
	put_services(s, to, pod);
	return to;
}

/* As text; too long, it goes without the services' labels, and then without services. */
static char *text_of(json_t *pod)
{
	char *text = json_dumps(pod, JSON_COMPACT);
	json_t *service;
	size_t i;

	if (text != NULL && strlen(text) > LONGEST_JSON) {
		free(text);
		json_array_foreach(json_object_get(pod, "svc"), i, service)
			json_object_del(service, "labels");
		text = json_dumps(pod, JSON_COMPACT);
	}
	if (text != NULL && strlen(text) > LONGEST_JSON) {
		free(text);
		json_object_del(pod, "svc");
		text = json_dumps(pod, JSON_COMPACT);
	}
	return text;
}

/* ---- wishes ---- */

static struct kube_wish *wish_find(struct kube_store *s, struct span uid)
{
	for (unsigned i = 0; i < s->nwishes; i++)
		if (span_is(uid, s->wishes[i].uid))
			return &s->wishes[i];
	return NULL;
}

static void wish_drop(struct kube_store *s, struct kube_wish *w)
{
	if (w != NULL)
		*w = s->wishes[--s->nwishes];
}

bool kube_store_wish(struct kube_store *s, struct span uid, struct mono until)
{
	const struct kube_pod *p = pod_of_cgroup(s, uid);
	struct kube_wish *w;

	/* It may have been told before anybody had room for it. */
	if (p != NULL && p->told != NULL && s->sink.pod(s->sink.ctx, uid, span_str(p->told)))
		return true;
	if (wish_find(s, uid) != NULL)
		return true;
	if (s->nwishes == s->limits.pods || uid.n == 0 || uid.n > KUBE_UID_MAX ||
	    memchr(uid.p, 0, uid.n) != NULL)
		return false;
	w = &s->wishes[s->nwishes++];
	*w = (struct kube_wish){ .until = until };
	memcpy(w->uid, uid.p, uid.n);
	return true;
}

/* The time of W is up.  False: the sink has no room. */
static bool give_up(struct kube_store *s, const struct kube_wish *w)
{
	struct kube_pod *p = pod_of_cgroup(s, span_str(w->uid));

	if (p == NULL)
		return s->sink.absent(s->sink.ctx, span_str(w->uid));
	p->since.ns = 0; /* rather what there is of it than nothing */
	p->changed = true;
	return true;
}

static void wishes_step(struct kube_store *s, struct mono now, struct mono *next)
{
	for (unsigned i = 0; i < s->nwishes;) {
		struct kube_wish *w = &s->wishes[i];

		if (w->until.ns > now.ns) {
			sooner(next, w->until.ns);
			i++;
		} else if (give_up(s, w)) {
			wish_drop(s, w);
		} else {
			sooner(next, now.ns + RETRY_NS);
			i++;
		}
	}
}

/* ---- telling ---- */

/* P has been told: what its name stood for before is to be told again when its time comes. */
static void forget_others(struct kube_store *s, const struct kube_pod *p, struct span cgroup)
{
	for (unsigned i = 0; i < s->npods; i++) {
		struct kube_pod *other = &s->pods[i];

		if (other == p || other->told == NULL || !has_name(other, cgroup))
			continue;
		free(other->told);
		other->told = NULL;
		other->changed = true;
	}
}

/* False: the sink has no room. */
static bool tell_text(struct kube_store *s, struct kube_pod *p, char *text)
{
	struct span cgroup = span_str(kube_text(p->object, "cgroup"));

	if (text == NULL || (p->told != NULL && strcmp(p->told, text) == 0)) {
		free(text);
		return true;
	}
	if (!s->sink.pod(s->sink.ctx, cgroup, span_str(text))) {
		free(text);
		return false;
	}
	free(p->told);
	p->told = text;
	s->told++;
	forget_others(s, p, cgroup);
	wish_drop(s, wish_find(s, cgroup));
	return true;
}

/* When to look again; 0: when something changes. */
static uint64_t tell(struct kube_store *s, struct kube_pod *p, struct mono now)
{
	bool pending = false;
	json_t *pod = put_together(s, p->object, &pending);
	char *text = NULL;

	if (pending && p->told == NULL && now.ns < p->since.ns + PATIENCE_NS) {
		json_decref(pod);
		return p->since.ns + PATIENCE_NS;
	}
	text = text_of(pod);
	json_decref(pod);
	if (!tell_text(s, p, text))
		return now.ns + RETRY_NS;
	p->changed = false;
	return 0;
}

/* What changed of a pod whose name is another's waits until it no longer is. */
static bool is_to_tell(struct kube_store *s, const struct kube_pod *p)
{
	return p->changed && (is_named_by_uid(p) ||
			      pod_of_cgroup(s, span_str(kube_text(p->object, "cgroup"))) == p);
}

static void pods_step(struct kube_store *s, struct mono now, struct mono *next)
{
	for (unsigned i = 0; i < s->npods;) {
		struct kube_pod *p = &s->pods[i];

		if (is_to_tell(s, p))
			sooner(next, tell(s, p, now));
		if (p->gone.ns == 0 || p->gone.ns > now.ns) {
			sooner(next, p->gone.ns);
			i++;
		} else if (p->told == NULL ||
			   s->sink.gone(s->sink.ctx, span_str(kube_text(p->object, "cgroup")))) {
			pod_remove(s, p);
		} else {
			sooner(next, now.ns + RETRY_NS);
			i++;
		}
	}
}

struct mono kube_store_step(struct kube_store *s, struct mono now)
{
	struct mono next = mono_after(now, 60 * NS_PER_SEC);

	references_step(s, now);
	wishes_step(s, now, &next);
	pods_step(s, now, &next);
	for (unsigned i = 0; i < s->nreferences; i++)
		if (s->references[i]->state == REFERENCE_ANSWERED)
			sooner(&next, s->references[i]->until.ns);
	return next;
}
