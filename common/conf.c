/* SPDX-License-Identifier: Apache-2.0
 *
 * conf.c -- the settings: one table, one setter for each type, two ways in (a
 * YAML document, KEY=VALUE).  A default is a text like any other and goes
 * through the same setter, so a row that could not be written in a file cannot
 * be a default either.
 *
 * The file is the administrator's and is read once, before the jail; still, its
 * size, its depth and the length of every list are bounded.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "conf.h"
#include "conf_append.h"
#include "conf_output.h"

#define CONF_STANDARD_FILE "/etc/mews/mews.yaml"
#define MAX_FILE_BYTES	   (1024u * 1024)
#define MAX_DEPTH	   8
#define MAX_KEY		   128
#define MAX_VALUE	   4096
#define MIB		   (1024ull * 1024)

const char *const conf_priority_words[] = { "emergency", "alert", "critical", "error", "warning",
					    "notice",	 "info",  "debug",    NULL };
static const char *const log_words[] = { "error", "warning",   "info",	   "debug", "notice",
					 "alert", "emergency", "critical", NULL };
static const char *const matching_words[] = { "first", "all", NULL };
static const char *const capture_words[] = { "rules", "all_rules", NULL };
static const char *const engine_words[] = { "modern_ebpf", "kmod", "replay", "nodriver", NULL };
static const char *const drop_words[] = { "ignore", "log", "alert", "exit", NULL };

static const char *const kubernetes_words[] = { "auto", "in-cluster", "kubeconfig", "off", NULL };

#define ROW(key, type, field, standard, least, most, words, text)                                  \
	{                                                                                          \
		key, CONF_##type, offsetof(struct conf, field), sizeof(((struct conf *)0)->field), \
			standard, least, most, words, text                                         \
	}
#define FLAG(key, field, standard, text) ROW(key, BOOL, field, standard, 0, 0, NULL, text)

/* clang-format off: one row, one key */
static const struct conf_row rows[] = {
	ROW("rules_files", LIST, rules_files, "", 0, 0, NULL,
	    "rules files or directories, in order; none: /etc/mews/rules.d, else the shipped ones"),
	ROW("priority", CHOICE, priority, "debug", 0, 0, conf_priority_words,
	    "the least severe priority that is evaluated"),
	ROW("rule_matching", CHOICE, rule_matching_all, "first", 0, 0, matching_words,
	    "an event's alert: of the first rule that matches, or of all"),
	FLAG("match_resolved_paths", match_resolved_paths, "true",
	     "rules that look at a file's path are tried with its other paths, too"),
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
	FLAG("buffered_outputs", buffered_outputs, "false",
	     "outputs are not flushed at each alert"),
	ROW("append_output", APPEND, append_output, "", 0, 0, NULL,
	    "what is added to the outputs of rules"),
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
	FLAG("base_syscalls.all", base_syscalls_all, "false",
	     "taken for Falco's sake: what rules ask for is watched in any case"),
	ROW("engine.kind", CHOICE, engine, "modern_ebpf", 0, 0, engine_words,
	    "where events come from; kmod is modern_ebpf with the settings of kmod"),
	ROW("engine.modern_ebpf.buf_size_preset", PRESET, kernel_buffer_bytes, "4", 1, 10, NULL,
	    "each of the kernel's buffers: 1 to 10 is 1, 2, 4, ... 512 MiB"),
	ROW("engine.modern_ebpf.cpus_for_each_buffer", UINT, cpus_per_buffer, "1", 0, 65535, NULL,
	    "how many processors share a buffer; 0: all of them"),
	FLAG("engine.modern_ebpf.drop_failed_exit", drop_failed, "false",
	     "system calls that failed are not collected"),
	FLAG("engine.modern_ebpf.disable_iterators", no_iterators, "false",
	     "state at start comes from /proc, as it always does"),
	ROW("engine.kmod.buf_size_preset", PRESET, kmod_buffer_bytes, "4", 1, 10, NULL,
	    "as that of modern_ebpf, where engine.kind is kmod"),
	FLAG("engine.kmod.drop_failed_exit", kmod_drop_failed, "false",
	     "as that of modern_ebpf, where engine.kind is kmod"),
	ROW("engine.replay.capture_file", STRING, replay_file, "", 0, 0, NULL,
	    "not used: mews replay takes the capture's name"),
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
	ROW("log_level", CHOICE, log_level, "info", 0, 0, log_words,
	    "what is less urgent is not said; notice is info, all above error is error"),
	ROW("mews.rings.raw_mb", MEGABYTES, ring_raw_bytes, "16", 1, 1024, NULL,
	    "MiB of the ring from collector to enricher"),
	ROW("mews.rings.enriched_mb", MEGABYTES, ring_enriched_bytes, "16", 1, 1024, NULL,
	    "MiB of the ring from enricher to evaluator"),
	ROW("mews.rings.alerts_mb", MEGABYTES, ring_alerts_bytes, "4", 1, 1024, NULL,
	    "MiB of the ring from evaluator to emitter"),
	ROW("mews.rings.tap_mb", MEGABYTES, ring_tap_bytes, "16", 1, 1024, NULL,
	    "MiB of the ring from collector to recorder"),
};
/* clang-format on */

