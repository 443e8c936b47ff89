/* SPDX-License-Identifier: Apache-2.0
 *
 * evaluator.c -- reads state and events from ring enriched, keeps the mirror,
 * runs the rules, writes alerts.  The rules are read and compiled before the
 * jail; behind it there is no network and no file that anybody could write.
 *
 * Every event that comes in is refused, a double, or evaluated, and is counted
 * as that; every match becomes one alert.  What was evaluated last is left in
 * the ring's notes: an enricher that had to start again sends events again, and
 * whoever reads after us must know them too.
 *
 * Frames come from a peer that parses what attackers write: nothing in them is
 * believed before it was decoded and checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "activity.h"
#include "beatalert.h"
#include "evaluator.h"
#include "inode_names.h"
#include "log.h"

#define SOON_NS (50 * NS_PER_MSEC) /* what waits for its time */

/* What was on its way to an enricher that died is read by then. */
#define FORMER_NS (30 * NS_PER_SEC)

enum {
	BATCH_FRAMES = 64,
	AGAIN_FRAMES = 4096, /* of ring raw: more than the enricher can have in its hands */

	MAX_USERS = 65536,
	MAX_GROUPS = 65536,
	MAX_CONTAINERS = 16384,
};

/* The notes that a successor finds: the name of the event that was evaluated last. */
enum { NOTE_GENERATION, NOTE_SEQ };

/* ---- rules ---- */

static const struct conf_list *rule_paths(struct evaluator *ev, const struct conf *conf,
					  struct span bundle)
{
	if (bundle.n > 0)
		return &conf->rules_files;
	if (conf->rules_files.count > 0) {
		conf_rules_present(conf, &ev->paths);
		return &ev->paths;
	}
	if (ev->default_paths.count == 0 && rules_default_paths(&ev->default_paths) < 0)
		log_warning("no rules: none given, and there is no /etc/mews/rules.d");
	return &ev->default_paths;
}

/* Which files have the names that rules ask for now.  Behind the jail this still only asks; what the
 * system then refuses is learnt from events. */
static void look_at_files(struct inode_names *names)
{
	for (unsigned i = 0; i < inode_names_count(names); i++) {
		struct span name = inode_names_at(names, i);
		char path[256];
		struct statx st;

		if (name.n >= sizeof(path) || memchr(name.p, 0, name.n) != NULL)
			continue;
		memcpy(path, name.p, name.n);
		path[name.n] = '\0';
		if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
			  STATX_TYPE | STATX_INO | STATX_MNT_ID, &st) == 0 &&
		    S_ISREG(st.stx_mode))
			inode_names_learn(names, i,
					  (st.stx_dev_minor & 0xff) | st.stx_dev_major << 8 |
						  (st.stx_dev_minor & ~0xffu) << 12,
					  st.stx_ino,
					  st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : 0);
	}
}

int load_rules(struct evaluator *ev, const struct conf *conf, struct span bundle,
	       struct rulefile_load *ret, char *why, size_t cap)
{
	int err = rules_read(conf, bundle, rule_paths(ev, conf, bundle), ret, why, cap);

	if (err == 0 && conf->match_resolved_paths) {
		ruleset_match_other_paths(ret->rules, true);
		look_at_files(ruleset_inode_names(ret->rules));
	}
	return err;
}

static struct drop_policy drop_policy(const struct stage *st)
{
	return (struct drop_policy){
		.threshold = st->conf.drops_threshold,
		.actions = st->conf.drops_actions,
		.rate = st->conf.drops_rate,
		.max_burst = st->conf.drops_max_burst,
		.simulate = st->conf.drops_simulate && !st->replay,
	};
}

/* Whoever wonders what the kernel is spared, and why not. */
static void say_mutes(const struct stage *st, const struct evaluator *ev)
{
	const struct ruleset_rule *minds;
	uint64_t mutes = ruleset_mutes(ev->load.rules, &minds);

	if (st->replay || !st->conf.mute_opens || (mutes & WANT_MUTES_ALL) != 0)
		return;
	if (mutes == 0)
		log_info(
			"no open is left out: rules ask what processes have open, or what was closed");
	else
		log_debug(
			"no open by a link's name is left out: rule '%.*s' asks what files are called that are open",
			(int)minds->name.n, (const char *)minds->name.p);
}

