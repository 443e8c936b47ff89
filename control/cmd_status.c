/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_status.c -- `mews status`: asks the stages and the supervisor, sets
 * the numbers side by side, and adds them up (ledger.c).  A few readings, the
 * last stage of the pipeline first: numbers that stand still can be held to
 * more than numbers that flow.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "jstdout.h"
#include "ledger.h"
#include "loss_report.h"
#include "mews.h"
#include "rundir.h"

#define READINGS   4
#define APART_NS   (50 * NS_PER_MSEC)
#define STILL_FOR  2 /* readings in a row that are alike */
#define MAX_RINGS  4
#define STATE_AWAY "away"

/* What the system says of a stage's process. */
struct usage {
	int64_t uid;
	double cpu_s;
	uint64_t rss_kb;
};

struct picture {
	struct ledger_reading reading;
	enum ledger_pace pace;
	bool has_supervisor;
	struct control_answer supervisor;
	struct usage usage[STAGE_COUNT];
	unsigned nsums;
	struct ledger_sum sums[LEDGER_SUMS];
	unsigned nrings;
	struct ring_status rings[MAX_RINGS];
};

/* ---- asking ---- */

struct askers {
	struct control_client *stage[STAGE_COUNT]; /* NULL: away */
};

static void open_askers(const char *run_dir, struct askers *a)
{
	char path[RUN_DIR_PATH_MAX];

	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		run_dir_path(path, run_dir, stage_name((enum stage_id)id), ".ctl");
		if (control_client_open(path, ASK_TIMEOUT_NS, &a->stage[id]) < 0)
			a->stage[id] = NULL;
	}
}

static void close_askers(struct askers *a)
{
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		control_client_close(a->stage[id]);
}