/* One load: what is being filled, and where to complain. */
struct loader {
	struct conf *conf;
	void (*warn)(const struct diag *);
	struct diag *diag; /* its place is kept at the value in hand */
	bool seen[ARRAY_LEN(rows)];
};

const struct conf_row *conf_rows(unsigned *ret_count)
{
	*ret_count = ARRAY_LEN(rows);
	return rows;
}

static int wrong(struct loader *ld, const struct conf_row *row, const char *value)
{
	char what[160];

	switch (row->type) {
	case CONF_BOOL:
		snprintf(what, sizeof(what), "true or false");
		break;
	case CONF_UINT:
	case CONF_MEGABYTES:
	case CONF_PRESET:
	case CONF_SHARE:
		snprintf(what, sizeof(what), "a number from %llu to %llu",
			 (unsigned long long)row->least, (unsigned long long)row->most);
		break;
	case CONF_CHOICE:
	case CONF_WORDS:
		what[0] = '\0';
		for (unsigned i = 0; row->words[i] != NULL; i++)
			snprintf(what + strlen(what), sizeof(what) - strlen(what), "%s%s",
				 i == 0 ? "one of " : ", ", row->words[i]);
		break;
	case CONF_STRING:
	case CONF_LIST:
	case CONF_PAIRS:
		snprintf(what, sizeof(what), "a text without NUL");
		break;
	case CONF_APPEND:
		snprintf(what, sizeof(what), "a list of maps");
		break;
	}
	diag_set(ld->diag, "'%s' is not a value for '%s': it takes %s", value, row->key, what);
	return -EINVAL;
}

/* ---- one setter for each type; VALUE is expanded and terminated ---- */