void evaluator_follow_settings(struct stage *st, struct evaluator *ev)
{
	ev->gaps.policy = drop_policy(st);
	ev->context.buffer_base64 = st->conf.buffer_format_base64;
	ev->context.statics = rules_extras(&st->conf).statics;
	ev->waits = st->conf.metadata_wait_ms > 0;
	costs_follow(&ev->costs, st->conf.rule_cost_sample, &ev->rule_counts);
	rules_digest(&ev->load, st->conf.priority, ev->digest);
	sha256_text(ev->digest, ev->digest_text);
	say_mutes(st, ev);
}

static void log_names(unsigned said, unsigned missing)
{
	if (said > 0)
		log_info("names of hosts that rules compare addresses with: %u", said);
	if (missing > 0)
		log_warning("%u of what rules compare with the names of hosts is left out: "
			    "no names, or too many",
			    missing);
}

/* Which names rules ask for, if these are others than before: none, too, so that nobody goes on to resolve those
 * which a former set of rules asked for. */
static void say_names(struct stage *st, struct evaluator *ev)
{
	struct host_names names;
	uint8_t text[RING_NAMES];
	unsigned missing = ruleset_host_names(ev->load.rules, &names);
	ssize_t n;

	while ((n = wire_encode_host_names(text, sizeof(text), &names)) == -ENOSPC) {
		names.n--;
		missing++;
	}
	BUG_ON(n < 0); /* the rules' are names */
	if (missing == ev->unsaid_names &&
	    span_eq(span_of(text, (size_t)n), span_of(ev->names, ev->said_names)))
		return;
	BUG_ON(inlet_say_names(st->in, span_of(text, (size_t)n)) <
	       0); /* there is room for as many */
	memcpy(ev->names, text, (size_t)n);
	ev->said_names = (size_t)n;
	ev->unsaid_names = missing;
	log_names(names.n, missing);
}

void publish_wants(struct stage *st, struct evaluator *ev)
{
	const struct ruleset_rule *minds;
	struct ring_wants wants = { 0 };
	struct codes codes;
	uint64_t now = mono_now().ns;

	_Static_assert(ARRAY_LEN(wants.events) == CODES_WORDS, "the same bits on both sides");
	ruleset_wants(ev->load.rules, &codes, &wants.extras);
	_Static_assert(CODES_SC_WORDS <= ARRAY_LEN(wants.syscalls), "room for each system call");
	memcpy(wants.events, codes.events, sizeof(wants.events));
	memcpy(wants.syscalls, codes.syscalls, sizeof(codes.syscalls));
	if (captures_follow(&ev->captures, st, ev->load.rules))
		wants.extras |= WANT_TAP;
	if (st->conf.mute_opens)
		wants.extras |= ruleset_mutes(ev->load.rules, &minds);
	ev->inode_changes = inode_names_changes(ruleset_inode_names(ev->load.rules));
	ev->wants_version = now > ev->wants_version ? now : ev->wants_version + 1;
	wants.version = ev->wants_version;
	inlet_want(st->in, &wants);
	say_names(st, ev);
}

/* ---- setup ---- */

/* The zone's rules were read by tzset(), before the jail; this only computes. */
static void local_time(uint64_t epoch_s, struct tm *ret)
{
	time_t t = (time_t)epoch_s;

	if (localtime_r(&t, ret) == NULL)
		memset(ret, 0, sizeof(*ret));
}

/* The run directory for sockets of our own.  Settings and rules come from the supervisor; without one they
 * are read again from where they will be named then. */
static void name_places(struct stage *st)
{
	static struct confine_place places[3] = {
		{ "/sys/devices/system/cpu", CONFINE_READ },
	};

	places[1] = (struct confine_place){ st->run_dir, CONFINE_SOCKETS };
	places[2] = (struct confine_place){ st->bundle.n > 0 ? NULL : "/", CONFINE_READ };
	st->places = places;
	st->nplaces = ARRAY_LEN(places);
}

/* Until the mirror has all threads and texts that there is room for, and as many events as may are held. */
static uint64_t may_grow(const struct mirror *mirror)
{
	enum { HASH_BYTES = 32 }; /* of an entry, where the buckets are most */
	struct mirror_status m;

	mirror_status(mirror, &m);
	return m.processes_max * (m.process_bytes + HASH_BYTES) + m.bytes_max +
	       sizeof(struct park_area);
}

