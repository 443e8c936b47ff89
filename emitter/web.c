/* SPDX-License-Identifier: Apache-2.0
 *
 * web.c -- see web.h.  A table has a row for each path.  Nothing of a request for these is looked at
 * but its method and path; how many may be connected, for how long, and how much memory each may take is
 * bounded by libmicrohttpd.
 */
#include "web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "reply.h"
#include "reporter.h"
#include "web_text.h"

#define CONNECTIONS	  64u
#define IDLE_S		  10u
#define CONNECTION_MEMORY ((size_t)32 * 1024)
#define THREADS_MAX	  16u
#define THREAD_STACK	  ((size_t)512 * 1024)
#define PEM_MAX		  ((size_t)256 * 1024)
#define BACKLOG		  32
#define AGAIN_NS	  (2 * NS_PER_SEC)

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t size;
};

struct web {
	struct readings *readings;
	char *healthz, *place; /* its path; address and port, for people */
	unsigned groups, threads;
	bool has_metrics;
	struct MHD_Daemon *daemon;
	int fd; /* -1: the daemon's, or none yet */
	struct address address;
	struct mono again; /* when it is tried to listen; ns 0: not any more */
	char *pem;	   /* certificate and key; NULL: no TLS */
	struct page *page; /* NULL: it is switched off */
};

/* ---- the pages; each gives the status ---- */

static unsigned say_health(struct web *w, struct line *t)
{
	bool is_well = web_text_health(readings_get(w->readings), t);

	readings_put(w->readings);
	return is_well ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned say_versions(struct web *w, struct line *t)
{
	(void)w;
	web_text_versions(MEWS_VERSION, t);
	return MHD_HTTP_OK;
}

static unsigned say_metrics(struct web *w, struct line *t)
{
	if (!w->has_metrics)
		return MHD_HTTP_NOT_FOUND;
	metrics_text(readings_get(w->readings), w->groups, t);
	readings_put(w->readings);
	return MHD_HTTP_OK;
}

static const struct route {
	const char *path; /* NULL: the setting's */
	const char *type;
	unsigned (*say)(struct web *w, struct line *t);
} routes[] = {
	{ NULL, "application/json", say_health },
	{ "/versions", "application/json", say_versions },
	{ "/metrics", "text/plain; version=0.0.4", say_metrics },
};

/* ---- requests ---- */

static const struct route *route_of(const struct web *w, const char *path)
{
	for (unsigned i = 0; i < ARRAY_LEN(routes); i++)
		if (strcmp(path, routes[i].path == NULL ? w->healthz : routes[i].path) == 0)
			return &routes[i];
	return NULL;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *path,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	const struct route *route = route_of(ctx, path);
	struct web *w = ctx;
	struct reply r;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return reply_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (route == NULL && w->page != NULL && page_has(path))
		return page_answer(w->page, c, path);
	if (route == NULL)
		return reply_text(c, MHD_HTTP_NOT_FOUND, "no such page\n");
	reply_begin(&r, MHD_HTTP_OK, route->type);
	r.status = route->say(w, &r.line);
	if (r.status == MHD_HTTP_NOT_FOUND)
		return reply_text(c, r.status, "switched off\n");
	return reply_send(&r, c);
}

/* What clients do wrong is theirs: it is not worth a line each. */
static void on_log(void *ctx, const char *format, va_list ap)
{
	(void)ctx;
	(void)format;
	(void)ap;
}

/* ---- opening ---- */

static bool address_of(const struct conf *conf, struct address *ret)
{
	in_port_t port = htons((uint16_t)conf->web_port);

	*ret = (struct address){ .size = sizeof(ret->v4) };
	if (inet_pton(AF_INET, conf->web_address, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = port;
		return true;
	}
	if (inet_pton(AF_INET6, conf->web_address, &ret->v6.sin6_addr) != 1)
		return false;
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = port;
	ret->size = sizeof(ret->v6);
	return true;
}

static int listen_at(const struct address *at)
{
	static const int one = 1;
	int fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd == -1)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &at->any, at->size) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* All of the file, terminated. */
static int read_pem(const char *path, char **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	char *pem = malloc(PEM_MAX);
	ssize_t n;

	if (fd == -1 || pem == NULL) {
		err = fd == -1 ? -errno : -ENOMEM;
	} else if ((n = read(fd, pem, PEM_MAX - 1)) < 0) {
		err = -errno;
	} else {
		pem[n] = '\0';
		if (strstr(pem, "BEGIN CERTIFICATE") == NULL || strstr(pem, "PRIVATE KEY") == NULL)
			err = -EINVAL;
	}
	if (fd != -1)
		close(fd);
	if (err < 0)
		free(pem);
	else
		*ret = pem;
	return err;
}

static unsigned threads_of(const struct conf *conf)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = conf->web_threads > 0 ? conf->web_threads : (uint64_t)(cpus > 0 ? cpus : 1);

	return n < THREADS_MAX ? (unsigned)n : THREADS_MAX;
}

/* Its own: others come with a reload while threads look at these. */
static int take_settings(struct web *w, const struct conf *conf)
{
	w->has_metrics = conf->metrics_enabled && conf->web_metrics;
	w->groups = reporter_groups(conf) | 1u << METRICS_OWN;
	w->threads = threads_of(conf);
	w->healthz = strdup(conf->web_healthz);
	if (w->healthz == NULL ||
	    asprintf(&w->place, "%s, port %u", conf->web_address, (unsigned)conf->web_port) < 0)
		return -ENOMEM;
	return 0;
}

