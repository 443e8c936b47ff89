/* SPDX-License-Identifier: Apache-2.0
 *
 * proctab.h -- the thread table: who runs, who is whose child, which threads
 * form a process, as the state notes define it.  Fixed slots, a seeded hash, a
 * bound: a thread that finds no room is left out and counted.
 *
 * An entry's wire fields are those of process.def.  They are changed through
 * THREAD_SET() and THREAD_SET_BYTES(), which remember what changed, so that only
 * that is sent.  A dead main thread stays while its group has live threads.
 * Core; pointers to entries are valid until that entry is removed.
 */
#ifndef MEWS_PROCTAB_H
#define MEWS_PROCTAB_H

#include "fdtab.h"
#include "slab.h"
#include "wire.h"

/* Flags of an entry that are nobody's system call: Falco's own. */
enum {
	CL_FILES = 1 << 0,
	CL_PARENT = 1 << 8,
	CL_NEWPID = 1 << 6,
	CL_THREAD = 1 << 13,
	CL_INVERTED = 1 << 16,
	CL_ACTIVE = 1 << 19,
	CL_NEWUSER = 1 << 20,
	CL_PIPE_SRC = 1 << 21,
	CL_PIPE_DST = 1 << 22,
	CL_VFORK = 1 << 27,
	CL_CHILD_IN_PIDNS = 1 << 29,
	CL_IS_MAIN_THREAD = 1 << 30,
};

/* Change without anybody's doing: mostly nobody looks at them, and they travel along with other changes. */
#define PROCESS_VOLATILE                                                                           \
	(PROCESS_BIT(vmsize) | PROCESS_BIT(vmrss) | PROCESS_BIT(vmswap) | PROCESS_BIT(pfmajor) |   \
	 PROCESS_BIT(pfminor))

/* Of an entry that nobody was told of: its version, of which the first frame in line has the next, and where
 * that is.  Behind all that is in a ring, but before its end. */
#define PROCESS_UNTOLD 1
#define NOWHERE_YET    (UINT64_MAX - 1)

/* Longer ones are cut: so that a whole entry fits in one frame. */
#define THREAD_MAX_BYTES (24u * 1024)

struct thread_fields {
#define PROC_I64(member, text)	 int64_t member;
#define PROC_U64(member, text)	 uint64_t member;
#define PROC_BYTES(member, text) struct blob *member;
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
};

/* An enter event that waits for its exit. */
struct enter_event {
	uint16_t code;
	uint32_t flags;
	int64_t dirfd;
	struct blob *name; /* path, or connect's SOCKADDR; NULL: not known */
};

struct thread_group;
struct past;
struct past_entry;

/* What every event looks at stands together, at the beginning. */
struct thread {
	struct thread *hash_next;
	uint64_t key, version;
	uint64_t dirty;	 /* PROCESS_BITs that were not sent */
	struct fds fds;	 /* its own; threads use the main thread's */
	int64_t last_fd; /* Falco's m_lastevent_fd */
	bool in_use, dead, sent, is_touched;
	uint64_t start_ns, cgroup_id; /* the kernel's; 0: not known */
	struct enter_event enter;
	struct thread_fields f;

	uint64_t base_key; /* of a new entry: most of its fields are those of ... */
	int64_t base_tid;
	uint64_t snapshot;	 /* the last one that had it */
	uint64_t told_at;	 /* where in ring enriched the last frame about it is */
	struct past_entry *past; /* as it was told, if it changed since */
	uint64_t told;		 /* all of it, behind that many gaps; 0: never */
	uint64_t gone_ns;	 /* it was found gone then; 0: it was not */
	int64_t reaper_tid;
	uint32_t container_type;
	struct thread *parent, *first_child, *prev_sibling, *next_sibling;
	struct thread_group *group; /* NULL: a placeholder */
	struct thread *group_prev, *group_next;
	struct thread *touched_prev, *touched_next;
};

struct thread_group {
	int64_t pid;
	uint32_t alive;
	bool reaper, in_use;
	struct thread *first, *last; /* the main thread is first */
	struct thread_group *hash_next;
};

struct proctab {
	struct slab *slab;
	struct fdtab *fdtab;
	struct past *past; /* of what was told of; NULL: it is not kept */
	struct thread *slots, *free;
	struct thread_group *group_slots, *group_free;
	struct thread **hash;
	struct thread_group **group_hash;
	uint32_t max, count, fresh, group_fresh, hash_mask;
	uint64_t seed, next_key;
	uint64_t along; /* PROCESS_BITs that alone are nothing to tell of: VOLATILE, or 0 */
	uint64_t added, refused;
	struct thread *touched_first, *touched_last;
	/* An entry that was sent goes for good. */
	void (*gone)(void *ctx, struct thread *th);
	void *ctx;
};

