/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_status.c -- `mews status`: what the stages and the supervisor say (picture.c), for people
 * and for scripts.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "jstdout.h"
#include "loss_report.h"
#include "metrics.h"
#include "mews.h"
#include "no_pipeline.h"
#include "picture.h"
#include "rundir.h"
#include "status_json.h"

/* ---- for people ---- */

static void print_stages(const struct picture *p)
{
	printf("%-10s %8s %6s  %-9s %8s %9s %9s %9s\n", "STAGE", "PID", "UID", "STATE", "RESTARTS",
	       "CPU s", "RSS kB", "MAX kB");
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		const struct usage *u = &p->usage[id];
		char detail[sizeof(p->reading.stage[id].detail) * 4];

		if (!picture_shows(p, (enum stage_id)id))
			continue;
		printf("%-10s %8" PRId64 " %6" PRId64 "  %-9s %8" PRIu64 " %9.2f %9" PRIu64
		       " %9" PRIu64,
		       stage_name((enum stage_id)id), picture_pid(p, (enum stage_id)id), u->uid,
		       picture_state(p, (enum stage_id)id), picture_restarts(p, (enum stage_id)id),
		       u->cpu_s, u->rss_kb, u->ceiling_kb);
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
		       p->rings[i].attached ? "there" : "away");
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
	char text[sizeof(s->outputs[0].last_error) * 4], name[sizeof(s->outputs[0].name) * 4];

	if (!p->reading.there[STAGE_EMITTER] || s->noutputs == 0)
		return;
	printf("\n%-16s %-9s %12s %10s %10s %10s %10s %8s %10s %10s\n", "OUTPUT", "STATE",
	       "DELIVERED", "FILTERED", "PENDING", "LOST", "REFUSED", "RETRIES", "p50 us",
	       "p99 us");
	for (unsigned i = 0; i < s->noutputs; i++) {
		const struct output_status *o = &s->outputs[i];

		const char *before = o->state == OUTPUT_STATE_RETRYING ? "  " : "  last error: ";

		log_escape(name, sizeof(name), o->name);
		log_escape(text, sizeof(text), o->last_error);
		printf("%-16s %-9s %12" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64
		       " %10" PRIu64 " %8" PRIu64 " %10.0f %10.0f%s%s\n",
		       name, output_state_name(o->state), o->delivered, o->filtered, o->pending,
		       o->lost, o->refused, o->retries, us(histogram_quantile(&o->latency, 0.5)),
		       us(histogram_quantile(&o->latency, 0.99)), text[0] == '\0' ? "" : before,
		       text);
	}
	if (s->spool.is_used && !s->spool.on_disk) {
		log_escape(text, sizeof(text), s->spool.why);
		printf("alerts wait in memory, the spool cannot be used: %s\n", text);
	}
}

/* Without a word where there are none. */
static void print_heartbeat(const char *name, const struct heartbeat_status *h, uint64_t now_ns)
{
	char clean[sizeof(((struct output_status *)NULL)->name) * 4];

	if (h->state == HEARTBEAT_OFF)
		return;
	log_escape(clean, sizeof(clean), name);
	printf("%-16s %-9s %12" PRIu64, clean, heartbeat_state_name(h->state), h->count);
	if (h->last_ns == 0)
		printf(" %10s %12s\n", "never", "");
	else
		printf(" %10.1f %12.0f\n",
		       now_ns > h->last_ns ? (double)(now_ns - h->last_ns) / 1e9 : 0,
		       us(h->latency_ns));
}

static void print_heartbeats(const struct picture *p)
{
	const struct stage_status *s = &p->reading.stage[STAGE_EMITTER];
	uint64_t now_ns = wall_now().ns;

	if (!p->reading.there[STAGE_EMITTER] || s->heartbeat.state == HEARTBEAT_OFF)
		return;
	printf("\n%-16s %-9s %12s %10s %12s\n", "HEARTBEAT", "STATE", "COUNT", "LAST s",
	       "LATENCY us");
	print_heartbeat("(to the emitter)", &s->heartbeat, now_ns);
	for (unsigned i = 0; i < s->noutputs; i++)
		print_heartbeat(s->outputs[i].name, &s->outputs[i].heartbeat, now_ns);
}

