/* SPDX-License-Identifier: Apache-2.0
 *
 * conf.h -- the settings, from one YAML file, those that its config_files name,
 * and `-o KEY=VALUE`, with Falco's key names where Falco has the key.  One table in
 * conf_rows.c has a row per key: name, type, default, text.  Unknown keys are a
 * warning, wrong values an error with file, line and column.  Read before the jail.
 *
 * Files and options become one YAML document first (conf_doc.h), as Falco's merge
 * says; what its keys mean is asked of the whole (conf.c).
 */
#ifndef MEWS_CONF_H
#define MEWS_CONF_H

#include "append_output.h"
#include "diag.h"
#include "rule_choice.h"
#include "span.h"

#define CONF_MAX_LIST 512

/* engine.kind; the order of its words. */
enum { CONF_ENGINE_EBPF, CONF_ENGINE_KMOD, CONF_ENGINE_REPLAY, CONF_ENGINE_NODRIVER };

struct conf_list {
	unsigned count;
	char *item[CONF_MAX_LIST];
};

/* Who is asked of containers. */
struct conf_engine {
	bool enabled;
	struct conf_list sockets;
};

struct conf {
	/* where settings come from */
	struct conf_list config_files; /* files and directories that are merged behind the first */
	struct conf_list read_files;   /* what was read, in order; the first: the file itself */
	bool watch_config_files;

	/* rules */
	struct conf_list rules_files; /* files or directories, in order */
	bool rules_asked_for;	      /* they are those of -r */
	unsigned priority;	      /* least severe priority that is evaluated, 7 = debug */
	bool rule_matching_all;	      /* rule_matching: all */
	struct rule_choices rules;    /* which are enabled, which not */
	bool match_resolved_paths;
	bool mute_opens;
	bool include_ruleset;	   /* in output_fields */
	uint64_t metadata_wait_ms; /* how long an event waits for what rules ask of its container */

	/* form of alerts (Falco's keys) */
	bool json_output, json_include_output_property, json_include_message_property,
		json_include_tags_property, json_include_output_fields_property;
	bool time_format_iso_8601, buffer_format_base64;
	struct append_list append_output;
	struct conf_list static_fields; /* "name=value" */

	/* outputs: conf_output.h */
	struct conf_output *outputs; /* Falco's order; those that are not enabled, too */
	unsigned output_count;

	/* the spool */
	char *spool_dir; /* empty: spool_dir.c says where */
	uint64_t spool_bytes, spool_memory_bytes;
	unsigned spool_fsync; /* never, interval, always */

	/* what is held back before it: Falco's old keys, and repeats */
	double outputs_rate, outputs_max_burst;
	bool repeats_summed_up;
	uint64_t repeats_window_ms;
	struct conf_list repeats_fields;

	/* captures (Falco's keys, but for the last two) */
	bool capture_enabled, capture_all_rules;
	char *capture_prefix;
	uint64_t capture_duration_ms, capture_max_mb;
	uint64_t capture_before_ms, capture_history_bytes;

	/* what is collected (Falco's keys) */
	struct conf_list base_syscalls;
	bool base_syscalls_repair;

	/* the kernel side (Falco's keys) */
	unsigned engine;	  /* CONF_ENGINE_* */
	uint64_t cpus_per_buffer; /* 0: one buffer for all */
	bool drop_failed;
	bool kmod_drop_failed;
	uint64_t kmod_buffer_bytes;

	/* sizes, bytes */
	uint64_t kernel_buffer_bytes; /* each */
	uint64_t ring_raw_bytes, ring_enriched_bytes, ring_alerts_bytes, ring_tap_bytes;

	/* what is done about events that were lost: syscall_event_drops */
	double drops_threshold, drops_rate, drops_max_burst;
	unsigned drops_actions; /* bit n: the word n of ignore, log, alert, exit */
	bool drops_simulate;

	/* state */
	uint64_t thread_table_size; /* falco_libs.thread_table_size */
	uint64_t snaplen;

	/* runtimes */
	struct conf_engine docker, podman, cri, containerd;

	/* the API server of Kubernetes */
	unsigned kubernetes_mode; /* kubernetes_words in conf_rows.c */
	unsigned resolve_names;	  /* resolve_words in conf_rows.c */
	char *kubernetes_config, *kubernetes_node, *kubernetes_account;
	bool kubernetes_insecure;

	/* the web server, and metrics (Falco's keys) */
	bool web_enabled, web_metrics, web_tls;
	uint64_t web_threads, web_port; /* threads 0: one for each processor */
	char *web_address, *web_healthz, *web_certificate;
	bool page_enabled;
	char *page_token_file;
	struct conf_list page_hosts;
	uint64_t page_history_bytes;
	bool metrics_enabled, metrics_rule;
	char *metrics_interval, *metrics_file;
	bool metrics_rules, metrics_resources, metrics_state, metrics_kernel;
	bool metrics_megabytes, metrics_empty;
	uint64_t restarts_per_minute; /* of one stage: so many deaths end all */
	uint64_t rule_cost_sample;    /* what rules cost is measured at one event in so many */

	uint64_t heartbeat_ns; /* 0: there is none */

	char *log_level;
	bool log_stderr, log_syslog;
};

