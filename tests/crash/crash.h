/* SPDX-License-Identifier: Apache-2.0
 *
 * crash.h -- what the files of the crash test share: the pipeline that is killed, the alerts that come out of
 * it, and ring raw as it stands.
 */
#ifndef MEWS_TESTS_CRASH_H
#define MEWS_TESTS_CRASH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { COLLECTOR, ENRICHER, EVALUATOR, EMITTER, STAGES };

#define BIT(stage) (1u << (stage))
#define ALL_STAGES (BIT(STAGES) - 1)

extern const char *const stage_names[STAGES];

uint64_t now_ms(void);
void sleep_us(uint64_t us);

/* ---- crash_run.c: the pipeline ---- */

struct run {
	char bin[256], work[64];
	char mark[32]; /* what each trigger of this run begins with: others may run beside it */
	pid_t mews;
	pid_t pid[STAGES]; /* as run_look() found them; 0: not there */
};

/* Start it; false, after having said why: it did not. */
bool run_start(struct run *r);

/* Who is there now.  True: all four. */
bool run_look(struct run *r);

/* `mews status --json` says that each sum closes, at rest.  Waits for it. */
bool run_is_balanced(struct run *r);

/* What it says of one counter. */
uint64_t run_counter(struct run *r, const char *stage, const char *name);

/* End it, with the exit code. */
int run_stop(struct run *r);
bool run_lives(struct run *r);
void run_show_log(const struct run *r);

/* ---- crash_alerts.c: what was delivered ---- */

struct alert {
	uint64_t id; /* of the first that came */
	unsigned times;
};

/* How often each mark was, by number.  An output brings alerts at least once, and what comes again has the
 * same id (docs/outputs.md): that is no double, but counted as sent again. */
struct alerts {
	const struct run *run;
	char path[96];
	int fd;
	uint64_t lines, strange; /* of our rule; of processes that are not known */
	uint64_t again;
	unsigned fill;
	char buf[65536];
	struct alert *alert; /* by mark */
	uint32_t room;
};

void alerts_open(struct alerts *a, const struct run *run);
void alerts_read(struct alerts *a);
static inline unsigned alerts_of(const struct alerts *a, uint32_t mark)
{
	return mark < a->room ? a->alert[mark].times : 0;
}

/* ---- crash_ring.c: has the collector published it? ---- */

struct raw_look; /* ring raw of one collector, looked at from outside */

/* Ring raw of the collector PID; NULL: it has none (yet). */
struct raw_look *raw_look_open(pid_t collector);
void raw_look_close(struct raw_look *l);

/* How many events were ever lost for want of room, in the kernel or in ring raw, that a trigger is made of, as
 * the collector PID has them on its sheet: opens, and what makes a process known.  False: it cannot be seen. */
bool raw_losses(pid_t collector, uint64_t *ret);

/* Those of the N processes in PIDS whose open of /etc/shadow was published since the look was opened become 0.
 * True: all are. */
bool raw_look_has(struct raw_look *l, pid_t *pids, unsigned n);

#endif
