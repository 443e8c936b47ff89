/* SPDX-License-Identifier: Apache-2.0
 *
 * crash_rounds.c -- kills, stops and breaks the stages of a live pipeline at random moments, one, two or all
 * at once, ROUNDS times; meanwhile there is a load of opens and execs, and triggers are pulled, each a new process with a
 * number.  At the end each trigger has one alert, and the ledger balances.
 *
 * What is expected, and why:
 *  - As long as a collector lives, or is only stopped, every trigger: triggers go on through all that happens
 *    to the others.
 *  - Of a collector that is to be killed, those that it has published: it is looked for in ring raw. (What is in
 *    the kernel's buffers goes with it, and is counted as lost_restart.)
 *  - What found no room in a buffer while the collector stood still is counted by event.  The buffers are large enough
 *    for that not to happen; where it did, as many triggers may be missing in that round as events that triggers
 *    are made of, and no more.
 *  - Behind its death nothing, until a probe comes out: nobody saw what was in between.  A probe
 *    may come or not, but never twice.
 */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/tap_kit.h"
#include "crash.h"
#include "span.h"

enum { MAX_MARKS = 1 << 20, LOADS = 2, PATIENCE_MS = 60000 };
enum act { KILL, BREAK, STOP, ACTS };

static const char *const act_names[ACTS] = { "SIGKILL", "SIGSEGV", "SIGSTOP" };

struct round {
	enum act act;
	unsigned targets; /* BIT(stage) */
	bool frozen;	  /* they were stopped a little before, so that their rings fill */
	uint32_t ms;	  /* since it began, when it was done to them */
	uint64_t lost;	  /* events by then, of those that triggers are made of */
	unsigned missing; /* triggers without an alert */
};

static struct run run;
static struct alerts alerts;
static char trigger[300];
static uint64_t seed, state;
static unsigned only; /* targets of all rounds; 0: any */

/* By mark: in which round it was pulled, and whether its alert must come. */
static struct {
	uint32_t round, ms; /* since the round began */
	bool expected;
} marks[MAX_MARKS];
static _Atomic uint32_t next_mark;
static _Atomic unsigned round_now;
static _Atomic uint64_t round_began;
static struct round rounds[10001];
static unsigned nrounds;

static uint64_t below(uint64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

/* ---- triggers ---- */

/* Pull one, and wait for its end; its process. */
static pid_t pull(bool expected)
{
	char word[48];
	char *argv[] = { trigger, word, NULL };
	uint32_t mark = atomic_fetch_add(&next_mark, 1);
	pid_t pid;

	if (mark >= MAX_MARKS)
		abort();
	marks[mark].round = atomic_load(&round_now);
	marks[mark].ms = (uint32_t)(now_ms() - atomic_load(&round_began));
	snprintf(word, sizeof(word), "%s%u", run.mark, mark);
	if (posix_spawn(&pid, trigger, NULL, NULL, argv, environ) != 0)
		return 0; /* it was not pulled */
	marks[mark].expected = expected;
	waitpid(pid, NULL, 0);
	return pid;
}

static _Atomic bool pulling, pulls, ending;

/* Triggers one behind the other, as long as PULLING. */
static void *pull_on(void *arg)
{
	unsigned short own[3] = { (unsigned short)seed, 1, 2 };

	(void)arg;
	while (!atomic_load(&ending)) {
		atomic_store(&pulls, true);
		if (atomic_load(&pulling))
			(void)pull(true);
		atomic_store(&pulls, false);
		sleep_us(2000 + (uint64_t)nrand48(own) % 10000);
	}
	return NULL;
}

static void stop_pulling(void)
{
	atomic_store(&pulling, false);
	while (atomic_load(&pulls))
		sleep_us(200);
}

/* ---- load ---- */

static _Noreturn void load(void)
{
	char *argv[] = { (char *)"true", NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "crash_load");
	for (;;) {
		pid_t pid;

		for (unsigned i = 0; i < 15; i++) {
			FILE *f = fopen("/etc/hostname", "re");

			if (f != NULL)
				fclose(f);
		}
		if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) == 0)
			waitpid(pid, NULL, 0);
		sleep_us(10000);
	}
}

static pid_t begin_load(void)
{
	pid_t pid = fork();

	if (pid == 0)
		load();
	return pid;
}

/* ---- waiting ---- */

