/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_access.c -- see kube_access.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kube_access.h"
#include "kubeconfig.h"
#include "log.h"

#define REFRESH_NS (60 * NS_PER_SEC)
#define REFUSED_NS NS_PER_SEC

enum { FILE_MAX = KUBECONFIG_BYTES_MAX };
enum mode { MODE_AUTO, MODE_IN_CLUSTER, MODE_KUBECONFIG, MODE_OFF };

static void fail(struct kube_access *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void fail(struct kube_access *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->error, sizeof(a->error), format, ap);
	va_end(ap);
}

/* ---- files ---- */

/* NAME, seen from DIR, whole, with a NUL behind it.  Negative errno. */
static ssize_t read_at(int dir, const char *name, char **ret)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	size_t n = 0;
	ssize_t got = 0;
	char *buf = NULL;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		errno = EINVAL;
	else if (st.st_size > FILE_MAX)
		errno = EFBIG;
	else
		buf = malloc(FILE_MAX + 1);
	while (buf != NULL && n < FILE_MAX && (got = read(fd, buf + n, FILE_MAX - n)) > 0)
		n += (size_t)got;
	if (buf == NULL || got < 0) {
		int err = errno;

		free(buf);
		close(fd);
		return -err;
	}
	close(fd);
	buf[n] = '\0';
	*ret = buf;
	return (ssize_t)n;
}

/* The path of NAME in the directory of FILE, unless it is absolute. */
static bool beside(char path[PATH_MAX], const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	int dir = name[0] == '/' || slash == NULL ? 0 : (int)(slash - file) + 1;

	return snprintf(path, PATH_MAX, "%.*s%s", dir, file, name) < PATH_MAX;
}

/* ---- tokens ---- */

static bool take_token(struct kube_access *a, const char *text, size_t n)
{
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' ' || text[n - 1] == '\r'))
		n--;
	if (n == 0 || n >= sizeof(a->token))
		return false;
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false; /* no part of a header's line */
	memcpy(a->token, text, n);
	a->token[n] = '\0';
	return true;
}

static int read_token(struct kube_access *a)
{
	char *text = NULL;
	ssize_t n = read_at(a->token_dir, a->token_name, &text);
	int err = n < 0 ? (int)n : take_token(a, text, (size_t)n) ? 0 : -EINVAL;

	if (n > 0)
		explicit_bzero(text, (size_t)n);
	free(text);
	return err;
}

static void open_token(struct kube_access *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";
	int err;

	if (slash != NULL && slash - path >= PATH_MAX) {
		fail(a, "the token's path is too long");
		return;
	}
	if (slash != NULL)
		snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	snprintf(a->token_name, sizeof(a->token_name), "%s", slash != NULL ? slash + 1 : path);
	snprintf(a->token_place, sizeof(a->token_place), "%s", dir);
	a->token_dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	err = a->token_dir < 0 ? -errno : read_token(a);
	if (err < 0)
		fail(a, "no token in '%.128s': %s", path, strerror(-err));
}

bool kube_access_refresh(struct kube_access *a, enum kube_why why, struct mono now)
{
	static char old[KUBE_TOKEN_MAX]; /* one thread has it all */
	bool is_new;
	int err;

	if (a->token_dir < 0 ||
	    mono_since(a->token_read, now) < (why == KUBE_WAS_REFUSED ? REFUSED_NS : REFRESH_NS))
		return false;
	a->token_read = now;
	memcpy(old, a->token, sizeof(old));
	err = read_token(a);
	is_new = err == 0 && strcmp(old, a->token) != 0;
	explicit_bzero(old, sizeof(old));
	if (err < 0 && !a->token_warned)
		log_warning("cannot read the API server's token '%s' again: %s; the old one is "
			    "used as long as it is good",
			    a->token_name, strerror(-err));
	a->token_warned = err < 0;
	return is_new;
}

/* ---- a pod's own ---- */

static void in_cluster(struct kube_access *a, const struct conf *conf)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"),
		   *port = getenv("KUBERNETES_SERVICE_PORT");
	bool v6 = host != NULL && strchr(host, ':') != NULL;
	char path[PATH_MAX], *text = NULL;
	ssize_t n;

	if (host == NULL || host[0] == '\0') {
		fail(a, "KUBERNETES_SERVICE_HOST is not set: this is no pod");
		return;
	}
	snprintf(a->server, sizeof(a->server), "https://%s%s%s:%s", v6 ? "[" : "", host,
		 v6 ? "]" : "", port != NULL && port[0] != '\0' ? port : "443");
	snprintf(path, sizeof(path), "%s/ca.crt", conf->kubernetes_account);
	n = read_at(AT_FDCWD, path, &text);
	if (n < 0) {
		fail(a, "cannot read '%.128s': %s", path, strerror((int)-n));
		return;
	}
	a->ca = span_of((uint8_t *)text, (size_t)n);
	snprintf(path, sizeof(path), "%s/token", conf->kubernetes_account);
	open_token(a, path);
}

static bool is_in_cluster(const struct conf *conf)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/token", conf->kubernetes_account);
	return host != NULL && host[0] != '\0' && access(path, F_OK) == 0;
}