static int parse_bool(const char *value, bool *ret)
{
	static const char *const yes[] = { "true", "yes", "on", "y", NULL };
	static const char *const no[] = { "false", "no", "off", "n", NULL };

	for (unsigned i = 0; yes[i] != NULL; i++) {
		if (strcasecmp(value, yes[i]) == 0 || strcasecmp(value, no[i]) == 0) {
			*ret = strcasecmp(value, yes[i]) == 0;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_number(const char *value, uint64_t least, uint64_t most, uint64_t *ret)
{
	uint64_t n = 0;

	if (*value == '\0')
		return -EINVAL;
	for (const char *p = value; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' || n > (UINT64_MAX - 9) / 10)
			return -EINVAL;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (n < least || n > most)
		return -EINVAL;
	*ret = n;
	return 0;
}

/* Digits with at most one point among them: no sign, no exponent, whatever the locale. */
static int parse_share(const char *value, uint64_t least, uint64_t most, double *ret)
{
	double n = 0, unit = 1;
	unsigned digits = 0;
	bool point = false;

	for (const char *p = value; *p != '\0'; p++) {
		if (*p == '.' && !point) {
			point = true;
			continue;
		}
		if (*p < '0' || *p > '9' || ++digits > 18)
			return -EINVAL;
		n = n * 10 + (*p - '0');
		unit *= point ? 10 : 1;
	}
	n /= unit;
	if (digits == 0 || n < (double)least || n > (double)most)
		return -EINVAL;
	*ret = n;
	return 0;
}

static bool is_list(const struct conf_row *row)
{
	return row->type == CONF_LIST || row->type == CONF_PAIRS || row->type == CONF_WORDS;
}

/* Does the row's field hold memory of its own? */
static bool is_text(const struct conf_row *row)
{
	return row->type == CONF_STRING ||
	       (row->type == CONF_CHOICE && row->size == sizeof(char *));
}

static int set_text(char **at, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

static int set_choice(const struct conf_row *row, void *at, const char *value)
{
	/* Falco knows this one by two names. */
	if (row->words == conf_priority_words && strcasecmp(value, "informational") == 0)
		value = "info";
	for (unsigned i = 0; row->words[i] != NULL; i++) {
		if (strcasecmp(value, row->words[i]) != 0)
			continue;
		if (is_text(row))
			return set_text(at, row->words[i]);
		if (row->size == sizeof(bool))
			*(bool *)at = i != 0;
		else
			*(unsigned *)at = i;
		return 0;
	}
	return -EINVAL;
}

static void list_clear(struct conf_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		free(list->item[i]);
	list->count = 0;
}

/* A list of either kind begins anew. */
static void row_clear(const struct conf_row *row, void *base)
{
	void *at = (char *)base + row->offset;

	if (row->type == CONF_WORDS)
		*(unsigned *)at = 0;
	else
		list_clear(at);
}

static int list_add(struct conf_list *list, const char *value)
{
	if (list->count == CONF_MAX_LIST)
		return -ENOSPC;
	list->item[list->count] = strdup(value);
	if (list->item[list->count] == NULL)
		return -ENOMEM;
	list->count++;
	return 0;
}

/* Words with blanks between; each sets its bit. */
static int set_words(const struct conf_row *row, unsigned *at, const char *value)
{
	while (*value != '\0') {
		size_t n = strcspn(value, " ");
		unsigned i = 0;

		while (row->words[i] != NULL &&
		       (strncasecmp(value, row->words[i], n) != 0 || row->words[i][n] != '\0'))
			i++;
		if (row->words[i] == NULL)
			return -EINVAL;
		*at |= 1u << i;
		value += n + strspn(value + n, " ");
	}
	return 0;
}

static int set_scalar(const struct conf_row *row, void *base, const char *value)
{
	void *at = (char *)base + row->offset;
	uint64_t n;
	int err;

	switch (row->type) {
	case CONF_BOOL:
		return parse_bool(value, at);
	case CONF_UINT:
		return parse_number(value, row->least, row->most, at);
	case CONF_MEGABYTES:
		err = parse_number(value, row->least, row->most, &n);
		if (err == 0)
			*(uint64_t *)at = n * MIB;
		return err;
	case CONF_PRESET:
		err = parse_number(value, row->least, row->most, &n);
		if (err == 0)
			*(uint64_t *)at = MIB << (n - 1);
		return err;
	case CONF_SHARE:
		return parse_share(value, row->least, row->most, at);
	case CONF_WORDS:
		return set_words(row, at, value);
	case CONF_STRING:
		return set_text(at, value);
	case CONF_LIST:
	case CONF_PAIRS:
		return list_add(at, value);
	case CONF_CHOICE:
		return set_choice(row, at, value);
	case CONF_APPEND:
		break; /* no text is one */
	}
	return -EINVAL;
}

int conf_expand(struct span raw, char *buf, size_t cap)
{
	size_t at = 0;

	for (size_t i = 0; i < raw.n;) {
		struct span rest = { raw.p + i, raw.n - i };
		const uint8_t *end = memchr(rest.p, '}', rest.n);
		char name[128];

		if (raw.p[i] == '\0')
			return -EINVAL;
		if (span_starts(rest, span_str("$${")) && end != NULL) {
			size_t n = (size_t)(end - rest.p);

			if (at + n + 1 > cap)
				return -ENOSPC;
			memcpy(buf + at, rest.p + 1, n);
			at += n;
			i += n + 1;
		} else if (span_starts(rest, span_str("${")) && end != NULL &&
			   (size_t)(end - rest.p) - 2 < sizeof(name)) {
			size_t n = (size_t)(end - rest.p) - 2;
			const char *value;

			memcpy(name, rest.p + 2, n);
			name[n] = '\0';
			value = getenv(name);
			if (value != NULL) {
				if (at + strlen(value) + 1 > cap)
					return -ENOSPC;
				memcpy(buf + at, value, strlen(value));
				at += strlen(value);
			}
			i += n + 3;
		} else {
			if (at + 2 > cap)
				return -ENOSPC;
			buf[at++] = (char)raw.p[i++];
		}
	}
	buf[at] = '\0';
	return 0;
}

/* BASE: what the row's offset is in. */
static int set_value(struct loader *ld, const struct conf_row *row, void *base, struct span raw)
{
	char value[MAX_VALUE];
	int err = conf_expand(raw, value, sizeof(value));

	if (err == -ENOSPC) {
		diag_set(ld->diag, "the value of '%s' is longer than %d bytes", row->key,
			 MAX_VALUE - 1);
		return -EINVAL;
	}
	if (err < 0)
		return wrong(ld, row, "...");
	err = set_scalar(row, base, value);
	if (err == -EINVAL)
		return wrong(ld, row, value);
	if (err == -ENOSPC) {
		diag_set(ld->diag, "'%s' has more than %d items", row->key, CONF_MAX_LIST);
		return -EINVAL;
	}
	if (err < 0)
		diag_set(ld->diag, "no memory");
	return err;
}

static const struct conf_row *find_row(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

/* Is KEY the beginning of a longer one: a map that we look into? */
static bool is_branch(const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strncmp(rows[i].key, key, n) == 0 && rows[i].key[n] == '.')
			return true;
	return false;
}

/* ---- YAML ---- */

static void place(struct loader *ld, yaml_mark_t mark)
{
	ld->diag->line = (uint32_t)mark.line + 1;
	ld->diag->column = (uint32_t)mark.column + 1;
}

static void complain(struct loader *ld, const char *format, const char *key)
{
	struct diag d = *ld->diag;

	if (ld->warn == NULL)
		return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	diag_set(&d, format, key);
#pragma GCC diagnostic pop
	ld->warn(&d);
}

static struct span node_text(const yaml_node_t *node)
{
	return span_of(node->data.scalar.value, node->data.scalar.length);
}

static bool is_nothing(const yaml_node_t *node)
{
	struct span text;

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	text = node_text(node);
	return text.n == 0 || span_is(text, "~") || span_is(text, "null");
}

static int set_list(struct loader *ld, const struct conf_row *row, void *base, yaml_document_t *doc,
		    const yaml_node_t *node)
{
	int err = 0;

	row_clear(row, base);
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     err == 0 && i < node->data.sequence.items.top; i++) {
		const yaml_node_t *item = yaml_document_get_node(doc, *i);

		place(ld, item->start_mark);
		if (item->type != YAML_SCALAR_NODE) {
			diag_set(ld->diag, "'%s' takes a list of texts", row->key);
			return -EINVAL;
		}
		err = set_value(ld, row, base, node_text(item));
	}
	return err;
}

/* A map of names and values: each is one item, with the row's text between the two. */
static int set_pairs(struct loader *ld, const struct conf_row *row, void *base,
		     yaml_document_t *doc, const yaml_node_t *node)
{
	int err = 0;

	row_clear(row, base);
	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     err == 0 && p < node->data.mapping.pairs.top; p++) {
		const yaml_node_t *name = yaml_document_get_node(doc, p->key);
		const yaml_node_t *value = yaml_document_get_node(doc, p->value);
		char item[MAX_VALUE];
		int n;

		place(ld, name->start_mark);
		if (name->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE ||
		    memchr(name->data.scalar.value, '\0', name->data.scalar.length) != NULL ||
		    memchr(value->data.scalar.value, '\0', value->data.scalar.length) != NULL) {
			diag_set(ld->diag, "'%s' takes a map of texts", row->key);
			return -EINVAL;
		}
		n = snprintf(item, sizeof(item), "%s%s%s", (const char *)name->data.scalar.value,
			     row->words[0], (const char *)value->data.scalar.value);
		if (n < 0 || (size_t)n >= sizeof(item)) {
			diag_set(ld->diag, "the value of '%s' is longer than %d bytes", row->key,
				 MAX_VALUE - 1);
			return -EINVAL;
		}
		err = set_value(ld, row, base, span_of(item, (size_t)n));
	}
	return err;
}

static int set_node(struct loader *ld, const struct conf_row *row, void *base, yaml_document_t *doc,
		    const yaml_node_t *node)
{
	if (is_nothing(node))
		return 0; /* the default stays */
	if (is_list(row) && node->type == YAML_SEQUENCE_NODE)
		return set_list(ld, row, base, doc, node);
	if (row->type == CONF_PAIRS && node->type == YAML_MAPPING_NODE)
		return set_pairs(ld, row, base, doc, node);
	if (row->type == CONF_APPEND) {
		conf_append_clear(&ld->conf->append_output);
		return conf_append_read(doc, node, &ld->conf->append_output, ld->diag, ld->warn);
	}
	if (node->type != YAML_SCALAR_NODE || is_list(row)) {
		diag_set(ld->diag, "'%s' takes a %s", row->key,
			 is_list(row) ? "list" : "single value");
		return -EINVAL;
	}
	return set_value(ld, row, base, node_text(node));
}

/* ---- outputs ---- */

static int load_standard(struct loader *ld, const struct conf_row *row, void *base);

/* One more output of KIND with the defaults; NULL: DIAG says why not. */
static struct conf_output *add_output(struct loader *ld, enum output_kind kind)
{
	struct conf_output *o = conf_output_add(ld->conf, kind);
	const struct conf_output_row *all;
	unsigned n;

	if (o == NULL) {
		diag_set(ld->diag, "there is no room for more than %d outputs", CONF_MAX_OUTPUTS);
		return NULL;
	}
	all = conf_output_rows(&n);
	for (unsigned i = 0; i < n; i++) {
		/* What another kind takes is there, too; of two rows for one member this kind's. */
		if ((all[i].kinds & 1u << kind) == 0 &&
		    conf_output_row(kind, all[i].row.key) != NULL)
			continue;
		if (load_standard(ld, &all[i].row, o) < 0)
			return NULL;
	}
	return o;
}

static int walk_output(struct loader *ld, yaml_document_t *doc, const yaml_node_t *map,
		       enum output_kind kind)
{
	struct conf_output *o;
	int err = 0;

	place(ld, map->start_mark);
	if (map->type != YAML_MAPPING_NODE) {
		diag_set(ld->diag, "'%s' takes a map, or a list of maps", conf_output_key(kind));
		return -EINVAL;
	}
	o = add_output(ld, kind);
	if (o == NULL)
		return -EINVAL;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     err == 0 && p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(doc, p->key);
		const yaml_node_t *value = yaml_document_get_node(doc, p->value);
		const struct conf_output_row *row;
		char path[MAX_KEY];

		place(ld, key->start_mark);
		if (key->type != YAML_SCALAR_NODE) {
			diag_set(ld->diag, "a key must be a plain text");
			return -EINVAL;
		}
		row = memchr(key->data.scalar.value, '\0', key->data.scalar.length) == NULL
			      ? conf_output_row(kind, (const char *)key->data.scalar.value)
			      : NULL;
		if (row == NULL) {
			snprintf(path, sizeof(path), "%s.%.80s", conf_output_key(kind),
				 (const char *)key->data.scalar.value);
			complain(ld, "'%s' is not a setting, ignored", path);
			continue;
		}
		place(ld, value->start_mark);
		err = set_node(ld, &row->row, o, doc, value);
	}
	return err;
}

/* NODE is a map or a list of maps; what there was of KIND stays. */
static int walk_outputs(struct loader *ld, yaml_document_t *doc, const yaml_node_t *node,
			enum output_kind kind)
{
	int err = 0;

	if (is_nothing(node))
		return 0;
	if (node->type != YAML_SEQUENCE_NODE)
		return walk_output(ld, doc, node, kind);
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     err == 0 && i < node->data.sequence.items.top; i++)
		err = walk_output(ld, doc, yaml_document_get_node(doc, *i), kind);
	return err;
}

static int walk(struct loader *ld, yaml_document_t *doc, const yaml_node_t *map, const char *prefix,
		unsigned depth);

static int walk_pair(struct loader *ld, yaml_document_t *doc, const yaml_node_t *key,
		     const yaml_node_t *value, const char *prefix, unsigned depth)
{
	char path[MAX_KEY];
	const struct conf_row *row;
	enum output_kind kind;
	struct span name;

	place(ld, key->start_mark);
	if (key->type != YAML_SCALAR_NODE) {
		diag_set(ld->diag, "a key must be a plain text");
		return -EINVAL;
	}
	name = node_text(key);
	if (memchr(name.p, '\0', name.n) != NULL ||
	    snprintf(path, sizeof(path), "%s%s%.*s", prefix, *prefix == '\0' ? "" : ".",
		     (int)(name.n < MAX_KEY ? name.n : MAX_KEY), name.p) >= (int)sizeof(path)) {
		complain(ld, "'%s' is not a setting, ignored", "...");
		return 0;
	}
	kind = conf_output_kind(path, strlen(path));
	if (kind != OUTPUT_KIND_COUNT) {
		if (conf_output_at(ld->conf, kind, 0) != NULL)
			complain(ld, "'%s' is given twice, the last one counts", path);
		conf_output_clear(ld->conf, kind);
		place(ld, value->start_mark);
		return walk_outputs(ld, doc, value, kind);
	}
	row = find_row(path);
	if (row != NULL) {
		if (ld->seen[row - rows])
			complain(ld, "'%s' is given twice, the last one counts", row->key);
		ld->seen[row - rows] = true;
		place(ld, value->start_mark);
		return set_node(ld, row, ld->conf, doc, value);
	}
	if (!is_branch(path)) {
		complain(ld, "'%s' is not a setting, ignored", path);
		return 0;
	}
	if (is_nothing(value))
		return 0;
	place(ld, value->start_mark);
	if (value->type != YAML_MAPPING_NODE) {
		diag_set(ld->diag, "'%s' takes a map", path);
		return -EINVAL;
	}
	return walk(ld, doc, value, path, depth + 1);
}

static int walk(struct loader *ld, yaml_document_t *doc, const yaml_node_t *map, const char *prefix,
		unsigned depth)
{
	int err = 0;

	if (depth > MAX_DEPTH) {
		diag_set(ld->diag, "more than %d maps in each other", MAX_DEPTH);
		return -EINVAL;
	}
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     err == 0 && p < map->data.mapping.pairs.top; p++)
		err = walk_pair(ld, doc, yaml_document_get_node(doc, p->key),
				yaml_document_get_node(doc, p->value), prefix, depth);
	return err;
}

