/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor.c -- see sensor.h.
 *
 * The kernel side has one buffer a CPU: an array of its own (struct buffer in record.h), which costs it
 * least; or one of the kernel's ring buffers where processors share one, come later, or the kernel makes
 * no array so large.  They are mapped here and read in batches through kring.c, without a call per
 * record.  While there are events
 * this side comes by itself every millisecond (the window of the merge) and
 * nobody is woken; with nothing left it asks to be woken by the next record
 * that is worth it (wake_me in record.h), so an idle machine costs a few timer ticks a second.
 */
#include "sensor.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "decode.h"
#include "log.h"
#include "merge.h"
#include "mute.h"
#include "own_pid.h"
#include "procfs.h"
#include "record.h"
#include "sensor_programs.h"
#include "snapshot.h"
#include "timeline.h"
#include "wants.h"

#define WINDOW_NS     NS_PER_MSEC
#define CLOCK_LOOK_NS NS_PER_SEC
#define MISS_LOOK_NS  NS_PER_SEC

/* What comes within it is worth one awakening of all stages; the second is for many events: there an
 * awakening, caches and all, is most of what each costs. */
#define GATHER_NS      (2 * NS_PER_MSEC)
#define GATHER_BUSY_NS (30 * NS_PER_MSEC)

/* So long the few events that come while others are dealt with are no reason for another turn. */
#define DRY_NS NS_PER_MSEC

enum {
	MIN_BUFFER = 64 * 1024,
	MAX_BUFFER = 1024 * 1024 * 1024,
	MANY_RECORDS = 64,
	BUSY_RECORDS = 40, /* in a millisecond */
	BUSY_SHARE = 8, /* of a buffer that may be full after a short gathering, for a long one */
	DATA_CARRIED = 80, /* bytes of what is read and written: Falco's snaplen */
};

/* A row of family.def's TRACE or RING. */
struct trace {
	unsigned code; /* 0: RING, which is always wanted */
	const char *name;
	struct bpf_program *program; /* NULL: not loaded yet */
	struct bpf_link *link;	     /* while it is wanted */
	bool is_lost;		     /* it cannot be attached: not tried again */
};

/* What was said to be lost of an event on a processor. */
struct told {
	uint64_t lost, failed;
};

/* A program that the kernel calls, and whose events are lost when it does not. */
struct entry {
	unsigned code; /* LOSS_ANY_CODE: of many */
	const char *name;
	uint64_t passed_over; /* as last asked */
};

enum {
#define TRACE(event, program) TRACE_##program,
#include "family.def"
#undef TRACE
#define RING(program) TRACE_##program,
#include "family.def"
#undef RING
	TRACE_COUNT,
	ENTRY_COUNT = TRACE_COUNT + 4 /* those that are always attached */
};

/* Where a ring lies. */
struct ring_memory {
	int fd;
	bool is_own;	/* a struct buffer, mapped writable; else the kernel's */
	uint64_t size;	/* of the data */
	void *consumer; /* mapped; NULL: with the rest */
	void *rest;
};

struct sensor {
	struct source source; /* first: sensor_of() relies on it */
	struct programs programs;
	struct coverage coverage;
	struct coverage rest_coverage; /* of whom loads the rest */
	struct selection selection;    /* as last asked for */
	struct snapshot *snapshot;
	struct sensor_params params;
	unsigned ncpus, nrings; /* a ring is for PER_RING processors in a row */
	unsigned per_ring;
	struct ring_memory *memory; /* of each ring */
	const void *bell;	    /* mapped: the ring buffer that wakes us */
	_Atomic uint64_t *bell_heard;
	struct kring *rings;
	struct merge_head *heap;
	bool *in_heap;
	struct merge merge;
	const struct kernel_counts *counts; /* mapped, NCPUS * COUNTS_PER_CPU */
	struct told *told;		    /* as many */
	struct entry entries[ENTRY_COUNT];
	uint64_t passed_over, next_miss_look;
	_Atomic uint64_t *wanted, *narrow; /* mapped, a struct wanted in each */
	struct wants rows;		   /* what stands there */
	struct mute_table mutes;
	struct trace traces[TRACE_COUNT];
	struct timeline time;
	uint64_t next_clock_look;
	uint64_t drowsy_ns;	  /* since when wake_me is not WAKE_BUSY */
	uint64_t taken, slept_ns; /* records since the last sleep for more, and when that began */
	uint64_t dry_ns;	  /* all was given that was due then; 0: and it was slept since */
	bool is_crowded;	  /* more than a share of a buffer was full at its end */
};

