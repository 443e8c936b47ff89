/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_load.c -- see sensor_load.h.
 *
 * Which program was refused is told by who has a verifier's log; one that was refused
 * before the verifier saw it, by libbpf's words.
 */
#include "sensor_load.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "log.h"

#define LOG_ROOM ((size_t)1024 * 1024) /* address space: only a program that is refused has a log */
#define LOG_KEPT ((size_t)64 * 1024)

/* For tests: names with commas between them. */
#define BREAK_VARIABLE "MEWS_BREAK_PROGRAMS"

/* ---- what libbpf says ---- */

static _Thread_local char last_named[CONTROL_GAP_PROGRAM]; /* the program of its last warning */

static void note_program(const char *text)
{
	static const char before[] = "prog '";
	const char *p = strstr(text, before), *end;

	if (p == NULL)
		return;
	p += sizeof(before) - 1;
	end = strchr(p, '\'');
	if (end != NULL && (size_t)(end - p) < sizeof(last_named))
		snprintf(last_named, sizeof(last_named), "%.*s", (int)(end - p), p);
}

__attribute__((format(printf, 2, 0))) static int print_libbpf(enum libbpf_print_level level,
							      const char *format, va_list args)
{
	char text[1024];

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = 0; /* of the verifier's pages the first line */
	if (level == LIBBPF_WARN)
		note_program(text);
	log_debug("%s", text);
	return 0;
}

void loader_listen(void)
{
	libbpf_set_print(print_libbpf);
}

/* ---- before ---- */

void loader_init(struct loader *l, struct coverage *coverage)
{
	*l = (struct loader){ .coverage = coverage };
}

static void drop_logs(struct loader *l)
{
	if (l->logs != NULL)
		munmap(l->logs, l->nlogs * LOG_ROOM);
	l->logs = NULL;
	l->nlogs = 0;
}

void loader_release(struct loader *l)
{
	drop_logs(l);
	for (unsigned i = 0; i < l->nrefused; i++)
		free(l->refused[i].log);
	l->nrefused = 0;
}

static bool was_refused(const struct loader *l, const char *name)
{
	for (unsigned i = 0; i < l->nrefused; i++)
		if (strcmp(l->refused[i].program, name) == 0)
			return true;
	return false;
}

static bool is_to_break(const char *name)
{
	const char *p = getenv(BREAK_VARIABLE);
	size_t n = strlen(name);

	while (p != NULL && *p != '\0') {
		size_t word = strcspn(p, ",");

		if (word == n && strncmp(p, name, n) == 0)
			return true;
		p += word + (p[word] == ',');
	}
	return false;
}

/* Make the verifier refuse PROGRAM: it begins with a read of a register that nothing was put in. */
static int break_program(const struct loader *l, struct bpf_program *program)
{
	size_t n = bpf_program__insn_cnt(program);
	struct bpf_insn *copy = calloc(n, sizeof(*copy));
	int err = -ENOMEM;

	if (copy == NULL)
		return err;
	if (l->tries == 0)
		log_warning("program '%s' is broken on purpose (" BREAK_VARIABLE ")",
			    bpf_program__name(program));
	memcpy(copy, bpf_program__insns(program), n * sizeof(*copy));
	copy[0] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .src_reg = BPF_REG_9 };
	err = bpf_program__set_insns(program, copy, n);
	free(copy);
	return err;
}