static int yaml_wrong(struct loader *ld, const yaml_parser_t *parser)
{
	place(ld, parser->problem_mark);
	diag_set(ld->diag, "%s", parser->problem == NULL ? "not YAML" : parser->problem);
	return parser->error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
}

/* RET is to be deleted if this succeeds. */
static int parse_yaml(struct loader *ld, struct span text, yaml_document_t *ret)
{
	yaml_parser_t parser;
	int err = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, text.p == NULL ? (const uint8_t *)"" : text.p,
				     text.n);
	if (!yaml_parser_load(&parser, ret))
		err = yaml_wrong(ld, &parser);
	yaml_parser_delete(&parser);
	return err;
}

static int load_yaml(struct loader *ld, struct span text)
{
	yaml_document_t doc;
	const yaml_node_t *root;
	int err = parse_yaml(ld, text, &doc);

	if (err < 0)
		return err;
	root = yaml_document_get_root_node(&doc);
	if (root != NULL && !is_nothing(root)) {
		place(ld, root->start_mark);
		if (root->type == YAML_MAPPING_NODE) {
			err = walk(ld, &doc, root, "", 0);
		} else {
			diag_set(ld->diag, "the settings must be a map of keys and values");
			err = -EINVAL;
		}
	}
	yaml_document_delete(&doc);
	return err;
}

