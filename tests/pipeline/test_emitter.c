/* SPDX-License-Identifier: Apache-2.0
 *
 * A real mews-emitter behind a real door: this program makes ring alerts as the
 * evaluator would, feeds frames, kills the emitter with -9 at bad moments, and
 * reads what came out.  A plain program that prints TAP; runs with and without
 * privilege.
 *
 * The writer is a child, because it must have the evaluator's user while the
 * emitter is started by who may become anybody.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/alert_kit.h"
#include "../support/tap_kit.h"

#define S(text) span_of(text, sizeof(text) - 1)
#define LONG_NS (20 * NS_PER_SEC)

static char base[64], run_dir[80], out_path[80], file_path[80];

/* ---- the writer ---- */

enum { DO_ALERTS = 'a', DO_AGAIN = '2', DO_GARBAGE = 'g', DO_INTERNAL = 'i', DO_END = 'e' };

struct command {
	char what;
	uint32_t from, count;
};

static int to_writer = -1, from_writer = -1;
static pid_t writer;

static void do_command(struct outlet *o, const struct command *c)
{
	struct alert_frame a;
	char text[64];
	uint8_t *room;

	switch (c->what) {
	case DO_GARBAGE:
		room = alert_room(o, 64);
		memset(room, 0xc1, 64);
		outlet_submit(o, FRAME_ALERT, 0, 64);
		room = alert_room(o, 64);
		memset(room, 0xff, 64);
		outlet_submit(o, 999, 0, 64);
		break;
	case DO_INTERNAL:
		a = alert_number(c->from, text, sizeof(text), 0);
		a.origin_generation = 0;
		a.source = S("internal");
		must(alert_put(o, &a), "encode");
		break;
	default:
		for (uint32_t i = c->from; i < c->from + c->count; i++) {
			a = alert_number(i, text, sizeof(text), 0);
			must(alert_put(o, &a), "encode");
			if (c->what == DO_AGAIN)
				must(alert_put(o, &a), "encode");
			if (i % 16 == 0)
				outlet_publish(o, &(struct ring_counts){ 0 });
		}
	}
	outlet_publish(o, &(struct ring_counts){ 0 });
}

_Noreturn static void be_writer(int commands, int answers)
{
	struct outlet *o;
	struct command c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	o = alert_outlet(run_dir, 256 * 1024);
	must(o != NULL, "outlet");
	must(write(answers, "r", 1) == 1, "ready");
	for (;;) {
		struct pollfd pfd = { .fd = commands, .events = POLLIN };

		outlet_poll(o, mono_now());
		if (poll(&pfd, 1, 1) <= 0)
			continue;
		if (read(commands, &c, sizeof(c)) != sizeof(c) || c.what == DO_END)
			break;
		do_command(o, &c);
		must(write(answers, "d", 1) == 1, "done");
	}
	outlet_close(o);
	_exit(0);
}

static void start_writer(void)
{
	int commands[2], answers[2];
	char ready;

	must(pipe2(commands, O_CLOEXEC) == 0 && pipe2(answers, O_CLOEXEC) == 0, "pipe");
	fflush(stdout);
	writer = fork();
	must(writer != -1, "fork");
	if (writer == 0) {
		close(commands[1]);
		close(answers[0]);
		be_writer(commands[0], answers[1]);
	}
	close(commands[0]);
	close(answers[1]);
	to_writer = commands[1];
	from_writer = answers[0];
	must(read(from_writer, &ready, 1) == 1, "writer");
}

/* Tell the writer; it answers when all is in the ring. */
static void tell(char what, uint32_t from, uint32_t count)
{
	struct command c;

	memset(&c, 0, sizeof(c));
	c.what = what;
	c.from = from;
	c.count = count;
	must(write(to_writer, &c, sizeof(c)) == sizeof(c), "tell");
}

static void wait_done(void)
{
	char done;

	must(read(from_writer, &done, 1) == 1, "answer");
}

/* ---- the emitter ---- */

static pid_t emitter;