/* ---- a file ---- */

/* What the file has itself, or in a file that it names. */
static struct span take_pem(struct kube_access *a, struct kubeconfig *k, const char *config,
			    enum kubeconfig_part inline_part, enum kubeconfig_part file_part)
{
	char path[PATH_MAX], *text = k->part[inline_part];
	ssize_t n;

	if (text != NULL) {
		k->part[inline_part] = NULL;
		return span_of((uint8_t *)text, strlen(text));
	}
	if (k->part[file_part] == NULL)
		return SPAN_NONE;
	n = beside(path, config, k->part[file_part]) ? read_at(AT_FDCWD, path, &text)
						     : -ENAMETOOLONG;
	if (n < 0) {
		fail(a, "cannot read '%.128s': %s", k->part[file_part], strerror((int)-n));
		return SPAN_NONE;
	}
	return span_of((uint8_t *)text, (size_t)n);
}

static void take_config(struct kube_access *a, const struct conf *conf, struct kubeconfig *k)
{
	const char *config = conf->kubernetes_config;
	char path[PATH_MAX];

	if (strlen(k->part[KUBECONFIG_SERVER]) >= sizeof(a->server)) {
		fail(a, "the server's address is too long");
		return;
	}
	if (k->insecure && !conf->kubernetes_insecure) {
		fail(a, "it says insecure-skip-tls-verify, and kubernetes.insecure is not set");
		return;
	}
	a->insecure = k->insecure;
	snprintf(a->server, sizeof(a->server), "%s", k->part[KUBECONFIG_SERVER]);
	a->ca = take_pem(a, k, config, KUBECONFIG_CA, KUBECONFIG_CA_FILE);
	a->cert = take_pem(a, k, config, KUBECONFIG_CERT, KUBECONFIG_CERT_FILE);
	a->key = take_pem(a, k, config, KUBECONFIG_KEY, KUBECONFIG_KEY_FILE);
	if (k->part[KUBECONFIG_TOKEN] != NULL) {
		if (!take_token(a, k->part[KUBECONFIG_TOKEN], strlen(k->part[KUBECONFIG_TOKEN])))
			fail(a, "the token is too long");
	} else if (k->part[KUBECONFIG_TOKEN_FILE] != NULL) {
		if (beside(path, config, k->part[KUBECONFIG_TOKEN_FILE]))
			open_token(a, path);
	}
}

static void by_kubeconfig(struct kube_access *a, const struct conf *conf)
{
	struct kubeconfig k = { 0 };
	struct diag diag = { 0 };
	char *text = NULL;
	ssize_t n = read_at(AT_FDCWD, conf->kubernetes_config, &text);
	int err = n < 0 ? (int)n : kubeconfig_parse(span_of((uint8_t *)text, (size_t)n), &k, &diag);

	if (err < 0)
		fail(a, "kubeconfig '%.100s': %s", conf->kubernetes_config,
		     diag.message[0] != '\0' ? diag.message : strerror(-err));
	else
		take_config(a, conf, &k);
	if (n > 0)
		explicit_bzero(text, (size_t)n);
	free(text);
	kubeconfig_release(&k);
}

/* ---- which of them ---- */

/* Without a name, it is the host's, as the kubelet has it. */
static void name_node(struct kube_access *a, const char *name)
{
	if (strlen(name) >= sizeof(a->node)) {
		fail(a, "kubernetes.node_name is too long");
		return;
	}
	if (name[0] != '\0')
		memcpy(a->node, name, strlen(name) + 1);
	else if (gethostname(a->node, sizeof(a->node) - 1) == -1)
		fail(a, "this host has no name: set kubernetes.node_name");
	for (char *p = a->node; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9') && *p != '-' &&
		    *p != '.')
			fail(a, "'%.64s' is not a node's name", a->node);
	}
}

void kube_access_open(const struct conf *conf, struct kube_access *a)
{
	unsigned mode = conf->kubernetes_mode;

	*a = (struct kube_access){ .token_dir = -1 };
	if (mode == MODE_AUTO)
		mode = conf->kubernetes_config[0] != '\0' ? MODE_KUBECONFIG
		       : is_in_cluster(conf)		  ? MODE_IN_CLUSTER
							  : MODE_OFF;
	if (mode == MODE_OFF)
		return;
	a->found = true;
	name_node(a, conf->kubernetes_node);
	if (mode == MODE_IN_CLUSTER)
		in_cluster(a, conf);
	else
		by_kubeconfig(a, conf);
	while (a->server[0] != '\0' && a->server[strlen(a->server) - 1] == '/')
		a->server[strlen(a->server) - 1] = '\0';
}

static void drop(struct span *pem)
{
	if (pem->p != NULL)
		explicit_bzero((void *)(uintptr_t)pem->p, pem->n);
	free((void *)(uintptr_t)pem->p);
	*pem = SPAN_NONE;
}

void kube_access_close(struct kube_access *a)
{
	drop(&a->ca);
	drop(&a->cert);
	drop(&a->key);
	explicit_bzero(a->token, sizeof(a->token));
	if (a->token_dir >= 0)
		close(a->token_dir);
	a->token_dir = -1;
	a->found = false;
}
