/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_output.h -- the settings of the outputs.  An output's key (`http_output`) takes one map
 * or a list of maps, one for each output of that kind; what may stand in a map is the table in
 * conf_output.c: a row per sub-key, with the kinds that take it.  All sub-keys of all kinds are
 * plain members of one struct; those that a kind does not take keep their defaults.
 */
#ifndef MEWS_CONF_OUTPUT_H
#define MEWS_CONF_OUTPUT_H

#include "conf.h"

#define CONF_MAX_OUTPUTS     32
#define CONF_OUTPUT_NAME_MAX 32 /* with the NUL */

/* The order in which outputs stand in struct conf: Falco's, then those that it has not. */
enum output_kind {
	OUTPUT_FILE,
	OUTPUT_STDOUT,
	OUTPUT_SYSLOG,
	OUTPUT_PROGRAM,
	OUTPUT_HTTP,
	OUTPUT_KAFKA,
	OUTPUT_LOKI,
	OUTPUT_ELASTICSEARCH,
	OUTPUT_OTLP,
	OUTPUT_ALERTMANAGER,
	OUTPUT_SLACK,
	OUTPUT_WEBHOOK,
	OUTPUT_NATS,
	OUTPUT_KIND_COUNT
};

/* The words of protocol and of format. */
enum { CONF_SYSLOG_UNIX, CONF_SYSLOG_UDP, CONF_SYSLOG_TCP, CONF_SYSLOG_TLS };
enum { CONF_SYSLOG_AUTO, CONF_SYSLOG_RFC3164, CONF_SYSLOG_RFC5424 };

/* json; when the settings are loaded it is one of the last two. */
enum { CONF_JSON_AUTO, CONF_JSON_NO, CONF_JSON_YES };

struct conf_output {
	enum output_kind kind;
	unsigned node; /* while it is loaded: the map of the document that it is; 0: none */

	/* all */
	bool enabled;
	char *name;		   /* of its own among all outputs, fit for a file's name */
	unsigned minimum_priority; /* what is less severe does not go there */
	struct conf_list rules, tags;
	uint64_t timeout_ms;
	bool heartbeat; /* heartbeats go there */

	/* lines */
	unsigned json; /* CONF_JSON_* */
	bool include_uuid, bare;
	bool keep_alive;
	char *filename, *program;

	/* syslog */
	unsigned protocol, facility, format;
	char *address, *ident;

	/* whoever speaks over a network */
	char *url, *user_agent, *token_file;
	struct conf_list headers; /* "Name: value" */
	bool insecure, mtls, echo, compress, compress_uploads;
	char *ca_cert, *ca_bundle, *ca_path, *client_cert, *client_key;
	uint64_t batch_max, batch_wait_ms, max_consecutive_timeouts;
	char *brokers, *topic, *subject, *index, *channel, *template;
	struct conf_list labels;     /* "name=value" */
	char *key;		     /* of Kafka's messages: a template */
	struct conf_list properties; /* of librdkafka: "name=value" */
	bool jetstream;
};

/* A sub-key: its offset is in struct conf_output. */
struct conf_output_row {
	struct conf_row row;
	uint32_t kinds; /* a bit per enum output_kind */
};

/* The table, for whoever prints the settings. */
const struct conf_output_row *conf_output_rows(unsigned *ret_count);

/* "http_output". */
const char *conf_output_key(enum output_kind kind);

/* By the first N bytes of KEY; OUTPUT_KIND_COUNT: it is not an output's. */
enum output_kind conf_output_kind(const char *key, size_t n);

/* The row of sub-key NAME; NULL: KIND does not take it. */
const struct conf_output_row *conf_output_row(enum output_kind kind, const char *name);

/* ---- for conf.c ---- */

/* One more output of KIND, zeroed; valid until the next one is added.  NULL: there is no room
 * or no memory for it. */
struct conf_output *conf_output_add(struct conf *c, enum output_kind kind);

/* The one at PLACE among those of KIND; NULL. */
struct conf_output *conf_output_at(const struct conf *c, enum output_kind kind, unsigned place);

void conf_output_clear(struct conf *c, enum output_kind kind);
void conf_output_release(struct conf *c);

/* When all is set: order, names, json.  -ENOMEM. */
int conf_output_settle(struct conf *c);

/* Then, of output I: -EINVAL, with DIAG, whose place is not set, and the sub-key to blame. */
int conf_output_check(const struct conf *c, unsigned i, struct diag *diag, const char **ret_key);

#endif
