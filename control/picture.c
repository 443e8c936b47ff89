/* SPDX-License-Identifier: Apache-2.0
 *
 * picture.c -- see picture.h.  A few readings, the last stage of the pipeline first: numbers
 * that stand still can be held to more than numbers that flow.
 */
#include "picture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mews.h"
#include "rundir.h"

#define READINGS   4
#define APART_NS   (50 * NS_PER_MSEC)
#define STILL_FOR  2 /* readings in a row that are alike */
#define STATE_AWAY "away"

/* ---- asking ---- */

struct askers {
	struct asker *stage[STAGE_COUNT]; /* NULL: away */
};

static void open_askers(const char *run_dir, struct askers *a, struct asker_peer *peer)
{
	char path[RUN_DIR_PATH_MAX];

	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		run_dir_path(path, run_dir, stage_name((enum stage_id)id), ".ctl");
		if (asker_open(path, ASK_TIMEOUT_NS, &a->stage[id]) < 0)
			a->stage[id] = NULL;
		else
			peer[id] = asker_peer(a->stage[id]);
	}
}

static void close_askers(struct askers *a)
{
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		asker_close(a->stage[id]);
}

static void take_reading(struct askers *a, struct ledger_reading *r)
{
	static const struct control_request req = { .kind = CONTROL_STATUS };

	for (unsigned id = STAGE_COUNT - 1; id >= STAGE_COLLECTOR; id--) {
		struct control_answer answer;

		r->there[id] = false;
		if (a->stage[id] == NULL)
			continue;
		if (asker_ask(a->stage[id], &req, &answer) < 0) {
			/* Do not wait for it again in the next reading. */
			asker_close(a->stage[id]);
			a->stage[id] = NULL;
			continue;
		}
		r->there[id] = answer.has_status && (unsigned)answer.status.stage == id;
		r->stage[id] = answer.status;
	}
}

static bool all_balanced(const struct picture *p)
{
	for (unsigned i = 0; i < p->nsums; i++)
		if (!p->sums[i].balanced)
			return false;
	return true;
}

/* Read until the numbers stand still, or READINGS times.  A sum that did not
 * close in one reading has all the others to do so: a stage that was started
 * again learns its old counters a moment later. */
static void read_ledger(struct askers *a, struct picture *p)
{
	struct timespec apart = { 0, (long)APART_NS };
	struct ledger_reading last = { 0 };
	unsigned still = 0;

	for (unsigned i = 0; i < READINGS; i++) {
		if (i > 0)
			nanosleep(&apart, NULL);
		take_reading(a, &p->reading);
		still = i > 0 && ledger_same(&last, &p->reading) ? still + 1 : 0;
		p->pace = still >= STILL_FOR ? LEDGER_QUIET : LEDGER_FLOWING;
		p->nsums = ledger_sums(&p->reading, p->pace, p->sums);
		if (p->pace == LEDGER_QUIET && all_balanced(p))
			return;
		last = p->reading;
	}
}

/* ---- the system's part ---- */

static void read_usage(int64_t pid, struct usage *ret)
{
	char path[64], line[512];
	long ticks = sysconf(_SC_CLK_TCK);
	uint64_t user = 0, sys = 0;
	const char *end;
	FILE *f;

	*ret = (struct usage){ .uid = -1 };
	snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	/* The name in parentheses may hold anything; numbers follow the last one. */
	if (fgets(line, sizeof(line), f) != NULL && (end = strrchr(line, ')')) != NULL &&
	    sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
		   &user, &sys) == 2 &&
	    ticks > 0)
		ret->cpu_s = (double)(user + sys) / (double)ticks;
	fclose(f);
	snprintf(path, sizeof(path), "/proc/%" PRId64 "/status", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		(void)sscanf(line, "Uid: %" SCNd64, &ret->uid);
		(void)sscanf(line, "VmRSS: %" SCNu64, &ret->rss_kb);
	}
	fclose(f);
}

