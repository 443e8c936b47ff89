/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_rows.c -- every key of the settings, once; and the keys that Falco had, or has
 * and that are none here.  A default is a text like any other and goes through the
 * same setter, so a row that could not be written in a file cannot be a default
 * either.
 */
#include <stddef.h>
#include <string.h>

#include "conf_output.h"

const char *const conf_priority_words[] = { "emergency", "alert", "critical", "error", "warning",
					    "notice",	 "info",  "debug",    NULL };
static const char *const log_words[] = { "error", "warning",   "info",	   "debug", "notice",
					 "alert", "emergency", "critical", NULL };
static const char *const matching_words[] = { "first", "all", NULL };
static const char *const capture_words[] = { "rules", "all_rules", NULL };
static const char *const engine_words[] = { "modern_ebpf", "kmod", "replay", "nodriver", NULL };
static const char *const drop_words[] = { "ignore", "log", "alert", "exit", NULL };

static const char *const fsync_words[] = { "never", "interval", "always", NULL };

static const char *const kubernetes_words[] = { "auto", "in-cluster", "kubeconfig", "off", NULL };

static const char *const resolve_words[] = { "auto", "always", "never", NULL };

static const char *const static_joint[] = { "=", NULL };

#define ROW(key, type, field, standard, least, most, words, text)                                  \
	{                                                                                          \
		key, CONF_##type, offsetof(struct conf, field), sizeof(((struct conf *)0)->field), \
			standard, least, most, words, text                                         \
	}
#define UNUSED(key, text)                                                                          \
	{                                                                                          \
		key, CONF_UNUSED, 0, 0, "", 0, 0, NULL, text                                       \
	}
#define FLAG(key, field, standard, text) ROW(key, BOOL, field, standard, 0, 0, NULL, text)

