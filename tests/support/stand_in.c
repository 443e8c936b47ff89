/* SPDX-License-Identifier: Apache-2.0
 *
 * stand_in.c -- all four stages without the kernel, rules and outputs: the real
 * stage_main(), jail, rings and control, and in them frames that hold nothing but
 * a name (generation, number).  Installed under the stages' names, it is what
 * the supervisor starts in tests of the supervisor.
 *
 * The collector makes numbers; the enricher keeps every fourth to itself; the
 * evaluator makes an alert of every tenth number; the emitter prints it, each
 * once.  Who drops what is found by name, so a number that is missing or comes
 * twice behind the emitter is a fault of what is under test.
 *
 * Of a replay the capture is a file with a number in it: so many numbers are made,
 * always the same, and then the end.  The evaluator's alerts are real ones then: the
 * emitter is not a stand-in.
 *
 * $STAND_IN_STAGE (STAND_IN_EVALUATOR ...) makes one misbehave: "exit N" at
 * set-up, "die" after a moment, "die at N" when it meets that number, "die at the end" of a
 * replay, when the stage before it may end, "deaf" to SIGTERM, "broken" turns, "break off" as a
 * capture that ends in the middle.
 * $STAND_IN_RATE: numbers a second, 0 for none (in a replay: as many as there are).
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "stage.h"
#include "wire.h"

#define PER_TURN    64
#define FRAME_TYPE  1
#define FOLD_EVERY  4
#define ALERT_EVERY 10

struct name {
	uint64_t generation, number;
};

struct stand_in {
	uint64_t rate, made;
	struct mono since;
	char manner[32];
	uint64_t total;	     /* of a replay */
	uint64_t die_at;     /* 0: never */
	bool at_end;	     /* all is read of a replay */
	struct name printed; /* the last one, by a predecessor */
};

static int option(struct stage *st, void *ctx, const char *name, const char *arg)
{
	struct stand_in *si = ctx;
	FILE *f = strcmp(name, "replay") == 0 && arg != NULL ? fopen(arg, "re") : NULL;
	unsigned long long n = 0;

	if (f == NULL)
		return -EINVAL;
	if (fscanf(f, "%llu", &n) != 1)
		st->exit_code = EXIT_INPUT; /* said at set-up */
	fclose(f);
	si->total = n;
	st->replay = true;
	return 1;
}

/* What a predecessor printed last into the same file: it may have died before it could note it. */
static struct name printed_last(void)
{
	struct name n = { 0, 0 };
	struct stat st;
	char text[128];
	unsigned long long generation, number;
	ssize_t got;
	int fd;

	if (fstat(STDOUT_FILENO, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (fd = open("/proc/self/fd/1", O_RDONLY | O_CLOEXEC)) == -1)
		return n;
	got = pread(fd, text, sizeof(text) - 1,
		    st.st_size < (off_t)sizeof(text) ? 0 : st.st_size - (off_t)sizeof(text) + 1);
	close(fd);
	text[got < 0 ? 0 : got] = '\0';
	for (char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1)
		if (sscanf(at, "%llu %llu", &generation, &number) == 2 && at > text)
			n = (struct name){ generation, number };
	return n;
}

static int setup(struct stage *st, void *ctx)
{
	struct stand_in *si = ctx;
	char variable[64] = "STAND_IN_";
	const char *rate = getenv("STAND_IN_RATE"), *manner;
	size_t n = strlen(variable);

	for (const char *p = stage_name(st->ops->id); *p != '\0'; p++)
		variable[n++] = (char)toupper((unsigned char)*p);
	variable[n] = '\0';
	manner = getenv(variable);
	snprintf(si->manner, sizeof(si->manner), "%s", manner == NULL ? "" : manner);
	si->rate = rate == NULL ? 1000 : strtoull(rate, NULL, 10);
	if (st->replay && si->rate == 0)
		si->rate = UINT32_MAX;
	si->since = mono_now();
	if (st->ops->id == STAGE_EMITTER)
		si->printed = printed_last();
	if (st->exit_code != EXIT_OK) {
		log_error("this is no capture");
		return st->exit_code;
	}
	if (strncmp(si->manner, "die at ", 7) == 0)
		si->die_at = strtoull(si->manner + 7, NULL, 10);
	if (strncmp(si->manner, "exit ", 5) == 0)
		return (int)strtol(si->manner + 5, NULL, 10);
	if (strcmp(si->manner, "deaf") == 0) {
		signal(SIGTERM, SIG_IGN);
		signal(SIGINT, SIG_IGN);
	}
	return EXIT_OK;
}

static int misbehave(const struct stand_in *si, struct mono now)
{
	if (si->manner[0] == '\0' || mono_since(si->since, now) < 20 * NS_PER_MSEC)
		return 0;
	if (strcmp(si->manner, "die") == 0)
		raise(SIGKILL);
	return strcmp(si->manner, "broken") == 0 ? -EIO : 0;
}

static struct name read_name(const struct ring_frame *f)
{
	struct name n = { 0, 0 };