/* ---- KEY=VALUE ---- */

/* The key of an option in the form of the table: KEY[] sets *APPEND. */
static int option_key(const char *option, char *key, const char **ret_value, bool *ret_append)
{
	const char *eq = strchr(option, '=');
	size_t n;

	if (eq == NULL || eq == option || (size_t)(eq - option) >= MAX_KEY)
		return -EINVAL;
	n = (size_t)(eq - option);
	memcpy(key, option, n);
	key[n] = '\0';
	*ret_append = n > 2 && strcmp(key + n - 2, "[]") == 0;
	if (*ret_append)
		key[n - 2] = '\0';
	*ret_value = eq + 1;
	return 0;
}

/* VALUE is a list of maps, or one map, in YAML: JSON is, too. */
static int set_append(struct loader *ld, const char *value)
{
	struct append_list *list = &ld->conf->append_output;
	yaml_document_t doc;
	const yaml_node_t *root;
	int err = parse_yaml(ld, span_str(value), &doc);

	if (err < 0)
		return err;
	root = yaml_document_get_root_node(&doc);
	if (root != NULL)
		err = conf_append_read(&doc, root, list, ld->diag, ld->warn);
	yaml_document_delete(&doc);
	return err;
}

/* http_output={url: ...}: the outputs of that kind, in YAML. */
static int set_outputs(struct loader *ld, enum output_kind kind, const char *value, bool append)
{
	yaml_document_t doc;
	const yaml_node_t *root;
	int err = parse_yaml(ld, span_str(value), &doc);

	if (err < 0)
		return err;
	if (!append)
		conf_output_clear(ld->conf, kind);
	root = yaml_document_get_root_node(&doc);
	if (root != NULL)
		err = walk_outputs(ld, &doc, root, kind);
	yaml_document_delete(&doc);
	return err;
}