_Static_assert(offsetof(struct sensor, source) == 0, "a source is its sensor");
_Static_assert(sizeof(struct wanted) == sizeof(uint64_t), "a row changes in one step");

static struct sensor *sensor_of(struct source *s)
{
	return (struct sensor *)s;
}

/* ---- clocks ---- */

static uint64_t boot_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* Measure how far the clocks are apart; a measurement that was interrupted is done again. */
static void look_at_clocks(struct sensor *s)
{
	uint64_t before, wall, after;

	for (unsigned i = 0; i < 5; i++) {
		before = boot_now();
		wall = wall_now().ns;
		after = boot_now();
		if (after - before < 20 * NS_PER_USEC)
			break;
	}
	timeline_set(&s->time, wall, before + (after - before) / 2);
	s->next_clock_look = after + CLOCK_LOOK_NS;
}

/* ---- the source ---- */

static void sensor_begin(struct source *source)
{
	struct sensor *s = sensor_of(source);
	uint64_t now = boot_now();

	if (now - s->dry_ns < DRY_NS)
		return; /* what has become due since is for after the next sleep */
	if (now >= s->next_clock_look)
		look_at_clocks(s);
	merge_begin(&s->merge, now);
}

static int sensor_next(struct source *source, struct raw_event *ret)
{
	struct sensor *s = sensor_of(source);
	struct span record;

	if (merge_next(&s->merge, &record) == 0) {
		s->dry_ns = s->merge.now_ns;
		return 0;
	}
	s->taken++;
	if (decode_record(record, ret) < 0)
		return -EPROTO;
	ret->ts_ns = timeline_stamp(&s->time, ret->ts_ns);
	return 1;
}

static void sensor_commit(struct source *source)
{
	merge_commit(&sensor_of(source)->merge);
}

static void copy_rows(_Atomic uint64_t *to, const struct wanted *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t word;

		memcpy(&word, &from[i], sizeof(word));
		atomic_store_explicit(&to[i], word, memory_order_relaxed);
	}
}

static void leave_out(struct sensor *s, struct trace *t, int error)
{
	char reason[CONTROL_GAP_REASON];

	snprintf(reason, sizeof(reason), "cannot attach to its trace point: %s", strerror(error));
	t->is_lost = true;
	(void)coverage_lose(&s->coverage, t->name, reason);
	log_warning("program '%s': %s; not seen: %s", t->name, reason,
		    t->code == 0 ? "what is asked for through io_uring"
				 : event_info(t->code)->name);
}

/* Events that are no system calls: their programs are attached while they are wanted. */
static void attach_traces(struct sensor *s, const struct event_set *set)
{
	for (unsigned i = 0; i < TRACE_COUNT; i++) {
		struct trace *t = &s->traces[i];
		bool wanted = (t->code == 0 || event_set_has(set, t->code)) && !t->is_lost &&
			      t->program != NULL && bpf_program__fd(t->program) >= 0;

		if (wanted && t->link == NULL) {
			t->link = bpf_program__attach(t->program);
			if (t->link == NULL)
				leave_out(s, t, errno);
		} else if (!wanted && t->link != NULL) {
			bpf_link__destroy(t->link);
			t->link = NULL;
		}
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

static void sensor_want(struct source *source, const struct selection *selection)
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
	attach_traces(s, &selection->events);
}

static void sensor_mute(struct source *source, uint64_t mute)
{
	struct sensor *s = sensor_of(source);

	if (mute != 0)
		mute_table_add(&s->mutes, mute);
	else
		mute_table_clear(&s->mutes);
}

static uint64_t sensor_muted(struct source *source)
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

/* Calls at which the kernel did not run our programs, because one of them was running already on that
 * processor.  To ask is a system call for each. */
static uint64_t count_passed_over(struct sensor *s, source_lose *lose, void *ctx)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < ENTRY_COUNT; i++) {
		struct entry *e = &s->entries[i];
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);
		struct loss loss = { .cause = GAP_PASSED_OVER,
				     .cpu = LOSS_ANY_CPU,
				     .code = (uint16_t)e->code };
		const struct bpf_program *program = programs_find(&s->programs, e->name);
		int fd = program == NULL ? -1 : bpf_program__fd(program);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0 &&
		    info.recursion_misses > e->passed_over) {
			loss.count = info.recursion_misses - e->passed_over;
			e->passed_over = info.recursion_misses;
			lose(ctx, &loss);
		}
		sum += e->passed_over;
	}
	return sum;
}

