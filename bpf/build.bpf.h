/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * build.bpf.h -- a record from its first byte to the ring buffer.  It grows in
 * the CPU's scratch: begin(), or begin_with_file() and the file's parts, then
 * params(), one put_*() for each parameter in event.def's order, then send().
 *
 * The scratch takes the largest record that there is (an exec with five texts of
 * TEXT_MAX), so offsets never reach BUILD_MASK; the mask is for the verifier.
 * What cannot be read is an empty parameter, never a wrong one.
 */
#ifndef MEWS_BUILD_BPF_H
#define MEWS_BUILD_BPF_H

#include "read.bpf.h"

enum event_code {
#define EVENT(code, sym, ...) EVENT_##sym = code,
#include "event.def"
#undef EVENT
};

enum syscall_code {
#define SYSCALL(sc, name, ...) SC_##name = sc,
#include "syscall.def"
#undef SYSCALL
};

/* How many parameters each event has. */
enum {
#define PARAM(...)					       +1
#define EVENT(code, sym, name, cat, source, flags, made, list) NPARAMS_##sym = 0 list,
#include "event.def"
#undef EVENT
#undef PARAM
};

enum { BULK_UNASKED = 4096, SHORT_TEXT = 64 };

/* Of one process in each period of 2^27 ns; see has_quiet_room(). */
enum { QUIET_RECORDS = 64, QUIET_SHIFT = 27 };

struct build {
	struct task_struct *task;
	struct scratch *s;
	__u32 off;  /* where the next byte goes */
	__u8 *at;   /* the same as an address: what is a fixed way from it needs no more checks */
	__u8 *lens; /* where the next parameter's length goes */
	__u32 cpu;
	__u16 code;
	bool state; /* may use the reserved room */
};

#define AT(b, o, type)	 (*(type *)((b)->s->build + ((o)&BUILD_MASK)))
#define HERE(b, n, type) (*(type *)((b)->at + (n))) /* N bytes behind the record's end */
#define HEADER_OF(b)	 ((struct record *)(b)->s->build)
#define FILE_OF(b)	 ((struct record_file *)((b)->s->build + sizeof(struct record)))

/* The next byte goes to OFF. */
static __always_inline void move_to(struct build *b, __u32 off)
{
	b->off = off;
	b->at = b->s->build + (off & BUILD_MASK);
}

/* The CPU's scratch; false: there is none. */
static __always_inline bool find_scratch(struct build *b)
{
	b->cpu = bpf_get_smp_processor_id();
	b->s = bpf_map_lookup_elem(&scratch, &b->cpu);
	return b->s != NULL;
}

/* The clock is a call, and no record needs it that is not sent. */
static __always_inline void stamp(struct build *b)
{
	HEADER_OF(b)->ts_ns = bpf_ktime_get_boot_ns();
}

/* The record's header but for its time, for event CODE about the thread TASK. */
static __always_inline void put_header(struct build *b, struct task_struct *task, __u16 code,
				       bool state)
{
	const struct cred *cred = task->cred;
	struct record *r = HEADER_OF(b);

	b->task = task;
	b->code = code;
	b->state = state;
	b->at = b->s->build + sizeof(struct record);
	b->off = sizeof(struct record);
	r->start_ns = task->start_boottime;
	r->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	r->tid = task->pid;
	r->pid = task->tgid;
	r->uid = cred->euid.val;
	r->gid = cred->egid.val;
	r->code = code;
	r->cpu = b->cpu;
	r->flags = 0;
	r->more_files = 0;
	r->reserved = 0;
	r->maker = 0;
	r->mute = 0;
}

/* Start a record of event CODE about the thread TASK; false: there is no scratch. */
static __always_inline bool begin(struct build *b, struct task_struct *task, __u16 code, bool state)
{
	if (!find_scratch(b))
		return false;
	put_header(b, plain(task), code, state);
	stamp(b);
	return true;
}

static __always_inline void truncated_in(struct scratch *s)
{
	((struct record *)s->build)->flags |= RECORD_TRUNCATED;
}

static __always_inline void truncated(struct build *b)
{
	truncated_in(b->s);
}

/* V as the verifier sees it when it comes out of memory: any number.  Offsets go through here
 * where paths of the program meet; else it would check what follows once for each of them. */
static __always_inline __u32 forget(struct build *b, __u32 v)
{
	*(volatile __u32 *)&b->s->forgotten = v;
	return *(volatile __u32 *)&b->s->forgotten;
}

