/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_server.c -- an API server for tests: TLS on loopback, lists by pages, watches
 * with bookmarks, objects by name; and what goes wrong with real ones, when a test asks.
 *
 *   kube_server --cert FILE --key FILE --token TEXT --log FILE [--client-ca FILE] [--port N]
 *               [--version N, what was before is forgotten] LIST.json...
 *
 * The lists (as a server sends them) are what is there at the beginning.  It prints its port;
 * each line of standard input is a command, answered by "ok" or "no":
 *
 *   put PLURAL FILE            an object: added, or changed
 *   delete PLURAL NS NAME      NS is - where there is none
 *   token TEXT                 the one that is accepted from now on
 *   fault NAME COUNT           the next COUNT requests get it: one of faults[]
 *   expire                     versions so far are forgotten: watches get 410, and so do pages
 *   break                      every watch's connection is cut, in the middle of a line
 *
 * A thread for each connection, one lock for all that they share.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 65536, REQUEST_MAX = 32768, PATH_MAX_ = 16384 };

struct event {
	unsigned version;
	const char *type;
	char *plural;
	json_t *object;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t news;
	json_t *objects; /* { plural: { "ns/name": object } } */
	struct event events[EVENTS_MAX];
	unsigned nevents, version, forgotten;
	unsigned breaks; /* counts them */
	char token[256], fault[16];
	unsigned nfaults;
	FILE *log;
	SSL_CTX *tls;
} server = { .lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER };

static const char *const faults[] = { "401",	 "403",	 "429",	 "500",	 "410",	  "hang",
				      "garbage", "huge", "drip", "half", "empty", "deep" };

/* ---- objects ---- */

static const char *text(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s != NULL ? s : "";
}

static void key_of(char *buf, size_t cap, const char *ns, const char *name)
{
	snprintf(buf, cap, "%s/%s", ns, name);
}

static json_t *table(const char *plural)
{
	json_t *t = json_object_get(server.objects, plural);

	if (t == NULL) {
		t = json_object();
		json_object_set_new(server.objects, plural, t);
	}
	return t;
}

static void note(const char *type, const char *plural, json_t *object)
{
	struct event *e = &server.events[server.nevents];
	char version[16];

	if (server.nevents == EVENTS_MAX)
		abort();
	snprintf(version, sizeof(version), "%u", ++server.version);
	json_object_set_new(json_object_get(object, "metadata"), "resourceVersion",
			    json_string(version));
	*e = (struct event){ server.version, type, strdup(plural), json_deep_copy(object) };
	server.nevents++;
	pthread_cond_broadcast(&server.news);
}

static void put(const char *plural, json_t *object)
{
	const json_t *meta = json_object_get(object, "metadata");
	char key[600];
	bool is_new;

	key_of(key, sizeof(key), text(meta, "namespace"), text(meta, "name"));
	is_new = json_object_get(table(plural), key) == NULL;
	json_object_set(table(plural), key, object);
	note(is_new ? "ADDED" : "MODIFIED", plural, object);
}

static bool selected(const json_t *object, const char *node)
{
	return node[0] == '\0' ||
	       strcmp(text(json_object_get(object, "spec"), "nodeName"), node) == 0;
}

/* "PodList" to "pods". */
static bool load(const char *file)
{
	static const char *const kinds[][2] = {
		{ "PodList", "pods" },
		{ "ServiceList", "services" },
		{ "NamespaceList", "namespaces" },
		{ "ReplicaSetList", "replicasets" },
		{ "DeploymentList", "deployments" },
		{ "ReplicationControllerList", "replicationcontrollers" },
		{ "JobList", "jobs" },
	};
	json_t *list = json_load_file(file, 0, NULL), *item;
	size_t i;

	for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (strcmp(text(list, "kind"), kinds[k][0]) == 0) {
			json_array_foreach(json_object_get(list, "items"), i, item)
				put(kinds[k][1], item);
			json_decref(list);
			return true;
		}
	json_decref(list);
	return false;
}

/* ---- answers ---- */

struct connection {
	SSL *ssl;
	bool broken;
};

static void send_bytes(struct connection *c, const char *p, size_t n)
{
	if (!c->broken && n > 0 && SSL_write(c->ssl, p, (int)n) <= 0)
		c->broken = true;
}

static void send_text(struct connection *c, const char *s)
{
	send_bytes(c, s, strlen(s));
}

static void send_head(struct connection *c, unsigned status, const char *extra)
{
	char head[512];

	snprintf(
		head, sizeof(head),
		"HTTP/1.1 %u X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n%s\r\n",
		status, extra);
	send_text(c, head);
}