/* How much COUNT has grown since *TOLD, to whoever wants to know. */
static void tell(source_lose *lose, void *ctx, struct loss loss, uint64_t count, uint64_t *told)
{
	loss.count = count - *told;
	*told = count;
	if (loss.count > 0)
		lose(ctx, &loss);
}

static uint64_t sensor_count(struct source *source, source_lose *lose, void *ctx)
{
	struct sensor *s = sensor_of(source);
	uint64_t now = boot_now(), seen = 0;

	if (now >= s->next_miss_look) {
		s->next_miss_look = now + MISS_LOOK_NS;
		s->passed_over = count_passed_over(s, lose, ctx);
	}
	for (unsigned cpu = 0; cpu < s->ncpus; cpu++) {
		for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
			unsigned at = cpu * COUNTS_PER_CPU + code;
			const volatile struct kernel_counts *k = &s->counts[at];
			uint64_t lost = k->lost, failed = k->failed;
			struct loss loss = { .cpu = (uint16_t)cpu, .code = (uint16_t)code };

			/* Looked at behind the others: it grows before they do. */
			seen += k->seen;
			if (lost + failed == 0)
				continue;
			loss.cause = GAP_KERNEL_BUFFER;
			tell(lose, ctx, loss, lost, &s->told[at].lost);
			loss.cause = GAP_NOT_MADE;
			tell(lose, ctx, loss, failed, &s->told[at].failed);
		}
	}
	return seen + s->passed_over;
}

static int put_into_sink(void *ctx, uint16_t type, struct span payload)
{
	return frame_sink_put(ctx, type, payload);
}

static int sensor_snapshot(struct source *source, struct frame_sink *sink, size_t budget)
{
	return snapshot_take(sensor_of(source)->snapshot, put_into_sink, sink, budget);
}

static int sensor_read_again(struct source *source, const struct ring_ask *ask, source_put *put,
			     void *ctx, size_t budget)
{
	return snapshot_read_again(sensor_of(source)->snapshot, ask, put, ctx, budget);
}

static void sensor_settle(struct source *source)
{
	snapshot_settle(sensor_of(source)->snapshot);
}

static void sensor_beat(struct source *source)
{
	volatile struct sensor_beat *beat = programs_beat(&sensor_of(source)->programs);
	uint64_t nonce[2];

	if (getrandom(nonce, sizeof(nonce), GRND_NONBLOCK) != sizeof(nonce))
		return; /* it is missed, and that is said */
	nonce[0] |= 1;
	beat->nonce[1] = nonce[1];
	beat->nonce[0] = nonce[0];
	syscall(wants_beat_nr(), 0, nonce[0], nonce[1]);
	beat->nonce[0] = 0;
}

static uint64_t sensor_now(struct source *source)
{
	return timeline_wall(&sensor_of(source)->time, boot_now());
}

/* ---- sleeping ---- */

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

/* Whatever has been rung is heard. */
static void quiet_bell(struct sensor *s)
{
	const _Atomic uint64_t *rung = s->bell;

	atomic_store_explicit(s->bell_heard, atomic_load_explicit(rung, memory_order_acquire),
			      memory_order_release);
}

static void sensor_wait(struct source *source, uint64_t timeout_ns, source_sleep *sleep, void *ctx)
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
	quiet_bell(s);
	if (is_anything_urgent(s))
		gather(s, GATHER_NS);
}