static const struct supervised *supervised(const struct picture *p, enum stage_id id)
{
	for (unsigned i = 0; i < p->supervisor.nsupervised; i++)
		if (p->supervisor.supervised[i].stage == id)
			return &p->supervisor.supervised[i];
	return NULL;
}

bool picture_shows(const struct picture *p, enum stage_id id)
{
	return id != STAGE_RECORDER || p->reading.there[id] || supervised(p, id) != NULL;
}

const char *picture_state(const struct picture *p, enum stage_id id)
{
	const struct supervised *s = supervised(p, id);

	if (s != NULL)
		return supervised_state_name(s->state);
	return p->reading.there[id] ? supervised_state_name(SUPERVISED_RUNNING) : STATE_AWAY;
}

int64_t picture_pid(const struct picture *p, enum stage_id id)
{
	const struct supervised *s = supervised(p, id);

	if (s != NULL)
		return s->pid;
	if (!p->reading.there[id])
		return 0;
	/* As it is called here; in another namespace it has another number. */
	return p->peer[id].pid != 0 ? p->peer[id].pid : p->reading.stage[id].pid;
}

static void find_usage(struct picture *p, enum stage_id id)
{
	const struct stage_usage *u = &p->reading.stage[id].usage;

	if (!p->reading.there[id]) {
		read_usage(picture_pid(p, id), &p->usage[id]);
		return;
	}
	p->usage[id] = (struct usage){
		.uid = p->peer[id].uid == (uid_t)-1 ? -1 : (int64_t)p->peer[id].uid,
		.cpu_s = (double)u->cpu_ns / (double)NS_PER_SEC,
		.rss_kb = u->rss_bytes / 1024,
		.ceiling_kb = u->ceiling_bytes / 1024,
	};
}

uint64_t picture_restarts(const struct picture *p, enum stage_id id)
{
	const struct supervised *s = supervised(p, id);

	return s == NULL ? 0 : s->restarts;
}

/* ---- rings ---- */

/* The writer knows best what its ring is; without it, the reader.  What was refused both say of
 * each other. */
static void collect_rings(struct picture *p)
{
	static const struct {
		const char *name;
		enum stage_id writer, reader;
	} joints[PICTURE_RINGS] = {
		{ "raw", STAGE_COLLECTOR, STAGE_ENRICHER },
		{ "enriched", STAGE_ENRICHER, STAGE_EVALUATOR },
		{ "alerts", STAGE_EVALUATOR, STAGE_EMITTER },
		{ "tap", STAGE_COLLECTOR, STAGE_RECORDER },
	};

	for (unsigned i = 0; i < PICTURE_RINGS; i++) {
		enum stage_id from[2] = { joints[i].writer, joints[i].reader };
		struct ring_status *found = NULL;

		for (unsigned k = 0; k < 2; k++) {
			const struct stage_status *s = &p->reading.stage[from[k]];

			for (unsigned j = 0; p->reading.there[from[k]] && j < s->nrings; j++) {
				if (strcmp(s->rings[j].name, joints[i].name) != 0)
					continue;
				if (found != NULL)
					found->refused += s->rings[j].refused;
				else
					*(found = &p->rings[p->nrings++]) = s->rings[j];
			}
		}
	}
}

void picture_take(const char *run_dir, bool glance, struct picture *p)
{
	static const struct control_request req = { .kind = CONTROL_STATUS };
	char path[RUN_DIR_PATH_MAX];
	struct askers a = { { NULL } };

	memset(p, 0, sizeof(*p));
	if (strlen(run_dir) > RUN_DIR_MAX)
		return;
	run_dir_path(path, run_dir, "mews", ".ctl");
	open_askers(run_dir, &a, p->peer);
	if (glance)
		take_reading(&a, &p->reading);
	else
		read_ledger(&a, p);
	close_askers(&a);
	p->has_supervisor = asker_ask_once(path, &req, ASK_TIMEOUT_NS, &p->supervisor) == 0;
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		find_usage(p, (enum stage_id)id);
	collect_rings(p);
}

bool picture_is_empty(const struct picture *p)
{
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		if (p->reading.there[id])
			return false;
	return !p->has_supervisor;
}