static void take_reading(struct askers *a, struct ledger_reading *r)
{
	static const struct control_request req = { .kind = CONTROL_STATUS };

	for (unsigned id = STAGE_COUNT - 1; id >= STAGE_COLLECTOR; id--) {
		struct control_answer answer;

		r->there[id] = false;
		if (a->stage[id] == NULL)
			continue;
		if (control_client_ask(a->stage[id], &req, &answer) < 0) {
			/* Do not wait for it again in the next reading. */
			control_client_close(a->stage[id]);
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

/* The recorder is there only where rules ask for captures. */
static bool is_shown(const struct picture *p, enum stage_id id)
{
	return id != STAGE_RECORDER || p->reading.there[id] || supervised(p, id) != NULL;
}

static const char *state_of(const struct picture *p, enum stage_id id)
{
	const struct supervised *s = supervised(p, id);

	if (s != NULL)
		return supervised_state_name(s->state);
	return p->reading.there[id] ? supervised_state_name(SUPERVISED_RUNNING) : STATE_AWAY;
}

static int64_t pid_of(const struct picture *p, enum stage_id id)
{
	const struct supervised *s = supervised(p, id);

	if (s != NULL)
		return s->pid;
	return p->reading.there[id] ? p->reading.stage[id].pid : 0;
}

static uint64_t restarts_of(const struct picture *p, enum stage_id id)
{
	const struct supervised *s = supervised(p, id);

	return s == NULL ? 0 : s->restarts;
}

/* ---- rings ---- */

/* The writer knows best what its ring is; without it, the reader. */
static void collect_rings(struct picture *p)
{
	static const struct {
		const char *name;
		enum stage_id writer, reader;
	} joints[MAX_RINGS] = {
		{ "raw", STAGE_COLLECTOR, STAGE_ENRICHER },
		{ "enriched", STAGE_ENRICHER, STAGE_EVALUATOR },
		{ "alerts", STAGE_EVALUATOR, STAGE_EMITTER },
		{ "tap", STAGE_COLLECTOR, STAGE_RECORDER },
	};

	for (unsigned i = 0; i < MAX_RINGS; i++) {
		enum stage_id from[2] = { joints[i].writer, joints[i].reader };
		bool found = false;

		for (unsigned k = 0; k < 2 && !found; k++) {
			const struct stage_status *s = &p->reading.stage[from[k]];

			for (unsigned j = 0; p->reading.there[from[k]] && j < s->nrings; j++) {
				if (strcmp(s->rings[j].name, joints[i].name) != 0)
					continue;
				p->rings[p->nrings++] = s->rings[j];
				found = true;
			}
		}
	}
}

static void take_picture(const char *run_dir, struct picture *p)
{
	static const struct control_request req = { .kind = CONTROL_STATUS };
	char path[RUN_DIR_PATH_MAX];
	struct askers a = { { NULL } };

	run_dir_path(path, run_dir, "mews", ".ctl");
	open_askers(run_dir, &a);
	read_ledger(&a, p);
	close_askers(&a);
	p->has_supervisor = control_ask(path, &req, ASK_TIMEOUT_NS, &p->supervisor) == 0;
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		read_usage(pid_of(p, (enum stage_id)id), &p->usage[id]);
	collect_rings(p);
}

static bool is_empty(const struct picture *p)
{
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		if (p->reading.there[id])
			return false;
	return !p->has_supervisor;
}

/* ---- for people ---- */

static void print_stages(const struct picture *p)
{
	printf("%-10s %8s %6s  %-9s %8s %9s %9s\n", "STAGE", "PID", "UID", "STATE", "RESTARTS",
	       "CPU s", "RSS kB");
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		const struct usage *u = &p->usage[id];
		char detail[sizeof(p->reading.stage[id].detail) * 4];

		if (!is_shown(p, (enum stage_id)id))
			continue;
		printf("%-10s %8" PRId64 " %6" PRId64 "  %-9s %8" PRIu64 " %9.2f %9" PRIu64,
		       stage_name((enum stage_id)id), pid_of(p, (enum stage_id)id), u->uid,
		       state_of(p, (enum stage_id)id), restarts_of(p, (enum stage_id)id), u->cpu_s,
		       u->rss_kb);
		log_escape(detail, sizeof(detail), p->reading.stage[id].detail);
		printf("%s%s\n", detail[0] == '\0' ? "" : "  ", detail);
	}
}

static void print_rings(const struct picture *p)
{
	printf("\n%-10s %12s %12s %12s  %s\n", "RING", "CAPACITY", "USED", "LOST", "READER");
	for (unsigned i = 0; i < p->nrings; i++)
		printf("%-10s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "  %s\n", p->rings[i].name,
		       p->rings[i].capacity, p->rings[i].used, p->rings[i].lost,
		       p->rings[i].attached ? "there" : STATE_AWAY);
}

static double us(uint64_t ns)
{
	return (double)ns / (double)NS_PER_USEC;
}

/* How old events are when a stage is done with them; nothing where none came. */
static void print_latency(const struct picture *p)
{
	bool any = false;

	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		const struct histogram *h = &p->reading.stage[id].latency;

		if (!p->reading.there[id] || histogram_total(h) == 0)
			continue;
		if (!any)
			printf("\n%-10s %12s %12s %12s\n", "LATENCY", "SAMPLES", "p50 us",
			       "p99 us");
		any = true;
		printf("%-10s %12" PRIu64 " %12.0f %12.0f\n", stage_name((enum stage_id)id),
		       histogram_total(h), us(histogram_quantile(h, 0.5)),
		       us(histogram_quantile(h, 0.99)));
	}
}

/* What each output has of what was there for it. */
static void print_outputs(const struct picture *p)
{
	const struct stage_status *s = &p->reading.stage[STAGE_EMITTER];
	char text[sizeof(s->outputs[0].last_error) * 4];

	if (!p->reading.there[STAGE_EMITTER] || s->noutputs == 0)
		return;
	printf("\n%-16s %-9s %12s %10s %10s %10s %10s %8s\n", "OUTPUT", "STATE", "DELIVERED",
	       "FILTERED", "PENDING", "LOST", "REFUSED", "RETRIES");
	for (unsigned i = 0; i < s->noutputs; i++) {
		const struct output_status *o = &s->outputs[i];

		log_escape(text, sizeof(text),
			   o->state == OUTPUT_STATE_RETRYING ? o->last_error : "");
		printf("%-16s %-9s %12" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64
		       " %10" PRIu64 " %8" PRIu64 "%s%s\n",
		       o->name, output_state_name(o->state), o->delivered, o->filtered, o->pending,
		       o->lost, o->refused, o->retries, text[0] == '\0' ? "" : "  ", text);
	}
	if (s->spool.is_used && !s->spool.on_disk) {
		log_escape(text, sizeof(text), s->spool.why);
		printf("alerts wait in memory, the spool cannot be used: %s\n", text);
	}
}

static void print_ledger(const struct picture *p)
{
	printf("\nLEDGER\n");
	for (unsigned i = 0; i < p->nsums; i++) {
		const struct ledger_sum *s = &p->sums[i];

		printf("%-10s", s->name);
		for (unsigned t = 0; t < s->nterms; t++)
			printf("%s%s %" PRId64,
			       t == 0	? " "
			       : t == 1 ? " = "
					: " + ",
			       s->term[t].name, s->term[t].value);
		printf("  %s\n", s->balanced ? "balanced" : "DOES NOT BALANCE");
	}
}

/* "open, openat2": the names of the events with a bit in SET, each once. */
static bool is_first_of_name(const uint64_t *set, unsigned code)
{
	for (unsigned i = 0; i < code; i++)
		if ((set[i / 64] >> (i % 64) & 1) != 0 &&
		    strcmp(event_info(i)->name, event_info(code)->name) == 0)
			return false;
	return (set[code / 64] >> (code % 64) & 1) != 0;
}

static void print_names(const char *label, const uint64_t *set)
{
	bool any = false;

	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		if (!is_first_of_name(set, code))
			continue;
		printf("%s%s", any ? ", " : label, event_info(code)->name);
		any = true;
	}
	if (any)
		putchar('\n');
}