/* "[2]", "": which one of its kind; behind it stands a point.  False: it is none of these. */
static bool read_place(const char *text, unsigned *ret_place, const char **ret_behind)
{
	char *end = NULL;

	*ret_place = 0;
	if (*text == '[' && text[1] >= '0' && text[1] <= '9') {
		*ret_place = (unsigned)strtoul(text + 1, &end, 10);
		if (*end != ']' || end - text > 4)
			return false;
		text = end + 1;
	}
	*ret_behind = text + 1;
	return *text == '.';
}

/* A key that begins with an output's.  http_output.url and http_output[0].url: of the first. */
static int set_output(struct loader *ld, enum output_kind kind, const char *key, const char *value,
		      bool append)
{
	const struct conf_output_row *row;
	struct conf_output *o;
	const char *behind = key + strlen(conf_output_key(kind));
	unsigned at;

	if (*behind == '\0')
		return set_outputs(ld, kind, value, append);
	if (!read_place(behind, &at, &behind) || (row = conf_output_row(kind, behind)) == NULL) {
		complain(ld, "'%s' is not a setting, ignored", key);
		return 0;
	}
	o = conf_output_at(ld->conf, kind, at);
	if (o == NULL && at > 0 && conf_output_at(ld->conf, kind, at - 1) == NULL) {
		diag_set(ld->diag, "'%s': there are not that many", key);
		return -EINVAL;
	}
	if (o == NULL && (o = add_output(ld, kind)) == NULL)
		return -EINVAL;
	if (append && !is_list(&row->row)) {
		diag_set(ld->diag, "'%s' is not a list", key);
		return -EINVAL;
	}
	if (is_list(&row->row) && !append)
		row_clear(&row->row, o);
	return set_value(ld, &row->row, o, span_str(value));
}