enum conf_type {
	CONF_BOOL,
	CONF_UINT,	/* uint64_t, within the row's bounds */
	CONF_MEGABYTES, /* uint64_t in bytes; written in MiB, within the row's bounds */
	CONF_PRESET,	/* uint64_t in bytes; 1 .. 10 is 1, 2, 4, ... 512 MiB */
	CONF_DURATION, /* uint64_t in ns; written as duration.h has it, within the row's bounds in ms,
			 * or 0 */
	CONF_SHARE,    /* double, written with or without a point, within the row's bounds */
	CONF_WORDS,    /* unsigned, a bit for each of the row's words; written as a list */
	CONF_STRING,   /* char * */
	CONF_LIST,     /* struct conf_list */
	CONF_PAIRS,    /* struct conf_list; written as a list, or as a map, whose names and values
			 * get the row's one word between them */
	CONF_CHOICE,   /* one of the row's words: bool or unsigned, its place; char *, itself */
	CONF_APPEND,   /* struct append_list */
	CONF_CHOICES, /* struct rule_choices */
	CONF_FILES,   /* struct conf_list of what config_files names */
	CONF_UNUSED,  /* taken for Falco's sake: has no effect here, the row's text says why */
};

struct conf_row {
	const char *key; /* path with dots, as in Falco where Falco has it */
	enum conf_type type;
	size_t offset, size;  /* in struct conf */
	const char *standard; /* what it is if nobody sets it; a list: items with spaces between */
	uint64_t least, most; /* numbers */
	const char *const *words; /* choices, NULL at the end */
	const char *text;
};

/* The table, for whoever prints the settings. */
const struct conf_row *conf_rows(unsigned *ret_count);
/* What Falco called rules_files once: taken with a warning, beside rules_files an error. */
#define CONF_OLD_RULES_KEY "rules_file"

/* Of an output's sub-key as well: http_output.url. */
const struct conf_row *conf_row_find(const char *key);

/* Is it a list of texts of which one may stand by itself? */
static inline bool conf_takes_one(const struct conf_row *row)
{
	return row->type == CONF_LIST || row->type == CONF_WORDS || row->type == CONF_FILES;
}

/* A key that Falco had, or has and that is none here, and what there is in its place. */
struct conf_gone {
	const char *key; /* stands for all below it, too */
	const char *text;
};
const struct conf_gone *conf_gone_find(const char *key);

/* What is found in settings beside what is wrong (diag's kind 0). */
enum conf_finding {
	CONF_FOUND_WRONG,
	CONF_FOUND_UNKNOWN, /* no such key */
	CONF_FOUND_GONE,    /* one of struct conf_gone */
	CONF_FOUND_TWICE,   /* the last one counts */
	CONF_FOUND_UNUSED,  /* a row of CONF_UNUSED; conf_check() only */
	CONF_FOUND_BY_HAND, /* it is in force only when a stage is started again; conf_check() only */
	CONF_FOUND_OTHER,
	CONF_FOUND_COUNT
};

/* Defaults; then FILE (NULL: /etc/mews/mews.yaml if it is there); then each of
 * OPTIONS ("key=value").  0; -EINVAL with DIAG; other negative errno with DIAG.
 * Warnings go to WARN, which may be NULL. */
int conf_load(const char *file, const char *const *options, unsigned noptions,
	      void (*warn)(const struct diag *), struct conf *ret, struct diag *diag);
void conf_release(struct conf *c);

/* The same, and the text of each file that was read goes to KEEP (bundle.h). */
struct bundle;
int conf_load_keeping(const char *file, const char *const *options, unsigned noptions,
		      void (*warn)(const struct diag *), struct conf *ret, struct diag *diag,
		      struct bundle *keep);

/* From what was kept, no matter what has become of the files. */
int conf_load_bundle(struct span bundle, const char *const *options, unsigned noptions,
		     void (*warn)(const struct diag *), struct conf *ret, struct diag *diag);

/* The words of a priority. */
extern const char *const conf_priority_words[];

/* Let go of what the row's member in BASE holds. */
void conf_row_release(const struct conf_row *row, void *base);

/* The same for texts in memory, each with its name and what is to be done with it (the first
 * stands for the file): what tests and the fuzzer call.  No file is read. */
enum conf_strategy {
	CONF_STRATEGY_APPEND,	/* lists are added to, all else is replaced */
	CONF_STRATEGY_OVERRIDE, /* lists, too */
	CONF_STRATEGY_ADD_ONLY, /* only what is not there yet */
};
struct conf_text {
	const char *name;
	struct span text;
	enum conf_strategy strategy;
};
int conf_load_texts(const struct conf_text *texts, unsigned ntexts, const char *const *options,
		    unsigned noptions, void (*warn)(const struct diag *), struct conf *ret,
		    struct diag *diag);
int conf_load_text(struct span text, const char *name, const char *const *options,
		   unsigned noptions, void (*warn)(const struct diag *), struct conf *ret,
		   struct diag *diag);

/* As conf_load(), but HEAR gets all that is to be said, errors and rows without effect included, each
 * with its kind, and one error does not hide the next.  How many errors there are. */
unsigned conf_check(const char *file, const char *const *options, unsigned noptions,
		    void (*hear)(const struct diag *));

/* ---- conf_rules.c ---- */

/* -r in place of what the settings name: first none, then PATH at the end; -ENOSPC, -ENOMEM. */
void conf_clear_rules(struct conf *c);
int conf_add_rules(struct conf *c, const char *path);

/* The rules files to read: those that settings name without what is not there, which is said; of
 * those of -r each must be there.  RET borrows C's texts. */
void conf_rules_present(const struct conf *c, struct conf_list *ret);

#endif
