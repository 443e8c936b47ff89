/* SPDX-License-Identifier: Apache-2.0
 *
 * waiting.c -- events of containers and pods that nobody has told of yet.  Rules
 * that need not know alert at once; the event is held for the others, and decided
 * with the state that it met as soon as what they ask for is known, nobody can tell,
 * or the time is up.  Nothing here waits: events behind a held one go on.
 *
 * The held events lie in a file of the run directory, so that a successor decides
 * what its predecessor held.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evaluator.h"
#include "log.h"
#include "rundir.h"

/* ---- the memory ---- */

static int open_file(const char *path, uid_t uid)
{
	struct stat s;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd == -1)
		return -errno;
	/* The directory is for all stages: what lies there may be another's. */
	if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_nlink == 1 &&
	    (s.st_uid == uid || s.st_uid == geteuid()) && fchmod(fd, 0600) == 0 &&
	    (s.st_uid == uid || fchown(fd, uid, (gid_t)-1) == 0))
		return fd;
	close(fd);
	return -EPERM;
}

/* As large as it must be, with room for all of it. */
static int map_file(const char *path, struct park_area **ret)
{
	int fd = open_file(path, jail_identity(STAGE_EVALUATOR).uid), err = fd;
	void *p = MAP_FAILED;

	/* Whatever else lies there, a link, say, is nothing that anybody misses. */
	if (fd < 0 && unlink(path) == 0)
		fd = err = open_file(path, jail_identity(STAGE_EVALUATOR).uid);
	if (fd < 0)
		return fd;
	err = posix_fallocate(fd, 0, sizeof(**ret));
	if (err == 0) {
		p = mmap(NULL, sizeof(**ret), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		err = p == MAP_FAILED ? errno : 0;
	}
	close(fd);
	*ret = p == MAP_FAILED ? NULL : p;
	return -err;
}

/* What was held before the machine started is of no use. */
static struct span boot_id(uint8_t buf[64])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, buf, 64);

	if (fd != -1)
		close(fd);
	return n <= 0 ? span_str("unknown") : span_of(buf, (size_t)n);
}

int waiting_setup(struct stage *st, struct evaluator *ev)
{
	char path[RUN_DIR_PATH_MAX];
	uint8_t id[64];
	int err;

	run_dir_path(path, st->run_dir, "evaluator", ".held");
	err = map_file(path, &ev->park_area);
	if (err == 0) {
		ev->park =
			park_new(ev->park_area, boot_id(id),
				 mono_after(mono_now(), st->conf.metadata_wait_ms * NS_PER_MSEC));
		err = ev->park == NULL ? -ENOMEM : 0;
	}
	if (err < 0)
		log_error(
			"cannot use '%s': %s, rules that ask what a container or a pod is do not wait",
			path, strerror(-err));
	else if (park_count(ev->park) > 0)
		log_info("%u events were held by a predecessor", park_count(ev->park));
	return err;
}

void waiting_close(struct evaluator *ev)
{
	park_free(ev->park);
	ev->park = NULL;
	if (ev->park_area != NULL)
		munmap(ev->park_area, sizeof(*ev->park_area));
	ev->park_area = NULL;
}

/* ---- decisions ---- */

static bool had_alert(const struct parked *p, const struct ruleset_rule *rule)
{
	for (unsigned i = 0; i < p->ndone; i++)
		if (p->done[i] == rule->ordinal)
			return true;
	return false;
}

const char *waiting_word(const struct ruleset_rule *rule, unsigned held,
			 const struct mirror_metadata *now)
{
	unsigned waited = rule->asks & held;

	if ((rule->asks & now->unanswered) != 0 || (waited & ~now->told) != 0)
		return "none";
	return waited != 0 ? "late" : NULL;
}

/* All rules at E, but for those that had their alert. */
static int decide(struct stage *st, struct evaluator *ev, struct field_event *e,
		  const struct parked *p, bool late)
{
	const struct ruleset_rule *rule;
	struct ruleset_walk walk;
	struct mirror_metadata now;
	int err = 0;

	mirror_metadata(ev->mirror, e->process, &now);
	ruleset_begin_each(ev->load.rules, e, 0, &walk);
	while (err == 0 && (rule = ruleset_next(ev->load.rules, &walk)) != NULL) {
		struct match m = { .rule = rule,
				   .name = ruleset_name(ev->load.rules, &walk, rule),
				   .other_path = walk.other_path,
				   .metadata = waiting_word(rule, p->awaited, &now),
				   .late = late };

		if (!had_alert(p, rule)) {
			bool told = (p->needs & ~now.told) == 0;

			st->counts.v[told ? EVALUATOR_ANSWERED : EVALUATOR_UNANSWERED]++;
			err = put_match(st, ev, &m, e);
		}
		if (!st->conf.rule_matching_all)
			break;
	}
	return err;
}