static int load_option(struct loader *ld, const char *option)
{
	char key[MAX_KEY];
	const char *value;
	const struct conf_row *row;
	enum output_kind kind;
	bool append;

	*ld->diag = (struct diag){ .file = "-o" };
	if (option_key(option, key, &value, &append) < 0) {
		diag_set(ld->diag, "'%.200s' is not KEY=VALUE", option);
		return -EINVAL;
	}
	kind = conf_output_kind(key, strcspn(key, ".["));
	if (kind != OUTPUT_KIND_COUNT)
		return set_output(ld, kind, key, value, append);
	row = find_row(key);
	if (row == NULL && is_branch(key)) {
		diag_set(ld->diag, "'%s' is a map: set one of its keys", key);
		return -EINVAL;
	}
	if (row == NULL) {
		complain(ld, "'%s' is not a setting, ignored", key);
		return 0;
	}
	if (row->type == CONF_APPEND) {
		if (!append)
			conf_append_clear(&ld->conf->append_output);
		return set_append(ld, value);
	}
	if (append && !is_list(row)) {
		diag_set(ld->diag, "'%s' is not a list", key);
		return -EINVAL;
	}
	if (is_list(row) && !append)
		row_clear(row, ld->conf);
	return set_value(ld, row, ld->conf, span_str(value));
}

/* ---- all of it ---- */

/* A list's items, with spaces between. */
static int load_standard_list(struct conf_list *list, const char *items)
{
	char item[MAX_VALUE];
	int err = 0;

	while (err == 0 && *items != '\0') {
		size_t n = strcspn(items, " ");

		snprintf(item, sizeof(item), "%.*s", (int)n, items);
		err = list_add(list, item);
		items += n + (items[n] == ' ');
	}
	return err;
}

static int load_standard(struct loader *ld, const struct conf_row *row, void *base)
{
	if (row->type == CONF_APPEND)
		return 0; /* none */
	if (row->type == CONF_LIST || row->type == CONF_PAIRS)
		return load_standard_list((void *)((char *)base + row->offset), row->standard);
	return set_value(ld, row, base, span_str(row->standard));
}