static void print_ledger(const struct picture *p)
{
	printf("\nLEDGER\n");
	for (unsigned i = 0; i < p->nsums; i++) {
		const struct ledger_sum *s = &p->sums[i];
		char name[sizeof(((struct output_status *)NULL)->name) * 4];

		log_escape(name, sizeof(name), s->name);
		printf("%-10s", name);
		for (unsigned t = 0; t < s->nterms; t++)
			printf("%s%s %" PRId64,
			       t == 0	? " "
			       : t == 1 ? " = "
					: " + ",
			       s->term[t].name, s->term[t].value);
		printf("  %s\n", s->balanced ? "balanced" : "DOES NOT BALANCE");
	}
}

static void print_names(const char *label, const uint64_t *set)
{
	bool any = false;

	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		if (!event_set_names(set, code))
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
		char name[sizeof(o->name) * 4];

		if (o->state == SOURCE_ABSENT)
			continue;
		if (!any)
			printf("\n%-10s %-10s %9s %8s %8s %8s %10s  %s\n", "METADATA", "STATE",
			       "HEARD s", "OBJECTS", "ASKED", "MISSES", "LATENCY ms", "PLACE");
		any = true;
		if (o->last_contact_ns != 0)
			snprintf(ago, sizeof(ago), "%.1f", (double)o->last_contact_ns / 1e9);
		log_escape(name, sizeof(name), o->name);
		log_escape(place, sizeof(place), o->place);
		log_escape(text, sizeof(text), o->text);
		printf("%-10s %-10s %9s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %10.2f  %s%s%s\n",
		       name, source_state_name(o->state), ago, o->objects, o->asked, o->misses,
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

static void json_stages(const struct picture *p, struct jout *j)
{
	jout_array(j, "stages");
	for (enum stage_id id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		const struct usage *u = &p->usage[id];

		if (!picture_shows(p, id))
			continue;
		jout_object(j, NULL);
		jout_str(j, "name", stage_name(id));
		jout_int(j, "pid", picture_pid(p, id));
		jout_int(j, "uid", u->uid);
		jout_str(j, "state", picture_state(p, id));
		jout_uint(j, "restarts", picture_restarts(p, id));
		jout_double(j, "cpu_s", u->cpu_s);
		jout_uint(j, "rss_kb", u->rss_kb);
		jout_uint(j, "ceiling_kb", u->ceiling_kb);
		jout_str(j, "detail", p->reading.stage[id].detail);
		status_json_numbers(j, id, p->reading.there[id] ? &p->reading.stage[id] : NULL);
		jout_end(j);
	}
	jout_end(j);
}

static void json_rings(const struct picture *p, struct jout *j)
{
	jout_array(j, "rings");
	for (unsigned i = 0; i < p->nrings; i++)
		status_json_ring(j, &p->rings[i]);
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

static uint64_t word(const struct picture *p, enum stage_id id, unsigned i)
{
	return p->reading.there[id] ? p->reading.stage[id].counts.v[i] : 0;
}

static void json_rest(const struct picture *p, struct jout *j)
{
	jout_object(j, "rules");
	jout_uint(j, "evaluated", word(p, STAGE_EVALUATOR, EVALUATOR_EVALUATED));
	jout_uint(j, "matches", word(p, STAGE_EVALUATOR, EVALUATOR_MATCHES));
	jout_uint(j, "alerts", word(p, STAGE_EVALUATOR, EVALUATOR_OUT));
	jout_str(j, "detail", p->reading.stage[STAGE_EVALUATOR].detail);
	jout_end(j);
	status_json_outputs(j, &p->reading.stage[STAGE_EMITTER]);
	status_json_spool(j, &p->reading.stage[STAGE_EMITTER].spool);
	status_json_heartbeat(j, &p->reading.stage[STAGE_EMITTER].heartbeat);
	jout_object(j, "metadata");
	jout_uint(j, "processes", word(p, STAGE_ENRICHER, ENRICHER_PROCESSES));
	jout_uint(j, "processes_evicted", word(p, STAGE_ENRICHER, ENRICHER_PROCESSES_EVICTED));
	jout_uint(j, "files_evicted", word(p, STAGE_ENRICHER, ENRICHER_FILES_EVICTED));
	jout_uint(j, "users_refused", word(p, STAGE_ENRICHER, ENRICHER_USERS_REFUSED));
	jout_uint(j, "containers_evicted", word(p, STAGE_ENRICHER, ENRICHER_CONTAINERS_EVICTED));
	jout_uint(j, "memory_refused", word(p, STAGE_ENRICHER, ENRICHER_MEMORY_REFUSED));
	jout_uint(j, "mirror_cut", word(p, STAGE_EVALUATOR, EVALUATOR_STATE_CUT));
	jout_uint(j, "process_misses", word(p, STAGE_ENRICHER, ENRICHER_PROCESS_MISSES));
	status_json_sources(j, &p->reading.stage[STAGE_ENRICHER]);
	jout_end(j);
}

/* What the evaluator says of its rules, page by page, as far as there is room. */
static struct span ask_rules(const char *run_dir)
{
	static uint8_t text[1 << 20];
	static struct control_answer a;
	struct control_request req = { .kind = CONTROL_RULES, .argument = "0" };
	struct asker *c;
	char path[RUN_DIR_PATH_MAX];
	uint64_t last;
	size_t n = 0;

	run_dir_path(path, run_dir, stage_name(STAGE_EVALUATOR), ".ctl");
	if (asker_open(path, ASK_TIMEOUT_NS, &c) < 0)
		return SPAN_NONE;
	a.next = 0;
	do {
		last = a.next;
		if (asker_ask(c, &req, &a) < 0 || a.result < 0 || a.page.n > sizeof(text) - n)
			break;
		if (a.page.n > 0)
			memcpy(text + n, a.page.p, a.page.n);
		n += a.page.n;
		snprintf(req.argument, sizeof(req.argument), "%" PRIu64, a.next);
	} while (a.next > last);
	asker_close(c);
	return span_of(text, n);
}

/* All that the stages count, by the names that Prometheus sees. */
static void json_metrics(const struct picture *p, const char *run_dir, struct jout *j)
{
	struct metrics_view v = { .now_ns = wall_now().ns };

	if (p->reading.there[STAGE_EVALUATOR] && strlen(run_dir) <= RUN_DIR_MAX)
		v.rules = ask_rules(run_dir);
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		v.stage[id] = p->reading.there[id] ? &p->reading.stage[id] : NULL;
	metrics_json(&v, ~0u, j, "metrics");
}

static int json_picture(const struct picture *p, const char *run_dir)
{
	static struct jstdout out;
	struct jout *j = jstdout_begin(&out);

	jout_object(j, NULL);
	json_stages(p, j);
	json_rings(p, j);
	json_ledger(p, j);
	status_json_coverage(
		j, p->reading.there[STAGE_COLLECTOR] ? &p->reading.stage[STAGE_COLLECTOR] : NULL);
	json_rest(p, j);
	json_metrics(p, run_dir, j);
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
	picture_take(run_dir, false, &p);
	if (picture_is_empty(&p))
		return no_pipeline(run_dir);
	if (json)
		return json_picture(&p, run_dir);
	print_stages(&p);
	print_rings(&p);
	print_sources(&p);
	print_latency(&p);
	print_outputs(&p);
	print_heartbeats(&p);
	print_ledger(&p);
	if (p.reading.there[STAGE_COLLECTOR])
		loss_report_print(&p.reading.stage[STAGE_COLLECTOR].losses);
	print_gaps(&p);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_HOST;
}