	if (f->type == FRAME_TYPE && f->payload.n == sizeof(n))
		memcpy(&n, f->payload.p, sizeof(n));
	return n;
}

static bool is_before(struct name n, uint64_t generation, uint64_t number)
{
	return n.generation < generation || (n.generation == generation && n.number <= number);
}

/* Has the predecessor, or we, dealt with that one?  The notes outlive us. */
static bool is_double(const struct inlet *in, struct name n)
{
	return is_before(n, inlet_note(in, 0), inlet_note(in, 1));
}

static void note(struct inlet *in, struct name n)
{
	inlet_set_note(in, 0, n.generation);
	inlet_set_note(in, 1, n.number);
}

static int pass_on(struct stage *st, struct name name)
{
	uint8_t *room = stage_reserve(st, sizeof(name));

	if (room == NULL)
		return -ECANCELED;
	memcpy(room, &name, sizeof(name));
	outlet_submit(st->out, FRAME_TYPE, 0, sizeof(name));
	return 0;
}

static int turn_replay(struct stage *st, struct stand_in *si, uint64_t due)
{
	int n = 0;

	/* A reader that is there at the first frame sees them all. */
	if (!outlet_has_reader(st->out))
		return 0;
	for (; si->made < due && si->made < si->total && n < PER_TURN; si->made++, n++) {
		if (pass_on(st, (struct name){ 1, si->made + 1 }) < 0)
			return n;
		st->counts.v[COLLECTOR_SEEN]++;
		st->counts.v[COLLECTOR_TAKEN]++;
		st->counts.v[COLLECTOR_OUT]++;
		if (strcmp(si->manner, "break off") == 0 && si->made + 1 == si->total / 2) {
			log_error("this capture breaks off");
			st->exit_code = EXIT_INPUT;
			si->total = si->made + 1;
		}
	}
	stage_progress(st, si->made, si->total, si->made);
	return si->made < si->total || n > 0 ? n : stage_end(st);
}

static int turn_collector(struct stage *st, void *ctx, struct mono now)
{
	struct stand_in *si = ctx;
	uint64_t due = mono_since(si->since, now) / 1000 * si->rate / (NS_PER_SEC / 1000);
	int n = 0;

	if (st->replay)
		return turn_replay(st, si, due);
	for (; si->made < due && n < PER_TURN; si->made++, n++) {
		struct name name = { outlet_generation(st->out), si->made + 1 };
		uint8_t *room = outlet_reserve(st->out, sizeof(name), RING_BULK);

		st->counts.v[COLLECTOR_SEEN]++;
		st->counts.v[COLLECTOR_TAKEN]++;
		if (room == NULL) {
			st->counts.v[COLLECTOR_LOST_RING]++;
			continue;
		}
		memcpy(room, &name, sizeof(name));
		outlet_submit(st->out, FRAME_TYPE, 0, sizeof(name));
		st->counts.v[COLLECTOR_OUT]++;
	}
	return n > 0 ? n : misbehave(si, now);
}

static int turn_enricher(struct stage *st, void *ctx, struct mono now)
{
	struct ring_frame f;
	int n = 0;

	for (; n < PER_TURN && inlet_next(st->in, &f) == 1; n++) {
		struct name name = read_name(&f);

		if (f.type == FRAME_END)
			return stage_end(st);
		if ((f.flags & RING_FRAME_AGAIN) != 0)
			continue; /* there is no state to make of it */
		st->counts.v[ENRICHER_IN]++;
		if (name.number % FOLD_EVERY == 0) {
			st->counts.v[ENRICHER_FOLDED]++;
			continue;
		}
		if (pass_on(st, name) < 0)
			return n;
		st->counts.v[ENRICHER_OUT]++;
	}
	return n > 0 ? n : misbehave(ctx, now);
}

static int put_alert(struct stage *st, struct name name)
{
	static struct alert_frame a;
	char text[64];
	uint8_t *room;
	size_t cap;

	snprintf(text, sizeof(text), "number %llu", (unsigned long long)name.number);
	a = (struct alert_frame){ .origin_generation = name.generation,
				  .origin_seq = name.number,
				  .priority = 5,
				  .ts_ns = name.number,
				  .rule = span_str("Numbers"),
				  .source = span_str("syscall"),
				  .message = span_str(text) };
	cap = wire_alert_bound(&a);
	room = stage_reserve(st, cap);
	if (room == NULL)
		return -ECANCELED;
	outlet_submit(st->out, FRAME_ALERT, 0, (size_t)wire_encode_alert(room, cap, &a));
	return 0;
}

static int turn_evaluator(struct stage *st, void *ctx, struct mono now)
{
	struct stand_in *si = ctx;
	struct ring_frame f;
	int n = 0;

	for (; n < PER_TURN && inlet_next(st->in, &f) == 1; n++) {
		struct name name = read_name(&f);

		if (f.type == FRAME_END)
			return stage_end(st);
		if ((f.flags & RING_FRAME_AGAIN) != 0)
			continue;
		if (name.number == si->die_at && si->die_at != 0)
			raise(SIGKILL);
		st->counts.v[EVALUATOR_IN]++;
		if (is_double(st->in, name)) {
			st->counts.v[EVALUATOR_DOUBLES]++;
			continue;
		}
		if (name.number % ALERT_EVERY == 1) {
			if ((st->replay ? put_alert(st, name) : pass_on(st, name)) < 0)
				return n;
			st->counts.v[EVALUATOR_OUT]++;
		}
		note(st->in, name);
		st->counts.v[EVALUATOR_EVALUATED]++;
	}
	return n > 0 ? n : misbehave(si, now);
}

static int emitter_option(struct stage *st, void *ctx, const char *name, const char *arg)
{
	(void)st, (void)ctx;
	return strcmp(name, "stdout-at") == 0 && arg != NULL ? 1 : -EINVAL;
}

/* The turn before has told the evaluator that all is read. */
static int turn_at_end(struct stage *st, const struct stand_in *si)
{
	if (strcmp(si->manner, "die at the end") == 0)
		raise(SIGKILL);
	return stage_end(st);
}

static int turn_emitter(struct stage *st, void *ctx, struct mono now)
{
	struct stand_in *si = ctx;
	struct ring_frame f;
	int n = 0;

	if (si->at_end)
		return turn_at_end(st, si);
	for (; n < PER_TURN && !si->at_end && inlet_next(st->in, &f) == 1; n++) {
		struct name name = read_name(&f);

		si->at_end = f.type == FRAME_END;
		st->counts.v[EMITTER_IN]++;
		if (is_double(st->in, name) ||
		    is_before(name, si->printed.generation, si->printed.number)) {
			st->counts.v[EMITTER_DOUBLES]++;
			continue;
		}
		printf("%llu %llu\n", (unsigned long long)name.generation,
		       (unsigned long long)name.number);
		note(st->in, name);
		st->counts.v[EMITTER_OUT]++;
	}
	fflush(stdout);
	return n > 0 ? n : misbehave(si, now);
}

/* Numbers come by the clock, not from a ring. */
static void wait_a_little(struct stage *st, void *ctx, uint64_t timeout_ns)
{
	const struct stand_in *si = ctx;
	struct timespec ts = { 0, (long)(si->rate == 0 ? timeout_ns : NS_PER_MSEC) };

	(void)st;
	nanosleep(&ts, NULL);
}

int main(int argc, char **argv)
{
	static const struct stage_ops ops[] = {
		{ .id = STAGE_COLLECTOR,
		  .option = option,
		  .setup = setup,
		  .turn = turn_collector,
		  .wait = wait_a_little },
		{ .id = STAGE_ENRICHER, .setup = setup, .turn = turn_enricher },
		{ .id = STAGE_EVALUATOR, .setup = setup, .turn = turn_evaluator },
		{ .id = STAGE_EMITTER,
		  .option = emitter_option,
		  .setup = setup,
		  .turn = turn_emitter },
	};
	static struct stand_in si;
	const char *base = strrchr(argv[0], '/');

	base = base == NULL ? argv[0] : base + 1;
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (strncmp(base, "mews-", 5) == 0 && strcmp(base + 5, stage_name(ops[i].id)) == 0)
			return stage_main(&ops[i], &si, argc, argv);
	fprintf(stderr, "stand_in: not called by a stage's name\n");
	return EXIT_USAGE;
}