/* Who listens there now may go: a predecessor that is slow to end, say. */
static int listen_first(struct web *w)
{
	int fd = listen_at(&w->address);

	if (fd == -EADDRINUSE) {
		log_warning("no web server yet: somebody listens at %s, it is tried again",
			    w->place);
		w->again = mono_after(mono_now(), AGAIN_NS);
		return 0;
	}
	if (fd < 0)
		log_error("no web server: cannot listen at %s: %s", w->place, strerror(-fd));
	else
		w->fd = fd;
	return fd < 0 ? fd : 0;
}

static int open_parts(struct web *w, const struct conf *conf)
{
	int err = take_settings(w, conf);

	if (err == 0)
		err = mhd_calls_load();

	if (err < 0) {
		log_error("no web server: %s",
			  err == -ENOENT ? "libmicrohttpd.so.12 cannot be loaded" : strerror(-err));
		return err;
	}
	if (conf->web_tls && (err = read_pem(conf->web_certificate, &w->pem)) < 0) {
		log_error("no web server: '%s' %s", conf->web_certificate,
			  err == -EINVAL ? "has no certificate or no private key" : strerror(-err));
		return -EINVAL;
	}
	BUG_ON(!address_of(conf, &w->address)); /* settings with another are none */
	return listen_first(w);
}

int web_open(const struct conf *conf, struct readings *readings, struct page *page,
	     struct web **ret)
{
	struct web *w = calloc(1, sizeof(*w));
	int err;

	if (w == NULL)
		return -ENOMEM;
	w->readings = readings;
	w->page = page;
	w->fd = -1;
	err = open_parts(w, conf);
	if (err < 0) {
		w->fd = -1;
		web_close(w);
		return err;
	}
	*ret = w;
	return 0;
}

bool web_waits(const struct web *w)
{
	return w->again.ns != 0;
}

int web_start(struct web *w)
{
	unsigned n = 0;
	struct MHD_OptionItem options[8];
	unsigned flags = MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ERROR_LOG;
	sigset_t all, old;

	options[n++] =
		(struct MHD_OptionItem){ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_log, NULL };
	options[n++] = (struct MHD_OptionItem){ MHD_OPTION_LISTEN_SOCKET, w->fd, NULL };
	options[n++] = (struct MHD_OptionItem){ MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, NULL };
	options[n++] = (struct MHD_OptionItem){ MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, NULL };
	options[n++] = (struct MHD_OptionItem){ MHD_OPTION_CONNECTION_MEMORY_LIMIT,
						(intptr_t)CONNECTION_MEMORY, NULL };
	options[n++] = (struct MHD_OptionItem){ MHD_OPTION_THREAD_STACK_SIZE,
						(intptr_t)THREAD_STACK, NULL };
	if (w->threads > 1) /* a pool of one is none */
		options[n++] =
			(struct MHD_OptionItem){ MHD_OPTION_THREAD_POOL_SIZE, w->threads, NULL };
	options[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	if (w->fd == -1)
		return -EADDRINUSE;
	/* Signals are the event loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (w->pem != NULL)
		w->daemon = mhd.start_daemon(flags | MHD_USE_TLS, 0, NULL, NULL, on_request, w,
					     MHD_OPTION_HTTPS_MEM_CERT, w->pem,
					     MHD_OPTION_HTTPS_MEM_KEY, w->pem, MHD_OPTION_ARRAY,
					     options, MHD_OPTION_END);
	else
		w->daemon = mhd.start_daemon(flags, 0, NULL, NULL, on_request, w, MHD_OPTION_ARRAY,
					     options, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (w->daemon == NULL) {
		log_error("no web server: libmicrohttpd does not start%s",
			  w->pem != NULL ? ", is the certificate right?" : "");
		return -EIO;
	}
	w->fd = -1;
	log_info("%s at %s has %s, /versions%s%s", w->pem != NULL ? "HTTPS" : "HTTP", w->place,
		 w->healthz, w->has_metrics ? ", /metrics" : "",
		 w->page != NULL ? ", /page/ (mews page prints its whole address)" : "");
	return 0;
}

bool web_tick(struct web *w, struct mono now)
{
	int fd;

	if (w->again.ns == 0 || now.ns < w->again.ns)
		return false;
	w->again = mono_after(now, AGAIN_NS);
	fd = listen_at(&w->address);
	if (fd == -EADDRINUSE)
		return false;
	w->again = (struct mono){ 0 };
	w->fd = fd;
	if (fd < 0) {
		log_error("no web server: cannot listen at %s: %s", w->place, strerror(-fd));
		w->fd = -1;
		return false;
	}
	return web_start(w) == 0;
}

void web_close(struct web *w)
{
	if (w == NULL)
		return;
	if (w->daemon != NULL)
		mhd.stop_daemon(w->daemon);
	if (w->fd != -1)
		close(w->fd);
	if (w->pem != NULL)
		explicit_bzero(w->pem, strlen(w->pem));
	free(w->pem);
	free(w->healthz);
	free(w->place);
	free(w);
}