/* clang-format off: one row, one key */
static const struct conf_row rows[] = {
	ROW("config_files", FILES, config_files, "", 0, 0, NULL,
	    "files or directories that are merged behind this file; of the first file only"),
	FLAG("watch_config_files", watch_config_files, "true",
	     "settings and rules are read again when their files change"),
	ROW("rules_files", LIST, rules_files, "", 0, 0, NULL,
	    "rules files or directories, in order; none: /etc/mews/rules.d, else the shipped ones"),
	ROW("priority", CHOICE, priority, "debug", 0, 0, conf_priority_words,
	    "the least severe priority that is evaluated"),
	ROW("rules", CHOICES, rules, "", 0, 0, NULL,
	    "which rules are enabled and disabled, by name or tag"),
	ROW("rule_matching", CHOICE, rule_matching_all, "first", 0, 0, matching_words,
	    "an event's alert: of the first rule that matches, or of all"),
	FLAG("match_resolved_paths", match_resolved_paths, "true",
	     "rules that look at a file's path are tried with its other paths, too"),
	FLAG("mews.mute_opens", mute_opens, "true",
	     "opens for which no rule can match are passed over in the kernel"),
	FLAG("mews.include_ruleset", include_ruleset, "false",
	     "output_fields has the SHA-256 of the rules in force: mews.ruleset"),
	ROW("metadata_wait_ms", UINT, metadata_wait_ms, "1000", 0, 60000, NULL,
	    "how long an event waits for what rules ask of its container, if nobody has told it yet"),
	FLAG("json_output", json_output, "false", "alerts are JSON objects"),
	FLAG("json_include_output_property", json_include_output_property, "true",
	     "JSON has output: time, priority and message"),
	FLAG("json_include_message_property", json_include_message_property, "false",
	     "JSON has message"),
	FLAG("json_include_tags_property", json_include_tags_property, "true", "JSON has tags"),
	FLAG("json_include_output_fields_property", json_include_output_fields_property, "true",
	     "JSON has output_fields"),
	FLAG("time_format_iso_8601", time_format_iso_8601, "false",
	     "times as 2026-01-31T12:00:00.000000000+0000 in UTC, not as local time of day"),
	FLAG("buffer_format_base64", buffer_format_base64, "false",
	     "buffers in base64, not as text with dots"),
	ROW("append_output", APPEND, append_output, "", 0, 0, NULL,
	    "what is added to the outputs of rules"),
	ROW("static_fields", PAIRS, static_fields, "", 0, 0, static_joint,
	    "constants: rules may name each as field static.NAME; a map, or a list of name=value"),
	ROW("outputs.rate", SHARE, outputs_rate, "0", 0, 1000000, NULL,
	    "how many alerts go on in a second; 0: all"),
	ROW("outputs.max_burst", SHARE, outputs_max_burst, "1000", 1, 1000000, NULL,
	    "how many may go on in a row, after a quiet time"),
	FLAG("outputs_aggregation.enabled", repeats_summed_up, "false",
	     "the first of equal alerts goes on, its repeats are summed up in one"),
	ROW("outputs_aggregation.window_ms", UINT, repeats_window_ms, "60000", 100, 86400000, NULL,
	    "how long repeats are held back until they are summed up"),
	ROW("outputs_aggregation.fields", LIST, repeats_fields,
	    "proc.name proc.exepath proc.pid container.id fd.name evt.arg.path evt.arg.name", 0, 0,
	    NULL, "in which of a rule's fields alerts that differ are not equal"),
	ROW("outputs_spool.directory", STRING, spool_dir, "", 0, 0, NULL,
	    "where alerts wait for outputs; empty: /var/lib/mews/spool, or spool in another run directory"),
	ROW("outputs_spool.size_mb", MEGABYTES, spool_bytes, "256", 0, 1048576, NULL,
	    "MiB that they may take there; when it is full, the oldest go"),
	ROW("outputs_spool.memory_mb", MEGABYTES, spool_memory_bytes, "4", 1, 1024, NULL,
	    "MiB that they may take in memory when the disk takes nothing"),
	ROW("outputs_spool.fsync", CHOICE, spool_fsync, "interval", 0, 0, fsync_words,
	    "when they are brought to the disk for sure: never, once a second, always"),
	FLAG("capture.enabled", capture_enabled, "false",
	     "matches write the events around them to files"),
	ROW("capture.path_prefix", STRING, capture_prefix, "/tmp/falco", 0, 0, NULL,
	    "the beginning of these files' paths"),
	ROW("capture.mode", CHOICE, capture_all_rules, "rules", 0, 0, capture_words,
	    "matches of rules with capture: true, or of all rules"),
	ROW("capture.default_duration", UINT, capture_duration_ms, "5000", 0, 4294967295, NULL,
	    "ms from the match to the end of the file, unless the rule says"),
	ROW("capture.max_file_size_mb", UINT, capture_max_mb, "0", 0, 1048576, NULL,
	    "MiB at which a file is ended early; 0: at none"),
	ROW("mews.capture.before", UINT, capture_before_ms, "1000", 0, 3600000, NULL,
	    "ms before the match that are in the file, too"),
	ROW("mews.capture.history_mb", MEGABYTES, capture_history_bytes, "16", 1, 1024, NULL,
	    "MiB of events that are kept for what is before a match"),
	ROW("base_syscalls.custom_set", LIST, base_syscalls, "", 0, 0, NULL,
	    "system calls that are watched besides the rules', in place of those of the state"),
	FLAG("base_syscalls.repair", base_syscalls_repair, "false",
	     "of the state's system calls, only what the rules need"),
	ROW("engine.kind", CHOICE, engine, "modern_ebpf", 0, 0, engine_words,
	    "where events come from; kmod is modern_ebpf with the settings of kmod"),
	ROW("engine.modern_ebpf.buf_size_preset", PRESET, kernel_buffer_bytes, "4", 1, 10, NULL,
	    "each of the kernel's buffers: 1 to 10 is 1, 2, 4, ... 512 MiB"),
	ROW("engine.modern_ebpf.cpus_for_each_buffer", UINT, cpus_per_buffer, "1", 0, 65535, NULL,
	    "how many processors share a buffer; 0: all of them"),
	FLAG("engine.modern_ebpf.drop_failed_exit", drop_failed, "false",
	     "system calls that failed are not collected"),
	ROW("engine.kmod.buf_size_preset", PRESET, kmod_buffer_bytes, "4", 1, 10, NULL,
	    "as that of modern_ebpf, where engine.kind is kmod"),
	FLAG("engine.kmod.drop_failed_exit", kmod_drop_failed, "false",
	     "as that of modern_ebpf, where engine.kind is kmod"),
	ROW("syscall_event_drops.threshold", SHARE, drops_threshold, "0", 0, 1, NULL,
	    "the share of what was met that may be missing in a second and nothing is done"),
	ROW("syscall_event_drops.actions", WORDS, drops_actions, "log alert", 0, 0, drop_words,
	    "what is done about more than that"),
	ROW("syscall_event_drops.rate", SHARE, drops_rate, "1", 0, 1000000, NULL,
	    "how often it is done, per second"),
	ROW("syscall_event_drops.max_burst", SHARE, drops_max_burst, "1", 0, 1000000, NULL,
	    "how often it may be done in a row"),
	FLAG("syscall_event_drops.simulate_drops", drops_simulate, "false",
	     "as if in each second an event had been dropped: to test what is done then"),
	ROW("falco_libs.thread_table_size", UINT, thread_table_size, "262144", 1024, 16777216, NULL,
	    "the most threads that are remembered"),
	ROW("falco_libs.snaplen", UINT, snaplen, "80", 1, 4096, NULL,
	    "bytes of what is read and written that events carry"),
	FLAG("container_engines.docker.enabled", docker.enabled, "true",
	     "Docker is asked of its containers"),
	ROW("container_engines.docker.sockets", LIST, docker.sockets, "/var/run/docker.sock", 0, 0,
	    NULL, "where it listens"),
	FLAG("container_engines.podman.enabled", podman.enabled, "true",
	     "Podman is asked of its containers"),
	ROW("container_engines.podman.sockets", LIST, podman.sockets, "/run/podman/podman.sock", 0,
	    0, NULL, "where it listens"),
	FLAG("container_engines.cri.enabled", cri.enabled, "true",
	     "runtimes of Kubernetes are asked of their containers and pods"),
	ROW("container_engines.cri.sockets", LIST, cri.sockets,
	    "/run/containerd/containerd.sock /run/crio/crio.sock "
	    "/run/k3s/containerd/containerd.sock /run/host-containerd/containerd.sock "
	    "/run/cri-dockerd.sock",
	    0, 0, NULL, "where they listen"),
	FLAG("container_engines.containerd.enabled", containerd.enabled, "true",
	     "containerd is asked of the containers that Kubernetes has nothing to do with"),
	ROW("container_engines.containerd.sockets", LIST, containerd.sockets,
	    "/run/containerd/containerd.sock /run/k3s/containerd/containerd.sock "
	    "/run/host-containerd/containerd.sock",
	    0, 0, NULL, "where it listens"),
	ROW("kubernetes.mode", CHOICE, kubernetes_mode, "auto", 0, 0, kubernetes_words,
	    "how the API server is found; auto: kubernetes.kubeconfig, else what a pod is given"),
	ROW("kubernetes.kubeconfig", STRING, kubernetes_config, "", 0, 0, NULL,
	    "a kubeconfig file: the API server, and who we are there"),
	ROW("kubernetes.node_name", STRING, kubernetes_node, "${FALCO_K8S_NODE_NAME}", 0, 0, NULL,
	    "the node whose pods are asked for; empty: the host's name"),
	ROW("kubernetes.service_account", STRING, kubernetes_account,
	    "/var/run/secrets/kubernetes.io/serviceaccount", 0, 0, NULL,
	    "the directory with a pod's token and ca.crt"),
	FLAG("kubernetes.insecure", kubernetes_insecure, "false",
	     "a kubeconfig may say insecure-skip-tls-verify"),
	ROW("mews.resolve_names", CHOICE, resolve_names, "auto", 0, 0, resolve_words,
	    "host names that rules compare fd.sip.name and its like with are looked up; auto: where "
	    "Kubernetes is asked"),
	FLAG("webserver.enabled", web_enabled, "false",
	     "the emitter answers by HTTP about health, versions and metrics"),
	ROW("webserver.threadiness", UINT, web_threads, "0", 0, UINT32_MAX, NULL,
	    "threads that answer; 0: as many as there are processors, 16 at most"),
	ROW("webserver.listen_port", UINT, web_port, "8765", 1, 65535, NULL, "where it listens"),
	ROW("webserver.listen_address", STRING, web_address, "127.0.0.1", 0, 0, NULL,
	    "an IPv4 or IPv6 address; Falco's default is all of the host's"),
	ROW("webserver.k8s_healthz_endpoint", STRING, web_healthz, "/healthz", 0, 0, NULL,
	    "the path of the page about health"),
	FLAG("webserver.prometheus_metrics_enabled", web_metrics, "false",
	     "/metrics is there, if metrics.enabled is true, too"),
	FLAG("webserver.ssl_enabled", web_tls, "false", "HTTPS, not HTTP"),
	ROW("webserver.ssl_certificate", STRING, web_certificate, "/etc/mews/mews.pem", 0, 0, NULL,
	    "a file with the certificate and its private key"),
	FLAG("webserver.page.enabled", page_enabled, "false",
	     "/page/ shows alerts and the pipeline to whoever has the token, if webserver.enabled is true, too"),
	ROW("webserver.page.token_file", STRING, page_token_file, "", 0, 0, NULL,
	    "a file with the token; empty: one is made, and mews page prints it"),
	ROW("webserver.page.hosts", LIST, page_hosts, "", 0, 0, NULL,
	    "names by which browsers may call it, besides localhost and addresses"),
	ROW("webserver.page.history_mb", MEGABYTES, page_history_bytes, "4", 1, 256, NULL,
	    "MiB of the youngest alerts that are kept for it in memory"),
	FLAG("metrics.enabled", metrics_enabled, "false",
	     "metrics go where the next settings and webserver say"),
	ROW("metrics.interval", STRING, metrics_interval, "1h", 0, 0, NULL,
	    "between two snapshots, as 1h30m; 100ms at least"),
	FLAG("metrics.output_rule", metrics_rule, "false",
	     "a snapshot is an alert of the rule 'Falco internal: metrics snapshot'"),
	ROW("metrics.output_file", STRING, metrics_file, "", 0, 0, NULL,
	    "a file to which a snapshot is appended as a line of JSON"),
	FLAG("metrics.rules_counters_enabled", metrics_rules, "true", "matches by rule"),
	FLAG("metrics.resource_utilization_enabled", metrics_resources, "true",
	     "memory and processors, of mews and of the host"),
	FLAG("metrics.state_counters_enabled", metrics_state, "true", "the table of threads"),
	FLAG("metrics.kernel_event_counters_enabled", metrics_kernel, "true",
	     "events of the kernel side, and losses"),
	FLAG("metrics.convert_memory_to_mb", metrics_megabytes, "true",
	     "memory in a snapshot is in MB, not in kB"),
	FLAG("metrics.include_empty_values", metrics_empty, "false",
	     "a snapshot has what is 0, too"),
	ROW("mews.rule_cost_sample", UINT, rule_cost_sample, "1024", 0, 1000000000, NULL,
	    "what each rule costs is measured at one event in so many; 0: at none"),
	ROW("heartbeat.interval", DURATION, heartbeat_ns, "0", 100, 86400000, NULL,
	    "between two events that the collector makes to see that they come out; 0: none"),
	ROW("log_level", CHOICE, log_level, "info", 0, 0, log_words,
	    "what is less urgent is not said; notice is info, all above error is error"),
	FLAG("log_stderr", log_stderr, "true", "what mews says goes to standard error"),
	FLAG("log_syslog", log_syslog, "false",
	     "what mews says goes to the system's log, /dev/log, too; Falco's default is true"),
	ROW("mews.restarts_per_minute", UINT, restarts_per_minute, "10", 1, 1000, NULL,
	    "deaths of one stage within a minute that end the whole pipeline"),
	ROW("mews.rings.raw_mb", MEGABYTES, ring_raw_bytes, "16", 1, 1024, NULL,
	    "MiB of the ring from collector to enricher"),
	ROW("mews.rings.enriched_mb", MEGABYTES, ring_enriched_bytes, "16", 1, 1024, NULL,
	    "MiB of the ring from enricher to evaluator"),
	ROW("mews.rings.alerts_mb", MEGABYTES, ring_alerts_bytes, "4", 1, 1024, NULL,
	    "MiB of the ring from evaluator to emitter"),
	ROW("mews.rings.tap_mb", MEGABYTES, ring_tap_bytes, "16", 1, 1024, NULL,
	    "MiB of the ring from collector to recorder"),
	UNUSED("plugins", "what the plugins container, k8smeta and their fields tell is built in; "
			  "plugins that bring events of their own cannot be loaded"),
	UNUSED("load_plugins", "no plugins are loaded: see plugins"),
	UNUSED("plugins_hostinfo", "no plugins are loaded: see plugins"),
	UNUSED("outputs_queue", "alerts wait in a ring and in the outputs' spool, which have sizes "
				"of their own"),
	UNUSED("output_timeout", "an output that hangs holds up nobody but itself"),
	UNUSED("buffered_outputs",
	       "an alert goes to its output at once, and what waits goes together"),
	UNUSED("base_syscalls.all", "what rules ask for is watched in any case"),
	UNUSED("engine.modern_ebpf.disable_iterators", "the state is read from /proc in any case"),
	UNUSED("engine.replay.capture_file", "mews replay takes the capture's name"),
	UNUSED("libs_logger", "there are no libraries that log apart"),
	UNUSED("syscall_event_timeouts",
	       "a machine at rest is no fault: mews status says how stages are"),
	UNUSED("falco_libs.thread_table_auto_purging_interval_s",
	       "threads leave the table as they end"),
	UNUSED("falco_libs.thread_table_auto_purging_thread_timeout_s",
	       "threads leave the table as they end"),
	UNUSED("metrics.libbpf_stats_enabled", "the kernel side's programs are not timed"),
	UNUSED("metrics.plugins_metrics_enabled", "no plugins are loaded: see plugins"),
	UNUSED("metrics.kernel_event_counters_per_cpu_enabled",
	       "mews_lost_events_by_cpu_total has losses by processor"),
	UNUSED("metrics.kernel_iter_event_counters_enabled", "the state is not read by iterators"),
	UNUSED("metrics.jemalloc_stats_enabled", "jemalloc is not used"),
};
/* clang-format on */

