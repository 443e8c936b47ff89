/* SPDX-License-Identifier: Apache-2.0
 *
 * doctor_kernel.c -- the kernel side's part of `mews doctor`: mews-collector --probe loads
 * and attaches it as it always does, says what came of each program, and takes it away
 * again.  There is no list of programs here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"
#include "jread.h"
#include "log.h"

static const char area_programs[] = "program";

/* What the collector wrote. */
struct told {
	int out, err; /* memfds */
	int status;
};

static _Noreturn void become_probe(const struct launch *l, const char *path, const struct told *t)
{
	static const char debug[] = "log_level=debug";
	const char *argv[LAUNCH_MAX_WORDS + 5] = { "mews-collector", "--probe" };
	unsigned n = 2;

	for (unsigned i = 0; i < l->nwords; i++)
		argv[n++] = l->words[i];
	argv[n++] = "-o";
	argv[n++] = debug;
	if (dup2(t->out, STDOUT_FILENO) == -1 || dup2(t->err, STDERR_FILENO) == -1)
		_exit(EXIT_HOST);
	execv(path, (char *const *)(uintptr_t)argv);
	_exit(EXIT_HOST);
}

static int ask_collector(const struct launch *l, struct told *t)
{
	char path[PATH_MAX + 32];
	pid_t pid;

	t->out = memfd_create("out", MFD_CLOEXEC);
	t->err = memfd_create("err", MFD_CLOEXEC);
	if (t->out == -1 || t->err == -1)
		return -errno;
	snprintf(path, sizeof(path), "%s/mews-collector", l->bin_dir);
	if (access(path, X_OK) == -1)
		return -errno;
	pid = fork();
	if (pid == 0)
		become_probe(l, path, t);
	if (pid == -1)
		return -errno;
	while (waitpid(pid, &t->status, 0) == -1)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* All of FD, a NUL behind it; NULL: no memory, or nothing is there. */
static char *slurp(int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fd == -1 || fstat(fd, &st) == -1 || (text = malloc((size_t)st.st_size + 1)) == NULL)
		return NULL;
	n = pread(fd, text, (size_t)st.st_size, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* ---- what it said ---- */

/* The string member NAME of OBJECT, on the heap; "" if it has none. */
static char *text_of(struct span object, const char *name)
{
	struct span value = jread_member(object, name), s;
	uint8_t *buf = malloc(value.n + 1);
	char *ret;

	if (buf == NULL || !jread_string(value, buf, &s))
		s = SPAN_NONE;
	ret = s.n == 0 ? strdup("") : strndup((const char *)s.p, s.n);
	free(buf);
	return ret;
}

static uint64_t number_of(struct span object, const char *name)
{
	uint64_t ret = 0;

	(void)jread_uint(jread_member(object, name), &ret);
	return ret;
}

static void add_program(struct findings *f, struct span p)
{
	char *name = text_of(p, "name"), *section = text_of(p, "section"),
	     *events = text_of(p, "events"), *reason = text_of(p, "reason"),
	     *log = text_of(p, "log");
	bool io_uring = jread_true(jread_member(p, "io_uring"));
	struct finding *one;

	if (name == NULL || section == NULL || events == NULL || reason == NULL || log == NULL)
		goto done;
	if (jread_is(jread_member(p, "state"), span_str("ok"))) {
		finding_add(f, area_programs, name, FINDING_OK, "",
			    "%s, loaded in %.1f ms, %llu instructions", section,
			    (double)number_of(p, "load_us") / 1000,
			    (unsigned long long)number_of(p, "insns"));
		goto done;
	}
	one = finding_add(f, area_programs, name, FINDING_LIMITED,
			  log[0] == '\0' ? "a kernel that has it is needed"
					 : "see the verifier's log with --verbose, and report it",
			  "%s: %s; not seen%s: %s", section, reason,
			  io_uring ? " through io_uring" : "", events);
	if (log[0] != '\0') {
		one->log = log;
		log = NULL;
	}
done:
	free(name);
	free(section);
	free(events);
	free(reason);
	free(log);
}

static void add_offer(struct findings *f, struct span o)
{
	bool offered = jread_true(jread_member(o, "offered")),
	     needed = jread_true(jread_member(o, "needed"));
	char *name = text_of(o, "name"), *why = text_of(o, "why");

	if (name != NULL && why != NULL)
		finding_add(f, "offers", name, offered || !needed ? FINDING_OK : FINDING_MISSING,
			    "a kernel that has them is needed", "%s%s%s",
			    offered  ? needed ? "offered, and used" : "offered; mews does without"
			    : needed ? "not offered: "
				     : "not offered, and not needed: ",
			    offered ? "" : why, "");
	free(name);
	free(why);
}

/* The collector has ended with words and without a report.  The last one that is an error. */
static void add_failure(struct findings *f, int status, char *words)
{
	static const char mark[] = ": error: ";
	char *line = words, *reason = NULL, *log = words == NULL ? NULL : strdup(words);
	char code[48];
	struct finding *one;

	while (line != NULL && *line != '\0') {
		char *end = strchr(line, '\n'), *at;

		if (end != NULL)
			*end = '\0';
		at = strstr(line, mark);
		/* The first one is the cause. */
		if (at != NULL && reason == NULL)
			reason = at + sizeof(mark) - 1;
		line = end == NULL ? NULL : end + 1;
	}
	if (WIFSIGNALED(status))
		snprintf(code, sizeof(code), "ended by signal %d", WTERMSIG(status));
	else
		snprintf(code, sizeof(code), "exit code %d", WEXITSTATUS(status));
	one = finding_add(f, "kernel", "kernel side", FINDING_MISSING,
			  "all that it said: --verbose", "%s", reason == NULL ? code : reason);
	one->log = log;
}

static void add_report(struct findings *f, struct span report)
{
	struct jread_walk w = jread_begin(jread_member(report, "offers"));
	struct span ignored, value;

	while (jread_next(&w, &ignored, &value))
		add_offer(f, value);
	finding_add(f, "kernel", "kernel side", FINDING_OK, "",
		    "loaded and attached in %.0f ms; %llu buffers, %llu MiB in all",
		    (double)number_of(report, "load_us") / 1000,
		    (unsigned long long)number_of(report, "buffers"),
		    (unsigned long long)number_of(report, "buffer_bytes") >> 20);
	w = jread_begin(jread_member(report, "programs"));
	while (jread_next(&w, &ignored, &value))
		add_program(f, value);
}

void doctor_kernel(struct findings *f, const struct launch *l)
{
	struct told t = { -1, -1, 0 };
	int err = ask_collector(l, &t);
	char *out = slurp(t.out), *words = slurp(t.err);

	if (err < 0)
		finding_add(f, "kernel", "kernel side", FINDING_MISSING, "install it beside mews",
			    "cannot start mews-collector: %s", strerror(-err));
	else if (t.status != 0 || out == NULL ||
		 jread_kind(jread_value(span_str(out))) != JREAD_OBJECT)
		add_failure(f, t.status, words);
	else
		add_report(f, jread_value(span_str(out)));
	free(out);
	free(words);
	if (t.out != -1)
		close(t.out);
	if (t.err != -1)
		close(t.err);
}