/* N parameters come next. */
static __always_inline void params(struct build *b, __u8 n)
{
	HEADER_OF(b)->nparams = n;
	move_to(b, forget(b, b->off));
	b->lens = b->at;
	b->off += n * sizeof(__u16);
	b->at += n * sizeof(__u16);
}

/* P as a number: a pointer loses its type on its way through memory. */
static __always_inline __u64 address_in(struct scratch *s, const void *p)
{
	*(const void *volatile *)&s->address = p;
	return *(volatile __u64 *)&s->address;
}

static __always_inline __u64 address_of(struct build *b, const void *p)
{
	return address_in(b->s, p);
}

/* Call FUNCTION(CPU) up to TIMES times, until it says 0: it has come to its end.  False: it has not.
 *
 * This is how long loops are written here.  The verifier goes through each turn of a loop, for each
 * way that leads to it.  A function that is not static it checks once and on its own, and a call
 * of one is a single instruction to it: so FUNCTION is one, makes a few turns of the loop, and works
 * on nothing but the CPU's scratch. */
#define run_turns(function, cpu, times)                                                            \
	({                                                                                         \
		int more_ = 1;                                                                     \
		for (int turn_ = 0; turn_ < (times) && more_; turn_++)                             \
			more_ = function(cpu);                                                     \
		!more_;                                                                            \
	})

/* ---- parameters ---- */

/* The next parameter is the N bytes at the record's end, for an N that the compiler knows. */
static __always_inline void put_len(struct build *b, __u32 n)
{
	*(__u16 *)b->lens = n;
	b->lens += sizeof(__u16);
	b->off += n;
	b->at += n;
}

/* The same for an N that was found out while running. */
static __always_inline void put_var_len(struct build *b, __u32 n)
{
	*(__u16 *)b->lens = n;
	b->lens += sizeof(__u16);
	move_to(b, forget(b, b->off + n));
}

static __always_inline void put_empty(struct build *b)
{
	put_len(b, 0);
}

static __always_inline void put_u64(struct build *b, __u64 v)
{
	*(__u64 *)b->at = v;
	put_len(b, sizeof(v));
}

static __always_inline void put_u32(struct build *b, __u32 v)
{
	*(__u32 *)b->at = v;
	put_len(b, sizeof(v));
}

static __always_inline void put_u16(struct build *b, __u16 v)
{
	*(__u16 *)b->at = v;
	put_len(b, sizeof(v));
}

static __always_inline void put_u8(struct build *b, __u8 v)
{
	*(__u8 *)b->at = v;
	put_len(b, sizeof(v));
}

/* An argument of type int: descriptors, pids. */
static __always_inline void put_int(struct build *b, unsigned long arg)
{
	put_u64(b, (__s64)(__s32)arg);
}

static __always_inline void put_dirfd(struct build *b, unsigned long arg)
{
	put_int(b, arg); /* AT_FDCWD is -100 here and there */
}

/* Bytes behind the record's end for a text of up to TEXT_MAX. */
static __always_inline void *text_room(struct build *b)
{
	return b->at;
}

/* Whatever else the user's memory is copied to, the kernel looks up what lies there; of its own stack
 * it knows.  Since 6.13 programs have other stacks, unless they might go on in another program: so
 * this one might, by what is no place in FAMILIES.  For a way that is never gone. */
#define stay_on_stack(ctx) bpf_tail_call_static(ctx, &families, FAMILY_COUNT)

/* N as bpf_probe_read_*_str() returned it for up to CAP bytes, as bytes without the NUL. */
static __always_inline __u32 text_len(struct build *b, long n, __u32 cap)
{
	if (n <= 0)
		return 0;
	if (n == cap)
		truncated(b); /* or it just fits: then it lacks nothing */
	return (n - 1) & (2 * TEXT_MAX - 1);
}

static __always_inline void put_user_text(struct build *b, const void *user)
{
	put_var_len(b,
		    text_len(b, bpf_probe_read_user_str(text_room(b), TEXT_MAX, user), TEXT_MAX));
}

/* put_user_text() of a text that is mostly short, by way of the stack: see stay_on_stack(). */
static __always_inline void put_user_name(struct build *b, const void *user)
{
	__u64 words[SHORT_TEXT / 8];
	long n = bpf_probe_read_user_str(words, SHORT_TEXT, user);

	if (n <= 0 || n >= SHORT_TEXT) {
		put_user_text(b, user);
		return;
	}
#pragma unroll
	for (int i = 0; i < SHORT_TEXT / 8; i++)
		HERE(b, i * 8, __u64) = words[i];
	put_var_len(b, (n - 1) & (SHORT_TEXT - 1));
}