/* An alert of a mark from FIRST on came. */
static bool came_since(uint32_t first)
{
	uint32_t end = atomic_load(&next_mark);

	alerts_read(&alerts);
	for (uint32_t i = first; i < end; i++)
		if (alerts_of(&alerts, i) > 0)
			return true;
	return false;
}

static bool are_others(const pid_t old[STAGES], unsigned targets)
{
	if (!run_look(&run))
		return false;
	for (unsigned i = 0; i < STAGES; i++)
		if ((targets & BIT(i)) != 0 && run.pid[i] == old[i])
			return false;
	return true;
}

/* The four are there, and what is done now comes out.  PROBE: whoever sees it may not be there yet. */
static bool is_back(const pid_t old[STAGES], unsigned targets, bool probe)
{
	uint64_t end = now_ms() + PATIENCE_MS;
	uint32_t first;

	while (!are_others(old, targets)) {
		if (!run_lives(&run) || now_ms() > end)
			return false;
		sleep_us(3000);
	}
	first = atomic_load(&next_mark);
	while (!came_since(first)) {
		if (!run_lives(&run) || now_ms() > end)
			return false;
		if (probe)
			(void)pull(false);
		sleep_us(probe ? 20000 : 3000);
	}
	return true;
}

/* ---- what is done to them ---- */

static void signal_all(const pid_t pid[STAGES], unsigned targets, int sig)
{
	for (unsigned i = 0; i < STAGES; i++)
		if ((targets & BIT(i)) != 0 && pid[i] > 0)
			kill(pid[i], sig);
}

static uint64_t stop_us(void)
{
	uint64_t kind = below(100);

	if (kind < 75)
		return 1000 + below(30000);
	return kind < 99 ? 30000 + below(300000) : 1000000 + below(4000000);
}

static void stop_for_a_while(const pid_t pid[STAGES], unsigned targets)
{
	signal_all(pid, targets, SIGSTOP);
	sleep_us(stop_us());
	signal_all(pid, targets, SIGCONT);
}

/* Triggers that the collector, which is going to die, has published.  False: it has not. */
static bool pull_published(pid_t collector)
{
	struct raw_look *look = raw_look_open(collector);
	uint64_t end = now_ms() + 10000;
	unsigned n = 1 + (unsigned)below(6);
	pid_t pids[8];
	bool good;

	if (look == NULL)
		return false;
	for (unsigned i = 0; i < n; i++)
		pids[i] = pull(true);
	while (!(good = raw_look_has(look, pids, n)) && now_ms() < end)
		sleep_us(300);
	raw_look_close(look);
	return good;
}

static bool do_round(const struct round *r)
{
	int sig = r->act == KILL ? SIGKILL : SIGSEGV;
	bool collector = r->act != STOP && (r->targets & BIT(COLLECTOR)) != 0;
	pid_t old[STAGES];

	if (!run_look(&run))
		return false;
	memcpy(old, run.pid, sizeof(old));
	if (r->act == STOP) {
		stop_for_a_while(old, r->targets);
		return is_back(old, 0, false);
	}
	if (collector)
		stop_pulling();
	if (r->frozen) {
		signal_all(old, r->targets & ~BIT(COLLECTOR), SIGSTOP);
		sleep_us(1000 + below(20000));
	}
	if (collector && !pull_published(old[COLLECTOR]))
		return false;
	signal_all(old, r->targets, sig);
	if (r->frozen && sig != SIGKILL)
		signal_all(old, r->targets & ~BIT(COLLECTOR), SIGCONT);
	if (!is_back(old, r->targets, collector))
		return false;
	atomic_store(&pulling, true);
	return true;
}

/* A collector takes a second to come back, the others a tenth: it is in one of six rounds, so that a thousand
 * take no longer than ten minutes on a host that has other things to do. */
static struct round random_round(void)
{
	static const unsigned singles[] = { 1, 2, 4, 8, 2, 4, 8 };
	static const unsigned pairs[] = { 3,  5, 9,  6,	 10, 12, 6,  10, 12, 6, 10,
					  12, 6, 10, 12, 6,  10, 12, 6,	 10, 12 };
	struct round r = { .frozen = below(2) == 0, .targets = only };
	uint64_t kind = below(100);

