/* SPDX-License-Identifier: Apache-2.0
 *
 * readings.c -- see readings.h.
 */
#include "readings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "netinfo.h"
#include "rundir.h"

#define ASK_NS	    (500 * NS_PER_MSEC)
#define FRESH_NS    (200 * NS_PER_MSEC) /* many may ask at once */
#define RULES_BYTES ((size_t)4 << 20)

enum { ADDRESSES_MAX = 64 }; /* by interface and protocol: hosts of containers have any number */

struct readings {
	pthread_mutex_t lock;
	const char *run_dir;
	int stat_fd, meminfo_fd, files_fd; /* -1: nobody says */
	struct utsname uname;
	struct metrics_addresses addresses[ADDRESSES_MAX];
	struct mono at; /* of the last; ns 0: there is none */
	struct metrics_view view;
	struct control_answer answer[STAGE_COUNT];
	char *rules; /* RULES_BYTES once there are some */
	bool asks_supervisor;
};

static int open_host(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

struct readings *readings_new(const char *run_dir, const char *hostname)
{
	struct readings *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	r->run_dir = run_dir;
	r->stat_fd = open_host("/proc/stat");
	r->meminfo_fd = open_host("/proc/meminfo");
	r->files_fd = open_host("/proc/sys/fs/file-nr");
	r->view.host = (struct metrics_host){
		.version = MEWS_VERSION,
		.hostname = hostname,
		.engine = "modern_bpf",
		.start_ns = wall_now().ns,
		.addresses = r->addresses,
		.naddresses = netinfo_read(r->addresses, ADDRESSES_MAX),
	};
	if (uname(&r->uname) == 0)
		r->view.host.kernel_release = r->uname.release;
	return r;
}

void readings_free(struct readings *r)
{
	if (r == NULL)
		return;
	close(r->stat_fd);
	close(r->meminfo_fd);
	close(r->files_fd);
	free(r->rules);
	free(r);
}

/* ---- the host ---- */

static const char *read_all(int fd, char *buf, size_t cap)
{
	ssize_t n = fd == -1 ? -1 : pread(fd, buf, cap - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

/* The number behind NAME at the beginning of a line; 0: none. */
static uint64_t number_behind(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	uint64_t ret = 0;

	if (at != NULL)
		(void)sscanf(at + strlen(name), "%" SCNu64, &ret);
	return ret;
}

static double busy_share(const char *stat)
{
	uint64_t user, nice, sys, idle, iowait, irq, soft, steal = 0, all;

	if (sscanf(stat,
		   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64,
		   &user, &nice, &sys, &idle, &iowait, &irq, &soft, &steal) < 7)
		return 0;
	all = user + nice + sys + idle + iowait + irq + soft + steal;
	return all == 0 ? 0 : 1.0 - (double)(idle + iowait) / (double)all;
}

static void read_host(struct readings *r)
{
	static const size_t cap =
		32 * 1024; /* a line for each processor is before what we look for */
	struct metrics_host *h = &r->view.host;
	char *buf = malloc(cap);
	uint64_t total, free_kb;

	if (buf == NULL)
		return;
	read_all(r->stat_fd, buf, cap);
	h->busy = busy_share(buf);
	h->boot_ns = number_behind(buf, "\nbtime ") * NS_PER_SEC;
	h->procs_running = number_behind(buf, "\nprocs_running ");
	read_all(r->meminfo_fd, buf, cap);
	total = number_behind(buf, "MemTotal:");
	free_kb = number_behind(buf, "\nMemAvailable:");
	h->memory_used = total > free_kb ? (total - free_kb) * 1024 : 0;
	read_all(r->files_fd, buf, cap);
	h->open_fds = number_behind(buf, "");
	h->cpus = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	free(buf);
}

/* ---- the stages ---- */

static void ask_status(struct readings *r, enum stage_id id)
{
	static const struct control_request req = { .kind = CONTROL_STATUS };
	struct control_answer *a = &r->answer[id];
	char path[RUN_DIR_PATH_MAX];

	run_dir_path(path, r->run_dir, stage_name(id), ".ctl");
	r->view.stage[id] = NULL;
	if (control_ask(path, &req, ASK_NS, a) == 0 && a->has_status && a->status.stage == id)
		r->view.stage[id] = &a->status;
}

static void ask_supervisor(struct readings *r)
{
	static const struct control_request req = { .kind = CONTROL_STATUS };
	struct control_answer *a = calloc(1, sizeof(*a));
	char path[RUN_DIR_PATH_MAX];

	r->view.nsupervised = 0;
	if (a == NULL)
		return;
	run_dir_path(path, r->run_dir, "mews", ".ctl");
	if (control_ask(path, &req, ASK_NS, a) == 0) {
		r->view.nsupervised = a->nsupervised;
		memcpy(r->view.supervised, a->supervised, sizeof(a->supervised));
	}
	free(a);
}

/* Page by page; what is behind RULES_BYTES is left out. */
static size_t ask_rules(struct control_client *c, char *buf)
{
	struct control_answer *a = malloc(sizeof(*a));
	struct control_request req = { .kind = CONTROL_RULES };
	uint64_t next = 0, last;
	size_t n = 0;

	if (a == NULL)
		return 0;
	do {
		last = next;
		snprintf(req.argument, sizeof(req.argument), "%" PRIu64, next);
		if (control_client_ask(c, &req, a) < 0 || a->result < 0 ||
		    a->page.n > RULES_BYTES - n)
			break;
		if (a->page.n > 0)
			memcpy(buf + n, a->page.p, a->page.n);
		n += a->page.n;
		next = a->next;
	} while (next > last);
	free(a);
	return n;
}

static void read_rules(struct readings *r)
{
	struct control_client *c;
	char path[RUN_DIR_PATH_MAX];

	r->view.rules = SPAN_NONE;
	if (r->view.stage[STAGE_EVALUATOR] == NULL ||
	    r->view.stage[STAGE_EVALUATOR]->counts.v[EVALUATOR_EVALUATED] == 0)
		return;
	if (r->rules == NULL && (r->rules = malloc(RULES_BYTES)) == NULL)
		return;
	run_dir_path(path, r->run_dir, stage_name(STAGE_EVALUATOR), ".ctl");
	if (control_client_open(path, ASK_NS, &c) < 0)
		return;
	r->view.rules = span_of(r->rules, ask_rules(c, r->rules));
	control_client_close(c);
}

void readings_ask_supervisor(struct readings *r)
{
	r->asks_supervisor = true;
}

/* The last of the pipeline first: so nothing seems to come out that did not go in. */
const struct metrics_view *readings_get(struct readings *r)
{
	struct mono now = mono_now();

	pthread_mutex_lock(&r->lock);
	if (r->at.ns != 0 && mono_since(r->at, now) < FRESH_NS)
		return &r->view;
	for (unsigned id = STAGE_COUNT - 1; id >= STAGE_COLLECTOR; id--)
		ask_status(r, (enum stage_id)id);
	if (r->asks_supervisor)
		ask_supervisor(r);
	read_rules(r);
	read_host(r);
	r->view.now_ns = wall_now().ns;
	r->at = mono_now();
	return &r->view;
}

void readings_put(struct readings *r)
{
	pthread_mutex_unlock(&r->lock);
}
