/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_nats.c -- alerts as messages of NATS, by its C library, which is loaded if such an output
 * is on.  A message is the alert as JSON, with the alert's id as Nats-Msg-Id, by which a stream
 * knows doubles.  Without JetStream the server's answer to a ping behind the last message says
 * that all before it were taken; with it, each is confirmed by the stream.
 *
 * The library has threads, so nothing of it but its options is made before the jail.
 */
#include <dlfcn.h>
#include <errno.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "format_parts.h"
#include "log.h"
#include "secret_file.h"
#include "sink.h"
#include "template.h"

#define BATCH_ALERTS 256
#define SUBJECT_MAX  512
#define UUID_BYTES   36
#define ALL_CAS	     "/etc/ssl/certs/ca-certificates.crt"

#define NATS_CALLS(CALL)                                                                           \
	CALL(natsOptions_Create)                                                                   \
	CALL(natsOptions_Destroy)                                                                  \
	CALL(natsOptions_SetURL)                                                                   \
	CALL(natsOptions_SetName)                                                                  \
	CALL(natsOptions_SetTimeout)                                                               \
	CALL(natsOptions_SetAllowReconnect)                                                        \
	CALL(natsOptions_SetSecure)                                                                \
	CALL(natsOptions_SetToken)                                                                 \
	CALL(natsOptions_SetCATrustedCertificates)                                                 \
	CALL(natsOptions_SetCertificatesChain)                                                     \
	CALL(natsOptions_SkipServerVerification)                                                   \
	CALL(natsOptions_SetWriteDeadline)                                                         \
	CALL(natsConnection_Connect)                                                               \
	CALL(natsConnection_Destroy)                                                               \
	CALL(natsConnection_Status)                                                                \
	CALL(natsConnection_PublishMsg)                                                            \
	CALL(natsConnection_FlushTimeout)                                                          \
	CALL(natsConnection_GetLastError)                                                          \
	CALL(natsConnection_JetStream)                                                             \
	CALL(jsCtx_Destroy)                                                                        \
	CALL(jsPubOptions_Init)                                                                    \
	CALL(js_PublishMsg)                                                                        \
	CALL(natsMsg_Create)                                                                       \
	CALL(natsMsg_Destroy)                                                                      \
	CALL(natsMsgHeader_Set)                                                                    \
	CALL(natsStatus_GetText)                                                                   \
	CALL(nats_GetLastError)

static struct {
#define CALL(name) __typeof__(name) *name;
	NATS_CALLS(CALL)
#undef CALL
} nats;

struct nats_sink {
	natsConnection *connection; /* NULL: not made, or broken */
	jsCtx *stream;
	struct template subject;
	char *subject_text; /* what it is made of */
	struct secret_file token, ca, cert, key;
	char why[256];
};

/* ---- the library ---- */