static void send_chunk(struct connection *c, const char *p, size_t n)
{
	char size[32];

	snprintf(size, sizeof(size), "%zx\r\n", n);
	send_text(c, size);
	send_bytes(c, p, n);
	send_text(c, "\r\n");
}

static void send_json(struct connection *c, unsigned status, const char *extra, json_t *body)
{
	char *s = json_dumps(body, JSON_COMPACT);

	send_head(c, status, extra);
	send_chunk(c, s, strlen(s));
	send_text(c, "0\r\n\r\n");
	free(s);
	json_decref(body);
}

static json_t *status_object(unsigned code, const char *message)
{
	return json_pack("{s:s,s:s,s:{},s:s,s:s,s:i}", "kind", "Status", "apiVersion", "v1",
			 "metadata", "status", "Failure", "message", message, "code", (int)code);
}

static void send_status(struct connection *c, unsigned code, const char *message)
{
	send_json(c, code, code == 429 ? "Retry-After: 2\r\n" : "", status_object(code, message));
}

/* ---- requests ---- */

struct request {
	char path[PATH_MAX_], *query, token[256];
	char plural[64], ns[256], name[256];
	char node[256], more[256];
	unsigned limit, version, timeout_s;
	bool watch;
};

static bool value_of(const char *query, const char *name, char *buf, size_t cap)
{
	size_t n = strlen(name);

	for (const char *p = query; p != NULL && *p != '\0';
	     p = strchr(p, '&'), p = p ? p + 1 : p) {
		size_t len;

		if (strncmp(p, name, n) != 0 || p[n] != '=')
			continue;
		len = strcspn(p + n + 1, "&");
		snprintf(buf, cap, "%.*s", (int)len, p + n + 1);
		return true;
	}
	return false;
}

/* /api/v1/PLURAL, /apis/GROUP/v1/namespaces/NS/PLURAL/NAME, /api/v1/namespaces/NAME */
static void read_path(struct request *r)
{
	char copy[PATH_MAX_], *parts[12] = { 0 }, *save = NULL;
	unsigned n = 0, at;

	snprintf(copy, sizeof(copy), "%s", r->path);
	for (char *p = strtok_r(copy, "/", &save); p != NULL && n < 10;
	     p = strtok_r(NULL, "/", &save))
		parts[n++] = p;
	at = n > 0 && strcmp(parts[0], "apis") == 0 ? 3 : 2;
	if (n > at + 2 && strcmp(parts[at], "namespaces") == 0) {
		snprintf(r->ns, sizeof(r->ns), "%s", parts[at + 1]);
		at += 2;
	}
	snprintf(r->plural, sizeof(r->plural), "%s", n > at ? parts[at] : "");
	snprintf(r->name, sizeof(r->name), "%s", n > at + 1 ? parts[at + 1] : "");
}

static void read_query(struct request *r)
{
	char buf[512];

	r->watch = value_of(r->query, "watch", buf, sizeof(buf)) && strcmp(buf, "true") == 0;
	if (value_of(r->query, "limit", buf, sizeof(buf)))
		r->limit = (unsigned)strtoul(buf, NULL, 10);
	if (value_of(r->query, "resourceVersion", buf, sizeof(buf)))
		r->version = (unsigned)strtoul(buf, NULL, 10);
	r->timeout_s = value_of(r->query, "timeoutSeconds", buf, sizeof(buf))
			       ? (unsigned)strtoul(buf, NULL, 10)
			       : 60;
	(void)value_of(r->query, "continue", r->more, sizeof(r->more));
	if (value_of(r->query, "fieldSelector", buf, sizeof(buf)) &&
	    strncmp(buf, "spec.nodeName%3D", 16) == 0)
		snprintf(r->node, sizeof(r->node), "%.255s", buf + 16);
}