/* By what begins them: the first that fits. */
static const struct conf_gone gone[] = {
	{ "syscall_buf_size_preset", "it is 'engine.modern_ebpf.buf_size_preset'" },
	{ "syscall_drop_failed_exit", "it is 'engine.modern_ebpf.drop_failed_exit'" },
	{ "modern_bpf.cpus_for_each_syscall_buffer",
	  "it is 'engine.modern_ebpf.cpus_for_each_buffer'" },
	{ "engine.ebpf", "there is one eBPF engine: 'engine.modern_ebpf'" },
	{ "engine.gvisor", "events of gVisor are not taken" },
	{ "grpc_output", "there is no gRPC: 'http_output', or the file and program outputs" },
	{ "grpc", "there is no gRPC: 'mews status --json' and 'mews alerts' tell the same" },
	{ "metadata_download", "metadata of pods: 'kubernetes'" },
	{ "container_engines.bpm", "bpm is not asked: containers have their ids" },
	{ "container_engines.lxc", "lxc needs no asking: containers have their ids" },
	{ "container_engines.libvirt_lxc", "libvirt needs no asking: containers have their ids" },
	{ "container_engines.cri.disable_async", "runtimes are always asked beside the events" },
	{ "container_engines.label_max_len", "labels are whole" },
	{ "container_engines.with_size", "sizes of containers are not asked for" },
};

const struct conf_row *conf_rows(unsigned *ret_count)
{
	*ret_count = ARRAY_LEN(rows);
	return rows;
}

static const struct conf_row *find_of_output(const char *key)
{
	size_t n = strcspn(key, ".");
	enum output_kind kind = conf_output_kind(key, n);
	const struct conf_output_row *row;

	if (kind == OUTPUT_KIND_COUNT || key[n] == '\0')
		return NULL;
	row = conf_output_row(kind, key + n + 1);
	return row == NULL ? NULL : &row->row;
}

const struct conf_row *conf_row_find(const char *key)
{
	if (strcmp(key, CONF_OLD_RULES_KEY) == 0)
		key = "rules_files";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return find_of_output(key);
}

const struct conf_gone *conf_gone_find(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
		size_t n = strlen(gone[i].key);

		if (strncmp(gone[i].key, key, n) == 0 && (key[n] == '\0' || key[n] == '.'))
			return &gone[i];
	}
	return NULL;
}
