/* SPDX-License-Identifier: Apache-2.0
 *
 * A real mews-evaluator and a real mews-emitter behind it: this program is the
 * enricher, whose container nobody has told of yet.  Events wait or do not wait, the
 * container is told or is not, the evaluator is killed with -9 while they wait; what
 * counts is which lines come out, and when.  A plain program that prints TAP.
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

#include "../support/tap_kit.h"
#include "door.h"
#include "event.h"
#include "jail.h"
#include "rundir.h"
#include "wire.h"

#define GEN	UINT64_C(7000000000)
#define LONG_NS (10 * NS_PER_SEC)

static char base[64], run_dir[80], out_path[80], rules_path[80];

/* ---- the enricher ---- */

enum { DO_CONTAINER = 'c', DO_POD = 'k', DO_PROCESS = 'p', DO_OPEN = 'o', DO_END = 'e' };

struct command {
	char what;
	uint8_t wait; /* container, pod */
	uint32_t count;
	char text
		[48]; /* container, pod: its name, "" untold; process: its name; open: the file's */
};

static int to_writer = -1, from_writer = -1;
static pid_t writer;

struct machine {
	struct outlet *out;
	struct command container, pod, process;
	uint64_t version, seq;
	uint8_t buf[65536];
};

static size_t container_frame_of(struct machine *m)
{
	char json[128];
	struct container_frame f = { .id = span_str("0123456789ab"),
				     .type = 7,
				     .wait = m->container.wait };
	ssize_t n;

	if (m->container.text[0] != '\0') {
		snprintf(json, sizeof(json), "{\"name\":\"%s\",\"imagerepo\":\"nginx\"}",
			 m->container.text);
		f.has_metadata = true;
		f.json = span_str(json);
	}
	n = wire_encode_container(m->buf, sizeof(m->buf), &f);
	must(n > 0, "container");
	return (size_t)n;
}

#define POD_UID "4348581d-93ad-4c9c-93fd-c71bd2cb4d20"

static size_t pod_frame_of(struct machine *m)
{
	char json[128];
	struct pod_frame f = { .uid = span_str(POD_UID), .wait = m->pod.wait };
	ssize_t n;

	if (m->pod.text[0] != '\0') {
		snprintf(json, sizeof(json), "{\"name\":\"%s\",\"ns\":{\"name\":\"shop\"}}",
			 m->pod.text);
		f.json = span_str(json);
	}
	n = wire_encode_pod(m->buf, sizeof(m->buf), &f);
	must(n > 0, "pod");
	return (size_t)n;
}

static size_t process_frame_of(struct machine *m)
{
	struct process_frame f = {
		.key = 9,
		.version = m->version,
		.mask = PROCESS_ALL,
		.info = { .tid = 42,
			  .pid = 42,
			  .ptid = 1,
			  .vtid = 1,
			  .vpid = 1,
			  .comm = span_str(m->process.text),
			  .exepath = span_str("/bin/sh"),
			  .cgroups = span_str("cpu=/kubepods/pod" POD_UID "/0123456789ab"),
			  .container_id = span_str("0123456789ab") },
	};
	ssize_t n = wire_encode_process(m->buf, sizeof(m->buf), &f);

	must(n > 0, "process");
	return (size_t)n;
}

static size_t open_frame_of(struct machine *m, const char *name)
{
	struct event_frame f = {
		.code = EVENT_SYSCALL_OPENAT_2_X,
		.ts_ns = UINT64_C(1795462437000000000),
		.origin_generation = GEN,
		.origin_seq = ++m->seq,
		.num = m->seq,
		.process = 9,
		.version = m->version,
		.tid = 42,
		.fd = 3,
		.fd_file = 0,
		.nfiles = 1,
		.nparams = 3,
	};
	ssize_t n;

	f.files[0] = (struct file_info){ .fd = 3, .type = FILE_REGULAR, .name = span_str(name) };
	f.params[0] = (struct param){ .kind = PARAM_INT, .i = 3 };
	f.params[1] = (struct param){ .kind = PARAM_INT, .i = -100 };
	f.params[2] = (struct param){ .kind = PARAM_BYTES, .s = span_str(name) };
	n = wire_encode_event(m->buf, sizeof(m->buf), &f);
	must(n > 0, "event");
	return (size_t)n;
}