	r.act = kind < 50 ? KILL : kind < 75 ? BREAK : STOP;
	kind = below(100);
	if (only != 0)
		return r;
	if (kind < 45)
		r.targets = singles[below(ARRAY_LEN(singles))];
	else if (kind < 95)
		r.targets = pairs[below(ARRAY_LEN(pairs))];
	else
		r.targets = ALL_STAGES;
	return r;
}

static void say_round(const char *what, unsigned i)
{
	const struct round *r = &rounds[i];

	printf("# %s round %u: after %u ms %s%s to", what, i, r->ms, act_names[r->act],
	       r->frozen ? " (frozen before)" : "");
	for (unsigned k = 0; k < STAGES; k++)
		if ((r->targets & BIT(k)) != 0)
			printf(" %s", stage_names[k]);
	printf("\n");
}

/* ---- the end ---- */

struct verdict {
	unsigned expected, lost, doubled, probes;
	unsigned accounted; /* missing, and so are events that were counted as lost then */
};

/* What was lost in a round may be counted a moment later, in the next. */
static void account(struct verdict *v)
{
	for (unsigned i = 0; i < nrounds; i++) {
		uint64_t before = i == 0 ? 0 : rounds[i - 1].lost;
		uint64_t lost = rounds[i + 1 < nrounds ? i + 1 : i].lost - before;
		unsigned n = rounds[i].missing < lost ? rounds[i].missing : (unsigned)lost;

		v->accounted += n;
		v->lost -= n;
	}
}

static struct verdict judge(bool say)
{
	struct verdict v = { 0 };
	uint32_t end = atomic_load(&next_mark);

	for (unsigned i = 0; i < nrounds; i++)
		rounds[i].missing = 0;
	for (uint32_t i = 0; i < end; i++) {
		unsigned n = alerts_of(&alerts, i);

		v.expected += marks[i].expected;
		v.probes += !marks[i].expected;
		v.lost += marks[i].expected && n == 0;
		rounds[marks[i].round].missing += marks[i].expected && n == 0;
		v.doubled += n > 1;
		if (say && n > 1 && v.doubled <= 10)
			say_round("double, pulled in", marks[i].round);
		if (say && marks[i].expected && n == 0 && v.lost <= 20) {
			printf("# mark %u, pulled %u ms into its round, is lost\n", i, marks[i].ms);
			say_round("it was", marks[i].round);
		}
	}
	account(&v);
	return v;
}

/* Until all is there, or nothing comes any more. */
static struct verdict wait_for_all(void)
{
	uint64_t end = now_ms() + 10000, lines = 0;

	for (;;) {
		alerts_read(&alerts);
		if (judge(false).lost == 0 || now_ms() > end)
			break;
		if (alerts.lines != lines)
			end = now_ms() + 10000;
		lines = alerts.lines;
		sleep_us(100000);
	}
	sleep_us(300000); /* doubles would follow */
	alerts_read(&alerts);
	return judge(true);
}

static bool cores_are_off(void)
{
	char path[64], line[256];
	bool off = false;
	FILE *f;

	for (unsigned i = 0; i < STAGES; i++) {
		off = false;
		snprintf(path, sizeof(path), "/proc/%d/limits", (int)run.pid[i]);
		f = fopen(path, "r");
		while (f != NULL && !off && fgets(line, sizeof(line), f) != NULL)
			off = strncmp(line, "Max core file size        0                    0 ",
				      48) == 0;
		if (f != NULL)
			fclose(f);
		if (!off)
			return false;
	}
	return off;
}

static void do_rounds(unsigned n)
{
	unsigned done[ACTS][3] = { 0 }, i;
	uint64_t began = now_ms(), worst = 0;
	char name[160];

	atomic_store(&pulling, true);
	for (i = 0; i < n; i++) {
		unsigned many = 0;
		uint64_t at = now_ms();

		rounds[i] = random_round();
		atomic_store(&round_now, i);
		atomic_store(&round_began, at);
		sleep_us(below(20000));
		rounds[i].ms = (uint32_t)(now_ms() - at);
		if (!do_round(&rounds[i])) {
			say_round("stuck in", i);
			run_show_log(&run);
			break;
		}
		many = (unsigned)__builtin_popcount(rounds[i].targets);
		done[rounds[i].act][many == 1 ? 0 : many == 2 ? 1 : 2]++;
		if (now_ms() - at > worst && rounds[i].act != STOP)
			worst = now_ms() - at;
		nrounds = i + 1;
		if (!run_look(&run) || !raw_losses(run.pid[COLLECTOR], &rounds[i].lost))
			rounds[i].lost = i == 0 ? 0 : rounds[i - 1].lost;
	}
	stop_pulling();
	snprintf(name, sizeof(name), "%u rounds, behind each of which the pipeline is back", n);
	check(i == n, "%s", name);
	for (unsigned a = 0; a < ACTS; a++)
		printf("# %s: %u to one stage, %u to two, %u to all four\n", act_names[a],
		       done[a][0], done[a][1], done[a][2]);
	printf("# %.1f s, %.0f ms a round, after a death at most %.0f ms\n",
	       (double)(now_ms() - began) / 1000, (double)(now_ms() - began) / (i > 0 ? i : 1),
	       (double)worst);
}