static int setup(struct stage *st, void *ctx)
{
	struct evaluator *ev = ctx;
	struct mirror_limits limits = {
		.processes = (unsigned)st->conf.thread_table_size,
		.users = MAX_USERS,
		.groups = MAX_GROUPS,
		.containers = MAX_CONTAINERS,
	};
	struct drop_policy policy = drop_policy(st);
	char why[SUPPLY_TEXT_MAX];
	int err;

	gapalert_init(&ev->gaps, &policy);
	tzset();
	ev->context.local = local_time;
	arena_init(&ev->arena, ev->arena_bytes, sizeof(ev->arena_bytes));
	if (getrandom(&limits.seed, sizeof(limits.seed), 0) != sizeof(limits.seed)) {
		log_error("no random numbers: %s", strerror(errno));
		return EXIT_HOST;
	}
	err = load_rules(ev, &st->conf, st->bundle, &ev->load, why, sizeof(why));
	if (err < 0) {
		if (err != -EINVAL)
			log_error("%s", why);
		return err == -EINVAL ? EXIT_INPUT : EXIT_HOST;
	}
	evaluator_follow_settings(st, ev);
	rule_counts_follow(&ev->rule_counts, NULL, ev->load.rules);
	ev->loaded_ns = wall_now().ns;
	err = mirror_new(&limits, &ev->mirror);
	if (err < 0) {
		log_error("cannot make the mirror: %s", strerror(-err));
		return EXIT_HOST;
	}
	st->grows_bytes = may_grow(ev->mirror);
	if (!st->replay)
		(void)waiting_setup(st, ev);
	name_places(st);
	log_info("%u rules, %u in force", ruleset_count(ev->load.rules),
		 ruleset_evaluated_count(ev->load.rules));
	return EXIT_OK;
}

static int start(struct stage *st, void *ctx)
{
	publish_wants(st, ctx);
	return EXIT_OK;
}

/* ---- events ---- */

/* What a predecessor evaluated last, once there is a ring to ask. */
static void look_for_last(struct stage *st, struct evaluator *ev)
{
	if (ev->knows_last)
		return;
	ev->knows_last = true;
	ev->last_generation = inlet_note(st->in, NOTE_GENERATION);
	ev->last_seq = inlet_note(st->in, NOTE_SEQ);
}

/* An enricher that had to start again says again what it had said and not committed: of one ring, and not
 * more than it reads in a turn.  What lies further back was not said before, the name of the last was a
 * lie: events behind it would be taken for doubles for ever. */
static bool is_double(const struct evaluator *ev, const struct event_frame *e)
{
	return e->origin_generation == ev->last_generation && e->origin_seq <= ev->last_seq &&
	       ev->last_seq - e->origin_seq < AGAIN_FRAMES;
}

/* What there is to say of P's metadata to RULE: NULL, or that nobody answered. */
static const char *metadata_word(const struct evaluator *ev, const struct ruleset_rule *rule,
				 const struct mirror_process *p)
{
	struct mirror_metadata now;

	if (rule->asks == 0)
		return NULL;
	mirror_metadata(ev->mirror, p, &now);
	return waiting_word(rule, 0, &now);
}

/* For who had the most events, seconds of any clock will do. */
static uint32_t second_of(struct mono now)
{
	return (uint32_t)(now.ns / NS_PER_SEC);
}

static const struct ruleset_rule *next_match(struct evaluator *ev, struct ruleset_walk *walk,
					     const struct rule_watch *watch)
{
	if (__builtin_expect(watch != NULL, 0))
		return ruleset_next_watched(ev->load.rules, walk, watch);
	return ruleset_next(ev->load.rules, walk);
}

/* Whose event it is.  Of an enricher that died with our predecessor the names of processes are not known any
 * more, but for those whose frames are still in its ring: who has the number now stands for them. */
static const struct mirror_process *find_process(const struct evaluator *ev, bool orphan)
{
	const struct mirror_process *p = mirror_process(ev->mirror, ev->event.process);

	if (__builtin_expect(orphan, 0) && (p == NULL || p->info.tid != ev->event.tid))
		p = mirror_process_by_tid(ev->mirror, ev->event.tid);
	return p;
}