static __always_inline void put_kernel_text(struct build *b, const void *text)
{
	put_var_len(b,
		    text_len(b, bpf_probe_read_kernel_str(text_room(b), TEXT_MAX, text), TEXT_MAX));
}

static __always_inline void put_comm(struct build *b, const struct task_struct *task)
{
	char *comm = (char *)__builtin_preserve_access_index(&task->comm);

	put_var_len(b, text_len(b, bpf_probe_read_kernel_str(text_room(b), 16, comm), 17));
}

/* One number in user memory; 0 if it cannot be read. */
static __always_inline __u32 user_u32(const void *user)
{
	__u32 v = 0;

	bpf_probe_read_user(&v, sizeof(v), user);
	return v;
}

/* N bytes (at most TEXT_MAX) of user memory; empty if they cannot be read. */
static __always_inline void put_user_bytes(struct build *b, const void *user, __u64 n)
{
	if (n > TEXT_MAX)
		n = TEXT_MAX;
	if (n == 0 || bpf_probe_read_user(text_room(b), n, user) != 0)
		n = 0;
	put_var_len(b, n);
}

/* ---- the end ---- */

/* A bulk record finds no room.  Processes that had few of those of late have a share of what is
 * reserved: so a flood costs those that make it.  Asked of nobody before the buffer is full.
 * By now the record's header is whole.  A function of its own: the verifier checks it once. */
__noinline int is_quiet(__u32 cpu)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);
	const struct record *r;
	struct quiet *q;
	__u32 period;

	if (s == NULL)
		return 0;
	r = (const struct record *)s->build;
	q = &s->quiet[r->pid & (QUIET_SEATS - 1)];
	period = r->ts_ns >> QUIET_SHIFT;
	if (q->pid != r->pid || q->period != period) {
		q->pid = r->pid;
		q->period = period;
		q->records = 0;
	}
	return q->records++ < QUIET_RECORDS;
}

/* ---- the kernel's ring buffer, where a CPU has no buffer of its own ---- */

/* May a bulk record of LEN bytes go into RING?  To ask costs a call, so it is asked once in so many
 * bytes, and each time while the answer is no. */
static __always_inline bool ring_has_bulk_room(struct scratch *s, __u32 cpu, void *ring, __u32 len)
{
	__u32 unasked = s->unasked + len;

	if (unasked > BULK_UNASKED) {
		__u64 there = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);

		if (there > settings.bulk_limit)
			return there <= settings.quiet_limit && is_quiet(cpu);
		unasked = 0;
	}
	s->unasked = unasked;
	return true;
}

enum put_result { PUT_DONE, PUT_LOST, PUT_FAILED };

/* Put the record of LEN bytes into CPU's ring buffer.  A function of its own: the verifier checks it
 * once. */
__noinline int put_into_ring(__u32 cpu, __u32 len, __u32 state)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);
	void *ring = bpf_map_lookup_elem(&rings, &cpu);

	len &= BUILD_MASK;
	if (s == NULL || ring == NULL)
		return PUT_FAILED;
	if (!state && !ring_has_bulk_room(s, cpu, ring, len))
		return PUT_LOST;
	return bpf_ringbuf_output(ring, s->build, len, BPF_RB_NO_WAKEUP) == 0 ? PUT_DONE : PUT_LOST;
}

/* ---- a buffer of one's own ---- */

enum { COPIED_AT_ONCE = 64, COPIED_HERE = 384 };

static __always_inline struct buffer *buffer_of(__u32 cpu)
{
	void *map = bpf_map_lookup_elem(&buffers, &cpu);
	__u32 first = 0;

	return map == NULL ? NULL : bpf_map_lookup_elem(map, &first);
}

static __always_inline __u64 buffer_used(const struct buffer *buffer)
{
	return *(const volatile __u64 *)&buffer->head - *(const volatile __u64 *)&buffer->tail;
}

/* Is there room for N bytes, and what is copied behind them, where USED of it is? */
static __always_inline bool buffer_has_room(const struct build *b, __u64 used, __u32 n)
{
	if (used + n + COPIED_AT_ONCE > settings.buffer_mask + 1)
		return false;
	return b->state || used <= settings.bulk_limit ||
	       (used <= settings.quiet_limit && is_quiet(b->cpu));
}

