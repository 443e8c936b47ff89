/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_sleep.c -- when to look for events again.
 *
 * While there are events this side comes by itself every millisecond (the window of the merge) and
 * nobody is woken; with nothing left it asks to be woken by the next record
 * that is worth it (wake_me in record.h), so an idle machine costs a few timer ticks a second.
 */
#include <string.h>
#include <time.h>

#include "sensor_core.h"

/* What comes within it is worth one awakening of all stages; the second is for many events: there an
 * awakening, caches and all, is most of what each costs. */
#define GATHER_NS      (2 * NS_PER_MSEC)
#define GATHER_BUSY_NS (30 * NS_PER_MSEC)

enum {
	MANY_RECORDS = 64,
	BUSY_RECORDS = 40, /* in a millisecond */
	BUSY_SHARE = 8, /* of a buffer that may be full after a short gathering, for a long one */
};

/* As the kernel side has it: is_worth_waking(). */
static bool is_urgent(void *ctx, struct span bytes)
{
	const struct sensor *s = ctx;
	struct record r;

	if (bytes.n < sizeof(r))
		return true;
	memcpy(&r, bytes.p, sizeof(r));
	for (unsigned i = 0; i < s->params.nquiet; i++)
		if (r.uid == s->params.quiet_uids[i])
			return false;
	return event_set_has(&s->selection.urgent, r.code);
}

/* Is there what is worth to be awake for?  Else what is there waits, for it or for the clock. */
static bool is_anything_urgent(struct sensor *s)
{
	for (unsigned i = 0; i < s->nrings; i++)
		if (kring_used(&s->rings[i]) > 0 &&
		    kring_any(&s->rings[i], MANY_RECORDS, is_urgent, s))
			return true;
	return false;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / NS_PER_SEC), (long)(ns % NS_PER_SEC) };

	nanosleep(&ts, NULL);
}

/* How long to let events come together.  What one awakening of all stages costs is shared by those
 * that it is for: where they are many, and the buffers have the room, more may come in. */
static bool is_busy(const struct sensor *s)
{
	uint64_t passed_ms = (boot_now() - s->slept_ns) / NS_PER_MSEC;

	return s->taken > BUSY_RECORDS * (passed_ms + 1) && !s->is_crowded;
}

/* Sleep so long, whatever comes. */
static void gather(struct sensor *s, uint64_t ns)
{
	s->taken = 0;
	s->slept_ns = boot_now();
	sleep_ns(ns);
	s->is_crowded = false;
	for (unsigned i = 0; i < s->nrings; i++)
		s->is_crowded |= kring_used(&s->rings[i]) > s->memory[i].size / BUSY_SHARE;
}

static void grow_drowsy(struct sensor *s)
{
	volatile uint32_t *wake_me = programs_wake_me(&s->programs);

	if (*wake_me == WAKE_BUSY) {
		*wake_me = WAKE_DROWSY;
		s->drowsy_ns = boot_now();
	}
}

/* Let more come, for at most TIMEOUT_NS. */
static void gather_more(struct sensor *s, uint64_t timeout_ns)
{
	uint64_t ns = GATHER_NS;

	if (is_busy(s)) {
		*programs_wake_me(&s->programs) = WAKE_BUSY;
		ns = GATHER_BUSY_NS;
	} else {
		grow_drowsy(s);
	}
	gather(s, timeout_ns < ns ? timeout_ns : ns);
}

void sensor_wait(struct source *source, uint64_t timeout_ns, source_sleep *sleep, void *ctx)
{
	struct sensor *s = sensor_of(source);
	volatile uint32_t *wake_me = programs_wake_me(&s->programs);

	s->dry_ns = 0;
	if (is_anything_urgent(s)) {
		gather_more(s, timeout_ns);
		return;
	}
	grow_drowsy(s);
	if (boot_now() - s->drowsy_ns < WAKE_DROWSY_NS) {
		gather(s, WAKE_DROWSY_NS);
		return;
	}
	*wake_me = WAKE_ASLEEP;
	atomic_thread_fence(memory_order_seq_cst);
	/* Who writes a record looks at the word behind it, so one of us sees the other. */
	if (!is_anything_urgent(s))
		(void)sleep(ctx, programs_map(&s->programs, "bell"), timeout_ns);
	*wake_me = WAKE_DROWSY;
	sensor_quiet_bell(s);
	if (is_anything_urgent(s))
		gather(s, GATHER_NS);
}