/* Who is asked of containers; nothing where nobody is there. */
static void print_sources(const struct picture *p)
{
	const struct stage_status *s = &p->reading.stage[STAGE_ENRICHER];
	bool any = false;

	for (unsigned i = 0; p->reading.there[STAGE_ENRICHER] && i < s->nsources; i++) {
		const struct source_status *o = &s->sources[i];
		char place[sizeof(o->place) * 4], text[sizeof(o->text) * 4], ago[32] = "never";

		if (o->state == SOURCE_ABSENT)
			continue;
		if (!any)
			printf("\n%-10s %-10s %9s %8s %8s %8s %10s  %s\n", "METADATA", "STATE",
			       "HEARD s", "OBJECTS", "ASKED", "MISSES", "LATENCY ms", "PLACE");
		any = true;
		if (o->last_contact_ns != 0)
			snprintf(ago, sizeof(ago), "%.1f", (double)o->last_contact_ns / 1e9);
		log_escape(place, sizeof(place), o->place);
		log_escape(text, sizeof(text), o->text);
		printf("%-10s %-10s %9s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %10.2f  %s%s%s\n",
		       o->name, source_state_name(o->state), ago, o->objects, o->asked, o->misses,
		       (double)o->latency_ns / 1e6, place, text[0] == '\0' ? "" : "  ", text);
	}
}

/* What the collector cannot see; nothing where it sees all. */
static void print_gaps(const struct picture *p)
{
	const struct stage_status *s = &p->reading.stage[STAGE_COLLECTOR];

	if (!p->reading.there[STAGE_COLLECTOR] || s->ngaps == 0)
		return;
	printf("\nNOT SEEN\n");
	for (unsigned i = 0; i < s->ngaps; i++) {
		const struct coverage_gap *g = &s->gaps[i];
		char program[sizeof(g->program) * 4], reason[sizeof(g->reason) * 4];

		log_escape(program, sizeof(program), g->program);
		log_escape(reason, sizeof(reason), g->reason);
		printf("%-16s  %s%s\n", program, reason,
		       g->of_state ? "; files and users of processes may be wrong" : "");
		print_names(g->of_ring ? "    through io_uring: " : "    events: ", g->events);
		print_names("    rules ask for: ", g->wanted);
	}
}

/* ---- for scripts ---- */

static void json_counters(const struct picture *p, enum stage_id id, struct jout *j)
{
	unsigned n;
	const struct counter_info *rows = counter_rows(id, &n);

	jout_object(j, "counters");
	for (unsigned i = 0; p->reading.there[id] && i < n; i++)
		jout_uint(j, rows[i].name, p->reading.stage[id].counts.v[i]);
	jout_end(j);
}

static void json_gauges(const struct picture *p, enum stage_id id, struct jout *j)
{
	unsigned n;
	const struct counter_info *rows = gauge_rows(id, &n);

	jout_object(j, "gauges");
	for (unsigned i = 0; p->reading.there[id] && i < n; i++)
		jout_uint(j, rows[i].name, p->reading.stage[id].gauges.v[i]);
	jout_end(j);
}

static void json_latency(const struct picture *p, enum stage_id id, struct jout *j)
{
	static const struct histogram none;
	const struct histogram *h = p->reading.there[id] ? &p->reading.stage[id].latency : &none;

	jout_object(j, "latency");
	jout_uint(j, "samples", histogram_total(h));
	jout_double(j, "p50_us", us(histogram_quantile(h, 0.5)));
	jout_double(j, "p99_us", us(histogram_quantile(h, 0.99)));
	jout_end(j);
}