static int run_rules(struct stage *st, struct evaluator *ev, const struct ring_frame *f,
		     struct mono now)
{
	struct field_event e = {
		.ev = &ev->event,
		.info = event_info(ev->event.code),
		.mirror = ev->mirror,
		.arena = &ev->arena,
		.source = "syscall",
		.context = &ev->context,
	};
	const struct rule_watch *watch = costs_watch(&ev->costs, &ev->rule_counts);
	const struct ruleset_rule *rule;
	struct ruleset_walk walk;
	int err = 0;

	if (ev->event.process != 0) {
		e.process = find_process(ev, (f->flags & RING_FRAME_ORPHAN) != 0);
		st->counts.v[EVALUATOR_STATE_MISSING] += e.process == NULL;
	}
	if (e.process != NULL)
		mirror_count_event(ev->mirror, e.process, second_of(now));
	if (waiting_is_for(ev, e.process))
		return waiting_take(st, ev, &e, f->payload, now);
	ruleset_begin(ev->load.rules, &e, &walk);
	while (err == 0 && (rule = next_match(ev, &walk, watch)) != NULL) {
		struct match m = { .rule = rule,
				   .name = ruleset_name(ev->load.rules, &walk, rule),
				   .other_path = walk.other_path,
				   .metadata = metadata_word(ev, rule, e.process) };

		err = put_match(st, ev, &m, &e);
		if (!st->conf.rule_matching_all)
			break;
	}
	if ((ev->event.flags & EVENT_CAN_MUTE) && rule == NULL &&
	    ruleset_can_mute(ev->load.rules, &e))
		inlet_mute(st->in, ev->event.num);
	return err;
}

static int put_heartbeat(struct stage *st, struct evaluator *ev)
{
	char text[BEATALERT_TEXT];

	beatalert_make(&ev->event, ++st->counts.v[EVALUATOR_HEARTBEATS], wall_now().ns, text,
		       &ev->alert);
	return put_alert(st, ev, ALERT_FRAME_HEARTBEAT);
}

static int take_event(struct stage *st, struct evaluator *ev, const struct ring_frame *f,
		      struct mono now)
{
	int err = 0;

	st->counts.v[EVALUATOR_IN]++;
	if (wire_decode_event(f->payload, &ev->event) < 0 || event_info(ev->event.code) == NULL) {
		st->counts.v[EVALUATOR_REFUSED]++;
		log_rationed(LOG_LEVEL_WARNING, "an event made no sense, refused");
		return 0;
	}
	stage_sample(st, ev->event.ts_ns);
	look_for_last(st, ev);
	if (is_double(ev, &ev->event)) {
		st->counts.v[EVALUATOR_DOUBLES]++;
		return 0;
	}
	if (__builtin_expect(ev->event.flags & EVENT_HEARTBEAT, 0))
		err = put_heartbeat(st, ev);
	else if ((ev->event.flags & EVENT_STATE_ONLY) == 0)
		err = run_rules(st, ev, f, now);
	st->counts.v[EVALUATOR_EVALUATED]++;
	ev->last_generation = ev->event.origin_generation;
	ev->last_seq = ev->event.origin_seq;
	return err;
}

static void take_state(struct stage *st, struct evaluator *ev, const struct ring_frame *f)
{
	int err = mirror_apply(ev->mirror, f->type, f->payload);

	st->counts.v[EVALUATOR_STATE_IN]++;
	st->counts.v[EVALUATOR_STATE_CUT] += mirror_take_cut(ev->mirror);
	if (f->type == FRAME_SNAPSHOT_BEGIN || f->type == FRAME_SNAPSHOT_END)
		ev->has_state = f->type == FRAME_SNAPSHOT_END;
	if (f->type == FRAME_SNAPSHOT_END)
		ev->former_until = mono_after(mono_now(), FORMER_NS);
	if (err == 0)
		return;
	st->counts.v[EVALUATOR_STATE_REFUSED]++;
	/* Behind a snapshot that is younger than the frames, what they build on may be gone. */
	log_rationed(err == -ENOENT ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
		     "a %s frame was refused: %s", frame_type_name(f->type), strerror(-err));
}