/* The next request of the connection; false: it is over. */
static bool read_request(struct connection *c, struct request *r)
{
	static __thread char buf[REQUEST_MAX];
	size_t n = 0;
	char *end, *p;

	memset(r, 0, sizeof(*r));
	while (n < sizeof(buf) - 1) {
		int got = SSL_read(c->ssl, buf + n, (int)(sizeof(buf) - 1 - n));

		if (got <= 0)
			return false;
		n += (size_t)got;
		buf[n] = '\0';
		if (strstr(buf, "\r\n\r\n") != NULL)
			break;
	}
	end = strstr(buf, " HTTP/1.1\r\n");
	if (strncmp(buf, "GET ", 4) != 0 || end == NULL)
		return false;
	snprintf(r->path, sizeof(r->path), "%.*s", (int)(end - buf - 4), buf + 4);
	p = strcasestr(end, "\r\nAuthorization: Bearer ");
	if (p != NULL)
		snprintf(r->token, sizeof(r->token), "%.*s", (int)strcspn(p + 24, "\r"), p + 24);
	r->query = strchr(r->path, '?');
	if (r->query != NULL)
		*r->query++ = '\0';
	read_path(r);
	read_query(r);
	pthread_mutex_lock(&server.lock);
	fprintf(server.log, "%s%s%s\n", r->path, r->query != NULL ? "?" : "",
		r->query != NULL ? r->query : "");
	fflush(server.log);
	pthread_mutex_unlock(&server.lock);
	return true;
}

/* ---- lists, objects, watches ---- */

/* Page by page; the token is the version that it began at, and how far it went. */
static json_t *list_page(const struct request *r)
{
	json_t *items = json_array(), *meta = json_object(), *object;
	unsigned from = 0, at = 0, begun = server.version;
	const char *key;
	char buf[64];
	bool more = false;

	if (r->more[0] != '\0')
		sscanf(r->more, "%u-%u", &begun, &from);
	json_object_foreach(table(r->plural), key, object)
	{
		if (!selected(object, r->node) || at++ < from)
			continue;
		if (r->limit > 0 && json_array_size(items) == r->limit) {
			more = true;
			break;
		}
		json_array_append(items, object);
	}
	snprintf(buf, sizeof(buf), "%u", begun);
	json_object_set_new(meta, "resourceVersion", json_string(buf));
	if (more) {
		snprintf(buf, sizeof(buf), "%u-%u", begun, from + r->limit);
		json_object_set_new(meta, "continue", json_string(buf));
	}
	return json_pack("{s:s,s:s,s:o,s:o}", "kind", "List", "apiVersion", "v1", "metadata", meta,
			 "items", items);
}

static void answer_list(struct connection *c, const struct request *r)
{
	json_t *list = NULL;
	unsigned begun = 0;

	pthread_mutex_lock(&server.lock);
	if (r->more[0] != '\0')
		sscanf(r->more, "%u", &begun);
	if (r->more[0] == '\0' || begun >= server.forgotten)
		list = list_page(r);
	/* The objects are shared: a copy, while nobody changes them. */
	if (list != NULL) {
		json_t *copy = json_deep_copy(list);

		json_decref(list);
		list = copy;
	}
	pthread_mutex_unlock(&server.lock);
	if (list != NULL)
		send_json(c, 200, "", list);
	else
		send_status(c, 410, "The provided continue parameter is too old");
}

static void answer_object(struct connection *c, const struct request *r)
{
	json_t *object, *copy;
	char key[600];

	key_of(key, sizeof(key), r->ns, r->name);
	pthread_mutex_lock(&server.lock);
	object = json_object_get(table(r->plural), key);
	copy = object != NULL ? json_deep_copy(object) : NULL;
	pthread_mutex_unlock(&server.lock);
	if (copy != NULL)
		send_json(c, 200, "", copy);
	else
		send_status(c, 404, "not found");
}

static void send_event(struct connection *c, const char *type, json_t *object)
{
	json_t *event = json_pack("{s:s,s:O}", "type", type, "object", object);
	char *s = json_dumps(event, JSON_COMPACT);
	size_t n = strlen(s);

	s[n] = '\n'; /* in place of the NUL */
	send_chunk(c, s, n + 1);
	free(s);
	json_decref(event);
}

static void send_bookmark(struct connection *c, unsigned version)
{
	char buf[16];
	json_t *object;

	snprintf(buf, sizeof(buf), "%u", version);
	object = json_pack("{s:{s:s}}", "metadata", "resourceVersion", buf);
	send_event(c, "BOOKMARK", object);
	json_decref(object);
}

static bool send_expired(struct connection *c)
{
	json_t *status = status_object(410, "too old resource version");

	send_event(c, "ERROR", status);
	json_decref(status);
	return false;
}

/* All events from *AT on that the watch wants.  The lock is held, but while sending. */
static bool send_news(struct connection *c, const struct request *r, unsigned *at)
{
	while (*at < server.nevents) {
		struct event e = server.events[(*at)++];

		if (e.version <= r->version || strcmp(e.plural, r->plural) != 0 ||
		    !selected(e.object, r->node))
			continue;
		pthread_mutex_unlock(&server.lock);
		send_event(c, e.type, e.object);
		pthread_mutex_lock(&server.lock);
		if (c->broken)
			return false;
	}
	return true;
}