static void json_stages(const struct picture *p, struct jout *j)
{
	jout_array(j, "stages");
	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		const struct usage *u = &p->usage[id];

		if (!is_shown(p, id))
			continue;
		jout_object(j, NULL);
		jout_str(j, "name", stage_name(id));
		jout_int(j, "pid", pid_of(p, id));
		jout_int(j, "uid", u->uid);
		jout_str(j, "state", state_of(p, id));
		jout_uint(j, "restarts", restarts_of(p, id));
		jout_double(j, "cpu_s", u->cpu_s);
		jout_uint(j, "rss_kb", u->rss_kb);
		jout_str(j, "detail", p->reading.stage[id].detail);
		json_counters(p, id, j);
		json_gauges(p, id, j);
		json_latency(p, id, j);
		jout_end(j);
	}
	jout_end(j);
}

static void json_rings(const struct picture *p, struct jout *j)
{
	jout_array(j, "rings");
	for (unsigned i = 0; i < p->nrings; i++) {
		jout_object(j, NULL);
		jout_str(j, "name", p->rings[i].name);
		jout_uint(j, "capacity", p->rings[i].capacity);
		jout_uint(j, "used", p->rings[i].used);
		jout_uint(j, "lost", p->rings[i].lost);
		jout_bool(j, "attached", p->rings[i].attached);
		jout_end(j);
	}
	jout_end(j);
}

static void json_ledger(const struct picture *p, struct jout *j)
{
	jout_array(j, "ledger");
	for (unsigned i = 0; i < p->nsums; i++) {
		const struct ledger_sum *s = &p->sums[i];

		jout_object(j, NULL);
		jout_str(j, "name", s->name);
		jout_object(j, "terms");
		for (unsigned t = 0; t < s->nterms; t++)
			jout_int(j, s->term[t].name, s->term[t].value);
		jout_end(j);
		jout_bool(j, "balanced", s->balanced);
		if (strcmp(s->name, "losses") == 0)
			loss_report_json(&p->reading.stage[STAGE_COLLECTOR].losses, j);
		jout_end(j);
	}
	jout_end(j);
}

static void json_names(struct jout *j, const char *key, const uint64_t *set)
{
	jout_array(j, key);
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		if (is_first_of_name(set, code))
			jout_str(j, NULL, event_info(code)->name);
	jout_end(j);
}

static void json_coverage(const struct picture *p, struct jout *j)
{
	const struct stage_status *s = &p->reading.stage[STAGE_COLLECTOR];
	bool known = p->reading.there[STAGE_COLLECTOR];

	jout_object(j, "coverage");
	jout_bool(j, "complete", known && s->ngaps == 0);
	jout_array(j, "gaps");
	for (unsigned i = 0; known && i < s->ngaps; i++) {
		jout_object(j, NULL);
		jout_str(j, "program", s->gaps[i].program);
		jout_str(j, "reason", s->gaps[i].reason);
		json_names(j, "events", s->gaps[i].events);
		json_names(j, "wanted", s->gaps[i].wanted);
		jout_bool(j, "state", s->gaps[i].of_state);
		jout_bool(j, "io_uring", s->gaps[i].of_ring);
		jout_end(j);
	}
	jout_end(j);
	jout_end(j);
}

static uint64_t word(const struct picture *p, enum stage_id id, unsigned i)
{
	return p->reading.there[id] ? p->reading.stage[id].counts.v[i] : 0;
}

static void json_outputs(const struct stage_status *s, struct jout *j)
{
	jout_array(j, "outputs");
	for (unsigned i = 0; i < s->noutputs; i++) {
		const struct output_status *o = &s->outputs[i];

		jout_object(j, NULL);
		jout_str(j, "name", o->name);
		jout_str(j, "kind", o->kind);
		jout_str(j, "state", output_state_name(o->state));
		jout_uint(j, "journalled", o->journalled);
		jout_uint(j, "delivered", o->delivered);
		jout_uint(j, "filtered", o->filtered);
		jout_uint(j, "pending", o->pending);
		jout_uint(j, "lost", o->lost);
		jout_uint(j, "refused", o->refused);
		jout_uint(j, "retries", o->retries);
		jout_str(j, "last_error", o->last_error);
		if (o->last_delivery_ns == 0)
			jout_null(j, "last_delivery");
		else
			jout_uint(j, "last_delivery", o->last_delivery_ns);
		jout_end(j);
	}
	jout_end(j);
}