static int make_logs(struct loader *l, const struct bpf_object *o)
{
	struct bpf_program *p;
	size_t n = 0;
	void *map;

	drop_logs(l);
	bpf_object__for_each_program(p, o) n++;
	map = mmap(NULL, n * LOG_ROOM, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -errno;
	l->logs = map;
	l->nlogs = n;
	return 0;
}

int loader_begin(struct loader *l, struct bpf_object *o)
{
	struct bpf_program *p;
	int err = make_logs(l, o);
	size_t i = 0;

	last_named[0] = '\0';
	if (err < 0)
		return err;
	bpf_object__for_each_program(p, o)
	{
		err = bpf_program__set_log_buf(p, l->logs + LOG_ROOM * i++, LOG_ROOM);
		if (err == 0 && was_refused(l, bpf_program__name(p)))
			err = bpf_program__set_autoload(p, false);
		else if (err == 0 && bpf_program__autoload(p) && is_to_break(bpf_program__name(p)))
			err = break_program(l, p);
		if (err < 0)
			return err;
	}
	return 0;
}

/* ---- behind ---- */

/* What every program would be refused for is not this one's fault. */
static bool is_of_host(int err)
{
	return err == -EPERM || err == -ENOMEM || err == -EAGAIN || err == -EINTR;
}

/* The program whose log is not empty, else the one that libbpf spoke of. */
static const char *find_refused(const struct loader *l, const struct bpf_object *o, int err,
				struct span *ret_log)
{
	struct bpf_program *p;
	size_t i = 0;

	*ret_log = SPAN_NONE;
	bpf_object__for_each_program(p, o)
	{
		const char *log = l->logs + LOG_ROOM * i++;

		if (!bpf_program__autoload(p) || log[0] == '\0')
			continue;
		*ret_log = span_of(log, strnlen(log, LOG_ROOM));
		return bpf_program__name(p);
	}
	return last_named[0] == '\0' || is_of_host(err) ? NULL : last_named;
}

/* All that the verifier said, for whoever asked for more than the reason. */
static void say_log(const char *program, const char *log)
{
	while (log != NULL && *log != '\0') {
		size_t n = strcspn(log, "\n");

		log_debug("%s: %.*s", program, (int)(n < 1000 ? n : 1000), log);
		log += n + (log[n] == '\n');
	}
}

static char *keep(struct span log)
{
	size_t n = log.n < LOG_KEPT ? log.n : LOG_KEPT;

	return n == 0 ? NULL : strndup((const char *)log.p + log.n - n, n);
}

static void say(const struct refused *r, bool is_of_ring)
{
	struct event_set events = coverage_events(r->program);
	char names[512];

	coverage_names(&events, names, sizeof(names));
	log_warning("program '%s' cannot be loaded: %s; these events are not seen%s: %s",
		    r->program, r->reason, is_of_ring ? " when asked for through io_uring" : "",
		    names);
}

int loader_end(struct loader *l, struct bpf_object *o, int err)
{
	struct refused *r = &l->refused[l->nrefused];
	const char *name;
	struct span log;

	if (err == 0) {
		drop_logs(l);
		return 0;
	}
	name = find_refused(l, o, err, &log);
	if (name == NULL || was_refused(l, name))
		return err;
	if (l->tries++ == LOADER_TRIES) {
		log_error("more than %d programs cannot be loaded, the last of them '%s'",
			  LOADER_TRIES, name);
		l->said = true;
		return err;
	}
	snprintf(r->program, sizeof(r->program), "%s", name);
	coverage_reason(log, strerror(-err), r->reason, sizeof(r->reason));
	r->log = keep(log);
	say_log(r->program, r->log);
	l->nrefused++;
	if (!coverage_lose(l->coverage, r->program, r->reason)) {
		log_error("program '%s', without which nothing is seen, cannot be loaded: %s",
			  r->program, r->reason);
		l->said = true;
		return err;
	}
	say(r, l->coverage->gaps[l->coverage->ngaps - 1].of_ring);
	return -EAGAIN;
}

void loader_leave_out(struct loader *l, struct bpf_program *program, const char *reason)
{
	const char *name = bpf_program__name(program);

	(void)bpf_program__set_autoload(program, false);
	for (unsigned i = 0; i < l->coverage->ngaps; i++)
		if (strcmp(l->coverage->gaps[i].program, name) == 0)
			return; /* known from the last try */
	if (coverage_lose(l->coverage, name, reason))
		log_info("program '%s' is left out: %s", name, reason);
}