int waiting_take(struct stage *st, struct evaluator *ev, struct field_event *e, struct span payload,
		 struct mono now)
{
	uint32_t done[PARK_MAX_DONE];
	struct parked p = { .generation = e->ev->origin_generation,
			    .seq = e->ev->origin_seq,
			    .payload = payload,
			    .done = done,
			    .until = mono_after(now, st->conf.metadata_wait_ms * NS_PER_MSEC) };
	const struct ruleset_rule *rule;
	struct ruleset_walk walk;
	struct mirror_metadata known;
	bool first = !st->conf.rule_matching_all;
	int err = 0;

	mirror_metadata(ev->mirror, e->process, &known);
	p.awaited = known.awaited;
	ruleset_begin_each(ev->load.rules, e, p.awaited, &walk);
	while (err == 0 && (rule = ruleset_next(ev->load.rules, &walk)) != NULL) {
		struct match m = { .rule = rule,
				   .name = ruleset_name(ev->load.rules, &walk, rule),
				   .other_path = walk.other_path,
				   .metadata = waiting_word(rule, 0, &known) };

		p.needs |= p.ndone == PARK_MAX_DONE ? p.awaited : rule->asks & p.awaited;
		/* Behind one that waits, the first to match is not known yet. */
		if ((rule->asks & p.awaited) == 0 && p.ndone < PARK_MAX_DONE &&
		    !(first && p.needs != 0)) {
			err = put_match(st, ev, &m, e);
			done[p.ndone++] = rule->ordinal;
		}
		/* This one matches, whatever is told. */
		if (first && (rule->condition_asks & p.awaited) == 0)
			break;
	}
	if (err < 0 || p.needs == 0 || park_holds(ev->park, p.generation, p.seq))
		return err;
	p.then = mirror_freeze(ev->mirror, e->process);
	if (park_put(ev->park, &p)) {
		st->counts.v[EVALUATOR_HELD]++;
		return 0;
	}
	mirror_free(p.then);
	return decide(st, ev, e, &p, false);
}

/* Decide the I-th, if that can be done.  1: done. */
static int look_at(struct stage *st, struct evaluator *ev, unsigned i, bool now_or_never)
{
	struct parked p = park_at(ev->park, i);
	struct field_event e = {
		.ev = &ev->event,
		.mirror = p.then != NULL ? p.then : ev->mirror,
		.arena = &ev->arena,
		.source = "syscall",
		.context = &ev->context,
	};

	/* What a predecessor left is looked at again, like any frame. */
	if (wire_decode_event(p.payload, &ev->event) < 0 ||
	    (e.info = event_info(ev->event.code)) == NULL)
		return 1;
	if (ev->event.process != 0)
		e.process = mirror_process(e.mirror, ev->event.process);
	if (!now_or_never && (mirror_awaited(ev->mirror, e.process) & p.needs) != 0)
		return 0;
	return decide(st, ev, &e, &p, true) < 0 ? -ECANCELED : 1;
}

int waiting_look(struct stage *st, struct evaluator *ev, struct mono now, bool all)
{
	uint64_t version = mirror_metadata_version(ev->mirror);
	bool told = version != ev->metadata_version;
	int done = 0, n = 0;

	if (ev->park == NULL || park_count(ev->park) == 0)
		return 0;
	if (ev->broken_off)
		return -ECANCELED;
	if (!ev->has_state)
		return 0;
	/* What was decided in a turn before this one is published by now. */
	park_settle(ev->park);
	ev->metadata_version = version;
	for (unsigned i = 0; done >= 0 && i < park_count(ev->park); i++) {
		bool up = all || park_at(ev->park, i).until.ns <= now.ns;

		if (park_is_decided(ev->park, i) || (!told && !up))
			continue;
		done = look_at(st, ev, i, up);
		if (done > 0) {
			park_decided(ev->park, i);
			n++;
		}
	}
	return done < 0 ? done : n;
}

void waiting_due(struct stage *st, const struct evaluator *ev)
{
	struct mono next;

	if (ev->park == NULL || park_count(ev->park) == 0)
		return;
	next = park_next(ev->park);
	if (st->due.ns == 0 || next.ns < st->due.ns)
		st->due = next;
}