/* ---- closing ---- */

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Of the kernel's: the producer's page, the data twice. */
static size_t rest_size(const struct ring_memory *m)
{
	return m->is_own ? BUFFER_BYTES(m->size) : page_size() + 2 * m->size;
}

static void ring_close(struct ring_memory *m)
{
	if (m->consumer != NULL)
		munmap(m->consumer, page_size());
	if (m->rest != NULL)
		munmap(m->rest, rest_size(m));
	if (m->fd > 0)
		close(m->fd);
}

static size_t counts_size(const struct sensor *s)
{
	return (size_t)s->ncpus * COUNTS_PER_CPU * sizeof(struct kernel_counts);
}

static void sensor_close(struct source *source)
{
	struct sensor *s = sensor_of(source);

	if (s == NULL)
		return;
	for (unsigned i = 0; s->memory != NULL && i < s->nrings; i++)
		ring_close(&s->memory[i]);
	if (s->bell_heard != NULL)
		munmap((void *)s->bell_heard, page_size());
	if (s->bell != NULL)
		munmap((void *)(uintptr_t)s->bell, page_size());
	if (s->counts != NULL)
		munmap((void *)s->counts, counts_size(s));
	if (s->wanted != NULL)
		munmap(s->wanted, WANTED_COUNT * sizeof(struct wanted));
	if (s->narrow != NULL)
		munmap(s->narrow, NARROW_COUNT * sizeof(struct wanted));
	if (s->mutes.words != NULL)
		munmap(s->mutes.words, MUTE_ROWS * sizeof(struct mutes));
	for (unsigned i = 0; i < TRACE_COUNT; i++)
		bpf_link__destroy(s->traces[i].link);
	programs_close(&s->programs);
	snapshot_close(s->snapshot);
	free(s->memory);
	free(s->rings);
	free(s->heap);
	free(s->in_heap);
	free(s->told);
	free(s);
}

/* ---- opening ---- */

static uint64_t power_of_two(uint64_t bytes)
{
	uint64_t size = MIN_BUFFER;

	while (size < bytes && size < MAX_BUFFER)
		size *= 2;
	return size;
}

/* CPUs that are there get the buffer that was asked for; for those that may come some day a
 * small one is made now, so that a machine with many sockets to spare does not pay. */
static bool is_online(const struct sensor *s, struct span online, unsigned ring)
{
	unsigned first = ring * s->per_ring;

	for (unsigned cpu = first; cpu < first + s->per_ring && cpu < s->ncpus; cpu++)
		if (online.n == 0 || procfs_listed(online, cpu))
			return true;
	return false;
}

static int buffer_new(uint64_t size)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "mews_buffer", sizeof(__u32),
			      (__u32)BUFFER_BYTES(size), 1, &opts);
}

/* The buffers that are arrays, all alike: before the programs are loaded, which go by one of them. */
static void rings_plan(struct sensor *s)
{
	char text[4096];
	int fd = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	struct span online = span_of(text, n > 0 ? (size_t)n : 0);
	uint64_t size = power_of_two(s->params.buffer_bytes);

	if (fd >= 0)
		close(fd);
	for (unsigned i = 0; i < s->nrings; i++) {
		struct ring_memory *m = &s->memory[i];

		m->size = is_online(s, online, i) ? size : MIN_BUFFER;
		if (s->per_ring == 1 && m->size == size && (fd = buffer_new(size)) >= 0) {
			m->fd = fd;
			m->is_own = true;
		}
	}
}

/* The same ring for each of its processors. */
static int ring_assign(struct sensor *s, unsigned ring)
{
	const struct ring_memory *m = &s->memory[ring];
	int map = programs_map(&s->programs, m->is_own ? "buffers" : "rings");
	unsigned first = ring * s->per_ring;

	for (unsigned cpu = first; cpu < first + s->per_ring && cpu < s->ncpus; cpu++)
		if (bpf_map_update_elem(map, &cpu, &m->fd, BPF_ANY) < 0)
			return -errno;
	return 0;
}

static int ring_map_own(struct ring_memory *m, struct kring *k)
{
	struct buffer *b = mmap(NULL, rest_size(m), PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);

	if (b == MAP_FAILED)
		return -errno;
	m->rest = b;
	kring_init(k, &b->tail, &b->head, b + 1, m->size, BUFFER_SLACK);
	return 0;
}

