/* SPDX-License-Identifier: Apache-2.0
 *
 * neighbours.c -- see neighbours.h.
 */
#include "neighbours.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rundir.h"

#define RING_BYTES (1u << 20)

void frames_add(struct frames *f, const struct ring_frame *frame)
{
	uint8_t *copy = malloc(frame->payload.n + 1);

	if (f->n == f->room) {
		f->room = f->room * 2 + 64;
		f->frame = realloc(f->frame, f->room * sizeof(f->frame[0]));
	}
	if (copy == NULL || f->frame == NULL)
		abort();
	memcpy(copy, frame->payload.p, frame->payload.n);
	f->frame[f->n] = *frame;
	f->frame[f->n++].payload = span_of(copy, frame->payload.n);
}

/* ---- the two neighbours ---- */

/* One that is found without a network, and one that is none. */
static void say_names(struct inlet *in)
{
	static const struct host_names names = { .n = 2,
						 .name = { { (const uint8_t *)"localhost", 9 },
							   { (const uint8_t *)"127.0.0.1", 9 } } };
	uint8_t text[64];
	ssize_t n = wire_encode_host_names(text, sizeof(text), &names);

	if (n < 0 || inlet_say_names(in, span_of(text, (size_t)n)) < 0)
		abort();
}

static bool open_rings(struct neighbours *nb)
{
	char door[RUN_DIR_PATH_MAX];

	for (unsigned i = 0; i < NEIGHBOURS_RINGS && nb->p->in[i] != NULL; i++) {
		struct outlet_params p = { .door = door,
					   .reader_uid = geteuid(),
					   .socket_gid = (gid_t)-1,
					   .size = RING_BYTES };

		run_dir_path(door, nb->dir, nb->p->in[i], ".door");
		if (outlet_open(&p, &nb->in[i]) < 0)
			return false;
	}
	if (nb->p->out != NULL) {
		struct inlet_params p = { .door = door, .writer_uid = geteuid() };
		struct ring_wants wants = { .version = mono_now().ns, .extras = WANT_EXTRAS };

		run_dir_path(door, nb->dir, nb->p->out, ".door");
		if (inlet_open(&p, &nb->out) < 0)
			return false;
		wants.extras &= ~(uint64_t)WANT_TAP;
		memset(wants.events, 0xff, sizeof(wants.events));
		inlet_want(nb->out, nb->p->wants != NULL ? nb->p->wants : &wants);
		say_names(nb->out);
	}
	return true;
}

static void close_rings(struct neighbours *nb)
{
	for (unsigned i = 0; i < NEIGHBOURS_RINGS; i++) {
		outlet_close(nb->in[i]);
		nb->in[i] = NULL;
	}
	inlet_close(nb->out);
	nb->out = NULL;
}

bool neighbours_renew(struct neighbours *nb)
{
	close_rings(nb);
	return open_rings(nb);
}

/* ---- the process ---- */

static void open_notify(struct neighbours *nb)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s.notify", nb->dir);
	nb->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(a.sun_path);
	if (nb->notify == -1 || bind(nb->notify, (struct sockaddr *)&a, sizeof(a)) == -1)
		abort();
	setenv("NOTIFY_SOCKET", a.sun_path, 1);
}