static void answer_watch(struct connection *c, const struct request *r)
{
	time_t end = time(NULL) + r->timeout_s;
	struct timespec until;
	unsigned at = 0, breaks;
	bool going = true;

	send_head(c, 200, "");
	pthread_mutex_lock(&server.lock);
	breaks = server.breaks;
	while (going && time(NULL) < end && !c->broken) {
		if (r->version < server.forgotten && at == 0) {
			going = send_expired(c);
			break;
		}
		going = send_news(c, r, &at);
		at = at == 0 ? 1 : at; /* it was looked at */
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		if (going &&
		    pthread_cond_timedwait(&server.news, &server.lock, &until) == ETIMEDOUT)
			send_bookmark(c, server.version);
		if (breaks != server.breaks) {
			send_text(c, "40\r\n{\"type\":\"MODI");
			c->broken = true;
		} else if (going && server.forgotten > r->version &&
			   server.forgotten == server.version) {
			going = send_expired(c);
		}
	}
	pthread_mutex_unlock(&server.lock);
	send_text(c, "0\r\n\r\n");
}

/* ---- what goes wrong ---- */

static void drip(struct connection *c)
{
	send_head(c, 200, "");
	send_chunk(c, "{\"kind\":\"List\",\"items\":[", 24);
	while (!c->broken) {
		send_chunk(c, " ", 1);
		usleep(100000);
	}
}

static void huge(struct connection *c)
{
	static char filler[65536];

	memset(filler, ' ', sizeof(filler));
	send_head(c, 200, "");
	send_chunk(c, "{\"kind\":\"List\",\"items\":[", 24);
	for (unsigned i = 0; i < 1600 && !c->broken; i++) /* 100 MB */
		send_chunk(c, filler, sizeof(filler));
	send_chunk(c, "]}", 2);
	send_text(c, "0\r\n\r\n");
}

/* A list whose one object goes on inwards. */
static void deep(struct connection *c)
{
	static char filler[65536];

	for (size_t i = 0; i + 5 <= sizeof(filler); i += 5)
		memcpy(filler + i, "{\"a\":", 5);
	send_head(c, 200, "");
	send_chunk(c, "{\"kind\":\"List\",\"items\":[", 24);
	send_chunk(c, filler, sizeof(filler) / 5 * 5);
	send_text(c, "0\r\n\r\n");
}

static void answer_fault(struct connection *c, const char *fault)
{
	if (fault[0] >= '1' && fault[0] <= '9')
		send_status(c, (unsigned)strtoul(fault, NULL, 10), "as the test wants it");
	else if (strcmp(fault, "garbage") == 0)
		send_text(c,
			  "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html>\x01{{]\xff\xfe\n");
	else if (strcmp(fault, "empty") == 0)
		send_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	else if (strcmp(fault, "huge") == 0)
		huge(c);
	else if (strcmp(fault, "deep") == 0)
		deep(c);
	else if (strcmp(fault, "drip") == 0)
		drip(c);
	else if (strcmp(fault, "half") == 0) {
		send_head(c, 200, "");
		send_chunk(
			c,
			"{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{",
			61);
		c->broken = true;
	} else {
		sleep(3600);
	}
}

static bool take_fault(char fault[16])
{
	bool any;

	pthread_mutex_lock(&server.lock);
	any = server.nfaults > 0;
	if (any) {
		server.nfaults--;
		memcpy(fault, server.fault, sizeof(server.fault));
	}
	pthread_mutex_unlock(&server.lock);
	return any;
}

static bool may(const struct connection *c, const struct request *r)
{
	X509 *cert = SSL_get1_peer_certificate(c->ssl);
	bool good;

	pthread_mutex_lock(&server.lock);
	good = cert != NULL || strcmp(r->token, server.token) == 0;
	pthread_mutex_unlock(&server.lock);
	X509_free(cert);
	return good;
}

static void answer(struct connection *c, const struct request *r)
{
	char fault[16];

	if (take_fault(fault))
		answer_fault(c, fault);
	else if (!may(c, r))
		send_status(c, 401, "Unauthorized");
	else if (r->watch)
		answer_watch(c, r);
	else if (r->name[0] != '\0')
		answer_object(c, r);
	else
		answer_list(c, r);
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct connection c = { .ssl = SSL_new(server.tls) };
	struct request *r = malloc(sizeof(*r));

	SSL_set_fd(c.ssl, fd);
	if (SSL_accept(c.ssl) == 1)
		while (!c.broken && read_request(&c, r))
			answer(&c, r);
	if (!c.broken)
		SSL_shutdown(c.ssl);
	SSL_free(c.ssl);
	close(fd);
	free(r);
	return NULL;
}