static int load_standards(struct loader *ld)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows) && err == 0; i++)
		err = load_standard(ld, &rows[i], ld->conf);
	return err;
}

/* What no single value shows. */
static int check_whole(struct loader *ld)
{
	int err;

	*ld->diag = (struct diag){ 0 };
	/* Nobody spoke of it: it is there, as the defaults say. */
	if (conf_output_at(ld->conf, OUTPUT_STDOUT, 0) == NULL &&
	    add_output(ld, OUTPUT_STDOUT) == NULL)
		return -EINVAL;
	err = conf_output_settle(ld->conf, ld->diag);
	if (err < 0)
		return err;
	if (ld->conf->engine == CONF_ENGINE_KMOD) {
		ld->conf->kernel_buffer_bytes = ld->conf->kmod_buffer_bytes;
		ld->conf->drop_failed = ld->conf->kmod_drop_failed;
	}
	if ((ld->conf->drops_actions & 1) != 0 && ld->conf->drops_actions != 1) {
		diag_set(ld->diag, "'syscall_event_drops.actions': to ignore is all that can be "
				   "done then");
		return -EINVAL;
	}
	return 0;
}

int conf_load_text(struct span text, const char *name, const char *const *options,
		   unsigned noptions, void (*warn)(const struct diag *), struct conf *ret,
		   struct diag *diag)
{
	struct conf conf = { 0 };
	struct loader ld = { .conf = &conf, .warn = warn, .diag = diag };
	int err;

	*diag = (struct diag){ 0 };
	snprintf(diag->file, sizeof(diag->file), "%s", name);
	err = load_standards(&ld);
	if (err == 0)
		err = load_yaml(&ld, text);
	for (unsigned i = 0; err == 0 && i < noptions; i++)
		err = load_option(&ld, options[i]);
	if (err == 0)
		err = check_whole(&ld);
	if (err < 0) {
		if (diag->message[0] == '\0')
			diag_set(diag, "%s", strerror(-err));
		conf_release(&conf);
		return err;
	}
	*ret = conf;
	return 0;
}

static int read_file(const char *path, uint8_t **ret_bytes, size_t *ret_count)
{
	FILE *f = fopen(path, "re");
	uint8_t *bytes = NULL;
	size_t n;
	int err = 0;

	if (f == NULL)
		return -errno;
	bytes = malloc(MAX_FILE_BYTES + 1);
	n = bytes == NULL ? 0 : fread(bytes, 1, MAX_FILE_BYTES + 1, f);
	if (bytes == NULL)
		err = -ENOMEM;
	else if (ferror(f))
		err = -EIO;
	else if (n > MAX_FILE_BYTES)
		err = -EFBIG;
	fclose(f);
	if (err < 0) {
		free(bytes);
		return err;
	}
	*ret_bytes = bytes;
	*ret_count = n;
	return 0;
}

int conf_load(const char *file, const char *const *options, unsigned noptions,
	      void (*warn)(const struct diag *), struct conf *ret, struct diag *diag)
{
	const char *path = file == NULL ? CONF_STANDARD_FILE : file;
	uint8_t *bytes = NULL;
	size_t n = 0;
	int err = read_file(path, &bytes, &n);

	if (err < 0 && !(file == NULL && err == -ENOENT)) {
		*diag = (struct diag){ 0 };
		snprintf(diag->file, sizeof(diag->file), "%s", path);
		diag_set(diag, "cannot read the settings: %s", strerror(-err));
		return err;
	}
	err = conf_load_text(span_of(bytes, n), path, options, noptions, warn, ret, diag);
	free(bytes);
	return err;
}

void conf_row_release(const struct conf_row *row, void *base)
{
	void *at = (char *)base + row->offset;

	if (is_text(row)) {
		free(*(char **)at);
		*(char **)at = NULL;
	} else if (row->type == CONF_LIST || row->type == CONF_PAIRS) {
		list_clear(at);
	} else if (row->type == CONF_APPEND) {
		conf_append_clear(at);
	}
}

void conf_release(struct conf *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		conf_row_release(&rows[i], c);
	conf_output_release(c);
}

int conf_add_rules(struct conf *c, const char *path)
{
	return list_add(&c->rules_files, path);
}

void conf_clear_rules(struct conf *c)
{
	list_clear(&c->rules_files);
}