static int snapshot(void *ctx, struct frame_sink *sink)
{
	struct machine *m = ctx;
	ssize_t n = wire_encode_empty(m->buf, sizeof(m->buf));
	int err = frame_sink_put(sink, FRAME_SNAPSHOT_BEGIN, span_of(m->buf, (size_t)n));

	if (err == 0)
		err = frame_sink_put(sink, FRAME_CONTAINER, span_of(m->buf, container_frame_of(m)));
	if (err == 0)
		err = frame_sink_put(sink, FRAME_POD, span_of(m->buf, pod_frame_of(m)));
	if (err == 0)
		err = frame_sink_put(sink, FRAME_PROCESS, span_of(m->buf, process_frame_of(m)));
	n = wire_encode_empty(m->buf, sizeof(m->buf));
	return err < 0 ? err : frame_sink_put(sink, FRAME_SNAPSHOT_END, span_of(m->buf, (size_t)n));
}

static void put(struct machine *m, uint16_t type, size_t n)
{
	uint8_t *room;

	while ((room = outlet_reserve(m->out, n, RING_BULK)) == NULL) {
		outlet_publish(m->out, &(struct ring_counts){ 0 });
		outlet_poll(m->out, mono_now());
		outlet_wait(m->out, NS_PER_MSEC);
	}
	memcpy(room, m->buf, n);
	outlet_submit(m->out, type, 0, n);
}

static void do_command(struct machine *m, const struct command *c)
{
	switch (c->what) {
	case DO_CONTAINER:
		m->container = *c;
		put(m, FRAME_CONTAINER, container_frame_of(m));
		break;
	case DO_POD:
		m->pod = *c;
		put(m, FRAME_POD, pod_frame_of(m));
		break;
	case DO_PROCESS:
		m->process = *c;
		m->version++;
		put(m, FRAME_PROCESS, process_frame_of(m));
		break;
	default:
		for (uint32_t i = 0; i < c->count; i++)
			put(m, FRAME_EVENT, open_frame_of(m, c->text));
	}
	outlet_publish(m->out, &(struct ring_counts){ 0 });
}