/* ---- what the test says ---- */

static bool is_fault(const char *name)
{
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (strcmp(name, faults[i]) == 0)
			return true;
	return false;
}

static bool do_delete(const char *plural, const char *ns, const char *name)
{
	char key[600];
	json_t *object;

	key_of(key, sizeof(key), strcmp(ns, "-") == 0 ? "" : ns, name);
	object = json_incref(json_object_get(table(plural), key));
	if (object == NULL)
		return false;
	json_object_del(table(plural), key);
	note("DELETED", plural, object);
	json_decref(object);
	return true;
}

static bool obey(char *line)
{
	char a[16] = "", b[4096] = "", c[256] = "", d[256] = "";
	json_t *object;

	sscanf(line, "%15s %4095s %255s %255s", a, b, c, d);
	if (strcmp(a, "put") == 0 && (object = json_load_file(c, 0, NULL)) != NULL) {
		put(b, object);
		json_decref(object);
		return true;
	}
	if (strcmp(a, "delete") == 0)
		return do_delete(b, c, d);
	if (strcmp(a, "token") == 0) {
		snprintf(server.token, sizeof(server.token), "%.255s", b);
		return true;
	}
	if (strcmp(a, "fault") == 0 && is_fault(b)) {
		snprintf(server.fault, sizeof(server.fault), "%.15s", b);
		server.nfaults = (unsigned)strtoul(c, NULL, 10);
		return true;
	}
	if (strcmp(a, "expire") == 0) {
		server.forgotten = ++server.version;
		pthread_cond_broadcast(&server.news);
		return true;
	}
	if (strcmp(a, "break") == 0) {
		server.breaks++;
		pthread_cond_broadcast(&server.news);
		return true;
	}
	return false;
}

static void *listen_to_test(void *arg)
{
	char line[8192];

	(void)arg;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		bool good;

		pthread_mutex_lock(&server.lock);
		good = obey(line);
		pthread_mutex_unlock(&server.lock);
		puts(good ? "ok" : "no");
		fflush(stdout);
	}
	exit(0);
}

/* ---- set-up ---- */

static SSL_CTX *make_tls(const char *cert, const char *key, const char *client_ca)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 ||
	    (client_ca != NULL && SSL_CTX_load_verify_locations(tls, client_ca, NULL) != 1))
		return NULL;
	/* Who comes back with a session is let in by it, if it is ours. */
	SSL_CTX_set_session_id_context(tls, (const unsigned char *)"kube", 4);
	if (client_ca != NULL)
		SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	return tls;
}

static int listen_at(unsigned short port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) == -1 || listen(fd, 64) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) == -1)
		return -1;
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	const char *cert = "", *key = "", *log = "/dev/null", *client_ca = NULL;
	unsigned short port = 0;
	pthread_t t;
	int fd, i = 1;

	signal(SIGPIPE, SIG_IGN);
	server.objects = json_object();
	server.version = 500;
	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--cert") == 0)
			cert = argv[i + 1];
		else if (strcmp(argv[i], "--key") == 0)
			key = argv[i + 1];
		else if (strcmp(argv[i], "--token") == 0)
			snprintf(server.token, sizeof(server.token), "%s", argv[i + 1]);
		else if (strcmp(argv[i], "--log") == 0)
			log = argv[i + 1];
		else if (strcmp(argv[i], "--client-ca") == 0)
			client_ca = argv[i + 1];
		else if (strcmp(argv[i], "--version") == 0)
			server.forgotten = server.version =
				(unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--port") == 0)
			port = (unsigned short)strtoul(argv[i + 1], NULL, 10);
	}
	for (; i < argc; i++)
		if (!load(argv[i])) {
			fprintf(stderr, "'%s' is no list\n", argv[i]);
			return 1;
		}
	server.log = fopen(log, "a");
	server.tls = make_tls(cert, key, client_ca);
	if (server.log == NULL || server.tls == NULL || (fd = listen_at(port)) < 0) {
		fprintf(stderr, "cannot begin\n");
		return 1;
	}
	if (pthread_create(&t, NULL, listen_to_test, NULL) != 0)
		return 1;
	for (;;) {
		int c = accept(fd, NULL, NULL);

		if (c >= 0 && pthread_create(&t, NULL, serve, (void *)(intptr_t)c) == 0)
			pthread_detach(t);
	}
}
