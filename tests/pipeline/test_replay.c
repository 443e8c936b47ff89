/* SPDX-License-Identifier: Apache-2.0
 *
 * The recorded source, and the collector that has it: whatever a capture is packed in, the
 * same comes out; what is damaged comes out up to there, with status 1; a reader that
 * does not keep up loses nothing; and no privilege is needed or kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <isa-l/igzip_lib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/tap_kit.h"
#include "clock.h"
#include "counter.h"
#include "door.h"
#include "log.h"
#include "replay.h"
#include "support/scap_kit.h"

#define NOBODY 65534

static char dir[] = "/tmp/mews-replay.XXXXXX", run_dir[256];
static int collector; /* opened by root: nobody may not reach where the build stands */
static struct kit kit;

static const char *path_of(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(path_of(name), "w");

	if (f == NULL || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
		exit(1);
}

/* ---- captures ---- */

static void put_state(const char *host, int64_t tid)
{
	kit_section(&kit);
	kit_machine(&kit, host);
	kit_begin(&kit, UL);
	kit_int(&kit, 1, 1);
	kit_int(&kit, 0, 4);
	kit_text(&kit, "root");
	kit_end(&kit);
	kit_begin(&kit, PL_V1);
	kit_int(&kit, (uint64_t)tid, 8);
	kit_int(&kit, (uint64_t)tid, 8);
	kit_int(&kit, 1, 8);
	kit_text(&kit, "cat");
	kit_text(&kit, "cat");
	kit_text(&kit, "");
	kit_text(&kit, "/");
	kit_int(&kit, 1024, 8);
	kit_int(&kit, 0, 4);
	kit_int(&kit, 0, 8);
	kit_end(&kit);
	kit_begin(&kit, FDL);
	kit_int(&kit, (uint64_t)tid, 8);
	kit_int(&kit, 0, 8);
	kit_int(&kit, 5, 8);
	kit_int(&kit, FILE_REGULAR, 1);
	kit_text(&kit, "/dev/null");
	kit_end(&kit);
}

static void make(unsigned events)
{
	kit.n = 0;
	put_state("host", 42);
	for (unsigned i = 0; i < events; i++)
		kit_close_event(&kit, i);
}

static size_t pack(uint8_t *out, size_t cap, const uint8_t *bytes, size_t n)
{
	struct isal_zstream s;

	isal_deflate_stateless_init(&s);
	s.next_in = (uint8_t *)(uintptr_t)bytes;
	s.avail_in = (uint32_t)n;
	s.next_out = out;
	s.avail_out = (uint32_t)cap;
	s.gzip_flag = IGZIP_GZIP;
	s.end_of_stream = 1;
	if (isal_deflate_stateless(&s) != COMP_OK)
		exit(1);
	return cap - s.avail_out;
}

/* ---- what comes out ---- */

struct outcome {
	int code;	 /* of opening, or how it ended: 0, SOURCE_DAMAGED */
	unsigned events; /* numbered from 1 without a gap */
	bool bad;
	char state[64]; /* a letter for each frame of state */
	uint64_t hash;	/* of all events */
};

static const char letters[] = {
	[FRAME_HOST] = 'H',	    [FRAME_USER] = 'u',	     [FRAME_GROUP] = 'g',
	[FRAME_TASK] = 't',	    [FRAME_TASK_FILE] = 'f', [FRAME_SNAPSHOT_BEGIN] = '(',
	[FRAME_SNAPSHOT_END] = ')', [FRAME_END] = '.',
};

static void note_state(struct outcome *o, unsigned type)
{
	size_t n = strlen(o->state);

	if (type < ARRAY_LEN(letters) && letters[type] != 0 && n < sizeof(o->state) - 1)
		o->state[n] = letters[type];
}

static void note_event(struct outcome *o, const struct raw_event *ev)
{
	o->events++;
	o->bad |= ev->num != o->events || ev->nparams != 2;
	for (unsigned i = 0; i < ev->nparams; i++)
		o->hash = (o->hash ^ ev->params[i].u) * UINT64_C(1099511628211);
}

static struct outcome read_capture(const char *name)
{
	struct outcome o = { 0 };
	struct source *s;
	struct raw_event ev;
	struct source_frame f;
	int err;

	o.code = replay_open(path_of(name), &s);
	if (o.code != 0)
		return o;
	for (;;) {
		err = s->ops->next(s, &ev);
		if (err == 1) {
			note_event(&o, &ev);
		} else if (err == SOURCE_STATE) {
			s->ops->frame(s, &f);
			note_state(&o, f.type);
		} else {
			break;
		}
	}
	o.code = err == SOURCE_END ? 0 : err;
	s->ops->close(s);
	return o;
}

static bool is_whole(const char *name, unsigned events)
{
	struct outcome o = read_capture(name);

	return o.code == 0 && !o.bad && o.events == events && strcmp(o.state, "gH(tf)") == 0;
}

/* ---- packings ---- */

static void test_packings(void)
{
	static uint8_t packed[4u << 20];
	size_t n, half;
	struct outcome o;

	make(20000);
	write_file("plain", kit.b, kit.n);
	check(is_whole("plain", 20000), "a plain capture");
	n = pack(packed, sizeof(packed), kit.b, kit.n);
	write_file("gzip", packed, n);
	check(is_whole("gzip", 20000), "a compressed one");
	check(read_capture("gzip").hash == read_capture("plain").hash, "has the same events");

	memcpy(packed + n, "and what somebody put behind it", 31);
	write_file("more", packed, n + 31);
	check(is_whole("more", 20000), "what stands behind compressed data is passed over");

	half = kit.n / 2 + 1;
	n = pack(packed, sizeof(packed), kit.b, half);
	n += pack(packed + n, sizeof(packed) - n, kit.b + half, kit.n - half);
	write_file("members", packed, n);
	check(is_whole("members", 20000), "compressed in two pieces, one behind the other");

	make(100);
	put_state("other", 43);
	for (unsigned i = 0; i < 50; i++)
		kit_close_event(&kit, i);
	write_file("sections", kit.b, kit.n);
	o = read_capture("sections");
	check(o.code == 0 && !o.bad && o.events == 150 &&
		      strcmp(o.state, "gH(tf)ggH(tf)") == 0, /* the first one's group goes */
	      "of two sections each has its state, and the numbers go on");
}

/* ---- damage ---- */

static void test_no_captures(void)
{
	static const char *const names[] = { "nothing-there", "directory", "empty",   "text",
					     "no-events",     "fifo",	   "empty.gz" };
	uint8_t packed[64];
	bool good = true;

	mkdir(path_of("directory"), 0755);
	mkfifo(path_of("fifo"), 0644);
	write_file("empty", "", 0);
	write_file("text", "#!/bin/sh\n", 10);
	write_file("empty.gz", packed, pack(packed, sizeof(packed), packed, 0));
	kit.n = 0;
	put_state("host", 42);
	write_file("no-events", kit.b, kit.n);
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (read_capture(names[i]).code != EXIT_INPUT) {
			printf("# %s was taken\n", names[i]);
			good = false;
		}
	check(good, "what is no capture is refused when it is opened");
}

static void test_cuts(void)
{
	static uint8_t packed[1u << 20];
	unsigned refused = 0, damaged = 0, ended = 0;
	bool good = true;
	size_t n, head;

	make(200);
	head = kit.n - 200 * 60;
	for (size_t cut = 0; cut < kit.n; cut += 61) {
		struct outcome o;

		write_file("cut", kit.b, cut);
		o = read_capture("cut");
		refused += o.code == EXIT_INPUT;
		damaged += o.code == SOURCE_DAMAGED;
		ended += o.code == 0;
		good &= !o.bad && o.events == (cut < head ? 0 : (cut - head) / 60);
	}
	check(good && refused > 0 && damaged > 0 && ended > 0,
	      "a capture that is cut off gives all events in front of the cut");

	make(20000);
	n = pack(packed, sizeof(packed), kit.b, kit.n);
	good = true;
	refused = damaged = 0;
	for (size_t cut = 0; cut < n; cut += n / 100 + 1) {
		struct outcome o;

		write_file("cut", packed, cut);
		o = read_capture("cut");
		good &= !o.bad && o.code != 0;
		refused += o.code == EXIT_INPUT;
		damaged += o.code == SOURCE_DAMAGED;
	}
	check(good && refused > 0 && damaged > 50, "and so does a compressed one");

	good = true;
	for (size_t at = n / 2; at < n; at += n / 50 + 1) {
		struct outcome o;

		packed[at] ^= 0x10;
		write_file("cut", packed, n);
		packed[at] ^= 0x10;
		o = read_capture("cut");
		good &= o.code == SOURCE_DAMAGED || o.code == EXIT_INPUT;
	}
	check(good, "a bit that is wrong in it does not stay unseen");
}

/* ---- the collector ---- */

static struct inlet *in;
static struct outcome heard;
static uint64_t gaps;

static pid_t start(const char *name, const char *setting)
{
	const char *argv[] = { "mews-collector", "--run-dir", run_dir, "--replay", NULL, "-o",
			       setting,		 NULL };
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	unlink(path_of("stderr")); /* may be root's */
	fd = open(path_of("stderr"), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	dup2(fd, STDERR_FILENO);
	argv[4] = path_of(name);
	fexecve(collector, (char **)(uintptr_t)argv, environ);
	_exit(127);
}

static bool said(const char *text)
{
	char buf[4096];
	FILE *f = fopen(path_of("stderr"), "r");
	size_t n = f == NULL ? 0 : fread(buf, 1, sizeof(buf) - 1, f);

	if (f != NULL)
		fclose(f);
	buf[n] = 0;
	if (strstr(buf, text) == NULL)
		printf("# it said: %s", buf);
	return strstr(buf, text) != NULL;
}

static void hear(const struct ring_frame *f)
{
	static struct raw_event ev;

	if (f->type == FRAME_RAW_EVENT && wire_decode_raw_event(f->payload, &ev) == 0)
		note_event(&heard, &ev);
	else
		note_state(&heard, f->type);
	gaps += f->type == FRAME_GAP;
}

static void knock(void)
{
	char door[512];
	struct inlet_params p = { .door = door, .writer_uid = geteuid() };
	struct ring_wants wants = { .version = 1 }; /* what a capture is held back for */

	snprintf(door, sizeof(door), "%s/raw.door", run_dir);
	if (inlet_open(&p, &in) < 0)
		exit(1);
	inlet_want(in, &wants);
}

/* Read until PID ends; of each SLICE frames one sleep.  Its exit code. */
static int read_until_end(pid_t pid, unsigned slice, unsigned sleep)
{
	struct ring_counts none = { 0 };
	struct mono end = mono_after(mono_now(), 30 * NS_PER_SEC);
	int status = 0;
	bool is_over = false;

	heard = (struct outcome){ 0 };
	gaps = 0;
	knock();
	while (mono_now().ns < end.ns) {
		struct ring_frame f;
		unsigned n = 0;

		inlet_poll(in, mono_now());
		while (n < slice && inlet_next(in, &f) == 1) {
			hear(&f);
			n++;
		}
		inlet_commit(in, &none);
		if (n > 0 && sleep > 0)
			pause_ms(sleep);
		if (n == 0 && is_over)
			break;
		is_over |= waitpid(pid, &status, WNOHANG) == pid;
		if (n == 0)
			pause_ms(1);
	}
	inlet_close(in);
	if (!is_over)
		kill(pid, SIGKILL);
	return is_over && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_collector(void)
{
	int code;

	make(30000);
	write_file("long", kit.b, kit.n);
	code = read_until_end(start("long", "mews.rings.raw_mb=16"), 1000, 0);
	check(code == EXIT_OK && heard.events == 30000 && !heard.bad && gaps == 0 &&
		      strcmp(heard.state, "gH(tf).") == 0,
	      "the collector gives all of it and ends");
	code = read_until_end(start("long", "mews.rings.raw_mb=1"), 500, 3);
	check(code == EXIT_OK && heard.events == 30000 && !heard.bad && gaps == 0,
	      "a reader that does not keep up gets all of it");

	kit.n -= 30;
	write_file("long", kit.b, kit.n);
	code = read_until_end(start("long", "mews.rings.raw_mb=1"), 1000, 0);
	check(code == EXIT_INPUT && heard.events == 29999 && !heard.bad,
	      "of a damaged one it gives what is good, and ends with status 1");
	check(said("cannot read the capture") && said("block 30005, at byte 1800304 ") &&
		      said("it ends 30 bytes before the end of a block"),
	      "and says what is wrong and where");

	make(2);
	kit.b[32] += 4; /* the length of the machine's block */
	write_file("head", kit.b, kit.n);
	code = read_until_end(start("head", "mews.rings.raw_mb=1"), 1000, 0);
	check(code == EXIT_INPUT && heard.events == 0 && heard.state[0] == 0,
	      "one that is damaged in front of its events is refused");
}

/* The file's reader takes it, a ring does not. */
static void test_too_long(void)
{
	static const uint8_t json[300000];
	const struct kit_param params[] = { KIT_INT(uint32_t, 0),
					    KIT_TEXT("container"),
					    { json, sizeof(json) } };
	int code;

	make(2);
	kit_event(&kit, EV_V2_LARGE, EVENT_ASYNCEVENT_E, 1, params, 3, 4);
	write_file("big", kit.b, kit.n);
	code = read_until_end(start("big", "mews.rings.raw_mb=1"), 1000, 0);
	check(code == EXIT_OK && heard.events == 2 && !heard.bad &&
		      said("warning: an event at byte ") &&
		      said("is too long, passed over and counted"),
	      "an event that no frame takes is not left out without a word");
}

static void test_too_many_addresses(void)
{
	int code;

	make(0);
	kit_begin(&kit, IL);
	for (unsigned i = 0; i <= HOST_MAX_ADDRS; i++) {
		kit_int(&kit, 1, 2);
		kit_int(&kit, 4, 2);
		kit_int(&kit, 0x0a000000 + i, 4);
		kit_int(&kit, UINT32_MAX, 8); /* its mask and broadcast, */
		kit_int(&kit, 0, 8);	      /* how fast it is */
		kit_put(&kit, "veth", 4);
	}
	kit_end(&kit);
	kit_close_event(&kit, 0);
	write_file("many", kit.b, kit.n);
	code = read_until_end(start("many", "mews.rings.raw_mb=1"), 1000, 0);
	check(code == EXIT_OK && heard.events == 1 && said("has more than 1024 addresses"),
	      "nor are addresses for which there is no room");
}

/* In the middle of waiting for a reader that does nothing. */
static void test_stop(void)
{
	pid_t pid;
	int status;

	make(30000);
	write_file("long", kit.b, kit.n);
	pid = start("long", "mews.rings.raw_mb=1");
	knock();
	for (unsigned i = 0; i < 100; i++) {
		inlet_poll(in, mono_now());
		pause_ms(5);
	}
	kill(pid, SIGTERM);
	check(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
	      "it ends when it is told to while it waits for room");
	inlet_close(in);
}

/* ---- privilege ---- */

/* A line of /proc/PID/status. */
static bool status_has(pid_t pid, const char *line)
{
	char path[64], buf[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	n = f == NULL ? 0 : fread(buf, 1, sizeof(buf) - 1, f);
	if (f != NULL)
		fclose(f);
	buf[n] = 0;
	return strstr(buf, line) != NULL;
}

static void test_privilege(void)
{
	char door[512];
	pid_t pid;

	if (geteuid() != 0) {
		skipped("started by root it keeps nothing", "needs root");
		return;
	}
	make(3);
	write_file("short", kit.b, kit.n);
	pid = start("short", "log_level=info");
	snprintf(door, sizeof(door), "%s/raw.door", run_dir);
	for (unsigned i = 0; i < 500 && access(door, F_OK) == -1; i++)
		pause_ms(10);
	check(status_has(pid, "CapPrm:\t0000000000000000\n") &&
		      status_has(pid, "CapEff:\t0000000000000000\n") &&
		      status_has(pid, "CapBnd:\t0000000000000000\n") &&
		      status_has(pid, "NoNewPrivs:\t1\n") && !status_has(pid, "Uid:\t0\t"),
	      "started by root it keeps nothing");
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	if (chown(dir, NOBODY, NOBODY) == -1 || setgroups(0, NULL) == -1 ||
	    setresgid(NOBODY, NOBODY, NOBODY) == -1 || setresuid(NOBODY, NOBODY, NOBODY) == -1)
		exit(1);
	snprintf(run_dir, sizeof(run_dir), "%s/run-of-nobody", dir);
}

static void clear(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	char path[4096], *slash;

	(void)argc;
	log_open("test_replay", LOG_LEVEL_ERROR);
	snprintf(path, sizeof(path), "%s", argv[0]);
	slash = strstr(path, "/tests/pipeline/");
	if (slash == NULL || mkdtemp(dir) == NULL)
		return 1;
	snprintf(slash, sizeof(path) - (size_t)(slash - path), "/bin/mews-collector");
	collector = open(path, O_PATH | O_CLOEXEC);
	if (collector == -1)
		return 1;
	chmod(dir, 0755);
	snprintf(run_dir, sizeof(run_dir), "%s/run", dir);
	test_privilege();
	test_packings();
	test_no_captures();
	test_cuts();
	test_collector();
	test_too_long();
	test_too_many_addresses();
	test_stop();
	clear();
	return tests_end();
}
