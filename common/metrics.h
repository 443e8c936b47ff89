/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics.h -- the one registry of metrics: what there is (metrics.def, counter.def, gauge.def),
 * where each value comes from, and the forms in which they are said.  Whoever asks the stages puts
 * what they answered into a struct metrics_view; what is missing there is missing in the forms,
 * never zero.  Core.
 */
#ifndef MEWS_METRICS_H
#define MEWS_METRICS_H

#include "control.h"
#include "jout.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };

enum metric_group {
	METRICS_ALWAYS,
	METRICS_RULES,	   /* rules_counters_enabled */
	METRICS_RESOURCES, /* resource_utilization_enabled */
	METRICS_STATE,	   /* state_counters_enabled */
	METRICS_KERNEL,	   /* kernel_event_counters_enabled */
	METRICS_OWN,
	METRIC_GROUP_COUNT
};

/* The addresses of an interface. */
struct metrics_addresses {
	char interface[16];
	const char *protocol; /* "ipv4", "ipv6" */
	char text[512];	      /* with commas between them */
};

/* What the host says; NULL and 0: it does not. */
struct metrics_host {
	const char *version, *kernel_release, *hostname, *engine;
	uint64_t start_ns, boot_ns; /* since the epoch */
	uint64_t cpus;
	double busy; /* share of the processors' time since the start */
	uint64_t memory_used, procs_running, open_fds;
	const struct metrics_addresses *addresses;
	unsigned naddresses;
};

struct metrics_view {
	uint64_t now_ns; /* since the epoch */
	struct metrics_host host;
	const struct stage_status *stage[STAGE_COUNT]; /* NULL: it did not answer */
	unsigned nsupervised; /* 0: the supervisor was not asked, or did not answer */
	struct supervised supervised[STAGE_COUNT];
	bool knows_rules;
	struct span rules; /* lines of JSON, as CONTROL_RULES answers */
};

/* Label values come from rules, runtimes and hosts: any bytes. */
struct metric_label {
	const char *name;
	struct span value;
};

#define METRIC_MAX_LABELS 68 /* a rule's tags, and some */

struct metric_sample {
	const char *suffix; /* "_bucket", "_sum", "_count" of a histogram; else "" */
	unsigned nlabels;
	struct metric_label label[METRIC_MAX_LABELS]; /* each name once, in order */
	bool is_real;
	uint64_t u;
	double d; /* if IS_REAL */
};

struct metric;
struct metric_out {
	const struct metric *metric;
	void (*take)(struct metric_out *out, const struct metric_sample *s);
};

struct metric {
	const char *name, *field, *labels, *help;
	enum metric_kind kind;
	enum metric_group group;
	void (*collect)(const struct metrics_view *v, struct metric_out *out);
	/* of a counter's or gauge's row */
	enum stage_id stage;
	unsigned word;
};

/* All there are, in the order in which they are said. */
unsigned metrics_count(void);
const struct metric *metrics_at(unsigned i);

/* "counter" ...; INFO is a gauge to whoever reads it. */
const char *metric_kind_name(enum metric_kind kind);

/* All samples of M to OUT. */
void metric_walk(const struct metric *m, const struct metrics_view *v, struct metric_out *out);

/* The text that Prometheus reads, groups as a mask of 1 << group. */
void metrics_text(const struct metrics_view *v, unsigned groups, struct line *t);

/* An array with an object for each sample: name, labels, value. */
void metrics_json(const struct metrics_view *v, unsigned groups, struct jout *j, const char *key);

/* Falco's names of rules and tags in names: what is none of [A-Za-z0-9_:] is _, never two of them
 * together, none at the end.  BUF is terminated. */
void metric_clean_name(struct span name, char *buf, size_t cap);

#endif
