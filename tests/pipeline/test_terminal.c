/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever a stage that was taken over answers, or somebody leaves in the run directory, the operator's
 * terminal obeys none of it: this program is all stages and the supervisor, and has each of its texts be
 * what a terminal would obey.  A plain program that prints TAP; runs with and without privilege.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "rundir.h"

#include "../support/tap_kit.h"

/* ESC, CSI in two bytes of UTF-8 and in one, DEL: and "here", by which it is found. */
#define ORDERS "here\033[m\302\233m\233\177"

enum { SERVERS = 5 };

static const char *const names[SERVERS] = { "collector", "enricher", "evaluator", "emitter",
					    "mews" };
static char base[64], run_dir[80], program[4096];

/* ---- the other side ---- */

static void fill(char *text, size_t cap)
{
	snprintf(text, cap, "%s", ORDERS);
}

static void make_status(struct stage_status *s, enum stage_id id)
{
	s->stage = id;
	s->pid = getpid();
	fill(s->detail, sizeof(s->detail));
	if (id == STAGE_ENRICHER) {
		s->nsources = 1;
		s->sources[0].state = SOURCE_FAILING;
		fill(s->sources[0].name, sizeof(s->sources[0].name));
		fill(s->sources[0].place, sizeof(s->sources[0].place));
		fill(s->sources[0].text, sizeof(s->sources[0].text));
	}
	if (id == STAGE_EMITTER) {
		s->noutputs = 1;
		s->heartbeat.state = s->outputs[0].heartbeat.state = HEARTBEAT_OK;
		fill(s->outputs[0].name, sizeof(s->outputs[0].name));
		fill(s->outputs[0].last_error, sizeof(s->outputs[0].last_error));
		s->spool.is_used = true;
		fill(s->spool.why, sizeof(s->spool.why));
	}
}

static void answer(void *ctx, const struct control_request *req, struct control_answer *ret)
{
	static const char alert[] =
		"{\"output\":\"" ORDERS "\",\"priority\":\"Error\",\"time\":\"" ORDERS
		"\",\"source\":\"internal\",\"id\":\"" ORDERS "\"}\n";
	enum stage_id id = (enum stage_id)(STAGE_COLLECTOR + *(unsigned *)ctx);

	fill(ret->text, sizeof(ret->text));
	switch (req->kind) {
	case CONTROL_STATUS:
		ret->has_status = id < STAGE_COUNT && *(unsigned *)ctx < SERVERS - 1;
		if (ret->has_status)
			make_status(&ret->status, id);
		return;
	case CONTROL_ALERTS:
	case CONTROL_CONTAINERS:
		if (strcmp(req->argument, "0") == 0)
			ret->page = span_of(alert, sizeof(alert) - 1);
		ret->next = req->kind == CONTROL_ALERTS;
		return;
	default:
		return;
	}
}

static _Noreturn void serve(void)
{
	struct control_server *server[SERVERS];
	unsigned number[SERVERS];
	char path[RUN_DIR_PATH_MAX];

	for (unsigned i = 0; i < SERVERS; i++) {
		number[i] = i;
		run_dir_path(path, run_dir, names[i], ".ctl");
		must(control_server_open(path, &server[i]) == 0, path);
	}
	for (;;) {
		struct pollfd p[SERVERS];

		for (unsigned i = 0; i < SERVERS; i++)
			p[i] = (struct pollfd){ control_server_fd(server[i]), POLLIN, 0 };
		(void)poll(p, SERVERS, 20);
		for (unsigned i = 0; i < SERVERS; i++)
			control_server_poll(server[i], answer, &number[i]);
	}
}

/* ---- the operator ---- */

