/* SPDX-License-Identifier: Apache-2.0
 *
 * tls.c -- see tls.h.
 */
#include "tls.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- OpenSSL, when it is needed ---- */

#define TLS_CALLS(CALL)                                                                            \
	CALL(TLS_client_method)                                                                    \
	CALL(SSL_CTX_new)                                                                          \
	CALL(SSL_CTX_free)                                                                         \
	CALL(SSL_CTX_set_verify)                                                                   \
	CALL(SSL_CTX_ctrl)                                                                         \
	CALL(SSL_CTX_load_verify_file)                                                             \
	CALL(SSL_CTX_load_verify_dir)                                                              \
	CALL(SSL_CTX_use_certificate_chain_file)                                                   \
	CALL(SSL_CTX_use_PrivateKey_file)                                                          \
	CALL(SSL_CTX_check_private_key)                                                            \
	CALL(SSL_new)                                                                              \
	CALL(SSL_free)                                                                             \
	CALL(SSL_set_fd)                                                                           \
	CALL(SSL_ctrl)                                                                             \
	CALL(SSL_set1_host)                                                                        \
	CALL(SSL_get0_param)                                                                       \
	CALL(SSL_get_verify_result)                                                                \
	CALL(SSL_connect)                                                                          \
	CALL(SSL_write_ex)                                                                         \
	CALL(SSL_read_ex)                                                                          \
	CALL(SSL_get_error)                                                                        \
	CALL(SSL_shutdown)                                                                         \
	CALL(X509_VERIFY_PARAM_set1_ip_asc)                                                        \
	CALL(X509_verify_cert_error_string)                                                        \
	CALL(ERR_get_error)                                                                        \
	CALL(ERR_clear_error)                                                                      \
	CALL(ERR_error_string_n)

static struct {
#define CALL(name) __typeof__(name) *name;
	TLS_CALLS(CALL)
#undef CALL
} ssl;

static int load_status = -ENOENT;

static void load(void)
{
	void *lib = dlopen("libssl.so.3", RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL)
		return;
		/* libcrypto's, too: the library depends on it. */
#define CALL(name)                                                                                 \
	ssl.name = (__typeof__(name) *)dlsym(lib, #name);                                          \
	if (ssl.name == NULL)                                                                      \
		return;
	TLS_CALLS(CALL)
#undef CALL
	load_status = 0;
}

static int load_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return load_status;
}

/* ---- contexts ---- */

struct tls_context {
	SSL_CTX *ctx;
	bool insecure;
};

struct tls {
	SSL *ssl;
	bool insecure;
};

/* WHAT, and what OpenSSL says. */
static void explain(char *why, size_t cap, const char *what)
{
	char text[128] = "";
	unsigned long err = ssl.ERR_get_error(), last = err;

	/* The last one is the one that says most of a file. */
	while (last != 0) {
		err = last;
		last = ssl.ERR_get_error();
	}
	if (err != 0)
		ssl.ERR_error_string_n(err, text, sizeof(text));
	snprintf(why, cap, "%s%s%s", what, text[0] == '\0' ? "" : ": ", text);
}

static int take_authorities(SSL_CTX *ctx, const struct conf_output *o, char *why, size_t cap)
{
	const char *file = o->ca_cert[0] != '\0' ? o->ca_cert : o->ca_bundle;
	char what[256];
	bool good;

	if (o->insecure)
		return 0;
	good = file[0] != '\0' ? ssl.SSL_CTX_load_verify_file(ctx, file) == 1
			       : ssl.SSL_CTX_load_verify_dir(ctx, o->ca_path) == 1;
	if (good)
		return 0;
	snprintf(what, sizeof(what), "cannot read authorities from '%s'",
		 file[0] != '\0' ? file : o->ca_path);
	explain(why, cap, what);
	return -EINVAL;
}

static int take_own(SSL_CTX *ctx, const struct conf_output *o, char *why, size_t cap)
{
	char what[256];

	if (!o->mtls)
		return 0;
	snprintf(what, sizeof(what), "cannot use '%s'", o->client_cert);
	if (ssl.SSL_CTX_use_certificate_chain_file(ctx, o->client_cert) == 1) {
		snprintf(what, sizeof(what), "cannot use '%s'", o->client_key);
		if (ssl.SSL_CTX_use_PrivateKey_file(ctx, o->client_key, SSL_FILETYPE_PEM) == 1 &&
		    ssl.SSL_CTX_check_private_key(ctx) == 1)
			return 0;
	}
	explain(why, cap, what);
	return -EINVAL;
}

