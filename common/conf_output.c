/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_output.c -- see conf_output.h.
 */
#include "conf_output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- kinds ---- */

/* NEEDED: the sub-key without which there is nowhere to go. */
static const struct {
	const char *key, *needed;
} kinds[OUTPUT_KIND_COUNT] = {
	[OUTPUT_FILE] = { "file_output", "filename" },
	[OUTPUT_STDOUT] = { "stdout_output", NULL },
	[OUTPUT_SYSLOG] = { "syslog_output", NULL },
	[OUTPUT_PROGRAM] = { "program_output", "program" },
	[OUTPUT_HTTP] = { "http_output", "url" },
	[OUTPUT_KAFKA] = { "kafka_output", "brokers" },
	[OUTPUT_LOKI] = { "loki_output", "url" },
	[OUTPUT_ELASTICSEARCH] = { "elasticsearch_output", "url" },
	[OUTPUT_OTLP] = { "otlp_output", "url" },
	[OUTPUT_ALERTMANAGER] = { "alertmanager_output", "url" },
	[OUTPUT_SLACK] = { "slack_output", "url" },
	[OUTPUT_WEBHOOK] = { "webhook_output", "url" },
	[OUTPUT_NATS] = { "nats_output", "url" },
};

const char *conf_output_key(enum output_kind kind)
{
	return kinds[kind].key;
}

enum output_kind conf_output_kind(const char *key, size_t n)
{
	unsigned kind = 0;

	while (kind < OUTPUT_KIND_COUNT &&
	       (strlen(kinds[kind].key) != n || memcmp(kinds[kind].key, key, n) != 0))
		kind++;
	return kind;
}

/* ---- sub-keys ---- */

static const char *const json_words[] = { "auto", "false", "true", NULL };
static const char *const protocol_words[] = { "unix", "udp", "tcp", "tls", NULL };
static const char *const format_words[] = { "auto", "rfc3164", "rfc5424", NULL };
/* Their places are the facilities' numbers. */
static const char *const facility_words[] = { "kern",	  "user",   "mail",   "daemon", "auth",
					      "syslog",	  "lpr",    "news",   "uucp",	"cron",
					      "authpriv", "ftp",    "ntp",    "audit",	"console",
					      "clock",	  "local0", "local1", "local2", "local3",
					      "local4",	  "local5", "local6", "local7", NULL };
static const char *const header_joint[] = { ": ", NULL };
static const char *const label_joint[] = { "=", NULL };

#define BIT(kind) (1u << OUTPUT_##kind)
#define ALL	  ((1u << OUTPUT_KIND_COUNT) - 1)
#define LINES	  (BIT(STDOUT) | BIT(FILE) | BIT(SYSLOG) | BIT(PROGRAM))
#define POSTS                                                                                      \
	(BIT(HTTP) | BIT(LOKI) | BIT(ELASTICSEARCH) | BIT(OTLP) | BIT(ALERTMANAGER) | BIT(SLACK) | \
	 BIT(WEBHOOK))
#define NETWORK (POSTS | BIT(KAFKA) | BIT(NATS))
#define SECURE	(NETWORK | BIT(SYSLOG))

#define ROW(kinds, key, type, field, standard, least, most, words, text)                           \
	{                                                                                          \
		{ key,                                                                             \
		  CONF_##type,                                                                     \
		  offsetof(struct conf_output, field),                                             \
		  sizeof(((struct conf_output *)0)->field),                                        \
		  standard,                                                                        \
		  least,                                                                           \
		  most,                                                                            \
		  words,                                                                           \
		  text },                                                                          \
			kinds                                                                      \
	}
#define FLAG(kinds, key, text)		 ROW(kinds, #key, BOOL, key, "false", 0, 0, NULL, text)
#define TEXT(kinds, key, standard, text) ROW(kinds, #key, STRING, key, standard, 0, 0, NULL, text)

