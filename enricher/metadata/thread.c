/* SPDX-License-Identifier: Apache-2.0
 *
 * thread.c -- see thread.h and meta_source.h.
 *
 * Whatever is marked "loop" belongs to the event loop's thread, all else to the
 * metadata thread once it runs; between them are the two boxes, one word that says
 * that the thread sleeps, and one that tells it to end.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "curl_calls.h"
#include "log.h"
#include "meta_source.h"
#include "thread.h"

#define MAIL_SLOTS  4096
#define MAIL_BYTES  ((size_t)8 << 20)
#define WISH_SLOTS  2048
#define SOURCES_MAX 32
#define ASKED_MAX   2048
#define LOOK_NS	    (2 * NS_PER_SEC)
#define ROOM_NS	    (2 * NS_PER_MSEC)
#define TELL_NS	    NS_PER_SEC
#define LONG_NS	    (60 * NS_PER_SEC)
#define STACK_BYTES ((size_t)256 << 10)

/* A wish that sources have taken: it is nobody's when the last of them says so. */
struct asked {
	char id[META_ID_MAX];
	unsigned left;
};

struct metadata {
	struct mailbox mail;
	void (*ring)(void *ctx); /* may be NULL */
	void *ring_ctx;
	struct wishbox wishes;
	_Atomic bool sleeps, stopping;

	struct source sources[SOURCES_MAX];
	unsigned nsources;
	struct fetcher *fetcher;
	struct asked asked[ASKED_MAX];
	unsigned next_asked;
	struct mono next_look;

	/* loop */
	pthread_t thread;
	bool is_running, cannot_run;
	bool is_taken[WISH_KIND_COUNT]; /* there are sources, or may come to be, for such wishes */
	uint64_t wishes_lost;
	struct source_status shown[SOURCES_MAX];
};

/* ---- what sources use ---- */

struct fetcher *metadata_fetcher(struct metadata *md)
{
	return md->fetcher;
}

static struct asked *find_asked(struct metadata *md, const char *id)
{
	for (unsigned i = 0; i < ASKED_MAX; i++)
		if (md->asked[i].left > 0 && strcmp(md->asked[i].id, id) == 0)
			return &md->asked[i];
	return NULL;
}

bool metadata_tell(struct metadata *md, const struct meta_update *u)
{
	struct timespec pause = { 0, (long)ROOM_NS };
	int err;

	while ((err = mailbox_put(&md->mail, u)) == -EAGAIN) {
		if (atomic_load_explicit(&md->stopping, memory_order_relaxed))
			return false;
		nanosleep(&pause, NULL);
	}
	if (err < 0)
		log_rationed(LOG_LEVEL_WARNING, "metadata of %zu bytes is let go: %s", u->text.n,
			     strerror(-err));
	else if (md->ring != NULL)
		md->ring(md->ring_ctx);
	return true;
}

void metadata_absent(struct metadata *md, const char *id)
{
	struct asked *a = find_asked(md, id);

	if (a == NULL || --a->left > 0)
		return;
	metadata_tell(md,
		      &(struct meta_update){ .kind = META_CONTAINER_ABSENT, .id = span_str(id) });
}

bool metadata_has(const struct metadata *md, const char *name)
{
	for (unsigned i = 0; i < md->nsources; i++)
		if (strcmp(md->sources[i].ops->name, name) == 0 &&
		    md->sources[i].status.state == SOURCE_CONNECTED)
			return true;
	return false;
}

void source_hurry(struct source *s, struct mono now)
{
	if (now.ns < s->due.ns)
		s->due = now;
}