_Noreturn static void be_writer(int commands, int answers)
{
	static struct machine m = { .version = 1,
				    .process = { .text = "sh" },
				    .container = { .wait = CONTAINER_AWAITED } };
	char door[RUN_DIR_PATH_MAX];
	struct outlet_params p = {
		.door = door, .size = 1024 * 1024, .snapshot = snapshot, .ctx = &m
	};
	struct command c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	p.reader_uid = jail_identity(STAGE_EVALUATOR).uid;
	p.socket_gid = jail_identity(STAGE_ENRICHER).gid;
	must(geteuid() != 0 || jail_enter(STAGE_ENRICHER, NULL) == 0, "jail");
	run_dir_path(door, run_dir, "enriched", ".door");
	must(outlet_open(&p, &m.out) == 0, "outlet");
	must(write(answers, "r", 1) == 1, "ready");
	for (;;) {
		struct pollfd pfd = { .fd = commands, .events = POLLIN };

		outlet_poll(m.out, mono_now());
		if (poll(&pfd, 1, 1) <= 0)
			continue;
		if (read(commands, &c, sizeof(c)) != sizeof(c) || c.what == DO_END)
			break;
		do_command(&m, &c);
		must(write(answers, "d", 1) == 1, "done");
	}
	outlet_close(m.out);
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

static void tell(char what, const char *text, enum container_wait wait, uint32_t count)
{
	struct command c = { .what = what, .wait = (uint8_t)wait, .count = count };
	char done;

	snprintf(c.text, sizeof(c.text), "%s", text);
	must(write(to_writer, &c, sizeof(c)) == sizeof(c), "tell");
	must(read(from_writer, &done, 1) == 1, "answer");
}

static void untold(enum container_wait wait)
{
	tell(DO_CONTAINER, "", wait, 0);
}

static void told(const char *name)
{
	tell(DO_CONTAINER, name, CONTAINER_NOT_AWAITED, 0);
}

static void pod_untold(enum container_wait wait)
{
	tell(DO_POD, "", wait, 0);
}

static void pod_told(const char *name)
{
	tell(DO_POD, name, CONTAINER_NOT_AWAITED, 0);
}

static void opens(const char *name)
{
	tell(DO_OPEN, name, CONTAINER_NOT_AWAITED, 1);
}

/* ---- the stages ---- */

static pid_t evaluator, emitter;
static char wait_option[64] = "metadata_wait_ms=30000";
static const char *matching = "rule_matching=all";

static pid_t start(const char *name)
{
	const char *build = getenv("MEWS_BUILD_DIR");
	char path[4096];
	int out;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/bin/%s", build == NULL ? "build" : build, name);
	fflush(stdout);
	pid = fork();
	must(pid != -1, "fork");
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	out = open(out_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	dup2(out, STDOUT_FILENO);
	execl(path, name, "--run-dir", run_dir, "-r", rules_path, "-o", wait_option, "-o", matching,
	      "-o", "json_output=true", "-o", "log_level=warning", (char *)NULL);
	_exit(127);
}

static void end(pid_t *pid, int sig)
{
	int status;

	if (*pid == 0)
		return;
	kill(*pid, sig);
	must(waitpid(*pid, &status, 0) == *pid, "waitpid");
	*pid = 0;
}

/* A fresh evaluator, which knows no more than the enricher says. */
static void start_evaluator(const char *wait_ms, const char *rule_matching)
{
	end(&evaluator, SIGTERM);
	snprintf(wait_option, sizeof(wait_option), "metadata_wait_ms=%s", wait_ms);
	matching = rule_matching;
	evaluator = start("mews-evaluator");
}

/* ---- what came out ---- */

static char content[1 << 20];

static void read_out(void)
{
	int fd = open(out_path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : read(fd, content, sizeof(content) - 1);

	content[n < 0 ? 0 : n] = '\0';
	if (fd != -1)
		close(fd);
}

static unsigned count(const char *text)
{
	unsigned n = 0;

	read_out();
	for (const char *s = content; (s = strstr(s, text)) != NULL; s++)
		n++;
	return n;
}

static bool comes(const char *text, unsigned want)
{
	struct mono from = mono_now();

	while (count(text) < want) {
		if (mono_since(from, mono_now()) > LONG_NS)
			return false;
		pause_ms(2);
	}
	return count(text) == want;
}

/* What comes out of an event behind all others comes out, and TEXT does not. */
static bool comes_not(const char *text)
{
	unsigned before = count("plain by");

	opens("/plain");
	return comes("plain by", before + 1) && count(text) == 0;
}

static void fresh(void)
{
	must(truncate(out_path, 0) == 0, "truncate");
}

/* ---- the tests ---- */

static void rules_that_need_not_know_do_not_wait(void)
{
	opens("/plain");
	check(comes("plain by sh", 1), "a rule that does not ask alerts at once");
	check(count("mews.metadata") == 0, "and says nothing of metadata");
}

static void an_answer_decides(void)
{
	fresh();
	opens("/image");
	opens("/not-image");
	opens("/shows");
	opens("/both");
	check(comes("both-now", 1), "of an event for two rules, the one that need not know");
	check(comes_not("image") && count("shows") == 0, "those that ask wait");
	tell(DO_PROCESS, "cat", CONTAINER_NOT_AWAITED, 0);
	opens("/plain");
	check(comes("plain by cat", 1), "events behind them go on");
	told("web");
	check(comes("image nginx by sh", 1), "then the rule is decided, as the process was");
	check(comes("shows web", 1), "an output has what was told");
	check(comes("both-asks web", 1) && count("both-now") == 1, "the other of the two, too");
	check(count("not-image") == 0, "a rule that is false now gives nothing");
	check(count("\"mews.metadata\":\"late\"") == 3, "each says that it came late");
	fresh();
	opens("/image");
	check(comes("image nginx by cat", 1) && count("mews.metadata") == 0,
	      "of a container that is known none waits, and none says so");
}

static void nobody_answers(void)
{
	fresh();
	untold(CONTAINER_AWAITED);
	opens("/shows");
	opens("/not-image");
	check(comes_not("shows <NA>"), "it waits");
	untold(CONTAINER_UNANSWERED);
	check(comes("shows <NA>", 1), "until nobody can tell");
	check(comes("not-image", 1), "what is missing is not equal");
	check(count("\"mews.metadata\":\"none\"") == 2, "and each says so");
	fresh();
	opens("/shows");
	check(comes("shows <NA>", 1) && count("\"mews.metadata\":\"none\"") == 1,
	      "then none waits, but says so");
}

/* What Kubernetes tells is waited for apart from what a runtime tells. */
static void a_pod_is_waited_for(void)
{
	told("web");
	pod_untold(CONTAINER_AWAITED);
	fresh();
	opens("/plain");
	opens("/shows");
	opens("/both");
	check(comes("plain by", 1) && comes("shows web", 1) && comes("both-asks web", 1) &&
		      count("mews.metadata") == 0,
	      "who does not ask for the pod does not wait for it");
	opens("/either");
	check(comes("either <NA>\"", 1) && count("mews.metadata") == 0,
	      "nor who asks for what the runtime told as well");
	opens("/pod");
	opens("/in-shop");
	check(comes_not("pod web-1") && count("in the shop") == 0, "those that ask for it wait");
	pod_told("web-1");
	check(comes("pod web-1 of web", 1), "then an output has it");
	check(comes("in the shop", 1), "and a condition");
	check(comes("\"mews.metadata\":\"late\"", 2), "each says that it came late");
	fresh();
	opens("/pod");
	check(comes("pod web-1 of web", 1) && count("mews.metadata") == 0,
	      "of a pod that is known none waits");

	fresh();
	pod_untold(CONTAINER_AWAITED);
	untold(CONTAINER_AWAITED);
	opens("/pod");
	pod_told("web-2");
	check(comes_not("pod web-2"), "who asks for both waits for both");
	told("web");
	check(comes("pod web-2 of web", 1), "until both are there");
	pod_untold(CONTAINER_AWAITED);
	untold(CONTAINER_UNANSWERED);
	opens("/either");
	check(comes_not("either"), "who is content with either waits for the last of them");
	pod_told("web-3");
	check(comes("either shop\"", 1) && count("\"mews.metadata\":\"late\"") == 2,
	      "and takes it");

	fresh();
	told("web");
	pod_untold(CONTAINER_AWAITED);
	opens("/pod");
	opens("/in-shop");
	pod_untold(CONTAINER_UNANSWERED);
	check(comes("pod <NA> of web", 1) && count("\"mews.metadata\":\"none\"") == 1,
	      "of a pod that nobody knows that is said");
	opens("/pod");
	check(comes("pod <NA> of web", 2) && count("\"mews.metadata\":\"none\"") == 2 &&
		      count("in the shop") == 0,
	      "and none waits any more");

	fresh();
	pod_untold(CONTAINER_AWAITED);
	opens("/pod");
	check(comes_not("pod"), "while one waits");
	end(&evaluator, SIGKILL);
	evaluator = start("mews-evaluator");
	pod_told("web-4");
	check(comes("pod web-4 of web", 1) && count("\"mews.metadata\":\"late\"") == 1,
	      "the evaluator was killed: its successor decides");
}

static void the_time_is_up(void)
{
	struct mono from;

	start_evaluator("400", "rule_matching=all");
	untold(CONTAINER_AWAITED);
	fresh();
	opens("/plain");
	check(comes("plain by", 1), "another evaluator is there");
	from = mono_now();
	opens("/shows");
	check(comes("shows <NA>", 1), "nobody says anything: it is decided all the same");
	check(mono_since(from, mono_now()) >= 390 * NS_PER_MSEC, "but not before the time is up");
	check(count("\"mews.metadata\":\"none\"") == 1, "and it says so");
}

static void the_first_rule_wins(void)
{
	start_evaluator("30000", "rule_matching=first");
	fresh();
	opens("/plain");
	check(comes("plain by", 1), "another evaluator is there");
	opens("/both");
	check(comes_not("both-now by"), "a rule behind one that waits waits, too");
	told("web");
	check(comes("both-asks web", 1) && comes_not("both-now by"),
	      "the first that matches makes the alert");
	untold(CONTAINER_AWAITED);
}

static void killed_while_events_wait(void)
{
	enum { EVENTS = 200 };

	start_evaluator("30000", "rule_matching=all");
	fresh();
	opens("/plain");
	check(comes("plain by", 1), "another evaluator is there");
	tell(DO_OPEN, "/both", CONTAINER_NOT_AWAITED, EVENTS);
	check(comes("both-now", EVENTS), "%u events wait", EVENTS);
	for (unsigned i = 0; i < 5; i++) {
		end(&evaluator, SIGKILL);
		evaluator = start("mews-evaluator");
		pause_ms(20 * i);
	}
	opens("/plain");
	check(comes("plain by", 2), "the evaluator was killed five times");
	told("web");
	check(comes("both-asks web", EVENTS), "none is lost");
	pause_ms(200);
	check(count("both-asks web") == EVENTS && count("both-now") == EVENTS,
	      "none is doubled (%u, %u)", count("both-asks web"), count("both-now"));
	for (unsigned i = 0; i < 3; i++) {
		end(&evaluator, SIGKILL);
		evaluator = start("mews-evaluator");
		pause_ms(100);
	}
	check(count("both-asks web") == EVENTS, "what was decided stays so");
}

static void killed_while_it_decides(void)
{
	enum { ROUNDS = 20, EVENTS = 300 };
	unsigned lost = 0, doubled = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		untold(CONTAINER_AWAITED);
		fresh();
		tell(DO_OPEN, "/both", CONTAINER_NOT_AWAITED, EVENTS);
		must(comes("both-now", EVENTS), "events wait");
		told("web");
		for (unsigned k = 0; k < i * 1000; k++)
			__asm__ volatile("" ::: "memory");
		end(&evaluator, SIGKILL);
		evaluator = start("mews-evaluator");
		comes("both-asks web", EVENTS);
		pause_ms(20);
		lost += count("both-asks web") < EVENTS;
		doubled += count("both-asks web") > EVENTS;
	}
	check(lost == 0 && doubled == 0, "%u kills while it decides: %u lost, %u doubled", ROUNDS,
	      lost, doubled);
}

static void too_many_wait(void)
{
	enum { EVENTS = 3000 };

	untold(CONTAINER_AWAITED);
	fresh();
	tell(DO_OPEN, "/shows", CONTAINER_NOT_AWAITED, EVENTS);
	pause_ms(500);
	check(count("shows <NA>") > EVENTS / 4, "what finds no room is decided at once");
	told("web");
	check(comes("\"output_fields\"", EVENTS), "and none is lost");
	check(count("shows web") > 0, "those that waited have their answer");
}

static void stopped_while_events_wait(void)
{
	untold(CONTAINER_AWAITED);
	fresh();
	opens("/shows");
	check(comes_not("shows <NA>"), "an event waits");
	end(&evaluator, SIGTERM);
	check(comes("shows <NA>", 1), "at a stop it is decided");
}

static void somebody_else_made_the_file(void)
{
	char path[RUN_DIR_PATH_MAX];
	struct stat sb;
	int fd;

	run_dir_path(path, run_dir, "evaluator", ".held");
	unlink(path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	must(fd != -1 && fchown(fd, jail_identity(STAGE_EMITTER).uid, (gid_t)-1) == 0, "plant");
	close(fd);
	start_evaluator("30000", "rule_matching=all");
	fresh();
	opens("/shows");
	told("web");
	check(comes("shows web", 1), "a file that another made is not used");
	check(stat(path, &sb) == 0 && sb.st_uid == jail_identity(STAGE_EVALUATOR).uid &&
		      (sb.st_mode & 07777) == 0600,
	      "but one of its own");

	end(&evaluator, SIGTERM);
	must(unlink(path) == 0 && symlink(rules_path, path) == 0, "plant a link");
	start_evaluator("30000", "rule_matching=all");
	untold(CONTAINER_AWAITED);
	fresh();
	opens("/shows");
	check(comes_not("shows <NA>"), "nor is a link followed: it waits as ever");
	told("web");
	check(comes("shows web", 1) && lstat(path, &sb) == 0 && S_ISREG(sb.st_mode) &&
		      stat(rules_path, &sb) == 0 && sb.st_size < 65536,
	      "and what the link named is untouched");
}

static void write_rules(void)
{
	static const char rules[] = "- rule: shows\n  desc: d\n  priority: WARNING\n"
				    "  condition: evt.type = openat and fd.name = /shows\n"
				    "  output: shows %container.name\n"
				    "- rule: image\n  desc: d\n  priority: WARNING\n"
				    "  condition: evt.type = openat and fd.name = /image and "
				    "container.image.repository = nginx\n"
				    "  output: image nginx by %proc.name\n"
				    "- rule: not\n  desc: d\n  priority: WARNING\n"
				    "  condition: evt.type = openat and fd.name = /not-image and "
				    "not container.image.repository = nginx\n"
				    "  output: not-image\n"
				    "- rule: both1\n  desc: d\n  priority: WARNING\n"
				    "  condition: evt.type = openat and fd.name = /both\n"
				    "  output: both-asks %container.name\n"
				    "- rule: both2\n  desc: d\n  priority: WARNING\n"
				    "  condition: evt.type = openat and fd.name = /both\n"
				    "  output: both-now by %proc.name\n"
				    "- rule: pod\n  desc: d\n  priority: WARNING\n"
				    "  condition: evt.type = openat and fd.name = /pod\n"
				    "  output: pod %k8smeta.pod.name of %container.name\n"
				    "- rule: in-shop\n  desc: d\n  priority: WARNING\n"
				    "  condition: evt.type = openat and fd.name = /in-shop and "
				    "k8smeta.ns.name = shop\n"
				    "  output: in the shop\n"
				    "- rule: either\n  desc: d\n  priority: WARNING\n"
				    "  condition: evt.type = openat and fd.name = /either\n"
				    "  output: either %k8s.ns.name\n"
				    "- rule: plain\n  desc: d\n  priority: WARNING\n"
				    "  condition: evt.type = openat and fd.name = /plain\n"
				    "  output: plain by %proc.name\n";
	FILE *f = fopen(rules_path, "we");

	must(f != NULL && fputs(rules, f) != EOF && fclose(f) == 0, "rules");
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
	bool made;
	int fd;

	snprintf(base, sizeof(base), "/tmp/mews-waiting.XXXXXX");
	must(mkdtemp(base) != NULL && chmod(base, 0755) == 0, "mkdtemp");
	snprintf(run_dir, sizeof(run_dir), "%s/run", base);
	snprintf(out_path, sizeof(out_path), "%s/out", base);
	snprintf(rules_path, sizeof(rules_path), "%s/rules.yaml", base);
	must(run_dir_make(run_dir, &made) == 0, "run directory");
	fd = open(out_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	must(fd != -1, "out");
	close(fd);
	write_rules();
	start_writer();
	evaluator = start("mews-evaluator");
	emitter = start("mews-emitter");

	rules_that_need_not_know_do_not_wait();
	an_answer_decides();
	nobody_answers();
	a_pod_is_waited_for();
	the_time_is_up();
	the_first_rule_wins();
	killed_while_events_wait();
	killed_while_it_decides();
	too_many_wait();
	stopped_while_events_wait();
	somebody_else_made_the_file();

	end(&evaluator, SIGTERM);
	end(&emitter, SIGTERM);
	end(&writer, SIGKILL);
	clean_up();
	return tests_end();
}