/* A predecessor has dealt with it, and counted it: what is left to do is the state. */
static void take_again(struct evaluator *ev, const struct ring_frame *f)
{
	if (f->type != FRAME_EVENT && f->type != FRAME_GAP)
		(void)mirror_apply(ev->mirror, f->type, f->payload);
}

/* What the settings say is to be done about events that are missing.  To end for it is what Falco
 * does on `exit`: whoever would rather have no eyes than bad ones. */
static int act_on_gaps(struct stage *st, struct evaluator *ev)
{
	unsigned actions = ev->gaps.policy.actions;
	int err = 0;

	arena_clear(&ev->arena);
	if (!gapalert_make(&ev->gaps, &ev->arena, &ev->alert))
		return 0;
	if (actions & DROP_LOG)
		log_debug("%.*s", (int)ev->alert.message.n, (const char *)ev->alert.message.p);
	if (actions & DROP_ALERT) {
		err = put_alert(st, ev, 0);
		st->counts.v[EVALUATOR_GAPS] += err == 0;
	}
	if (err == 0 && (actions & DROP_EXIT)) {
		log_error("%.*s Exiting, as 'syscall_event_drops.actions' says.",
			  (int)ev->alert.message.n, (const char *)ev->alert.message.p);
		st->exit_code = EXIT_DROPS;
		st->stopping = true;
	}
	gapalert_clear(&ev->gaps);
	return err;
}

static int look_at_gaps(struct stage *st, struct evaluator *ev, struct mono now)
{
	switch (gapalert_look(&ev->gaps, st->counts.v[EVALUATOR_IN], now)) {
	case GAP_ACT:
		return act_on_gaps(st, ev);
	case GAP_HELD:
		log_debug(
			"system calls were dropped; what is to be done about it waits for its rate");
		return 0;
	case GAP_FORGET:
	case GAP_WAIT:
		break;
	}
	return 0;
}

static int put_limit_alerts(struct stage *st, struct evaluator *ev)
{
	int err = 0;

	while (err == 0 && limitalert_make(&ev->captures.limits, st->conf.capture_max_mb,
					   wall_now().ns, &ev->alert))
		err = put_alert(st, ev, 0);
	return err;
}

static int take_gap(struct stage *st, struct evaluator *ev, struct span payload, struct mono now)
{
	struct gap_frame gap;

	st->counts.v[EVALUATOR_STATE_IN]++;
	if (wire_decode_gap(payload, &gap) < 0) {
		st->counts.v[EVALUATOR_STATE_REFUSED]++;
		return 0;
	}
	gapalert_add(&ev->gaps, &gap);
	return look_at_gaps(st, ev, now);
}

static int take_frame(struct stage *st, struct evaluator *ev, const struct ring_frame *f,
		      struct mono now)
{
	if (__builtin_expect((f->flags & RING_FRAME_AGAIN) != 0, 0)) {
		take_again(ev, f);
		return 0;
	}
	switch (f->type) {
	case FRAME_EVENT:
		return take_event(st, ev, f, now);
	case FRAME_GAP:
		return take_gap(st, ev, f->payload, now);
	default:
		take_state(st, ev, f);
		return 0;
	}
}

static void forget_former(struct evaluator *ev, struct mono now)
{
	if (ev->former_until.ns == 0 || now.ns < ev->former_until.ns)
		return;
	ev->former_until.ns = 0;
	mirror_forget_former(ev->mirror);
}

static int turn(struct stage *st, void *ctx, struct mono now)
{
	struct evaluator *ev = ctx;
	struct ring_frame frame;
	int n = 0, err = renew_look(st, ev, now);

	if (err < 0) /* told to stop */
		return 0;
	n = err;
	err = 0;
	forget_former(ev, now);
	while (err == 0 && n < BATCH_FRAMES && !st->stopping && inlet_next(st->in, &frame) == 1) {
		/* What lives has no end: who says so would end all of us. */
		if (frame.type == FRAME_END && st->replay)
			return waiting_look(st, ev, now, true) < 0 ? n : stage_end(st);
		err = take_frame(st, ev, &frame, now);
		n++;
	}
	if (err == 0 && !st->stopping)
		err = look_at_gaps(st, ev, now);
	/* What was muted may have been for another file's sake. */
	if (ev->inode_changes != inode_names_changes(ruleset_inode_names(ev->load.rules)))
		publish_wants(st, ev);
	captures_turn(&ev->captures, now);
	if (ev->gaps.pending > 0 || ev->captures.out != NULL)
		st->due = mono_after(now, SOON_NS);
	if (err == 0)
		err = put_limit_alerts(st, ev);
	if (err == 0)
		err = waiting_look(st, ev, now, false);
	if (err < 0) /* told to stop: a successor does this turn again */
		return n;
	n += err;
	waiting_due(st, ev);
	if (ev->knows_last && n > 0) {
		inlet_set_note(st->in, NOTE_GENERATION, ev->last_generation);
		inlet_set_note(st->in, NOTE_SEQ, ev->last_seq);
	}
	return n;
}