static int ring_map_kernels(struct ring_memory *m, struct kring *k)
{
	size_t page = page_size();
	void *p;

	m->fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "mews_ring", 0, 0, (__u32)m->size, NULL);
	if (m->fd < 0)
		return m->fd;
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	m->consumer = p;
	p = mmap(NULL, rest_size(m), PROT_READ, MAP_SHARED, m->fd, (off_t)page);
	if (p == MAP_FAILED)
		return -errno;
	m->rest = p;
	kring_init(k, m->consumer, p, (const uint8_t *)p + page, m->size, 0);
	return 0;
}

static int bell_open(struct sensor *s)
{
	int fd = programs_map(&s->programs, "bell");
	void *p = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	s->bell_heard = p;
	p = mmap(NULL, page_size(), PROT_READ, MAP_SHARED, fd, (off_t)page_size());
	if (p == MAP_FAILED)
		return -errno;
	s->bell = p;
	return 0;
}

static int rings_open(struct sensor *s)
{
	int err = bell_open(s);

	for (unsigned i = 0; err == 0 && i < s->nrings; i++) {
		struct ring_memory *m = &s->memory[i];

		err = m->is_own ? ring_map_own(m, &s->rings[i]) : ring_map_kernels(m, &s->rings[i]);
		if (err == 0)
			err = ring_assign(s, i);
	}
	return err;
}

static int maps_open(struct sensor *s)
{
	void *p;

	p = mmap(NULL, counts_size(s), PROT_READ, MAP_SHARED, programs_map(&s->programs, "counts"),
		 0);
	if (p == MAP_FAILED)
		return -errno;
	s->counts = p;
	p = mmap(NULL, WANTED_COUNT * sizeof(struct wanted), PROT_READ | PROT_WRITE, MAP_SHARED,
		 programs_map(&s->programs, "wanted"), 0);
	if (p == MAP_FAILED)
		return -errno;
	s->wanted = p;
	p = mmap(NULL, NARROW_COUNT * sizeof(struct wanted), PROT_READ | PROT_WRITE, MAP_SHARED,
		 programs_map(&s->programs, "wanted_narrow"), 0);
	if (p == MAP_FAILED)
		return -errno;
	s->narrow = p;
	p = mmap(NULL, MUTE_ROWS * sizeof(struct mutes), PROT_READ | PROT_WRITE, MAP_SHARED,
		 programs_map(&s->programs, "mutes"), 0);
	if (p == MAP_FAILED)
		return -errno;
	s->mutes.words = p;
	return 0;
}

/* What an operator can do about it. */
static void explain(const char *step, int err)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) == -1)
		log_error("cannot see system calls: this kernel has no type information "
			  "('/sys/kernel/btf/vmlinux': %s); it needs CONFIG_DEBUG_INFO_BTF=y",
			  strerror(errno));
	else if (err == -EPERM || err == -EACCES)
		log_error("cannot %s: no permission, the collector needs root or the capabilities "
			  "CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE",
			  step);
	else
		log_error("cannot %s: %s; a kernel of 5.15 or later is needed, and "
			  "-o log_level=debug shows what it says",
			  step, strerror(-err));
}

