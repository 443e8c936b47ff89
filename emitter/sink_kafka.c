/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_kafka.c -- alerts as messages of Kafka, by librdkafka, which is loaded if such an output is
 * on.  A message is the alert as JSON, with the alert's id in a header; its delivery report
 * says whether it is there.  The producer has threads of its own, so it is made with the first
 * alert, behind the jail.
 */
#include <dlfcn.h>
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "format_parts.h"
#include "log.h"
#include "secret_file.h"
#include "sink.h"
#include "template.h"

#define BATCH_ALERTS 256
#define KEY_MAX	     1024
#define PURGE_MS     1000
#define UUID_BYTES   36

#define KAFKA_CALLS(CALL)                                                                          \
	CALL(conf_new)                                                                             \
	CALL(conf_dup)                                                                             \
	CALL(conf_destroy)                                                                         \
	CALL(conf_set)                                                                             \
	CALL(conf_set_opaque)                                                                      \
	CALL(conf_set_dr_msg_cb)                                                                   \
	CALL(conf_set_error_cb)                                                                    \
	CALL(conf_set_log_cb)                                                                      \
	CALL(new)                                                                                  \
	CALL(destroy)                                                                              \
	CALL(producev)                                                                             \
	CALL(poll)                                                                                 \
	CALL(purge)                                                                                \
	CALL(fatal_error)                                                                          \
	CALL(err2str)

static struct {
#define CALL(name) __typeof__(rd_kafka_##name) *name;
	KAFKA_CALLS(CALL)
#undef CALL
} kafka;

/* A batch's messages are known by its number and their place, so that a report that comes
 * late is not taken for one of the next batch. */
struct kafka_sink {
	rd_kafka_conf_t *conf;
	rd_kafka_t *rk; /* NULL: not made yet */
	struct template key;
	struct secret_file ca, cert, secret;
	uint32_t batch;
	unsigned pending;
	bool is_known[BATCH_ALERTS];
	rd_kafka_resp_err_t fate[BATCH_ALERTS];
	char why[256];
};

/* ---- the library ---- */