/* clang-format off: one row, one key */
static const struct conf_output_row rows[] = {
	FLAG(ALL & ~BIT(STDOUT), enabled, "alerts go there"),
	ROW(BIT(STDOUT), "enabled", BOOL, enabled, "true", 0, 0, NULL,
	    "alerts go to standard output"),
	TEXT(ALL, name, "", "what it is called; the kind's, with a number from the second on"),
	ROW(ALL, "minimum_priority", CHOICE, minimum_priority, "debug", 0, 0, conf_priority_words,
	    "less severe alerts do not go there"),
	ROW(ALL, "rules", LIST, rules, "", 0, 0, NULL,
	    "only alerts of rules with such a name go there; * and ? stand for any; none: all"),
	ROW(ALL, "tags", LIST, tags, "", 0, 0, NULL,
	    "only alerts with one of these tags go there; none: all"),
	ROW(ALL, "timeout_ms", UINT, timeout_ms, "2000", 10, 600000, NULL,
	    "how long one attempt may take"),
	ROW(ALL, "heartbeat", BOOL, heartbeat, "true", 0, 0, NULL,
	    "heartbeats go there, whatever else does, if heartbeat.interval makes any"),
	ROW(LINES | BIT(HTTP), "json", CHOICE, json, "auto", 0, 0, json_words,
	    "alerts are JSON objects there; auto: as json_output says"),
	FLAG(LINES, include_uuid, "JSON has the alert's uuid"),
	FLAG(BIT(STDOUT) | BIT(FILE), bare,
	     "a line is the rule's output alone, without time and priority, or with json its fields"),
	FLAG(BIT(FILE) | BIT(PROGRAM) | POSTS, keep_alive,
	     "the file, the program, the connection stays open between alerts"),
	TEXT(BIT(FILE), filename, "", "the file, opened for appending"),
	TEXT(BIT(PROGRAM), program, "", "a command of the shell, which reads alerts as lines"),

	ROW(BIT(SYSLOG), "protocol", CHOICE, protocol, "unix", 0, 0, protocol_words,
	    "how the log is reached"),
	TEXT(BIT(SYSLOG), address, "",
	     "where the log is: a socket's path, or HOST:PORT; empty: /dev/log, or this host's port "
	     "514 (tls: 6514)"),
	ROW(BIT(SYSLOG), "format", CHOICE, format, "auto", 0, 0, format_words,
	    "the message's form; auto: rfc3164, as syslog(3) writes it, to a socket, else rfc5424"),
	ROW(BIT(SYSLOG), "facility", CHOICE, facility, "user", 0, 0, facility_words,
	    "which part of the system speaks"),
	TEXT(BIT(SYSLOG), ident, "mews", "the program's name in the message"),

	TEXT(POSTS | BIT(NATS), url, "", "where to"),
	ROW(POSTS, "headers", PAIRS, headers, "", 0, 0, header_joint,
	    "further headers: a map, or a list of `Name: value'"),
	TEXT(POSTS | BIT(NATS), token_file, "",
	     "a file with a bearer token, read again when it changes"),
	TEXT(POSTS, user_agent, "falcosecurity/falco", "who says so"),
	FLAG(BIT(HTTP), echo, "the answer is printed to standard output"),
	FLAG(SECURE, insecure, "nobody has to prove who he is"),
	FLAG(SECURE, mtls, "client_cert and client_key prove who we are"),
	TEXT(SECURE, ca_cert, "", "a file with the authority's certificate"),
	TEXT(SECURE, ca_bundle, "", "a file with certificates of authorities"),
	TEXT(SECURE, ca_path, "/etc/ssl/certs", "a directory of certificates of authorities"),
	TEXT(SECURE, client_cert, "/etc/ssl/certs/client.crt", "our certificate"),
	TEXT(SECURE, client_key, "/etc/ssl/certs/client.key", "its key"),
	FLAG(POSTS, compress, "bodies are packed with gzip"),
	FLAG(BIT(HTTP), compress_uploads, "the answer may come packed; of bodies, see compress"),
	ROW(NETWORK, "batch_max", UINT, batch_max, "0", 0, 10000, NULL,
	    "how many alerts go in one message at most; 0: what the kind takes"),
	ROW(NETWORK, "batch_wait_ms", UINT, batch_wait_ms, "0", 0, 60000, NULL,
	    "how long an alert waits for others to go with it"),
	ROW(POSTS, "max_consecutive_timeouts", UINT, max_consecutive_timeouts, "5", 0, UINT32_MAX,
	    NULL, "taken for Falco's sake: what could not be delivered is tried again in any case"),
	TEXT(BIT(KAFKA), brokers, "", "HOST:PORT, with commas between"),
	TEXT(BIT(KAFKA), topic, "falco", "the topic"),
	TEXT(BIT(KAFKA), key, "%{hostname}",
	     "what messages have the same key share a partition, and so an order; %{NAME} as in template"),
	ROW(BIT(KAFKA), "properties", PAIRS, properties, "", 0, 0, label_joint,
	    "further settings of librdkafka: a map, or a list of name=value"),
	FLAG(BIT(NATS), jetstream, "a stream has to confirm each alert"),
	TEXT(BIT(NATS), subject, "falco.<priority>.<rule>", "the subject"),
	TEXT(BIT(ELASTICSEARCH), index, "falco", "the index"),
	TEXT(BIT(SLACK), channel, "", "the channel, unless the address says it"),
	TEXT(BIT(SLACK) | BIT(WEBHOOK), template, "", "what the body is made from"),
	ROW(BIT(LOKI) | BIT(OTLP) | BIT(ALERTMANAGER), "labels", PAIRS, labels, "", 0, 0,
	    label_joint, "further labels: a map, or a list of name=value"),
};
/* clang-format on */

const struct conf_output_row *conf_output_rows(unsigned *ret_count)
{
	*ret_count = ARRAY_LEN(rows);
	return rows;
}