_Noreturn static void become(const struct neighbours *nb)
{
	char *argv[NEIGHBOURS_WORDS + 5] = { 0 }, text[16];
	unsigned n = 0;
	int out = open("/dev/null", O_WRONLY), page = dup(nb->p->page_fd);

	argv[n++] = (char *)(uintptr_t)nb->p->program;
	if (nb->p->command != NULL)
		argv[n++] = (char *)(uintptr_t)nb->p->command;
	argv[n++] = (char *)(uintptr_t) "--run-dir";
	argv[n++] = (char *)(uintptr_t)nb->dir;
	for (unsigned i = 0; nb->p->words[i] != NULL; i++) {
		const char *at = strchr(nb->p->words[i], '@');

		if (at == NULL)
			argv[n++] = (char *)(uintptr_t)nb->p->words[i];
		else if (asprintf(&argv[n++], "%.*s%s%s", (int)(at - nb->p->words[i]),
				  nb->p->words[i], nb->dir, at + 1) == -1)
			_exit(99);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	dup2(nb->said, STDERR_FILENO);
	snprintf(text, sizeof(text), "%d", page);
	setenv("MEWS_FAULTS", text, 1);
	execv(nb->p->program, argv);
	_exit(99);
}

bool neighbours_begin(struct neighbours *nb, const struct neighbours_params *p)
{
	*nb = (struct neighbours){ .p = p, .notify = -1 };
	snprintf(nb->dir, sizeof(nb->dir), "/tmp/mews-faults.XXXXXX");
	if (mkdtemp(nb->dir) == NULL || chmod(nb->dir, 0755) == -1)
		return false;
	nb->said = memfd_create("said", MFD_CLOEXEC);
	open_notify(nb);
	if (nb->said == -1 || !open_rings(nb))
		return false;
	if (p->begin != NULL)
		p->begin(p->ctx, nb);
	nb->pid = fork();
	if (nb->pid == 0)
		become(nb);
	return nb->pid > 0;
}

/* ---- time goes by ---- */

static void take_frames(struct neighbours *nb)
{
	struct ring_frame f;

	while (inlet_next(nb->out, &f) > 0) {
		nb->end |= f.type == FRAME_END;
		nb->frames +=
			f.type == FRAME_EVENT || f.type == FRAME_RAW_EVENT || f.type == FRAME_ALERT;
		if (nb->p->frame != NULL)
			nb->p->frame(nb->p->ctx, &f);
		if (nb->keep != NULL && f.type != FRAME_END)
			frames_add(nb->keep, &f);
	}
	inlet_commit(nb->out, &(struct ring_counts){ 0 });
}

/* What `mews run` says to people. */
static bool is_watching(struct neighbours *nb)
{
	char *words = neighbours_words(nb);
	bool is = strstr(words, "mews: watching") != NULL;

	free(words);
	return is;
}

static void take_notes(struct neighbours *nb)
{
	char text[512];
	ssize_t n;

	while ((n = recv(nb->notify, text, sizeof(text) - 1, 0)) > 0) {
		text[n] = 0;
		nb->ready |= strstr(text, "READY=1") != NULL;
	}
	if (nb->p->command != NULL && !nb->ready)
		nb->ready = is_watching(nb);
}

void (*neighbours_tick)(void);

void neighbours_step(struct neighbours *nb)
{
	struct mono now = mono_now();

	if (neighbours_tick != NULL)
		neighbours_tick();
	for (unsigned i = 0; i < NEIGHBOURS_RINGS; i++)
		if (nb->in[i] != NULL)
			outlet_poll(nb->in[i], now);
	if (nb->out != NULL) {
		inlet_poll(nb->out, now);
		take_frames(nb);
	}
	take_notes(nb);
	if (nb->pid != 0 && waitpid(nb->pid, &nb->status, WNOHANG) == nb->pid)
		nb->pid = 0;
}

bool neighbours_wait(struct neighbours *nb, bool (*is_done)(struct neighbours *nb), unsigned ms)
{
	struct mono begun = mono_now();

	do {
		neighbours_step(nb);
		if (is_done(nb))
			return true;
		poll(NULL, 0, 1);
	} while (nb->pid != 0 && mono_since(begun, mono_now()) < ms * NS_PER_MSEC);
	neighbours_step(nb);
	return is_done(nb);
}

bool neighbours_is_ready(struct neighbours *nb)
{
	return nb->ready;
}

bool neighbours_never(struct neighbours *nb)
{
	(void)nb;
	return false;
}

bool neighbours_has_ended(struct neighbours *nb)
{
	return nb->pid == 0;
}

unsigned neighbours_fds(const struct neighbours *nb)
{
	char path[64];
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)nb->pid);
	d = opendir(path);
	for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return n;
}

bool neighbours_feed(struct neighbours *nb, unsigned ring, const struct frames *f, size_t from,
		     size_t to)
{
	struct outlet *o = nb->in[ring];
	struct mono begun = mono_now();

	for (size_t i = from; i < to; i++) {
		uint8_t *room;

		while ((room = outlet_reserve(o, f->frame[i].payload.n, RING_BULK)) == NULL) {
			outlet_publish(o, &(struct ring_counts){ 0 });
			neighbours_step(nb);
			poll(NULL, 0, 1);
			if (nb->pid == 0 || mono_since(begun, mono_now()) > 20 * NS_PER_SEC)
				return false;
		}
		memcpy(room, f->frame[i].payload.p, f->frame[i].payload.n);
		outlet_submit(o, f->frame[i].type, 0, f->frame[i].payload.n);
	}
	outlet_publish(o, &(struct ring_counts){ 0 });
	return true;
}

bool neighbours_drained(struct neighbours *nb)
{
	struct outlet_status s;

	for (unsigned i = 0; i < NEIGHBOURS_RINGS && nb->in[i] != NULL; i++) {
		outlet_status(nb->in[i], &s);
		if (s.used > 0 || !s.has_reader)
			return false;
	}
	if (nb->out != NULL) {
		struct inlet_status in;

		inlet_status(nb->out, &in);
		if (!in.attached || in.used > 0)
			return false;
	}
	return true;
}

int neighbours_ask(struct neighbours *nb, enum control_kind kind, const char *argument,
		   struct control_answer *ret)
{
	struct control_request req = { .kind = kind };
	char path[RUN_DIR_PATH_MAX];

	snprintf(req.argument, sizeof(req.argument), "%s", argument);
	run_dir_path(path, nb->dir, nb->p->stage, ".ctl");
	return control_ask(path, &req, NS_PER_SEC, ret);
}

/* ---- the end ---- */

char *neighbours_words(struct neighbours *nb)
{
	struct stat st;
	char *text;

	if (fstat(nb->said, &st) == -1 || (text = calloc(1, (size_t)st.st_size + 1)) == NULL)
		abort();
	if (pread(nb->said, text, (size_t)st.st_size, 0) != st.st_size)
		abort();
	return text;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void neighbours_kill(struct neighbours *nb)
{
	if (nb->pid == 0)
		return;
	kill(nb->pid, SIGKILL);
	waitpid(nb->pid, &nb->status, 0);
	nb->pid = 0;
}

void neighbours_end(struct neighbours *nb)
{
	char path[RUN_DIR_PATH_MAX];

	neighbours_kill(nb);
	close_rings(nb);
	close(nb->notify);
	close(nb->said);
	snprintf(path, sizeof(path), "%s.notify", nb->dir);
	unlink(path);
	nftw(nb->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}