/* -ENOMEM, -EINVAL. */
int proctab_init(struct proctab *pt, struct slab *slab, struct fdtab *fdtab, uint32_t max,
		 uint64_t seed);
void proctab_release(struct proctab *pt);

struct thread *proctab_find(const struct proctab *pt, int64_t tid);

/* A new entry with Falco's defaults, in the table but nobody's child; there must
 * be none of that TID.  NULL: the table is full. */
struct thread *proctab_add(struct proctab *pt, int64_t tid);

/* Falco's placeholder for a thread that nobody told about. */
struct thread *proctab_add_placeholder(struct proctab *pt, int64_t tid);

/* Give TH its place: its group by pid, its parent by ptid (unknown: ptid 0). */
void proctab_link(struct proctab *pt, struct thread *th);

/* TH turns out to be of process PID. */
void proctab_regroup(struct proctab *pt, struct thread *th, int64_t pid);

/* TH has ended; it stays in the table.  Twice is once. */
void proctab_mark_dead(struct thread *th);
void proctab_resurrect(struct thread *th);

/* TH goes: children to their reaper, the group's dead main thread with its last
 * thread.  TH may stay: a main thread whose group lives. */
void proctab_remove(struct proctab *pt, struct thread *th);

/* TH goes for good, whatever lives of its group: its tid is somebody else's now. */
void proctab_evict(struct proctab *pt, struct thread *th);

/* All other threads of TH's group go, as an execve does to them. */
void proctab_remove_siblings(struct proctab *pt, struct thread *th);

/* Everybody goes, for good and at once. */
void proctab_clear(struct proctab *pt);

/* The first entry behind TH (NULL: of all) in slot order; NULL at the end. */
struct thread *proctab_next(const struct proctab *pt, const struct thread *th);

static inline bool thread_is_invalid(const struct thread *th)
{
	return th->f.pid < 0;
}

static inline bool thread_is_main(const struct thread *th)
{
	return th->f.tid == th->f.pid || (th->f.flags & CL_IS_MAIN_THREAD) != 0;
}

static inline bool thread_in_pidns(const struct thread *th)
{
	return (th->f.flags & CL_CHILD_IN_PIDNS) != 0 || th->f.tid != th->f.vtid;
}

/* TH's main thread; NULL if it is not in the table. */
struct thread *proctab_main(const struct proctab *pt, const struct thread *th);

/* Two start times of one thread?  /proc tells them in ticks of 10 ms, the kernel
 * side to the nanosecond; 0 is not known.  No number comes round that fast. */
#define START_SLACK_NS UINT64_C(20000000)

static inline bool thread_same_start(uint64_t a, uint64_t b)
{
	return a == 0 || b == 0 || (a > b ? a - b : b - a) < START_SLACK_NS;
}

/* The descriptor table that TH uses; NULL if its main thread is not there. */
struct fds *proctab_fds(const struct proctab *pt, struct thread *th);

/* The working directory, with a slash last. */
struct span proctab_cwd(const struct proctab *pt, const struct thread *th);

unsigned thread_group_alive(const struct thread *th);

/* ---- changes ---- */

/* TH is going to change in BITS. */
void proctab_touch(struct proctab *pt, struct thread *th, uint64_t bits);

/* TH was sent: it is neither new nor changed any more. */
void proctab_settle(struct proctab *pt, struct thread *th);

void thread_set_bytes(struct proctab *pt, struct thread *th, struct blob **member, uint64_t bit,
		      struct span value);
void thread_share_bytes(struct proctab *pt, struct thread *th, struct blob **member, uint64_t bit,
			struct blob *value);

#define THREAD_SET(pt, th, member, value)                                                          \
	do {                                                                                       \
		__typeof__((th)->f.member) thread_set_value = (value);                             \
		if ((th)->f.member != thread_set_value) {                                          \
			proctab_touch(pt, th, PROCESS_BIT(member));                                \
			(th)->f.member = thread_set_value;                                         \
		}                                                                                  \
	} while (0)

#define THREAD_SET_BYTES(pt, th, member, value)                                                    \
	thread_set_bytes(pt, th, &(th)->f.member, PROCESS_BIT(member), value)

#define THREAD_SHARE_BYTES(pt, th, member, value)                                                  \
	thread_share_bytes(pt, th, &(th)->f.member, PROCESS_BIT(member), value)

#define THREAD_SHARE(pt, th, member, from) THREAD_SHARE_BYTES(pt, th, member, (from)->f.member)

#endif
