/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_wants.c -- what the kernel side is to tell of, and what not: the rows that it looks at for each event.
 */
#include <string.h>

#include "sensor_core.h"

static void copy_rows(_Atomic uint64_t *to, const struct wanted *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t word;

		memcpy(&word, &from[i], sizeof(word));
		atomic_store_explicit(&to[i], word, memory_order_relaxed);
	}
}

/* Set bit by bit: one that is missed for that moment waits for the clock. */
static void tell_urgent(struct sensor *s)
{
	volatile struct sensor_waking *waking = programs_waking(&s->programs);

	for (unsigned i = 0; i < ARRAY_LEN(s->selection.urgent.bits); i++)
		waking->events[i] = s->selection.urgent.bits[i];
	for (unsigned i = 0; i < WAKING_UIDS; i++)
		waking->quiet_uids[i] = i < s->params.nquiet ? s->params.quiet_uids[i] : UINT32_MAX;
}

void sensor_want(struct source *source, const struct selection *selection)
{
	struct sensor *s = sensor_of(source);
	struct selection seen = *selection;

	s->selection = *selection;
	tell_urgent(s);
	seen.events = coverage_seen(&s->coverage, &selection->events);
	wants_fill(&s->rows, &seen);
	if (s->params.beats)
		programs_beat(&s->programs)->others = wants_beat(&s->rows);
	copy_rows(s->wanted, s->rows.native, WANTED_COUNT);
	copy_rows(s->narrow, s->rows.narrow, NARROW_COUNT);
	mute_table_clear(&s->mutes);
	*programs_muting(&s->programs) = selection->mutes;
	sensor_attach_traces(s, &selection->events);
}

void sensor_mute(struct source *source, uint64_t mute)
{
	struct sensor *s = sensor_of(source);

	if (mute != 0)
		mute_table_add(&s->mutes, mute);
	else
		mute_table_clear(&s->mutes);
}

uint64_t sensor_muted(struct source *source)
{
	static const uint16_t codes[] = { EVENT_SYSCALL_OPEN_X, EVENT_SYSCALL_OPENAT_2_X };
	const struct sensor *s = sensor_of(source);
	uint64_t sum = 0;

	for (unsigned cpu = 0; cpu < s->ncpus; cpu++)
		for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
			const volatile struct kernel_counts *k =
				&s->counts[cpu * COUNTS_PER_CPU + codes[i]];

			sum += k->muted;
		}
	return sum;
}
