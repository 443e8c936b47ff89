/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_feed.c -- alerts without an evaluator: alert_feed RUN_DIR makes the ring of alerts, as
 * the evaluator's user, and puts into it as many as each line of its input says, numbered from
 * one on.  It answers with a line when they are in the ring, and ends with its input.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "door.h"
#include "jail.h"
#include "rundir.h"
#include "wire.h"

#define S(text)	 span_of(text, sizeof(text) - 1)
#define FIRST_NS (UINT64_C(1795462437) * NS_PER_SEC)

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "alert_feed: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct alert_frame alert_number(uint64_t i, char text[static 64])
{
	snprintf(text, 64, "number %llu \"<x>\" &\xc3\xa9", (unsigned long long)i);
	return (struct alert_frame){
		.origin_generation = 5000000000,
		.origin_seq = i,
		.rule_index = 3,
		.priority = (uint8_t)(i % 8),
		.ts_ns = FIRST_NS + i,
		.rule = S("A rule"),
		.source = S("syscall"),
		.message = span_str(text),
		.ntags = 2,
		.tags = { S("host"), S("T1555") },
		.nfields = 5,
		.fields = {
			{ S("evt.num"), { .kind = ALERT_UINT, .u = i } },
			{ S("k8s.ns.name"), { .kind = ALERT_STRING, .s = S("prod") } },
			{ S("proc.args"), { .kind = ALERT_LIST, .s = S("\x92\xc4\x01\x61\x05") } },
			{ S("proc.name"), { .kind = ALERT_STRING, .s = S("py\"thon\n\xff") } },
			{ S("user.name"), { .kind = ALERT_NULL } },
		},
	};
}

static uint8_t *room_for(struct outlet *o, size_t cap)
{
	uint8_t *room;

	while ((room = outlet_reserve(o, cap, RING_BULK)) == NULL) {
		outlet_publish(o, &(struct ring_counts){ 0 });
		outlet_poll(o, mono_now());
		outlet_wait(o, NS_PER_MSEC);
	}
	return room;
}

static void put(struct outlet *o, uint64_t from, uint64_t count)
{
	char text[64];

	for (uint64_t i = from; i < from + count; i++) {
		struct alert_frame a = alert_number(i, text);
		size_t cap = wire_alert_bound(&a);
		ssize_t n = wire_encode_alert(room_for(o, cap), cap, &a);

		must(n > 0, "encode");
		outlet_submit(o, FRAME_ALERT, 0, (size_t)n);
	}
	outlet_publish(o, &(struct ring_counts){ 0 });
}

static struct outlet *open_outlet(const char *run_dir)
{
	char door[RUN_DIR_PATH_MAX];
	struct outlet_params p = { .door = door, .size = 1024 * 1024 };
	struct outlet *o;
	bool made;

	must(run_dir_make(run_dir, &made) == 0, "run directory");
	p.reader_uid = jail_identity(STAGE_EMITTER).uid;
	p.socket_gid = jail_identity(STAGE_EVALUATOR).gid;
	must(geteuid() != 0 || jail_enter(STAGE_EVALUATOR, NULL) == 0, "jail");
	run_dir_path(door, run_dir, "alerts", ".door");
	must(outlet_open(&p, &o) == 0, "ring");
	return o;
}

int main(int argc, char **argv)
{
	struct outlet *o;
	uint64_t next = 1;

	must(argc == 2, "usage: alert_feed RUN_DIR");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	o = open_outlet(argv[1]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
		char line[32] = "";
		ssize_t n;

		outlet_poll(o, mono_now());
		if (poll(&pfd, 1, 2) <= 0)
			continue;
		n = read(STDIN_FILENO, line, sizeof(line) - 1);
		if (n <= 0)
			break;
		put(o, next, strtoull(line, NULL, 10));
		next += strtoull(line, NULL, 10);
		printf("done %llu\n", (unsigned long long)next - 1);
		fflush(stdout);
	}
	outlet_close(o);
	return 0;
}