static int load_nats(void)
{
	void *lib;

	if (nats.nats_GetLastError != NULL)
		return 0;
	lib = dlopen("libnats.so.3.4", RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		return -ENOENT;
#define CALL(name)                                                                                 \
	nats.name = (__typeof__(name) *)dlsym(lib, #name);                                         \
	if (nats.name == NULL)                                                                     \
		return -ENOENT;
	NATS_CALLS(CALL)
#undef CALL
	return 0;
}

/* ---- open, close ---- */

static int wrong(const struct sink *s, const char *name, const char *why)
{
	log_error("cannot open output '%s': %s: %s", s->conf->name, name, why);
	return -EINVAL;
}

static int open_secret(const struct sink *s, struct secret_file *f, const char *path)
{
	int err = path[0] == '\0' ? 0 : secret_file_open(f, path);

	return err < 0 ? wrong(s, path, strerror(-err)) : 0;
}

static bool is_secure(const struct conf_output *c)
{
	return strncmp(c->url, "tls://", 6) == 0 || c->mtls || c->ca_cert[0] != '\0' ||
	       c->ca_bundle[0] != '\0';
}

static int open_secrets(const struct sink *s)
{
	const struct conf_output *c = s->conf;
	const char *ca = c->ca_cert[0] != '\0' ? c->ca_cert : c->ca_bundle;
	struct nats_sink *n = s->state;

	if (open_secret(s, &n->token, c->token_file) < 0)
		return -EINVAL;
	if (!is_secure(c))
		return 0;
	if (!c->insecure && open_secret(s, &n->ca, ca[0] != '\0' ? ca : ALL_CAS) < 0)
		return -EINVAL;
	if (!c->mtls)
		return 0;
	if (open_secret(s, &n->cert, c->client_cert) < 0)
		return -EINVAL;
	return open_secret(s, &n->key, c->client_key);
}

/* <rule>, as Falcosidekick writes it, is %{rule}. */
static int parse_subject(struct sink *s)
{
	const char *p = s->conf->subject;
	struct nats_sink *n = s->state;
	struct diag diag;
	char *to;

	n->subject_text = to = calloc(1, 2 * strlen(p) + 1);
	if (to == NULL)
		return -ENOMEM;
	for (; *p != '\0'; p++) {
		if (*p == '<') {
			*to++ = '%';
			*to++ = '{';
		} else {
			*to++ = *p == '>' ? '}' : *p;
		}
	}
	if (template_parse(span_str(n->subject_text), &n->subject, &diag) < 0)
		return wrong(s, "subject", diag.message);
	if (strpbrk(s->conf->subject, " \t\r\n") != NULL || s->conf->subject[0] == '\0')
		return wrong(s, "subject", "it is empty, or has blanks");
	return 0;
}

static void disconnect(struct nats_sink *n)
{
	nats.jsCtx_Destroy(n->stream);
	nats.natsConnection_Destroy(n->connection);
	n->stream = NULL;
	n->connection = NULL;
}

static void close_nats(struct sink *s)
{
	struct nats_sink *n = s->state;

	if (n == NULL)
		return;
	disconnect(n);
	secret_file_close(&n->token);
	secret_file_close(&n->ca);
	secret_file_close(&n->cert);
	secret_file_close(&n->key);
	free(n->subject_text);
	free(n);
	s->state = NULL;
}

static int open_nats(struct sink *s, struct jail_identity who)
{
	int err;

	(void)who;
	if (load_nats() < 0)
		return wrong(s, "libnats.so.3.4", "the library is not installed");
	s->state = calloc(1, sizeof(struct nats_sink));
	if (s->state == NULL)
		return -ENOMEM;
	err = parse_subject(s);
	if (err == 0)
		err = open_secrets(s);
	if (err < 0)
		close_nats(s);
	return err;
}

/* ---- form: id, length of the subject, the subject with a NUL, alert ---- */

static ssize_t form_nats(struct sink *s, const struct letter *l, const struct format *f,
			 uint8_t *buf, size_t cap)
{
	struct nats_sink *n = s->state;
	struct format with = *f;
	uint8_t subject[SUBJECT_MAX];
	struct line t, name;
	uint16_t length;
	bool good;

	with.uuid = span_str(l->uuid);
	line_init(&name, subject, sizeof(subject));
	good = template_put(&name, &n->subject, &with, l->alert, TEMPLATE_TOKEN);
	if (name.full || name.p == name.start)
		return -EPROTO;
	length = (uint16_t)(name.p - name.start + 1);
	line_init(&t, buf, cap);
	line_put(&t, span_of(l->uuid, UUID_BYTES));
	line_put(&t, span_of(&length, sizeof(length)));
	line_put(&t, span_of(subject, length - 1u));
	line_put(&t, span_of("", 1));
	good = format_put_object(&t, &with, l->alert) && good;
	return good ? line_length(&t) : -EPROTO;
}

/* ---- send ---- */

/* Why the last call failed, as the library or the server says. */
static void say(struct nats_sink *n, natsStatus status)
{
	const char *text = nats.nats_GetLastError(NULL);
	const char *server = NULL;

	if (n->connection != NULL)
		nats.natsConnection_GetLastError(n->connection, &server);
	if (server != NULL && server[0] != '\0')
		text = server;
	if (text == NULL || text[0] == '\0')
		snprintf(n->why, sizeof(n->why), "%s", nats.natsStatus_GetText(status));
	else
		snprintf(n->why, sizeof(n->why), "%s: %s", nats.natsStatus_GetText(status), text);
}

/* A token without the newline behind it. */
static natsStatus set_token(natsOptions *o, const struct secret_file *f)
{
	char *token = strndup(f->text, strcspn(f->text, "\r\n"));
	natsStatus status = token == NULL ? NATS_NO_MEMORY : nats.natsOptions_SetToken(o, token);

	if (token != NULL)
		explicit_bzero(token, strlen(token));
	free(token);
	return status;
}

static natsStatus set_tls(natsOptions *o, const struct sink *s)
{
	struct nats_sink *n = s->state;
	natsStatus status = nats.natsOptions_SetSecure(o, true);

	if (status == NATS_OK && s->conf->insecure)
		status = nats.natsOptions_SkipServerVerification(o, true);
	if (status == NATS_OK && n->ca.text != NULL)
		status = nats.natsOptions_SetCATrustedCertificates(o, n->ca.text);
	if (status == NATS_OK && n->cert.text != NULL)
		status = nats.natsOptions_SetCertificatesChain(o, n->cert.text, n->key.text);
	return status;
}

static natsStatus set_options(natsOptions *o, const struct sink *s)
{
	int64_t timeout = (int64_t)s->conf->timeout_ms;
	struct nats_sink *n = s->state;
	natsStatus status = nats.natsOptions_SetURL(o, s->conf->url);

	secret_file_renewed(&n->token);
	secret_file_renewed(&n->ca);
	secret_file_renewed(&n->cert);
	secret_file_renewed(&n->key);
	if (status == NATS_OK)
		status = nats.natsOptions_SetName(o, "mews");
	if (status == NATS_OK)
		status = nats.natsOptions_SetTimeout(o, timeout);
	if (status == NATS_OK)
		status = nats.natsOptions_SetWriteDeadline(o, timeout);
	/* To try again is the caller's business. */
	if (status == NATS_OK)
		status = nats.natsOptions_SetAllowReconnect(o, false);
	if (status == NATS_OK && n->token.text != NULL)
		status = set_token(o, &n->token);
	if (status == NATS_OK && is_secure(s->conf))
		status = set_tls(o, s);
	return status;
}

static bool connect_nats(struct sink *s)
{
	struct nats_sink *n = s->state;
	natsOptions *o = NULL;
	natsStatus status;

	if (n->connection != NULL &&
	    nats.natsConnection_Status(n->connection) != NATS_CONN_STATUS_CONNECTED)
		disconnect(n);
	if (n->connection != NULL)
		return true;
	status = nats.natsOptions_Create(&o);
	if (status == NATS_OK)
		status = set_options(o, s);
	if (status == NATS_OK)
		status = nats.natsConnection_Connect(&n->connection, o);
	nats.natsOptions_Destroy(o);
	if (status == NATS_OK && s->conf->jetstream)
		status = nats.natsConnection_JetStream(&n->stream, n->connection, NULL);
	if (status == NATS_OK)
		return true;
	say(n, status);
	disconnect(n);
	return false;
}

static natsStatus publish_to_stream(struct nats_sink *n, natsMsg *m, int64_t timeout_ms)
{
	jsPubOptions o;
	natsStatus status = nats.jsPubOptions_Init(&o);

	o.MaxWait = timeout_ms;
	return status != NATS_OK ? status : nats.js_PublishMsg(NULL, n->stream, m, &o, NULL);
}

static natsStatus publish(const struct sink *s, struct span one)
{
	struct nats_sink *n = s->state;
	char id[UUID_BYTES + 1] = "";
	uint16_t length;
	const uint8_t *subject = one.p + UUID_BYTES + sizeof(length), *body;
	natsMsg *m = NULL;
	natsStatus status;

	memcpy(id, one.p, UUID_BYTES);
	memcpy(&length, one.p + UUID_BYTES, sizeof(length));
	body = subject + length;
	status = nats.natsMsg_Create(&m, (const char *)subject, NULL, (const char *)body,
				     (int)(one.n - (size_t)(body - one.p)));
	if (status == NATS_OK)
		status = nats.natsMsgHeader_Set(m, "Nats-Msg-Id", id);
	if (status == NATS_OK)
		status = n->stream != NULL ? publish_to_stream(n, m, (int64_t)s->conf->timeout_ms)
					   : nats.natsConnection_PublishMsg(n->connection, m);
	nats.natsMsg_Destroy(m);
	return status;
}

/* All of B from DONE on are there if the server has answered behind the last and has said nothing
 * against it. */
static natsStatus confirm(const struct sink *s)
{
	struct nats_sink *n = s->state;
	const char *server = NULL;
	natsStatus status =
		nats.natsConnection_FlushTimeout(n->connection, (int64_t)s->conf->timeout_ms);

	if (status != NATS_OK)
		return status;
	nats.natsConnection_GetLastError(n->connection, &server);
	return server != NULL && server[0] != '\0' ? NATS_NOT_PERMITTED : NATS_OK;
}

static struct sink_result failed(struct nats_sink *n, unsigned done, natsStatus status)
{
	bool is_refused = status == NATS_MAX_PAYLOAD || status == NATS_INVALID_SUBJECT;

	say(n, status);
	if (!is_refused)
		disconnect(n);
	return (struct sink_result){ is_refused ? SINK_REFUSED : SINK_AGAIN, done, 0, n->why };
}

static struct sink_result send_nats(struct sink *s, const struct batch *b)
{
	struct mono until = mono_after(mono_now(), s->conf->timeout_ms * NS_PER_MSEC);
	struct nats_sink *n = s->state;
	natsStatus status = NATS_OK, confirmed = NATS_OK;
	unsigned i = 0;

	if (!connect_nats(s))
		return (struct sink_result){ SINK_AGAIN, 0, 0, n->why };
	for (; i < b->count && status == NATS_OK; i += status == NATS_OK) {
		size_t from = i == 0 ? 0 : b->ends[i - 1];

		if (i > 0 && n->stream != NULL && mono_now().ns >= until.ns)
			return (struct sink_result){ SINK_SOME, i, 0, NULL };
		status = publish(s, span_of(b->bytes.p + from, b->ends[i] - from));
	}
	if (n->stream == NULL)
		confirmed = confirm(s);
	if (confirmed != NATS_OK)
		return failed(n, 0, confirmed);
	if (status != NATS_OK)
		return failed(n, i, status);
	return (struct sink_result){ SINK_SENT, b->count, 0, NULL };
}

const struct sink_ops sink_nats = {
	.key = "nats_output",
	.batch_alerts = BATCH_ALERTS,
	.batch_bytes = (size_t)512 * 1024,
	.needs_network = true,
	.open = open_nats,
	.form = form_nats,
	.send = send_nats,
	.close = close_nats,
};