static void judge_all(void)
{
	struct verdict v = wait_for_all();

	printf("# %u triggers, and %u probes; %llu alerts, of which the output sent %llu again under the same id\n",
	       v.expected, v.probes, (unsigned long long)alerts.lines,
	       (unsigned long long)alerts.again);
	check(v.expected > 0 && v.lost == 0, "every trigger has its alert");
	if (v.lost > 0)
		printf("# %u are lost\n", v.lost);
	if (v.accounted > 0)
		printf("# %u are missing whose events are counted as lost: buffers were full\n",
		       v.accounted);
	check(v.doubled == 0, "none has two");
	check(run_is_balanced(&run), "the ledger balances");
	printf("# seen %llu, lost_restart %llu, lost_kernel %llu, lost_ring %llu, doubles dropped %llu and %llu\n",
	       (unsigned long long)run_counter(&run, "collector", "seen"),
	       (unsigned long long)run_counter(&run, "collector", "lost_restart"),
	       (unsigned long long)run_counter(&run, "collector", "lost_kernel"),
	       (unsigned long long)run_counter(&run, "collector", "lost_ring"),
	       (unsigned long long)run_counter(&run, "evaluator", "doubles"),
	       (unsigned long long)run_counter(&run, "emitter", "doubles"));
}

static void remove_all(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", run.work);
	if (failures == 0 && system(command) != 0)
		printf("# %s is left\n", run.work);
	else if (failures > 0)
		printf("# see %s\n", run.work);
}

int main(int argc, char **argv)
{
	unsigned n = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	pid_t loads[LOADS];
	pthread_t puller;

	if (n == 0 || n > sizeof(rounds) / sizeof(rounds[0])) {
		fprintf(stderr,
			"usage: crash_rounds DIRECTORY-OF-PROGRAMS ROUNDS [SEED [TARGETS]]\n");
		return 2;
	}
	seed = argc > 3 ? strtoull(argv[3], NULL, 10) : now_ms() ^ (uint64_t)getpid() << 20;
	only = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 0) & ALL_STAGES : 0;
	state = seed * 2 + 1;
	printf("# seed %llu\n", (unsigned long long)seed);
	snprintf(run.bin, sizeof(run.bin), "%s", argv[1]);
	snprintf(run.mark, sizeof(run.mark), "mark-%d-", (int)getpid());
	snprintf(run.work, sizeof(run.work), "/tmp/mews-crash.XXXXXX");
	snprintf(trigger, sizeof(trigger), "%s/../tests/crash/crash_trigger", argv[1]);
	if (mkdtemp(run.work) == NULL || chmod(run.work, 0711) == -1)
		return 2;
	alerts_open(&alerts, &run);
	if (!check(run_start(&run), "the pipeline starts")) {
		run_show_log(&run);
		return 1;
	}
	check(cores_are_off(), "a stage that breaks leaves no core");
	for (unsigned i = 0; i < LOADS; i++)
		loads[i] = begin_load();
	if (pthread_create(&puller, NULL, pull_on, NULL) != 0)
		return 2;
	do_rounds(n);
	for (unsigned i = 0; i < LOADS; i++) {
		kill(loads[i], SIGKILL);
		waitpid(loads[i], NULL, 0);
	}
	if (run_lives(&run))
		judge_all();
	atomic_store(&ending, true);
	pthread_join(puller, NULL);
	check(run_stop(&run) == 0, "it ends with 0");
	remove_all();
	return tests_end();
}
