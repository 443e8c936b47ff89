/* SPDX-License-Identifier: Apache-2.0
 *
 * number_feed RUNDIR: an evaluator that makes numbered alerts, for tests of the emitter.  A line on
 * standard input, "FROM COUNT PER_SECOND PADDING", is so many of them; when they are in the ring it
 * says "done" and how many ms that took.  PER_SECOND 0: as fast as it can.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "alert_kit.h"

#define MAX_PADDING 60000

static bool put_numbers(struct outlet *o, uint32_t from, uint32_t count, uint64_t rate,
			size_t padding)
{
	static char text[MAX_PADDING + 128];
	struct mono begun = mono_now();

	for (uint32_t i = 0; i < count; i++) {
		struct alert_frame a = alert_number(from + i, text, sizeof(text), padding);
		struct mono now = mono_now();
		uint64_t due = rate == 0 ? 0 : i * NS_PER_SEC / rate;

		if (!alert_put(o, &a))
			return false;
		if (rate == 0 && i % 16 != 0)
			continue;
		outlet_publish(o, &(struct ring_counts){ 0 });
		for (; mono_since(begun, now) < due; now = mono_now()) {
			struct timespec ts = { 0, (long)(NS_PER_MSEC / 2) };

			outlet_poll(o, now);
			nanosleep(&ts, NULL);
		}
	}
	outlet_publish(o, &(struct ring_counts){ 0 });
	printf("done %" PRIu64 "\n", mono_since(begun, mono_now()) / NS_PER_MSEC);
	return fflush(stdout) == 0;
}

/* A whole line of standard input at once: it is a pipe, and lines are short. */
static bool do_line(struct outlet *o)
{
	char line[256];
	uint32_t from, count;
	uint64_t rate, padding;
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

	if (n <= 0)
		return false;
	line[n] = '\0';
	if (sscanf(line, "%" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64, &from, &count, &rate,
		   &padding) != 4 ||
	    padding > MAX_PADDING)
		return false;
	return put_numbers(o, from, count, rate, (size_t)padding);
}

int main(int argc, char **argv)
{
	struct outlet *o;
	bool made;

	signal(SIGPIPE, SIG_IGN);
	o = argc == 2 && run_dir_make(argv[1], &made) == 0 ? alert_outlet(argv[1], 1024 * 1024)
							   : NULL;
	if (o == NULL) {
		fprintf(stderr, "number_feed: %s\n", argc == 2 ? strerror(errno) : "RUNDIR");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };

		outlet_poll(o, mono_now());
		if (poll(&pfd, 1, 1) > 0 && !do_line(o))
			break;
	}
	outlet_close(o);
	return 0;
}
