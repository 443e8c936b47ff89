/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_status.c -- how a stage is: what it says of itself when it is asked, and how much memory
 * it takes and may take.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "stage_core.h"

/* Of libraries, and what a heap does not give back. */
#define WORKING_BYTES ((uint64_t)16 << 20)

/* Nobody can make it take more.  Ring memory is mapped twice over, and its pages count each time. */
static uint64_t memory_ceiling(const struct runtime *rt)
{
	uint64_t rings = 0;

	if (rt->st.in != NULL) {
		struct inlet_status in;

		inlet_status(rt->st.in, &in);
		rings += 2 * in.size;
	}
	if (rt->st.out != NULL) {
		struct outlet_status out;

		outlet_status(rt->st.out, &out);
		rings += 2 * out.size;
	}
	return rt->ready_bytes == 0 ? 0
				    : rt->ready_bytes + rt->st.grows_bytes + rings + WORKING_BYTES;
}

/* Asked of the descriptor that was opened before the jail. */
static void fill_usage(const struct runtime *rt, struct stage_usage *u)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), size = 0, resident = 0;
	struct rusage r;
	char text[128];
	ssize_t n = rt->statm_fd == -1 ? -1 : pread(rt->statm_fd, text, sizeof(text) - 1, 0);

	if (getrusage(RUSAGE_SELF, &r) == 0)
		u->cpu_ns = (uint64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * NS_PER_SEC +
			    (uint64_t)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * NS_PER_USEC;
	if (n <= 0)
		return;
	text[n] = '\0';
	if (sscanf(text, "%" SCNu64 " %" SCNu64, &size, &resident) == 2) {
		u->vsz_bytes = size * page;
		u->rss_bytes = resident * page;
	}
	u->ceiling_bytes = memory_ceiling(rt);
}

void stage_note_ceiling(struct runtime *rt)
{
	struct stage_usage u = { 0 };

	fill_usage(rt, &u);
	rt->ready_bytes = u.rss_bytes;
	if (u.rss_bytes > 0 && !rt->st.replay)
		log_info("takes %" PRIu64 " MiB of memory, at most %" PRIu64, u.rss_bytes >> 20,
			 memory_ceiling(rt) >> 20);
}

void stage_fill_status(struct runtime *rt, struct stage_status *s)
{
	s->stage = rt->ops->id;
	s->pid = getpid();
	s->uptime_ns = mono_since(rt->st.started, mono_now());
	/* In the middle of a turn the stage's own tables are not to be looked at. */
	if (rt->ops->status != NULL && !rt->in_reserve)
		rt->ops->status(&rt->st, rt->st.ctx, s);
	s->mid_event = rt->in_reserve;
	s->counts = rt->st.counts;
	s->latency = rt->st.latency;
	stage_fill_rings(rt, s);
	fill_usage(rt, &s->usage);
}