int tls_context_new(const struct conf_output *o, struct tls_context **ret, char *why, size_t cap)
{
	struct tls_context *c = calloc(1, sizeof(*c));
	int err = c == NULL ? -ENOMEM : load_once();

	if (err < 0) {
		snprintf(why, cap, "%s",
			 err == -ENOENT ? "libssl.so.3 cannot be loaded" : strerror(-err));
		free(c);
		return err;
	}
	ssl.ERR_clear_error();
	c->insecure = o->insecure;
	c->ctx = ssl.SSL_CTX_new(ssl.TLS_client_method());
	err = c->ctx == NULL ? -ENOMEM : take_authorities(c->ctx, o, why, cap);
	if (err == 0)
		err = take_own(c->ctx, o, why, cap);
	if (err < 0) {
		tls_context_free(c);
		return err;
	}
	ssl.SSL_CTX_ctrl(c->ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
	ssl.SSL_CTX_ctrl(c->ctx, SSL_CTRL_MODE,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, NULL);
	ssl.SSL_CTX_set_verify(c->ctx, o->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	*ret = c;
	return 0;
}

void tls_context_free(struct tls_context *c)
{
	if (c == NULL)
		return;
	if (c->ctx != NULL)
		ssl.SSL_CTX_free(c->ctx);
	free(c);
}

/* ---- connections ---- */

/* The certificate must name HOST, by name or by number. */
static bool expect(SSL *s, const char *host)
{
	uint8_t address[16];

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return ssl.X509_VERIFY_PARAM_set1_ip_asc(ssl.SSL_get0_param(s), host) == 1;
	ssl.SSL_ctrl(s, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
		     (void *)(uintptr_t)host);
	return ssl.SSL_set1_host(s, host) == 1;
}

struct tls *tls_new(struct tls_context *c, int fd, const char *host)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->insecure = c->insecure;
	t->ssl = ssl.SSL_new(c->ctx);
	if (t->ssl == NULL || ssl.SSL_set_fd(t->ssl, fd) != 1 || !expect(t->ssl, host)) {
		tls_free(t);
		return NULL;
	}
	return t;
}

void tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	if (t->ssl != NULL) {
		ssl.ERR_clear_error();
		(void)ssl.SSL_shutdown(t->ssl);
		ssl.SSL_free(t->ssl);
	}
	free(t);
}

static enum tls_wait wait_for(const struct tls *t, int result, int saved_errno, const char *what,
			      char *why, size_t cap)
{
	long verdict;

	switch (ssl.SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANTS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		snprintf(why, cap, "the receiver has ended the connection");
		return TLS_FAILED;
	case SSL_ERROR_SYSCALL:
		snprintf(why, cap, "%s: %s", what,
			 saved_errno == 0 ? "the receiver has hung up" : strerror(saved_errno));
		return TLS_FAILED;
	default:
		break;
	}
	verdict = ssl.SSL_get_verify_result(t->ssl);
	if (verdict != X509_V_OK && !t->insecure)
		snprintf(why, cap, "the receiver's certificate is not good: %s",
			 ssl.X509_verify_cert_error_string(verdict));
	else
		explain(why, cap, what);
	return TLS_FAILED;
}

enum tls_wait tls_connect(struct tls *t, char *why, size_t cap)
{
	int n;

	ssl.ERR_clear_error();
	errno = 0;
	n = ssl.SSL_connect(t->ssl);
	return n == 1 ? TLS_DONE : wait_for(t, n, errno, "no TLS", why, cap);
}

enum tls_wait tls_write(struct tls *t, const void *bytes, size_t n, size_t *ret_n, char *why,
			size_t cap)
{
	int done;

	*ret_n = 0;
	ssl.ERR_clear_error();
	errno = 0;
	done = ssl.SSL_write_ex(t->ssl, bytes, n, ret_n);
	return done == 1 ? TLS_DONE : wait_for(t, done, errno, "cannot send", why, cap);
}

enum tls_wait tls_look(struct tls *t)
{
	char bytes[512], why[8];
	size_t got = 0;
	int n;

	ssl.ERR_clear_error();
	errno = 0;
	n = ssl.SSL_read_ex(t->ssl, bytes, sizeof(bytes), &got);
	return n == 1 ? TLS_DONE : wait_for(t, n, errno, "", why, sizeof(why));
}