/* What `mews WORDS` writes, both ways; its length. */
static size_t run(const char *const *words, char *ret, size_t cap)
{
	const char *argv[8] = { "mews" };
	size_t n = 0;
	int fds[2];
	ssize_t got;
	pid_t pid;

	for (unsigned i = 0; words[i] != NULL; i++)
		argv[i + 1] = words[i];
	must(pipe(fds) == 0, "pipe");
	pid = fork();
	if (pid == 0) {
		alarm(60);
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		execv(program, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(fds[1]);
	while ((got = read(fds[0], ret + n, cap - 1 - n)) > 0)
		n += (size_t)got;
	close(fds[0]);
	waitpid(pid, NULL, 0);
	ret[n] = '\0';
	return n;
}

/* A control, but for the ends of lines; what is not UTF-8 would be one to some. */
static bool is_obeyed(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)text[i];

		if ((c < 0x20 && c != '\n') || c == 0x7f || (c >= 0x80 && c < 0xa0 && i == 0) ||
		    (c >= 0x80 && c < 0xa0 && (uint8_t)text[i - 1] < 0xc3))
			return true;
	}
	return false;
}

static void shows(const char *const *words)
{
	static char text[1 << 20];
	size_t n = run(words, text, sizeof(text));
	bool good = strstr(text, "here") != NULL && !is_obeyed(text, n);

	check(good, "mews %s %s", words[0], strcmp(words[1], "--json") == 0 ? words[1] : "");
	for (size_t i = 0; !good && i < n && i < 4000; i++)
		printf(i == 0 || text[i - 1] == '\n' ? "# %c" : "%c",
		       (uint8_t)text[i] < 0x7f && (uint8_t)text[i] >= ' ' ? text[i] : '\n');
}

#define SHOWS(...) shows((const char *const[]){ __VA_ARGS__, "--run-dir", run_dir, NULL })

static void make_address(const char *name, const char *text)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", run_dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

/* It is the only file in the run directory that is read by whoever asks. */
static void address_of_the_page(void)
{
	static const char *const words[] = { "page", "--run-dir", run_dir, NULL };
	char text[4096], path[160];

	snprintf(path, sizeof(path), "%s/" PAGE_ADDRESS, run_dir);
	make_address(PAGE_ADDRESS, "http://" ORDERS "\n");
	SHOWS("page");
	unlink(path);
	make_address("elsewhere", "http://elsewhere\n");
	must(symlink("elsewhere", path) == 0, "symlink");
	(void)run(words, text, sizeof(text));
	check(strstr(text, "http://") == NULL, "no link is followed to the page's address");
	unlink(path);
	must(mkfifo(path, 0600) == 0, "mkfifo");
	(void)run(words, text, sizeof(text));
	check(strstr(text, "cannot read") != NULL, "nor does a pipe in its place stop who asks");
	unlink(path);
	if (geteuid() != 0)
		return;
	make_address(PAGE_ADDRESS, "http://evil\n");
	must(chown(path, 64862, (gid_t)-1) == 0, "chown");
	(void)run(words, text, sizeof(text));
	check(strstr(text, "evil") == NULL, "nor is what another stage says believed");
}

int main(void)
{
	char self[4000], command[128];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	bool made;
	pid_t server;

	must(n > 0, "readlink");
	self[n] = '\0';
	for (unsigned i = 0; i < 3; i++)
		*strrchr(self, '/') = '\0';
	snprintf(program, sizeof(program), "%s/bin/mews", self);
	snprintf(base, sizeof(base), "/tmp/mews-terminal.XXXXXX");
	must(mkdtemp(base) != NULL && chmod(base, 0755) == 0, "mkdtemp");
	snprintf(run_dir, sizeof(run_dir), "%s/run", base);
	must(run_dir_make(run_dir, &made) == 0, "run directory");
	address_of_the_page();
	server = fork();
	if (server == 0)
		serve();
	snprintf(command, sizeof(command), "%s/mews.ctl", run_dir);
	for (unsigned i = 0; i < 500 && access(command, F_OK) == -1; i++)
		pause_ms(10);
	SHOWS("status");
	SHOWS("status", "--json");
	SHOWS("alerts");
	SHOWS("alerts", "--json");
	SHOWS("containers", "--json");
	SHOWS("reload");
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf '%s'", base);
	must(system(command) == 0, "rm");
	return tests_end();
}