/* The kernel's copy is a call, and dearer for what is short.  Of that some more is copied. */
static __always_inline void copy_record(__u8 *to, const __u8 *from, __u32 len)
{
	if (len > COPIED_HERE) {
		bpf_probe_read_kernel(to, len, from);
		return;
	}
#pragma unroll
	for (__u32 done = 0; done < COPIED_HERE; done += COPIED_AT_ONCE) {
#pragma unroll
		for (__u32 i = 0; i < COPIED_AT_ONCE; i += 8)
			*(__u64 *)(to + done + i) = *(const __u64 *)(from + done + i);
		if (len <= done + COPIED_AT_ONCE)
			break;
	}
}

/* The record before HEAD can be read from now on. */
static __always_inline void move_head(struct buffer *buffer, __u64 head)
{
#if defined(__TARGET_ARCH_x86)
	/* Stores are seen in their order. */
	barrier();
	*(volatile __u64 *)&buffer->head = head;
#else
	__sync_lock_test_and_set(&buffer->head, head);
#endif
}

/* Put the record of LEN bytes into the CPU's BUFFER; false: there is no room. */
static __always_inline bool put_into_buffer(struct build *b, struct buffer *buffer, __u32 len)
{
	__u32 n = BUFFER_HEADER + ((len + 7) & ~7u);
	__u64 head = buffer->head, end = head + n, round = (head | settings.buffer_mask) + 1;
	__u8 *at = (__u8 *)(buffer + 1) + (head & settings.buffer_mask);

	if (!buffer_has_room(b, buffer_used(buffer), n))
		return false;
	*(__u64 *)at = len;
	copy_record(at + BUFFER_HEADER, b->s->build, len);
	move_head(buffer, end > round ? round : end);
	return true;
}

/* ---- the collector ---- */

static __always_inline bool is_worth_waking(const struct record *r)
{
	for (__u32 i = 0; i < WAKING_UIDS; i++)
		if (r->uid == waking.quiet_uids[i])
			return false;
	return waking.events[r->code / 64 & (WAKING_WORDS - 1)] >> (r->code & 63) & 1;
}

/* Bytes that wait in CPU's buffer. */
static __always_inline __u64 waiting_bytes(__u32 cpu)
{
	const struct buffer *buffer = buffer_of(cpu);
	void *ring;

	if (buffer != NULL)
		return buffer_used(buffer);
	ring = bpf_map_lookup_elem(&rings, &cpu);
	return ring == NULL ? 0 : bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
}

/* The collector may sleep: ring its bell for CPU's last record, if that is worth it.  Behind the
 * barrier either it is seen here that the collector sleeps, or the collector saw the record before it
 * fell asleep.  A function of its own: the verifier checks it once. */
__noinline int wake_collector(__u32 cpu)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);
	void *nothing;

	if (s == NULL)
		return 0;
	__sync_lock_test_and_set(&s->barrier, 1);
	if (wake_me != WAKE_ASLEEP)
		return 0;
	if (!is_worth_waking((const struct record *)s->build) && waiting_bytes(cpu) < WAKING_BYTES)
		return 0;
	wake_me = WAKE_DROWSY;
	nothing = bpf_ringbuf_reserve(&bell, sizeof(__u64), 0);
	if (nothing != NULL) /* else it has been rung often enough */
		bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
	return 1;
}

static __always_inline struct kernel_counts *counts_of(__u32 cpu, __u16 code)
{
	__u32 key = cpu * COUNTS_PER_CPU + (code & (COUNTS_PER_CPU - 1));

	return bpf_map_lookup_elem(&counts, &key);
}

/* Count an event of which too little is known for a record. */
static __always_inline void count_failed(__u32 cpu, __u16 code)
{
	struct kernel_counts *count = counts_of(cpu, code);

	if (count == NULL)
		return;
	count->seen++;
	count->failed++;
}

/* Hand the record over.  A record that finds no room is lost and counted. */
static __always_inline void send(struct build *b)
{
	struct kernel_counts *count = counts_of(b->cpu, b->code);
	__u32 len = b->off & BUILD_MASK;
	struct buffer *buffer;
	int put;

	if (count == NULL)
		return;
	count->seen++;
	HEADER_OF(b)->len = len;
	buffer = buffer_of(b->cpu);
	if (buffer == NULL)
		put = put_into_ring(b->cpu, len, b->state);
	else
		put = put_into_buffer(b, buffer, len) ? PUT_DONE : PUT_LOST;
	if (put == PUT_FAILED)
		count->failed++;
	else if (put == PUT_LOST)
		count->lost++;
	else if (wake_me != WAKE_BUSY)
		wake_collector(b->cpu);
}

#endif