/* Its standard output goes to OUT; OPTIONS end with NULL. */
static void start_emitter_into(int out, const char *const *options)
{
	const char *build = getenv("MEWS_BUILD_DIR");
	const char *argv[32] = { "mews-emitter", "--run-dir", run_dir };
	char path[4096];
	unsigned n = 3;

	snprintf(path, sizeof(path), "%s/bin/mews-emitter", build == NULL ? "build" : build);
	for (; *options != NULL; options++) {
		argv[n++] = "-o";
		argv[n++] = *options;
	}
	fflush(stdout);
	emitter = fork();
	must(emitter != -1, "fork");
	if (emitter == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("TZ", "UTC", 1);
		setenv("FALCO_HOSTNAME", "perch", 1);
		dup2(out, STDOUT_FILENO);
		execv(path, (char **)(uintptr_t)argv);
		_exit(127);
	}
}

static void start_emitter(const char *const *options)
{
	int out = open(out_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	must(out != -1, "out");
	start_emitter_into(out, options);
	close(out);
}

static int end_emitter(int sig)
{
	int status;

	kill(emitter, sig);
	must(waitpid(emitter, &status, 0) == emitter, "waitpid");
	emitter = 0;
	return status;
}

/* ---- what came out ---- */

static char *content; /* of the file that was read last */

static unsigned read_lines(const char *path)
{
	static char *buf;
	struct stat sb;
	unsigned lines = 0;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	free(buf);
	buf = content = calloc(1, 1);
	if (fd == -1)
		return 0;
	if (fstat(fd, &sb) == 0) {
		free(buf);
		buf = content = calloc(1, (size_t)sb.st_size + 1);
		n = read(fd, content, (size_t)sb.st_size);
	}
	close(fd);
	for (ssize_t i = 0; i < n; i++)
		lines += content[i] == '\n';
	return lines;
}

static bool wait_lines(const char *path, unsigned want)
{
	struct mono from = mono_now();

	while (read_lines(path) < want) {
		if (mono_since(from, mono_now()) > LONG_NS)
			return false;
		pause_ms(5);
	}
	return true;
}

static bool has_line(const char *line)
{
	size_t n = strlen(line);

	for (const char *s = content; (s = strstr(s, line)) != NULL; s++)
		if ((s == content || s[-1] == '\n') && s[n] == '\n')
			return true;
	return false;
}

static void fresh_output(void)
{
	unlink(out_path);
	read_lines(out_path);
}

/* ---- the tests ---- */

static const char *const iso[] = { "time_format_iso_8601=true", NULL };

static void text_comes_out(void)
{
	start_emitter(iso);
	tell(DO_ALERTS, 1, 3);
	wait_done();
	check(wait_lines(out_path, 3), "alerts come out of standard output");
	check(has_line("2026-11-23T19:33:57.000000002+0000: Warning number 2 \\\"x\\\" \\\\"),
	      "as the line that Falco prints");
	end_emitter(SIGTERM);
}

static void json_comes_out(void)
{
	static const char *const options[] = { "json_output=true", NULL };

	fresh_output();
	start_emitter(options);
	tell(DO_ALERTS, 10, 1);
	wait_done();
	check(wait_lines(out_path, 1), "a successor goes on from the cursor");
	check(has_line("{\"hostname\":\"perch\",\"output\":\"19:33:57.000000010: Warning number 10 "
		       "\\\"x\\\" \\\\\",\"output_fields\":{\"evt.num\":10,"
		       "\"evt.time\":1795462437000000010},\"priority\":\"Warning\",\"rule\":\"A "
		       "rule\",\"source\":\"syscall\",\"tags\":[\"host\"],\"time\":"
		       "\"2026-11-23T19:33:57.000000010Z\"}"),
	      "JSON is the object that Falco prints");
	check(WIFEXITED(end_emitter(SIGTERM)), "it ends when it is told to");
}

static void doubles_are_dropped(void)
{
	fresh_output();
	start_emitter(iso);
	tell(DO_AGAIN, 20, 5);
	wait_done();
	tell(DO_ALERTS, 22, 4);
	wait_done();
	wait_lines(out_path, 6);
	pause_ms(100);
	check(read_lines(out_path) == 6, "what was delivered is not delivered again");
	tell(DO_INTERNAL, 21, 1);
	wait_done();
	tell(DO_INTERNAL, 21, 1);
	wait_done();
	check(wait_lines(out_path, 8), "but alerts without a name always are");
	end_emitter(SIGKILL);
	start_emitter(iso);
	tell(DO_ALERTS, 20, 7);
	wait_done();
	wait_lines(out_path, 9);
	pause_ms(100);
	check(read_lines(out_path) == 9 &&
		      has_line(
			      "2026-11-23T19:33:57.000000026+0000: Warning number 26 \\\"x\\\" \\\\"),
	      "a successor knows what was delivered");
	end_emitter(SIGTERM);
}

static void garbage_does_no_harm(void)
{
	fresh_output();
	start_emitter(iso);
	tell(DO_GARBAGE, 0, 0);
	wait_done();
	tell(DO_ALERTS, 30, 1);
	wait_done();
	check(wait_lines(out_path, 1), "garbage is passed over");
	check(waitpid(emitter, NULL, WNOHANG) == 0, "and ends nothing");
	end_emitter(SIGTERM);
}

/* Under load, killed where it stands; then every number must be there, the first
 * times in order. */
static void kills_lose_nothing(void)
{
	enum { FIRST = 1000, COUNT = 40000, KILLS = 8 };
	static uint8_t seen[COUNT];
	unsigned again = 0, missing = 0, disorder = 0, killed = 0, lines;
	uint32_t next = 0;

	fresh_output();
	start_emitter(iso);
	tell(DO_ALERTS, FIRST, COUNT);
	for (; killed < KILLS; killed++) {
		unsigned before = read_lines(out_path);

		if (!wait_lines(out_path, before + 200) || before + 2000 > COUNT)
			break;
		end_emitter(SIGKILL);
		start_emitter(iso);
	}
	wait_done();
	wait_lines(out_path, COUNT);
	/* What was repeated makes more lines: wait for the last one. */
	for (unsigned i = 0; i < 200 && strstr(content, "number 40999 ") == NULL; i++) {
		pause_ms(50);
		read_lines(out_path);
	}
	lines = 0;
	for (char *s = content; (s = strstr(s, "number ")) != NULL; s += 7, lines++) {
		uint32_t i = (uint32_t)strtoul(s + 7, NULL, 10) - FIRST;

		if (i >= COUNT)
			continue;
		again += seen[i];
		disorder += !seen[i] && i != next;
		next = seen[i] ? next : i + 1;
		seen[i] = 1;
	}
	for (unsigned i = 0; i < COUNT; i++)
		missing += !seen[i];
	check(killed > 0 && missing == 0, "%u kills lose nothing (%u alerts missing)", killed,
	      missing);
	check(disorder == 0, "alerts stay in order");
	check(again <= killed * 512, "only what was in flight is repeated (%u alerts)", again);
	end_emitter(SIGTERM);
}

static void file_is_written(void)
{
	char option[128], moved[96];
	const char *options[] = { "time_format_iso_8601=true", "file_output.enabled=true", option,
				  NULL };
	struct stat sb = { 0 };

	snprintf(option, sizeof(option), "file_output.filename=%s", file_path);
	snprintf(moved, sizeof(moved), "%s.1", file_path);
	fresh_output();
	start_emitter(options);
	tell(DO_ALERTS, 50000, 2);
	wait_done();
	check(wait_lines(file_path, 2) && wait_lines(out_path, 2), "a file gets the alerts too");
	check(strstr(content, "alerts lost") == NULL, "and none is missed that came before it");
	check(stat(file_path, &sb) == 0 && (sb.st_mode & 07777) == 0640 &&
		      sb.st_uid == jail_identity(STAGE_EMITTER).uid,
	      "it is the emitter's, and others cannot read it");
	must(rename(file_path, moved) == 0, "rename");
	tell(DO_ALERTS, 50010, 2);
	wait_done();
	check(wait_lines(file_path, 2) && read_lines(moved) == 2,
	      "after it was moved away a new one is begun");
	must(rename(file_path, moved) == 0, "rename");
	kill(emitter, SIGUSR1);
	pause_ms(200);
	check(stat(file_path, &sb) == 0 && sb.st_size == 0, "SIGUSR1 opens it anew");
	end_emitter(SIGTERM);
}

static void nobody_reads(void)
{
	char option[128];
	const char *options[] = { "file_output.enabled=true", "file_output.keep_alive=true", option,
				  NULL };
	int fds[2];

	snprintf(option, sizeof(option), "file_output.filename=%s", file_path);
	unlink(file_path);
	must(pipe2(fds, O_CLOEXEC) == 0, "pipe");
	start_emitter_into(fds[1], options);
	close(fds[0]);
	close(fds[1]);
	tell(DO_ALERTS, 60000, 2);
	wait_done();
	check(wait_lines(file_path, 2), "a reader that went away does not stop the other outputs");
	end_emitter(SIGTERM);
}

/* The pipe's reader sleeps: what it has no room for waits; when it wakes up, it gets all of it, in whole
 * lines. */
static void a_sleeping_reader(void)
{
	static char got[1 << 20];
	size_t n = 0;
	unsigned whole = 0, broken = 0;
	int fds[2];

	must(pipe2(fds, O_CLOEXEC) == 0, "pipe");
	start_emitter_into(fds[1], iso);
	close(fds[1]);
	tell(DO_ALERTS, 70000, 2000);
	wait_done();
	pause_ms(2500);
	must(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0, "fcntl");
	for (unsigned quiet = 0; quiet < 20 && n < sizeof(got) - 1;) {
		ssize_t r = read(fds[0], got + n, sizeof(got) - 1 - n);

		n += r > 0 ? (size_t)r : 0;
		quiet = r > 0 ? 0 : quiet + 1;
		if (r <= 0)
			pause_ms(10);
	}
	tell(DO_ALERTS, 80000, 1);
	wait_done();
	for (unsigned i = 0; i < 400 && strstr(got, "number 80000 ") == NULL; i++) {
		ssize_t r = read(fds[0], got + n, sizeof(got) - 1 - n);

		n += r > 0 ? (size_t)r : 0;
		if (r <= 0)
			pause_ms(10);
	}
	for (char *s = got, *end; (end = strchr(s, '\n')) != NULL; s = end + 1) {
		bool good = end - s > 3 && memcmp(end - 3, " \\\\", 3) == 0 &&
			    strncmp(s, "2026-", 5) == 0;

		whole += good;
		broken += !good;
	}
	check(strstr(got, "number 80000 ") != NULL, "a reader that slept gets what comes later");
	check(whole == 2001 && broken == 0, "and all that came while it did (%u lines, %u cut)",
	      whole, broken);
	close(fds[0]);
	end_emitter(SIGTERM);
}

static void wrong_settings(void)
{
	static const char *const none[] = { "stdout_output.enabled=false", NULL };
	int status;

	start_emitter(none);
	must(waitpid(emitter, &status, 0) == emitter, "waitpid");
	check(WIFEXITED(status) && WEXITSTATUS(status) == 1, "without an output it does not start");
}

static void clean_up(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", base);
	if (system(command) != 0)
		printf("# cannot remove %s\n", base);
}

int main(void)
{
	struct command end = { .what = DO_END };
	bool made;

	signal(SIGPIPE, SIG_IGN);
	snprintf(base, sizeof(base), "/tmp/mews-emitter.XXXXXX");
	must(mkdtemp(base) != NULL, "mkdtemp");
	must(chmod(base, 0755) == 0, "chmod");
	if (geteuid() == 0) /* so that the emitter's user may open its file again */
		must(chown(base, jail_identity(STAGE_EMITTER).uid, (gid_t)-1) == 0, "chown");
	snprintf(run_dir, sizeof(run_dir), "%s/run", base);
	snprintf(out_path, sizeof(out_path), "%s/out", base);
	snprintf(file_path, sizeof(file_path), "%s/file", base);
	must(run_dir_make(run_dir, &made) == 0, "run directory");
	start_writer();

	text_comes_out();
	json_comes_out();
	doubles_are_dropped();
	garbage_does_no_harm();
	kills_lose_nothing();
	file_is_written();
	nobody_reads();
	a_sleeping_reader();
	wrong_settings();

	must(write(to_writer, &end, sizeof(end)) == sizeof(end), "end");
	must(waitpid(writer, NULL, 0) == writer, "waitpid");
	clean_up();
	return tests_end();
}