const struct conf_output_row *conf_output_row(enum output_kind kind, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((rows[i].kinds & 1u << kind) != 0 && strcmp(rows[i].row.key, name) == 0)
			return &rows[i];
	return NULL;
}

/* ---- the outputs of a load ---- */

struct conf_output *conf_output_add(struct conf *c, enum output_kind kind)
{
	struct conf_output *all;

	if (c->output_count == CONF_MAX_OUTPUTS)
		return NULL;
	all = realloc(c->outputs, (c->output_count + 1) * sizeof(*all));
	if (all == NULL)
		return NULL;
	c->outputs = all;
	all[c->output_count] = (struct conf_output){ .kind = kind };
	return &all[c->output_count++];
}

struct conf_output *conf_output_at(const struct conf *c, enum output_kind kind, unsigned place)
{
	for (unsigned i = 0; i < c->output_count; i++)
		if (c->outputs[i].kind == kind && place-- == 0)
			return &c->outputs[i];
	return NULL;
}

static void release_one(struct conf_output *o)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		conf_row_release(&rows[i].row, o);
}

void conf_output_clear(struct conf *c, enum output_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->output_count; i++) {
		if (c->outputs[i].kind == kind)
			release_one(&c->outputs[i]);
		else
			c->outputs[n++] = c->outputs[i];
	}
	c->output_count = n;
}

void conf_output_release(struct conf *c)
{
	for (unsigned i = 0; i < c->output_count; i++)
		release_one(&c->outputs[i]);
	free(c->outputs);
	c->outputs = NULL;
	c->output_count = 0;
}

/* ---- when all is set ---- */

/* By kind; those of one kind stay as they were given. */
static void sort(struct conf *c)
{
	for (unsigned i = 1; i < c->output_count; i++) {
		struct conf_output o = c->outputs[i];
		unsigned at = i;

		for (; at > 0 && c->outputs[at - 1].kind > o.kind; at--)
			c->outputs[at] = c->outputs[at - 1];
		c->outputs[at] = o;
	}
}

/* PLACE: among those of its kind. */
static int name_one(struct conf_output *o, unsigned place)
{
	char name[CONF_OUTPUT_NAME_MAX];
	const char *key = kinds[o->kind].key;
	int n = (int)(strlen(key) - strlen("_output"));
	char *copy;

	if (o->name[0] != '\0')
		return 0;
	if (place == 0)
		snprintf(name, sizeof(name), "%.*s", n, key);
	else
		snprintf(name, sizeof(name), "%.*s-%u", n, key, place + 1);
	copy = strdup(name);
	if (copy == NULL)
		return -ENOMEM;
	free(o->name);
	o->name = copy;
	return 0;
}

static bool is_good_name(const char *name)
{
	size_t n = strlen(name);

	return n < CONF_OUTPUT_NAME_MAX && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       n;
}

static int check_name(const struct conf *c, unsigned i, struct diag *diag)
{
	const struct conf_output *o = &c->outputs[i];

	if (!is_good_name(o->name)) {
		diag_set(diag,
			 "'%s.name' takes up to %d letters, digits, '-', '_' and '.', which is not "
			 "the first",
			 kinds[o->kind].key, CONF_OUTPUT_NAME_MAX - 1);
		return -EINVAL;
	}
	for (unsigned k = 0; k < i; k++) {
		if (strcmp(c->outputs[k].name, o->name) != 0)
			continue;
		diag_set(diag, "two outputs have the name '%s'", o->name);
		return -EINVAL;
	}
	return 0;
}

static int check_needed(const struct conf_output *o, struct diag *diag)
{
	const char *needed = kinds[o->kind].needed;
	const struct conf_output_row *row;

	if (!o->enabled || needed == NULL)
		return 0;
	row = conf_output_row(o->kind, needed);
	if ((*(char *const *)(const void *)((const char *)o + row->row.offset))[0] != '\0')
		return 0;
	diag_set(diag, "'%s.enabled' needs '%s.%s'", kinds[o->kind].key, kinds[o->kind].key,
		 needed);
	return -EINVAL;
}

int conf_output_settle(struct conf *c)
{
	int err = 0;

	sort(c);
	for (unsigned i = 0, place = 0; i < c->output_count && err == 0; i++) {
		struct conf_output *o = &c->outputs[i];

		place = i > 0 && c->outputs[i - 1].kind == o->kind ? place + 1 : 0;
		if (o->json == CONF_JSON_AUTO)
			o->json = c->json_output ? CONF_JSON_YES : CONF_JSON_NO;
		err = name_one(o, place);
	}
	return err;
}

int conf_output_check(const struct conf *c, unsigned i, struct diag *diag, const char **ret_key)
{
	*ret_key = "name";
	if (check_name(c, i, diag) < 0)
		return -EINVAL;
	*ret_key = "enabled";
	return check_needed(&c->outputs[i], diag);
}
