/* SPDX-License-Identifier: Apache-2.0
 *
 * meta_source.h -- what a source of metadata is: somebody who can be asked of
 * containers or pods.  One table (sources.c) has a row for each kind; a source is a
 * row and a place where it was looked for.  All but find() and is_there() run on
 * the metadata thread, and none of it ever touches the event loop's tables.
 */
#ifndef MEWS_META_SOURCE_H
#define MEWS_META_SOURCE_H

#include "clock.h"
#include "conf.h"
#include "control.h"
#include "fetch.h"
#include "log.h"
#include "mailbox.h"

#define SOURCE_PLACES_MAX 8

struct metadata;
struct source;

/* Where to look; a socket's path, mostly. */
struct source_places {
	unsigned count;
	char place[SOURCE_PLACES_MAX][SOURCE_PLACE_MAX];
};

struct source_ops {
	const char *name;    /* in status and log */
	const char *setting; /* the key of the settings that it goes by */
	bool needs_network;  /* its places are not sockets with a path */

	/* Before the jail, once: the places that CONF, or custom, says; none: turned off. */
	void (*find)(const struct conf *conf, struct source_places *ret);

	/* The directory that it reads behind the jail; NULL, or of the function: none. */
	const char *(*reads)(void);

	/* Is there somebody at PLACE?  Asked before the jail, too, and every second or two as
	 * long as nobody is.  NULL: a socket's path, and it exists. */
	bool (*is_there)(const char *place);

	/* Make s->self.  Negative errno: this source cannot be, and is not tried again. */
	int (*start)(struct source *s);

	/* Do what is due and return when to come back, at the latest; things that happen at
	 * the source's fetches come as their callbacks, and call it behind. */
	struct mono (*step)(struct source *s, struct mono now);

	/* NULL: nothing can be wished of it.  The source must answer each wish that it takes
	 * (true): with META_CONTAINER or by metadata_absent(); with META_POD or META_POD_ABSENT. */
	enum wish_kind wishes; /* which ones come */
	bool (*wish)(struct source *s, const struct meta_wish *w, struct mono now);

	/* Let go of s->self; takes half-made ones. */
	void (*stop)(struct source *s);
};

struct source {
	const struct source_ops *ops;
	char place[SOURCE_PLACE_MAX];
	unsigned number;
	struct source_status status; /* the source writes it; told when it changes */
	struct metadata *md;
	void *self;
	struct mono due;

	/* the thread's own */
	struct source_status told;
	struct mono told_at;
	struct log_ration other_texts;
	bool failed;	/* start() said no */
	bool was_there; /* before the jail */
};

extern const struct source_ops *const source_rows[];
extern const unsigned source_row_count;

extern const struct source_ops source_docker, source_podman; /* docker.c */
extern const struct source_ops source_cri;		     /* cri.c */
extern const struct source_ops source_containerd;	     /* containerd.c */
extern const struct source_ops source_kubernetes;	     /* kube_source.c */
extern const struct source_ops source_dns;		     /* dns.c */

/* Did source_kubernetes.find() find an API server? */
bool source_kubernetes_found(void);

/* ---- what a source may use ---- */

/* For find(): the sockets of an engine, below HOST_ROOT. */
void source_places_of(const struct conf_engine *engine, struct source_places *ret);

struct fetcher *metadata_fetcher(struct metadata *md);

/* Send U to the event loop; waits for room.  False: the thread is to end. */
bool metadata_tell(struct metadata *md, const struct meta_update *u);

/* One who took a wish for container ID does not know it. */
void metadata_absent(struct metadata *md, const char *id);

/* Is a source of kind NAME connected? */
bool metadata_has(const struct metadata *md, const char *name);

/* The thread comes by at NOW, whatever step() said. */
void source_hurry(struct source *s, struct mono now);

/* S's state, with a reason for people (""), and how long ago it spoke. */
void source_set(struct source *s, enum source_state state, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void source_heard(struct source *s, struct mono now, uint64_t took_ns);

#endif
