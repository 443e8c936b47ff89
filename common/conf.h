/* SPDX-License-Identifier: Apache-2.0
 *
 * conf.h -- the settings, from one YAML file and `-o KEY=VALUE`, with Falco's
 * key names where Falco has the key.  One table in conf.c has a row per key:
 * name, type, default, text.  Unknown keys are a warning, wrong values an
 * error with file, line and column.  Read once, before the jail; constant after.
 */
#ifndef MEWS_CONF_H
#define MEWS_CONF_H

#include "append_output.h"
#include "diag.h"
#include "span.h"

#define CONF_MAX_LIST 64

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
	/* rules */
	struct conf_list rules_files; /* files or directories, in order */
	unsigned priority;	      /* least severe priority that is evaluated, 7 = debug */
	bool rule_matching_all;	      /* rule_matching: all */
	bool match_resolved_paths;
	uint64_t metadata_wait_ms; /* how long an event waits for what rules ask of its container */

	/* form of alerts (Falco's keys) */
	bool json_output, json_include_output_property, json_include_message_property,
		json_include_tags_property, json_include_output_fields_property;
	bool time_format_iso_8601, buffer_format_base64, buffered_outputs;
	struct append_list append_output;

	/* outputs: conf_output.h */
	struct conf_output *outputs; /* Falco's order; those that are not enabled, too */
	unsigned output_count;

	/* captures (Falco's keys, but for the last two) */
	bool capture_enabled, capture_all_rules;
	char *capture_prefix;
	uint64_t capture_duration_ms, capture_max_mb;
	uint64_t capture_before_ms, capture_history_bytes;

	/* what is collected (Falco's keys) */
	struct conf_list base_syscalls;
	bool base_syscalls_repair, base_syscalls_all;

	/* the kernel side (Falco's keys) */
	unsigned engine;	  /* CONF_ENGINE_* */
	uint64_t cpus_per_buffer; /* 0: one buffer for all */
	bool drop_failed;
	bool no_iterators, kmod_drop_failed;
	uint64_t kmod_buffer_bytes;
	char *replay_file;

	/* sizes, bytes */
	uint64_t kernel_buffer_bytes; /* each */
	uint64_t ring_raw_bytes, ring_enriched_bytes, ring_alerts_bytes, ring_tap_bytes;

	/* what is done about events that were lost: syscall_event_drops */
	double drops_threshold, drops_rate, drops_max_burst;
	unsigned drops_actions; /* bit n: the word n of ignore, log, alert, exit */
	bool drops_simulate;

	/* state */
	uint64_t thread_table_size; /* falco_libs.thread_table_size */

	/* runtimes */
	struct conf_engine docker, podman, cri, containerd;

	/* the API server of Kubernetes */
	unsigned kubernetes_mode; /* kubernetes_words in conf.c */
	char *kubernetes_config, *kubernetes_node, *kubernetes_account;
	bool kubernetes_insecure;

	char *log_level;
};

enum conf_type {
	CONF_BOOL,
	CONF_UINT,	/* uint64_t, within the row's bounds */
	CONF_MEGABYTES, /* uint64_t in bytes; written in MiB, within the row's bounds */
	CONF_PRESET,	/* uint64_t in bytes; 1 .. 10 is 1, 2, 4, ... 512 MiB */
	CONF_SHARE,	/* double, written with or without a point, within the row's bounds */
	CONF_WORDS,	/* unsigned, a bit for each of the row's words; written as a list */
	CONF_STRING,	/* char * */
	CONF_LIST,	/* struct conf_list */
	CONF_PAIRS,	/* struct conf_list; written as a list, or as a map, whose names and values
			 * get the row's one word between them */
	CONF_CHOICE,	/* one of the row's words: bool or unsigned, its place; char *, itself */
	CONF_APPEND,	/* struct append_list */
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

/* Defaults; then FILE (NULL: /etc/mews/mews.yaml if it is there); then each of
 * OPTIONS ("key=value").  0; -EINVAL with DIAG; other negative errno with DIAG.
 * Warnings go to WARN, which may be NULL. */
int conf_load(const char *file, const char *const *options, unsigned noptions,
	      void (*warn)(const struct diag *), struct conf *ret, struct diag *diag);
void conf_release(struct conf *c);

/* The words of a priority. */
extern const char *const conf_priority_words[];

/* Let go of what the row's member in BASE holds. */
void conf_row_release(const struct conf_row *row, void *base);

/* The same for a text in memory, NAME standing for the file: what tests and the fuzzer call. */
int conf_load_text(struct span text, const char *name, const char *const *options,
		   unsigned noptions, void (*warn)(const struct diag *), struct conf *ret,
		   struct diag *diag);

/* Put PATH at the end of the rules files; -ENOSPC, -ENOMEM. */
int conf_add_rules(struct conf *c, const char *path);
void conf_clear_rules(struct conf *c);

#endif
