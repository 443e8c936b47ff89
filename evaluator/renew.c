/* SPDX-License-Identifier: Apache-2.0
 *
 * renew.c -- other rules and settings, while events go on: a thread reads and compiles
 * them beside the old ones, which it does not touch; between two events the loop takes
 * what came of it.  Whatever is wrong with them, the old ones stay.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "evaluator.h"
#include "log.h"
#include "own_alert.h"

#define FAILURE "Falco internal: hot restart failure"

/* ---- loading, at start and in the thread ---- */

/* The first error, for whoever asked; all of them are on standard error. */
static void first_error(const struct rulefile_load *load, int err, char *why, size_t cap)
{
	for (unsigned i = 0; i < load->nfiles; i++) {
		const struct rulefile_result *f = &load->files[i];

		for (unsigned k = 0; k < f->nproblems; k++) {
			if (!rule_problem_is_error(f->problems[k].code))
				continue;
			diag_format(&f->problems[k].diag, why, cap);
			return;
		}
	}
	snprintf(why, cap, "cannot load the rules: %s", strerror(-err));
}

int rules_read(const struct conf *conf, struct span bundle, const struct conf_list *files,
	       struct rulefile_load *ret, char *why, size_t cap)
{
	struct rule_extras extras = rules_extras(conf);
	int err = bundle.n > 0 ? rulefile_load_bundle(bundle, &extras, ret)
			       : rulefile_load_with(files, &extras, ret);

	if (err == 0) {
		ruleset_choose(ret->rules, &conf->rules);
		err = ruleset_seal(ret->rules, conf->priority);
	}
	rulefile_print(ret, false, stderr);
	if (err < 0) {
		first_error(ret, err, why, cap);
		rulefile_release(ret);
	}
	return err;
}

static void *load_main(void *arg)
{
	struct evaluator *ev = arg;
	struct renewal *r = &ev->renewal;

	r->err = load_rules(ev, &r->conf, r->bundle, &r->load, r->why, sizeof(r->why));
	/* N1: release; pairs with N2 in renew_look(): who sees it sees all that was loaded. */
	atomic_store_explicit(&r->done, true, memory_order_release);
	stage_wake(r->st);
	return NULL;
}

/* ---- the loop's side ---- */

/* Nothing of it is there any more. */
static void drop(struct renewal *r)
{
	conf_release(&r->conf);
	free((void *)(uintptr_t)r->bundle.p);
	r->bundle = SPAN_NONE;
	r->running = false;
}

void renew_begin(struct stage *st, void *ctx, struct conf *fresh, struct span bundle)
{
	struct evaluator *ev = ctx;
	struct renewal *r = &ev->renewal;
	int err;

	r->st = st;
	r->conf = *fresh;
	r->bundle = bundle;
	r->why[0] = '\0';
	atomic_store_explicit(&r->done, false, memory_order_relaxed);
	err = pthread_create(&r->thread, NULL, load_main, ev);
	r->running = err == 0;
	if (err == 0)
		return;
	drop(r);
	stage_renewed(st, -err, strerror(err));
}

/* That a reload came to nothing is an alert, as in Falco. */
static int put_failure(struct stage *st, struct evaluator *ev, const char *why)
{
	struct alert_frame *a = &ev->alert;
	char message[sizeof(FAILURE) + sizeof(ev->renewal.why) + 2];
	int n = snprintf(message, sizeof(message), FAILURE ": %s", why);

	own_alert_begin(a, FAILURE, PRIORITY_CRITICAL, wall_now().ns, span_of(message, (size_t)n));
	return put_alert(st, ev, 0);
}

void renew_failed(struct stage *st, void *ctx, const char *why)
{
	struct evaluator *ev = ctx;

	(void)st;
	snprintf(ev->renewal.failure, sizeof(ev->renewal.failure), "%s", why);
}

/* From here on the new ones are in force. */
static void take(struct stage *st, struct evaluator *ev)
{
	struct renewal *r = &ev->renewal;

	rule_counts_follow(&ev->rule_counts, ev->load.rules, r->load.rules);
	ev->loaded_ns = wall_now().ns;
	rulefile_release(&ev->load);
	/* These sizes are for the stage's life: that others are asked for is said at each reload. */
	r->conf.ring_alerts_bytes = st->conf.ring_alerts_bytes;
	r->conf.thread_table_size = st->conf.thread_table_size;
	conf_release(&st->conf);
	free((void *)(uintptr_t)st->bundle.p);
	ev->load = r->load;
	st->conf = r->conf;
	st->bundle = r->bundle;
	r->running = false;
	evaluator_follow_settings(st, ev);
	publish_wants(st, ev);
}

static int finish(struct stage *st, struct evaluator *ev, struct mono now)
{
	struct renewal *r = &ev->renewal;
	char text[256];
	int held;

	pthread_join(r->thread, NULL);
	if (r->err < 0) {
		drop(r);
		snprintf(r->failure, sizeof(r->failure), "%s", r->why);
		stage_renewed(st, r->err, r->why);
		return 0;
	}
	/* What waits was held for the old ones. */
	held = waiting_look(st, ev, now, true);
	if (held < 0) {
		rulefile_release(&r->load);
		drop(r);
		stage_renewed(st, -ECANCELED, "the stage is told to stop");
		return held;
	}
	take(st, ev);
	snprintf(text, sizeof(text), "%u rules, %u in force, ruleset %.16s",
		 ruleset_count(ev->load.rules), ruleset_evaluated_count(ev->load.rules),
		 ev->digest_text);
	stage_renewed(st, 0, text);
	return held;
}

int renew_look(struct stage *st, struct evaluator *ev, struct mono now)
{
	struct renewal *r = &ev->renewal;
	int n = 0;

	/* N2: acquire; pairs with N1. */
	if (r->running && atomic_load_explicit(&r->done, memory_order_acquire))
		n = finish(st, ev, now);
	if (n >= 0 && r->failure[0] != '\0') {
		int err = put_failure(st, ev, r->failure);

		r->failure[0] = '\0';
		return err < 0 ? err : n + 1;
	}
	return n;
}

void renew_close(struct evaluator *ev)
{
	struct renewal *r = &ev->renewal;

	if (!r->running)
		return;
	pthread_join(r->thread, NULL);
	if (r->err == 0)
		rulefile_release(&r->load);
	drop(r);
}
