/* SPDX-License-Identifier: Apache-2.0
 *
 * dns.c -- the host names that rules ask for, by their addresses.  Nobody is asked but the resolver of this
 * machine, and of nothing but these names: what programs connect to is not told to anybody.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "meta_source.h"
#include "resolv_conf.h"
#include "resolver.h"

#define LOOK_LEAST_NS (NS_PER_MSEC)
#define LOOK_MOST_NS  (250 * NS_PER_MSEC)

struct dns {
	struct resolver *resolver;
	bool is_busy;
	struct mono asked_at;
	struct lookups lookups;
};

/* A machine that has nothing to ask a network for keeps out of it, unless it is told otherwise. */
static void find(const struct conf *conf, struct source_places *ret)
{
	enum { AUTO, ALWAYS, NEVER } mode = conf->resolve_names;

	if (mode == NEVER || (mode == AUTO && !source_kubernetes_found()))
		return;
	ret->count = 1;
	snprintf(ret->place[0], sizeof(ret->place[0]), "%s", "/etc/resolv.conf");
}

/* On many machines it is a link to what a program keeps below /run. */
static const char *reads(void)
{
	static char place[PATH_MAX];

	return resolv_conf_dir(place) ? place : NULL;
}

/* Without the file the resolver asks on this machine, and there is /etc/hosts. */
static bool is_there(const char *place)
{
	(void)place;
	return true;
}

static int start(struct source *s)
{
	struct dns *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	s->self = d;
	return resolver_new(&d->resolver);
}

static void tell(struct source *s, const struct lookup *one)
{
	metadata_tell(s->md,
		      &(struct meta_update){ .kind = META_NAME,
					     .id = span_str(one->name),
					     .text = span_of(one->answer.bytes, one->answer.n) });
}

/* "": the names before it, from the last such wish on, are all. */
static bool wish(struct source *s, const struct meta_wish *w, struct mono now)
{
	struct dns *d = s->self;
	const struct lookup *known = NULL;

	if (w->id[0] == '\0')
		lookups_keep(&d->lookups, now);
	else if (!lookups_want(&d->lookups, w->id, &known))
		s->status.misses++;
	if (known != NULL)
		tell(s, known);
	source_hurry(s, now);
	return true;
}

static void take_answer(struct source *s, struct mono now)
{
	struct dns *d = s->self;
	char name[HOST_NAME_LONGEST + 1];
	struct lookup_answer answer;
	const struct lookup *news;
	uint64_t took_ns;

	if (!resolver_take(d->resolver, name, &answer, &took_ns))
		return;
	d->is_busy = false;
	if (answer.end == LOOKUP_FAILED)
		s->status.misses++;
	else
		source_heard(s, now, took_ns);
	if (answer.too_many > 0)
		log_rationed(LOG_LEVEL_WARNING, "'%s' has more than %u addresses: %u are let go",
			     name, NAMED_MAX_ADDRESSES, answer.too_many);
	news = lookups_answer(&d->lookups, name, &answer, now);
	if (news != NULL)
		tell(s, news);
}

/* Not while the first answers come: each would be another text. */
static void show(struct source *s, struct mono now)
{
	const struct dns *d = s->self;
	struct lookup_numbers n = lookups_numbers(&d->lookups, now);

	s->status.objects = n.found;
	if (n.unasked > 0)
		return;
	if (n.names == 0)
		source_set(s, SOURCE_CONNECTED, "no rule asks for a name");
	else if (n.failing > 0)
		source_set(s, SOURCE_FAILING,
			   "%s of the names that rules ask for cannot be looked up now",
			   n.failing == n.names ? "all" : "some");
	else if (n.waiting > 0)
		source_set(
			s, SOURCE_CONNECTED,
			"%u of %u names that rules ask for have addresses, %u wait for their turn",
			n.found, n.names, n.waiting);
	else
		source_set(s, SOURCE_CONNECTED, "%u of %u names that rules ask for have addresses",
			   n.found, n.names);
}

/* Nobody wakes us when the answer is there: it is looked for, the less often the longer it takes. */
static struct mono when_to_look(const struct dns *d, struct mono now)
{
	uint64_t wait = mono_since(d->asked_at, now) / 2;

	if (wait < LOOK_LEAST_NS)
		wait = LOOK_LEAST_NS;
	return mono_after(now, wait < LOOK_MOST_NS ? wait : LOOK_MOST_NS);
}

static struct mono step(struct source *s, struct mono now)
{
	struct dns *d = s->self;
	const struct lookup *next;
	struct mono due;

	if (d->is_busy)
		take_answer(s, now);
	if (d->is_busy)
		return when_to_look(d, now);
	next = lookups_next(&d->lookups, now, &due);
	show(s, now);
	if (next == NULL)
		return due;
	d->is_busy = resolver_ask(d->resolver, next->name);
	d->asked_at = now;
	s->status.asked++;
	return when_to_look(d, now);
}

static void stop(struct source *s)
{
	struct dns *d = s->self;

	if (d == NULL)
		return;
	resolver_free(d->resolver);
	free(d);
	s->self = NULL;
}

const struct source_ops source_dns = {
	.name = "dns",
	.setting = "mews.resolve_names",
	.needs_network = true,
	.find = find,
	.reads = reads,
	.is_there = is_there,
	.start = start,
	.step = step,
	.wishes = WISH_NAME,
	.wish = wish,
	.stop = stop,
};