void source_set(struct source *s, enum source_state state, const char *format, ...)
{
	char text[sizeof(s->status.text)];
	bool is_other = s->status.state != state, is_new;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	is_new = is_other || strcmp(text, s->status.text) != 0;
	s->status.state = state;
	memcpy(s->status.text, text, sizeof(text));
	if (!is_new || state == SOURCE_CONNECTING)
		return;
	if (state == SOURCE_FAILING)
		log_warning("%s at '%s': %s, tried again", s->ops->name, s->place, text);
	else if (is_other)
		log_info("%s at '%s': %s%s%s", s->ops->name, s->place, source_state_name(state),
			 text[0] != '\0' ? ", " : "", text);
	else
		log_rationed_at(&s->other_texts, LOG_LEVEL_INFO, "%s at '%s': %s", s->ops->name,
				s->place, text);
}

void source_heard(struct source *s, struct mono now, uint64_t took_ns)
{
	s->status.last_contact_ns = now.ns;
	s->status.latency_ns = took_ns;
}

/* ---- the thread ---- */

static bool is_socket_there(const char *place)
{
	struct stat st;

	return stat(place, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* What root saw and we do not is there all the same: status shall say why it cannot be reached. */
static bool is_there(const struct source *s)
{
	if (s->ops->is_there != NULL)
		return s->ops->is_there(s->place);
	errno = 0;
	return is_socket_there(s->place) || (s->was_there && errno == EACCES);
}

static void begin_source(struct source *s, struct mono now)
{
	int err = s->ops->start(s);

	if (err < 0) {
		s->failed = true;
		source_set(s, SOURCE_FAILED, "%s", strerror(-err));
		s->ops->stop(s);
		return;
	}
	s->due = now;
	source_set(s, SOURCE_CONNECTING, "%s", "");
}

/* Sources that nobody has seen yet. */
static void look_for_sources(struct metadata *md, struct mono now)
{
	for (unsigned i = 0; i < md->nsources; i++) {
		struct source *s = &md->sources[i];

		if (s->self == NULL && !s->failed && is_there(s))
			begin_source(s, now);
	}
	md->next_look = mono_after(now, LOOK_NS);
}

static void tell_status(struct metadata *md, struct source *s, struct mono now)
{
	bool is_news =
		s->status.state != s->told.state || strcmp(s->status.text, s->told.text) != 0;

	if (memcmp(&s->status, &s->told, sizeof(s->told)) == 0 ||
	    (!is_news && mono_since(s->told_at, now) < TELL_NS))
		return;
	s->told = s->status;
	s->told_at = now;
	metadata_tell(md, &(struct meta_update){ .kind = META_SOURCE,
						 .type = s->number,
						 .text = span_of(&s->status, sizeof(s->status)) });
}

/* Nobody waits for an answer to it. */
static void pass_name(struct metadata *md, const struct meta_wish *w, struct mono now)
{
	for (unsigned i = 0; i < md->nsources; i++)
		if (md->sources[i].self != NULL && md->sources[i].ops->wishes == WISH_NAME)
			md->sources[i].ops->wish(&md->sources[i], w, now);
}

static void pass_wish(struct metadata *md, const struct meta_wish *w, struct mono now)
{
	struct asked *a = &md->asked[md->next_asked++ % ASKED_MAX];
	bool may_come = false;
	unsigned taken = 0;

	*a = (struct asked){ 0 };
	memcpy(a->id, w->id, sizeof(a->id));
	for (unsigned i = 0; i < md->nsources; i++) {
		struct source *s = &md->sources[i];

		if (s->self == NULL || s->ops->wishes != w->kind)
			continue;
		may_come |= s->status.state == SOURCE_CONNECTING;
		taken += s->ops->wish(s, w, now);
	}
	a->left = w->kind == WISH_CONTAINER ? taken : 0;
	/* Nobody to ask: say so, unless somebody is about to be there, who lists what he has. */
	if (taken == 0 && !may_come)
		metadata_tell(md, &(struct meta_update){ .kind = w->kind == WISH_POD
									 ? META_POD_ABSENT
									 : META_CONTAINER_ABSENT,
							 .id = span_str(w->id) });
}

static uint64_t step_sources(struct metadata *md, struct mono now)
{
	uint64_t first = mono_after(now, LONG_NS).ns;
	bool is_absent = false;

	for (unsigned i = 0; i < md->nsources; i++) {
		struct source *s = &md->sources[i];

		is_absent |= s->self == NULL && !s->failed;
		if (s->self != NULL && s->due.ns <= now.ns)
			s->due = s->ops->step(s, now);
		tell_status(md, s, now);
		if (s->self != NULL && s->due.ns < first)
			first = s->due.ns;
		if (memcmp(&s->status, &s->told, sizeof(s->told)) != 0 &&
		    s->told_at.ns + TELL_NS < first)
			first = s->told_at.ns + TELL_NS;
	}
	if (is_absent && md->next_look.ns < first)
		first = md->next_look.ns;
	return first > now.ns ? first - now.ns : 0;
}

static void turn(struct metadata *md)
{
	struct mono now = mono_now();
	struct meta_wish w;
	uint64_t sleep_ns;

	if (now.ns >= md->next_look.ns)
		look_for_sources(md, now);
	while (wishbox_take(&md->wishes, &w)) {
		if (w.kind == WISH_NAME)
			pass_name(md, &w, now);
		else
			pass_wish(md, &w, now);
	}
	sleep_ns = step_sources(md, now);
	/* S1: pairs with S2 in metadata_wish(): either the wish is seen here, or the sleep there. */
	atomic_store_explicit(&md->sleeps, true, memory_order_seq_cst);
	if (!wishbox_is_empty(&md->wishes) ||
	    atomic_load_explicit(&md->stopping, memory_order_seq_cst))
		sleep_ns = 0;
	fetcher_run(md->fetcher, sleep_ns);
	atomic_store_explicit(&md->sleeps, false, memory_order_relaxed);
}

static void *thread_main(void *ctx)
{
	struct metadata *md = ctx;

	prctl(PR_SET_NAME, "metadata");
	while (!atomic_load_explicit(&md->stopping, memory_order_relaxed))
		turn(md);
	for (unsigned i = 0; i < md->nsources; i++)
		if (md->sources[i].self != NULL)
			md->sources[i].ops->stop(&md->sources[i]);
	return NULL;
}

/* ---- the event loop's side ---- */

static void add_source(struct metadata *md, const struct source_ops *ops, const char *place)
{
	struct source *s = &md->sources[md->nsources];

	if (md->nsources == SOURCES_MAX) {
		log_warning("too many sources of metadata: '%s' is not asked", place);
		return;
	}
	*s = (struct source){ .ops = ops, .number = md->nsources, .md = md };
	snprintf(s->place, sizeof(s->place), "%s", place);
	s->status.state = SOURCE_ABSENT;
	snprintf(s->status.name, sizeof(s->status.name), "%s", ops->name);
	snprintf(s->status.place, sizeof(s->status.place), "%s", place);
	s->told = s->status;
	s->was_there = is_there(s);
	md->is_taken[ops->wishes] = true;
	md->shown[md->nsources++] = s->status;
}

int metadata_open(const struct conf *conf, struct metadata **ret)
{
	struct metadata *md = calloc(1, sizeof(*md));

	if (md == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < source_row_count; i++) {
		struct source_places *p = calloc(1, sizeof(*p));

		if (p == NULL) {
			metadata_close(md);
			return -ENOMEM;
		}
		source_rows[i]->find(conf, p);
		for (unsigned k = 0; k < p->count; k++)
			add_source(md, source_rows[i], p->place[k]);
		free(p);
	}
	/* Who cannot be asked without it says so when there is somebody to be asked. */
	if (md->nsources > 0)
		(void)curl_calls_load();
	*ret = md;
	return 0;
}

bool metadata_needs_network(const struct metadata *md)
{
	for (unsigned i = 0; i < md->nsources; i++)
		if (md->sources[i].ops->needs_network)
			return true;
	return false;
}

unsigned metadata_reads(const struct metadata *md, const char **ret, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; md != NULL && i < md->nsources && n < max; i++) {
		const struct source_ops *ops = md->sources[i].ops;
		const char *place = ops->reads == NULL ? NULL : ops->reads();

		if (place != NULL)
			ret[n++] = place;
	}
	return n;
}

void metadata_bell(struct metadata *md, void (*ring)(void *ctx), void *ctx)
{
	md->ring = ring;
	md->ring_ctx = ctx;
}

unsigned metadata_groups(const struct metadata *md, gid_t *ret, unsigned max)
{
	unsigned n = 0;
	struct stat st;

	for (unsigned i = 0; i < md->nsources; i++) {
		bool is_new = true;

		if (stat(md->sources[i].place, &st) == -1 || !S_ISSOCK(st.st_mode) ||
		    (st.st_mode & S_IWGRP) == 0 || (st.st_mode & S_IWOTH) != 0)
			continue;
		for (unsigned k = 0; k < n; k++)
			is_new = is_new && ret[k] != st.st_gid;
		if (is_new && n < max)
			ret[n++] = st.st_gid;
	}
	return n;
}

static int run(struct metadata *md)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int err = fetcher_open(&md->fetcher);

	if (err == 0)
		err = mailbox_init(&md->mail, MAIL_SLOTS, MAIL_BYTES);
	if (err == 0)
		err = wishbox_init(&md->wishes, WISH_SLOTS);
	if (err < 0)
		return err;
	/* Signals are the event loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	err = -pthread_create(&md->thread, &attr, thread_main, md);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	md->is_running = err == 0;
	return err;
}

void metadata_look(struct metadata *md)
{
	bool anybody = false;
	int err;

	if (md->is_running || md->cannot_run)
		return;
	for (unsigned i = 0; i < md->nsources && !anybody; i++)
		anybody = is_there(&md->sources[i]);
	if (!anybody)
		return;
	err = run(md);
	if (err == 0)
		return;
	md->cannot_run = true;
	log_error("metadata of containers will be missing: %s",
		  err == -ENOENT ? "libcurl.so.4 cannot be loaded" : strerror(-err));
}

void metadata_close(struct metadata *md)
{
	if (md == NULL)
		return;
	atomic_store_explicit(&md->stopping, true, memory_order_seq_cst);
	if (md->is_running) {
		fetcher_wake(md->fetcher);
		pthread_join(md->thread, NULL);
	}
	fetcher_close(md->fetcher);
	mailbox_release(&md->mail);
	wishbox_release(&md->wishes);
	free(md);
}

bool metadata_has_mail(const struct metadata *md)
{
	return md != NULL && md->is_running && mailbox_has_mail(&md->mail);
}

static void take_status(struct metadata *md, const struct meta_update *u)
{
	if (u->type < SOURCES_MAX && u->text.n == sizeof(md->shown[0]))
		memcpy(&md->shown[u->type], u->text.p, u->text.n);
}

struct meta_update *metadata_take(struct metadata *md)
{
	struct meta_update *u;

	while ((u = mailbox_take(&md->mail)) != NULL && u->kind == META_SOURCE) {
		take_status(md, u);
		free(u);
	}
	return u;
}

bool metadata_takes(const struct metadata *md, enum wish_kind kind)
{
	return !md->cannot_run && md->is_taken[kind];
}

bool metadata_wish(struct metadata *md, const struct meta_wish *w)
{
	if (!md->is_running || !md->is_taken[w->kind])
		return false;
	if (!wishbox_put(&md->wishes, w)) {
		md->wishes_lost++;
		return false;
	}
	/* S2: see S1. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&md->sleeps, memory_order_seq_cst))
		fetcher_wake(md->fetcher);
	return true;
}

unsigned metadata_status(const struct metadata *md, struct mono now, struct source_status *ret,
			 unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < md->nsources && n < max; i++) {
		ret[n] = md->shown[i];
		/* From here on: how long ago. */
		if (ret[n].last_contact_ns != 0)
			ret[n].last_contact_ns =
				mono_since((struct mono){ ret[n].last_contact_ns }, now);
		n++;
	}
	return n;
}