static void json_spool(const struct spool_status *s, struct jout *j)
{
	if (!s->is_used) {
		jout_null(j, "spool");
		return;
	}
	jout_object(j, "spool");
	jout_str(j, "place", s->on_disk ? "disk" : "memory");
	jout_str(j, "error", s->why);
	jout_uint(j, "records", s->records);
	jout_uint(j, "bytes", s->bytes);
	jout_uint(j, "segments", s->segments);
	jout_uint(j, "dropped", s->dropped);
	jout_uint(j, "damaged", s->damaged);
	jout_end(j);
}

static void json_sources(const struct stage_status *s, struct jout *j)
{
	jout_array(j, "sources");
	for (unsigned i = 0; i < s->nsources; i++) {
		const struct source_status *o = &s->sources[i];

		jout_object(j, NULL);
		jout_str(j, "name", o->name);
		jout_str(j, "place", o->place);
		jout_str(j, "state", source_state_name(o->state));
		jout_str(j, "reason", o->text);
		if (o->last_contact_ns == 0)
			jout_null(j, "last_contact_s");
		else
			jout_double(j, "last_contact_s", (double)o->last_contact_ns / 1e9);
		jout_uint(j, "objects", o->objects);
		jout_double(j, "latency_ms", (double)o->latency_ns / 1e6);
		jout_uint(j, "asked", o->asked);
		jout_uint(j, "misses", o->misses);
		jout_uint(j, "reconnects", o->reconnects);
		jout_end(j);
	}
	jout_end(j);
}

static void json_rest(const struct picture *p, struct jout *j)
{
	jout_object(j, "rules");
	jout_uint(j, "evaluated", word(p, STAGE_EVALUATOR, EVALUATOR_EVALUATED));
	jout_uint(j, "matches", word(p, STAGE_EVALUATOR, EVALUATOR_MATCHES));
	jout_uint(j, "alerts", word(p, STAGE_EVALUATOR, EVALUATOR_OUT));
	jout_str(j, "detail", p->reading.stage[STAGE_EVALUATOR].detail);
	jout_end(j);
	json_outputs(&p->reading.stage[STAGE_EMITTER], j);
	json_spool(&p->reading.stage[STAGE_EMITTER].spool, j);
	jout_object(j, "metadata");
	jout_uint(j, "processes", word(p, STAGE_ENRICHER, ENRICHER_PROCESSES));
	jout_uint(j, "processes_evicted", word(p, STAGE_ENRICHER, ENRICHER_PROCESSES_EVICTED));
	jout_uint(j, "files_evicted", word(p, STAGE_ENRICHER, ENRICHER_FILES_EVICTED));
	jout_uint(j, "users_refused", word(p, STAGE_ENRICHER, ENRICHER_USERS_REFUSED));
	jout_uint(j, "containers_evicted", word(p, STAGE_ENRICHER, ENRICHER_CONTAINERS_EVICTED));
	jout_uint(j, "memory_refused", word(p, STAGE_ENRICHER, ENRICHER_MEMORY_REFUSED));
	jout_uint(j, "mirror_cut", word(p, STAGE_EVALUATOR, EVALUATOR_STATE_CUT));
	jout_uint(j, "process_misses", word(p, STAGE_ENRICHER, ENRICHER_PROCESS_MISSES));
	json_sources(&p->reading.stage[STAGE_ENRICHER], j);
	jout_end(j);
}

static int json_picture(const struct picture *p)
{
	static struct jstdout out;
	struct jout *j = jstdout_begin(&out);

	jout_object(j, NULL);
	json_stages(p, j);
	json_rings(p, j);
	json_ledger(p, j);
	json_coverage(p, j);
	json_rest(p, j);
	jout_end(j);
	return jstdout_end(&out);
}

/* ---- the command ---- */

int cmd_status(int argc, char **argv)
{
	static struct picture p;
	const char *run_dir = NULL;
	bool json;
	int code = parse_view(argc, argv, &json, &run_dir);

	if (code != -1)
		return code;
	if (strlen(run_dir) <= RUN_DIR_MAX)
		take_picture(run_dir, &p);
	if (is_empty(&p)) {
		log_error("no pipeline runs in '%s'", run_dir);
		return EXIT_INPUT;
	}
	if (json)
		return json_picture(&p);
	print_stages(&p);
	print_rings(&p);
	print_sources(&p);
	print_latency(&p);
	print_outputs(&p);
	print_ledger(&p);
	if (p.reading.there[STAGE_COLLECTOR])
		loss_report_print(&p.reading.stage[STAGE_COLLECTOR].losses);
	print_gaps(&p);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_HOST;
}