/* The programs that are reached by tail call, at their family's place. */
static int families_fill(struct sensor *s)
{
	static const char *const names[] = {
#define FAMILY(name, program) [FAMILY_##name] = #program,
#include "family.def"
#undef FAMILY
	};
	int map = programs_map(&s->programs, "families");

	for (__u32 i = 0; i < ARRAY_LEN(names); i++) {
		const struct bpf_program *program = programs_find(&s->programs, names[i]);
		int fd = program == NULL ? -1 : bpf_program__fd(program);

		if (fd < 0) /* a gap: nothing asks for it */
			continue;
		if (bpf_map_update_elem(map, &i, &fd, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

/* Those whose program is there by now. */
static void traces_find(struct sensor *s)
{
	for (unsigned i = 0; i < TRACE_COUNT; i++)
		s->traces[i].program = programs_find(&s->programs, s->traces[i].name);
}

static void traces_open(struct sensor *s)
{
	static const struct trace rows[] = {
#define TRACE(event, program) { .code = EVENT_##event, .name = #program },
#define RING(program)	      { .name = #program },
#include "family.def"
#undef TRACE
#undef RING
	};

	_Static_assert(ARRAY_LEN(rows) == TRACE_COUNT, "each has its place");
	memcpy(s->traces, rows, sizeof(rows));
	traces_find(s);
}

/* Whom the kernel calls: those, and the programs that are always attached. */
static void entries_open(struct sensor *s)
{
	static const struct entry always[] = {
		{ .code = LOSS_ANY_CODE, .name = "sys_exit" },
		{ .code = EVENT_SYSCALL_CLONE_20_X, .name = "process_fork" },
		{ .code = EVENT_SYSCALL_EXECVE_19_X, .name = "process_exec" },
		{ .code = EVENT_PROCEXIT_1_E, .name = "process_exit" },
	};

	_Static_assert(ARRAY_LEN(always) == ENTRY_COUNT - TRACE_COUNT, "each has its place");
	for (unsigned i = 0; i < TRACE_COUNT; i++)
		s->entries[i] = (struct entry){ .code = s->traces[i].code != 0 ? s->traces[i].code
									       : LOSS_ANY_CODE,
						.name = s->traces[i].name };
	memcpy(&s->entries[TRACE_COUNT], always, sizeof(always));
}

static int programs_open(struct sensor *s)
{
	uint64_t bytes = power_of_two(s->params.buffer_bytes);
	struct sensor_settings settings = {
		.bulk_limit = bytes / 4 * 3,
		.quiet_limit = bytes / 8 * 7,
		.cpus = s->ncpus,
		.snaplen = s->params.snaplen != 0 ? s->params.snaplen : DATA_CARRIED,
		.drop_failed = s->params.drop_failed,
		.own_pid = s->source.own_pid > 0 ? (__u32)s->source.own_pid : 0,
	};

	int like = -1, err;

	if (getrandom(settings.mute_key, sizeof(settings.mute_key), 0) != sizeof(settings.mute_key))
		return -EAGAIN; /* cannot be: so few bytes come whole */
	for (unsigned i = 0; i < s->nrings && like == -1; i++)
		like = s->memory[i].is_own ? s->memory[i].fd : -1;
	settings.buffer_mask = (like != -1 ? bytes : MIN_BUFFER) - 1;
	programs_init(&s->programs, &settings, &s->coverage);
	s->programs.is_whole = s->params.at_once;
	s->programs.buffer = like != -1 ? like : buffer_new(MIN_BUFFER);
	if (s->programs.buffer < 0)
		return s->programs.buffer;
	err = programs_load(&s->programs, PROGRAMS_FIRST);
	if (like == -1)
		close(s->programs.buffer);
	return err;
}

/* ---- the rest ---- */

/* The thread that loads it has the coverage to itself. */
static void rest_prepare(struct sensor *s)
{
	s->rest_coverage = s->coverage;
	s->programs.loader.coverage = &s->rest_coverage;
	programs_put_off(&s->programs, &s->coverage);
}

static int sensor_begin_rest(struct source *source, void (*done)(void *ctx), void *ctx)
{
	return programs_begin_rest(&sensor_of(source)->programs, done, ctx);
}

/* ERR: what came of loading. */
static int rest_settle(struct sensor *s, int err)
{
	if (err == 0)
		err = families_fill(s);
	if (err < 0) {
		if (!s->programs.loader.said)
			explain("load the rest of the kernel side", err);
		return err;
	}
	s->coverage = s->rest_coverage;
	traces_find(s);
	sensor_want(&s->source, &s->selection);
	return 1;
}

static int sensor_take_rest(struct source *source)
{
	struct sensor *s = sensor_of(source);

	return programs_rest_is_done(&s->programs) ? rest_settle(s, programs_end_rest(&s->programs))
						   : 0;
}

int sensor_complete(struct source *source)
{
	struct sensor *s = sensor_of(source);

	return rest_settle(s, programs_load(&s->programs, PROGRAMS_REST)) < 0 ? EXIT_HOST : EXIT_OK;
}

static const struct source_ops sensor_ops = {
	.name = "kernel",
	.begin = sensor_begin,
	.next = sensor_next,
	.commit = sensor_commit,
	.want = sensor_want,
	.count = sensor_count,
	.mute = sensor_mute,
	.muted = sensor_muted,
	.snapshot = sensor_snapshot,
	.now = sensor_now,
	.read_again = sensor_read_again,
	.settle = sensor_settle,
	.beat = sensor_beat,
	.begin_rest = sensor_begin_rest,
	.take_rest = sensor_take_rest,
	.wait = sensor_wait,
	.close = sensor_close,
};

static int arrays_new(struct sensor *s)
{
	s->memory = calloc(s->nrings, sizeof(*s->memory));
	s->rings = calloc(s->nrings, sizeof(*s->rings));
	s->heap = calloc(s->nrings, sizeof(*s->heap));
	s->in_heap = calloc(s->nrings, sizeof(*s->in_heap));
	/* Of this only what was lost is ever touched. */
	s->told = calloc((size_t)s->ncpus * COUNTS_PER_CPU, sizeof(*s->told));
	if (s->memory == NULL || s->rings == NULL || s->heap == NULL || s->in_heap == NULL ||
	    s->told == NULL)
		return -ENOMEM;
	return 0;
}

/* FAILED_STEP: what could not be done, when the result is negative. */
static int sensor_load(struct sensor *s, const char **failed_step)
{
	char proc[HOST_PROC_MAX];
	int err;

	*failed_step = "read /proc";
	host_proc(proc);
	err = snapshot_open(proc, &s->source.unread, &s->snapshot);
	if (err < 0)
		return err;
	*failed_step = "count the processors";
	err = libbpf_num_possible_cpus();
	if (err < 0)
		return err;
	s->ncpus = (unsigned)err;
	s->per_ring = s->params.cpus_per_buffer == 0 || s->params.cpus_per_buffer > s->ncpus
			      ? s->ncpus
			      : (unsigned)s->params.cpus_per_buffer;
	s->nrings = (s->ncpus + s->per_ring - 1) / s->per_ring;
	err = arrays_new(s);
	if (err < 0)
		return err;
	rings_plan(s);
	*failed_step = "load the kernel side";
	err = programs_open(s);
	if (err < 0)
		return err;
	*failed_step = "make the kernel's buffers";
	if ((err = rings_open(s)) < 0 || (err = maps_open(s)) < 0 || (err = families_fill(s)) < 0)
		return err;
	traces_open(s);
	entries_open(s);
	merge_init(&s->merge, s->rings, s->nrings, s->heap, s->in_heap, WINDOW_NS);
	*failed_step = "attach to the kernel's trace points";
	rest_prepare(s);
	return programs_attach(&s->programs);
}

int sensor_open(const struct sensor_params *params, struct source **ret)
{
	struct sensor *s = calloc(1, sizeof(*s));
	const char *step = "get memory";
	int err = -ENOMEM;

	if (s != NULL) {
		s->params = *params;
		loader_listen();
		s->source.ops = &sensor_ops;
		s->source.coverage = &s->coverage;
		s->source.own_pid = own_pid_in_initial_namespace();
		look_at_clocks(s);
		err = sensor_load(s, &step);
	}
	if (err < 0) {
		if (s == NULL || !s->programs.loader.said)
			explain(step, err);
		sensor_close(&s->source);
		return EXIT_HOST;
	}
	*ret = &s->source;
	return 0;
}

void sensor_look_inside(const struct source *source, struct sensor_inside *ret)
{
	const struct sensor *s = (const struct sensor *)source;

	*ret = (struct sensor_inside){ .loader = &s->programs.loader,
				       .load_ns = s->programs.load_ns,
				       .nbuffers = s->nrings };
	for (unsigned i = 0; i < PROGRAMS_PARTS; i++) {
		ret->objects[i] = programs_object(&s->programs, i);
		ret->loaded_ns[i] = s->programs.loaded_ns[i];
	}
	for (unsigned i = 0; i < s->nrings; i++)
		ret->buffer_bytes += s->memory[i].size;
}