static int load_kafka(void)
{
	void *lib;

	if (kafka.err2str != NULL)
		return 0;
	lib = dlopen("librdkafka.so.1", RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		return -ENOENT;
#define CALL(name)                                                                                 \
	kafka.name = (__typeof__(rd_kafka_##name) *)dlsym(lib, "rd_kafka_" #name);                 \
	if (kafka.name == NULL)                                                                    \
		return -ENOENT;
	KAFKA_CALLS(CALL)
#undef CALL
	return 0;
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *ctx)
{
	uintptr_t name = (uintptr_t)m->_private;
	unsigned i = (unsigned)(name % BATCH_ALERTS);
	struct kafka_sink *k = ctx;

	(void)rk;
	if (name / BATCH_ALERTS != k->batch || k->is_known[i])
		return;
	k->is_known[i] = true;
	k->fate[i] = m->err;
	k->pending--;
}

/* What the brokers' trouble is: reports say only that it took too long. */
static void on_error(rd_kafka_t *rk, int err, const char *reason, void *ctx)
{
	struct kafka_sink *k = ctx;

	(void)rk;
	(void)err;
	snprintf(k->why, sizeof(k->why), "%s", reason);
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	log_debug("kafka: %d %s: %s", level, facility, text);
}

/* ---- settings ---- */

static int wrong(const struct sink *s, const char *name, const char *why)
{
	log_error("cannot open output '%s': %s: %s", s->conf->name, name, why);
	return -EINVAL;
}

static int set(const struct sink *s, const char *name, const char *value)
{
	struct kafka_sink *k = s->state;
	char why[256];

	if (kafka.conf_set(k->conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return 0;
	return wrong(s, name, why);
}

static int set_secret(const struct sink *s, const char *name, struct secret_file *f,
		      const char *path)
{
	int err = secret_file_open(f, path);

	return err < 0 ? wrong(s, path, strerror(-err)) : set(s, name, f->text);
}

static int set_tls(const struct sink *s)
{
	const struct conf_output *c = s->conf;
	const char *ca = c->ca_cert[0] != '\0' ? c->ca_cert : c->ca_bundle;
	struct kafka_sink *k = s->state;
	int err = 0;

	if (ca[0] == '\0' && !c->mtls)
		return 0;
	err = set(s, "security.protocol", "ssl");
	if (err == 0 && ca[0] != '\0')
		err = set_secret(s, "ssl.ca.pem", &k->ca, ca);
	if (err == 0 && c->mtls)
		err = set_secret(s, "ssl.certificate.pem", &k->cert, c->client_cert);
	if (err == 0 && c->mtls)
		err = set_secret(s, "ssl.key.pem", &k->secret, c->client_key);
	return err;
}

static int set_properties(const struct sink *s)
{
	for (unsigned i = 0; i < s->conf->properties.count; i++) {
		const char *item = s->conf->properties.item[i], *is = strchr(item, '=');
		char name[128];

		if (is == NULL || is - item >= (ptrdiff_t)sizeof(name))
			return wrong(s, item, "a property is 'name=value'");
		memcpy(name, item, (size_t)(is - item));
		name[is - item] = '\0';
		if (set(s, name, is + 1) < 0)
			return -EINVAL;
	}
	return 0;
}

/* What we need, then what the administrator says: his word counts. */
static int set_all(const struct sink *s)
{
	const struct {
		const char *name, *value;
	} own[] = {
		{ "bootstrap.servers", s->conf->brokers },
		{ "client.id", "mews" },
		{ "enable.idempotence", "true" },
		{ "linger.ms", "2" },
		{ "log.connection.close", "false" },
		{ "enable.ssl.certificate.verification", s->conf->insecure ? "false" : "true" },
	};
	struct kafka_sink *k = s->state;
	char timeout[24];

	kafka.conf_set_opaque(k->conf, k);
	kafka.conf_set_dr_msg_cb(k->conf, on_report);
	kafka.conf_set_error_cb(k->conf, on_error);
	kafka.conf_set_log_cb(k->conf, on_log);
	for (unsigned i = 0; i < ARRAY_LEN(own); i++)
		if (set(s, own[i].name, own[i].value) < 0)
			return -EINVAL;
	snprintf(timeout, sizeof(timeout), "%llu", (unsigned long long)s->conf->timeout_ms);
	if (set(s, "message.timeout.ms", timeout) < 0 || set_tls(s) < 0)
		return -EINVAL;
	return set_properties(s);
}

/* ---- open, close ---- */

static void close_kafka(struct sink *s)
{
	struct kafka_sink *k = s->state;

	if (k == NULL)
		return;
	if (k->rk != NULL)
		kafka.destroy(k->rk);
	if (k->conf != NULL)
		kafka.conf_destroy(k->conf);
	secret_file_close(&k->ca);
	secret_file_close(&k->cert);
	secret_file_close(&k->secret);
	free(k);
	s->state = NULL;
}

static int open_kafka(struct sink *s, struct jail_identity who)
{
	struct kafka_sink *k;
	struct diag diag;
	int err = load_kafka();

	(void)who;
	if (err < 0)
		return wrong(s, "librdkafka.so.1", "the library is not installed");
	k = s->state = calloc(1, sizeof(*k));
	if (k == NULL || (k->conf = kafka.conf_new()) == NULL)
		err = -ENOMEM;
	else if (template_parse(span_str(s->conf->key), &k->key, &diag) < 0)
		err = wrong(s, "key", diag.message);
	else
		err = set_all(s);
	if (err < 0)
		close_kafka(s);
	return err;
}

/* ---- form: id, length of the key, key, alert ---- */

static ssize_t form_kafka(struct sink *s, const struct letter *l, const struct format *f,
			  uint8_t *buf, size_t cap)
{
	struct kafka_sink *k = s->state;
	struct format with = *f;
	uint8_t key[KEY_MAX];
	struct line t, name;
	uint16_t n;
	bool good;

	with.uuid = span_str(l->uuid);
	line_init(&name, key, sizeof(key));
	good = template_put(&name, &k->key, &with, l->alert, TEMPLATE_PLAIN);
	n = (uint16_t)(name.p - name.start);
	line_init(&t, buf, cap);
	line_put(&t, span_of(l->uuid, UUID_BYTES));
	line_put(&t, span_of(&n, sizeof(n)));
	line_put(&t, span_of(key, n));
	good = format_put_object(&t, &with, l->alert) && good;
	return good ? line_length(&t) : -EPROTO;
}

/* ---- send ---- */

/* One that is broken for good is made anew. */
static bool make_producer(struct kafka_sink *k)
{
	rd_kafka_conf_t *copy;
	char why[256];

	if (k->rk != NULL && kafka.fatal_error(k->rk, why, sizeof(why)) != 0) {
		log_rationed(LOG_LEVEL_WARNING, "kafka: %s, the producer is made anew", why);
		kafka.destroy(k->rk);
		k->rk = NULL;
	}
	if (k->rk != NULL)
		return true;
	copy = kafka.conf_dup(k->conf);
	k->rk = kafka.new(RD_KAFKA_PRODUCER, copy, why, sizeof(why));
	if (k->rk != NULL)
		return true;
	kafka.conf_destroy(copy);
	snprintf(k->why, sizeof(k->why), "%s", why);
	return false;
}

static rd_kafka_resp_err_t produce(struct kafka_sink *k, const char *topic, struct span one,
				   unsigned place)
{
	uint16_t n;
	const uint8_t *key = one.p + UUID_BYTES + sizeof(n), *value;

	memcpy(&n, one.p + UUID_BYTES, sizeof(n));
	value = key + n;
	return kafka.producev(
		k->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, n),
		RD_KAFKA_V_VALUE((void *)(uintptr_t)value, one.n - (size_t)(value - one.p)),
		RD_KAFKA_V_HEADER("uuid", one.p, UUID_BYTES),
		RD_KAFKA_V_OPAQUE((void *)((uintptr_t)k->batch * BATCH_ALERTS + place)),
		RD_KAFKA_V_END);
}

static void produce_all(struct kafka_sink *k, const char *topic, const struct batch *b)
{
	k->batch++;
	k->pending = 0;
	for (unsigned i = 0; i < b->count; i++) {
		size_t from = i == 0 ? 0 : b->ends[i - 1];
		rd_kafka_resp_err_t err;

		/* The report may come in poll() alone, so it does not come before this is said. */
		err = produce(k, topic, span_of(b->bytes.p + from, b->ends[i] - from), i);
		k->fate[i] = err;
		k->is_known[i] = err != 0;
		k->pending += err == 0;
	}
}

static void poll_until(struct kafka_sink *k, struct mono until)
{
	while (k->pending > 0 && mono_now().ns < until.ns)
		kafka.poll(k->rk, 50);
}

static bool is_refused(rd_kafka_resp_err_t err)
{
	return err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
	       err == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE || err == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

static struct sink_result result_of(struct kafka_sink *k, unsigned count)
{
	unsigned done = 0;

	while (done < count && k->is_known[done] && k->fate[done] == 0)
		done++;
	if (done == count)
		return (struct sink_result){ SINK_SENT, count, 0, NULL };
	if (k->is_known[done] && is_refused(k->fate[done]))
		return (struct sink_result){ SINK_REFUSED, done, 0, kafka.err2str(k->fate[done]) };
	if (k->why[0] == '\0')
		snprintf(k->why, sizeof(k->why), "%s",
			 k->is_known[done] ? kafka.err2str(k->fate[done]) : "no report came");
	return (struct sink_result){ SINK_AGAIN, done, 0, k->why };
}

static struct sink_result send_kafka(struct sink *s, const struct batch *b)
{
	uint64_t timeout_ns = s->conf->timeout_ms * NS_PER_MSEC;
	struct kafka_sink *k = s->state;

	k->why[0] = '\0';
	if (!make_producer(k))
		return (struct sink_result){ SINK_AGAIN, 0, 0, k->why };
	produce_all(k, s->conf->topic, b);
	poll_until(k, mono_after(mono_now(), timeout_ns));
	if (k->pending > 0) {
		kafka.purge(k->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		poll_until(k, mono_after(mono_now(), PURGE_MS * NS_PER_MSEC));
	}
	return result_of(k, b->count);
}

const struct sink_ops sink_kafka = {
	.key = "kafka_output",
	.batch_alerts = BATCH_ALERTS,
	.batch_bytes = (size_t)512 * 1024,
	.needs_network = true,
	.open = open_kafka,
	.form = form_kafka,
	.send = send_kafka,
	.close = close_kafka,
};