/* ---- the rest ---- */

static void status(struct stage *st, void *ctx, struct stage_status *ret)
{
	const struct evaluator *ev = ctx;
	struct mirror_status m;

	mirror_status(ev->mirror, &m);
	ret->gauges.v[EVALUATOR_GAUGE_RULES_LOADED_TIMESTAMP_SECONDS] = ev->loaded_ns / NS_PER_SEC;
	ret->gauges.v[EVALUATOR_GAUGE_RULES] = ruleset_count(ev->load.rules);
	ret->gauges.v[EVALUATOR_GAUGE_WANTS_VERSION] = ev->wants_version;
	ret->gauges.v[EVALUATOR_GAUGE_RULES_IN_FORCE] = ruleset_evaluated_count(ev->load.rules);
	ret->gauges.v[EVALUATOR_GAUGE_PREDICATES] = ruleset_predicate_count(ev->load.rules);
	ret->gauges.v[EVALUATOR_GAUGE_MIRROR_PROCESSES] = m.processes;
	ret->gauges.v[EVALUATOR_GAUGE_MIRROR_BYTES] = m.bytes;
	ret->gauges.v[EVALUATOR_GAUGE_MIRROR_BYTES_MAX] = m.bytes_max;
	snprintf(
		ret->detail, sizeof(ret->detail),
		"%u rules, %u in force (%.16s), %u predicates, mirror: threads %u of %u (%zu B each), "
		"texts %zu of %zu MiB, %" PRIu64 " left out",
		ruleset_count(ev->load.rules), ruleset_evaluated_count(ev->load.rules),
		ev->digest_text, ruleset_predicate_count(ev->load.rules), m.processes,
		m.processes_max, m.process_bytes, m.bytes >> 20, m.bytes_max >> 20,
		st->counts.v[EVALUATOR_STATE_CUT]);
}

static void list(struct stage *st, void *ctx, const struct control_request *req,
		 struct control_answer *ret)
{
	static uint8_t page[CONTROL_PAGE_BYTES];
	const struct evaluator *ev = ctx;
	char *end;

	(void)st;
	if (req->kind == CONTROL_ACTIVITY) {
		ret->page = span_of(
			page, activity_list(ev->mirror, second_of(mono_now()), page, sizeof(page)));
		return;
	}
	ret->next = strtoull(req->argument, &end, 10);
	if (req->kind != CONTROL_RULES || *end != '\0') {
		ret->result = req->kind != CONTROL_RULES ? -EOPNOTSUPP : -EINVAL;
		ret->next = 0;
		return;
	}
	ret->page = span_of(page, rule_counts_page(&ev->rule_counts, ev->load.rules, &ret->next,
						   page, sizeof(page)));
}

static void stop(struct stage *st, void *ctx)
{
	struct evaluator *ev = ctx;

	renew_close(ev);
	(void)waiting_look(st, ev, mono_now(), true);
	waiting_close(ev);
	captures_close(&ev->captures);
	mirror_free(ev->mirror);
	rule_counts_release(&ev->rule_counts);
	rulefile_release(&ev->load);
	if (ev->default_paths.count > 0)
		free(ev->default_paths.item[0]);
}

static const struct stage_ops ops = {
	.id = STAGE_EVALUATOR,
	.setup = setup,
	.start = start,
	.turn = turn,
	.renew = renew_begin,
	.reload_failed = renew_failed,
	.status = status,
	.list = list,
	.stop = stop,
};

static struct evaluator evaluator;

int main(int argc, char **argv)
{
	return stage_main(&ops, &evaluator, argc, argv);
}
