/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * record.h -- what the kernel side writes into its ring buffers, one record an
 * event.  For bpf/ and collector/ only; the collector checks every length.
 *
 *   struct record | struct record_file (if RECORD_HAS_FILE) | path and tuple of
 *   the file | more files in the same form | u16 lengths[nparams] | parameters, one
 *   behind the other, no padding
 *
 * Parameters are in Falco's encoding (compat: scap-format), in the order of
 * event.def, with one freedom: string parameters carry no NUL at their end.
 * Length 0 is "empty".  Everything is little-endian and unaligned behind the header.
 */
#ifndef MEWS_RECORD_H
#define MEWS_RECORD_H

#ifndef __bpf__ /* the kernel side has these from kernel.h */
#include <linux/types.h>
#endif

#define RECORD_ABI 8

enum {
	RECORD_HAS_FILE = 1 << 0,
	RECORD_TRUNCATED = 1 << 1, /* a parameter was longer than what is carried */
	RECORD_COMPAT32 = 1 << 2,
	RECORD_HEARTBEAT = 1 << 3, /* the collector's own call: see struct sensor_beat */
};

enum { RECORD_MORE_FILES = 2 };

struct record {
	__u64 ts_ns;	 /* CLOCK_BOOTTIME at the event */
	__u64 start_ns;	 /* of the thread, CLOCK_BOOTTIME */
	__u64 cgroup_id; /* v2 */
	__u32 len;	 /* of the whole record */
	__u32 tid, pid;	 /* in the initial pid namespace */
	__u32 uid, gid;	 /* effective, initial user namespace */
	__u16 code;	 /* enum event_code */
	__u16 cpu;
	__u8 nparams;
	__u8 flags;	 /* RECORD_* */
	__u8 more_files; /* behind the first one, or in its place; at most RECORD_MORE_FILES */
	__u8 reserved;
	__u32 maker; /* of a new process that is not its parent's: the thread that called clone; 0 */
	__u64 mute; /* what `mutes` would hold to have no more records like this one; 0: nothing would */
};

/* The file that the event made or uses; further ones are those of its other descriptors: the
 * directories that names are relative to, the other end of a copy.  Nobody need have seen how they
 * were opened, or that what was there was closed.  The path is from the root of the file's mount
 * namespace; sockets have none (an exec's is its parameter trusted_exepath, and fd is -1). */
struct record_file {
	__u64 ino;
	__u64 mnt_id;
	__s32 fd;
	__u16 sock_family; /* AF_* */
	__u16 reserved;
	__u32 mode; /* S_IFMT and permissions */
	__u32 dev;  /* Falco's form: what new_encode_dev() gives */
	__u16 path_len, tuple_len;
	__u8 sock_type, sock_proto;
	__u16 nlink; /* names of the file; 65535: as many or more */
};

/* ---- buffers ----
 *
 * What a processor writes its records into: the one value of an array that the collector maps.
 *
 *   struct buffer | data[size] | slack
 *
 * HEAD and TAIL only grow; a record begins at its position's place in the data, in the form of the
 * kernel's own ring buffers: u32 length, u32 0, the bytes, padded to 8.  One that runs over
 * the data's end goes on in the slack, and the next begins at the data's start: at the next
 * multiple of SIZE.  There is no lock: programs are not interrupted by others on their processor.
 */
struct buffer {
	__u64 head; /* the kernel side's: what is before it is whole */
	__u8 apart[120];
	__u64 tail; /* the collector's: what is before it may be written over */
	__u8 behind[3960];
};

enum { BUFFER_HEADER = 8, BUFFER_SLACK = 36864 }; /* a record is at most 32 KiB - 1 */

#define BUFFER_BYTES(size) (sizeof(struct buffer) + (size) + BUFFER_SLACK)

/* ---- settings and counters that both sides share through maps ----
 *
 * To load mews.skel.h: open; set rodata->settings; set max_entries of the maps
 * `rings`, `buffers` and `scratch` to the number of possible CPUs and of `counts` to
 * COUNTS_PER_CPU times that; set the inner map of `buffers` to one as they will be; load; put an array
 * of one mmapable value of BUFFER_BYTES into `buffers` for each CPU, or, where it has none or shares it,
 * a BPF_MAP_TYPE_RINGBUF into `rings`,
 * and the program of each row of family.def into `families` at its index; fill
 * `wanted` and `wanted_narrow`; attach sys_exit, process_fork, process_exec and
 * process_exit, those of family.def's TRACE rows while their event is wanted, and no
 * other program (the families are reached by tail call).  Programs may be loaded at several
 * times, as long as all get the same maps.
 */

/* Per event code, per CPU, in the mmapable array `counts` at
 * cpu * COUNTS_PER_CPU + code.  Only the kernel side writes.  What the buffer
 * took is seen - lost - failed. */
struct kernel_counts {
	__u64 seen;   /* wanted and met */
	__u64 lost;   /* no room in the buffer */
	__u64 failed; /* could not be made: a broken table, no buffer, no note of how it began */
	__u64 muted;  /* not among the seen: see struct mutes */
};

enum { COUNTS_PER_CPU = 512 };

/* A row of the mmapable arrays `wanted`, by native system call number, and
 * `wanted_narrow`, for the calls of 32-bit programs.  Rows for which the kernel side
 * has no family stay all zero; see family.def. */
struct wanted {
	__u16 code;   /* enum event_code of the exit event */
	__u16 sc;     /* enum syscall_code, for GENERIC_X */
	__u16 native; /* the call's number among the native ones, for GENERIC_X */
	__u8 family;  /* enum family, WANTED_SPARED, WANTED_BEAT */
	__u8 flags;   /* WANTED_*; from WANTED_ARGS on the number of arguments that lie in memory */
};

enum {
	WANTED_YES = 1 << 0,
	WANTED_STATE = 1 << 1,	/* may use the room that bulk events leave */
	WANTED_NARROW = 1 << 2, /* of a native row: its number's narrow row is wanted, too */
	WANTED_MANY = 1 << 3,	/* many calls in one: the first argument says which, see below */
	WANTED_WIDE = 1 << 4,	/* of a 32-bit call: times of 64 bits, ids of 32, not of half */
	WANTED_ARGS = 5,
};

/* Of a row's family: only the state is made of this call.  Told are calls that change what rules can
 * see of it: a duplicate or close-on-exec, for fcntl; for what closes, the standard descriptors; sockets but
 * streams of the families of which the next event tells all: see is_common_socket(). */
enum { WANTED_SPARED = 1 << 7 };

/* Of a row's family, too: the collector makes this call as its heartbeat. */
enum { WANTED_BEAT = 1 << 6 };

enum { WANTED_COUNT = 512 };

/* Rows of `wanted_narrow`: the numbers of 32-bit programs; those that only x32 has; the
 * calls in ia32's socketcall, by its first argument. */
enum {
	NARROW_32 = 0,
	NARROW_X32 = 512,
	NARROW_X32_COUNT = 64,
	NARROW_SOCKETCALL = NARROW_X32 + NARROW_X32_COUNT,
	NARROW_SOCKETCALL_COUNT = 32,
	NARROW_COUNT = NARROW_SOCKETCALL + NARROW_SOCKETCALL_COUNT,
};

/* Indexes of the map `families`. */
enum family {
#define FAMILY(name, program) FAMILY_##name,
#include "family.def"
#undef FAMILY
	FAMILY_COUNT
};
_Static_assert((int)FAMILY_COUNT <= (int)WANTED_BEAT, "a family leaves the bits above it free");

/* Opens that are worth no record.  Most files are opened by few names, and mostly no rule can match for any
 * process: whoever evaluates the rules says so, and the mute of the record, which is a hash of all that this
 * was said for, goes into the mmapable array `mutes`, in one of the two places of its row.  What is hashed: the call, its flags, the
 * name as the program wrote it, and the path as the kernel knows it, so that neither a name that is changed while the
 * kernel looks nor a link hides anything.  A record has a mute only if it is of the
 * kind for which that is all: an absolute name, both short, a file with one name, made by nobody
 * now, on no standard descriptor.
 *
 * The hash: a sum, over 64-bit words, of the product of their halves, each of which has a word of
 * the key added (modulo 2^32) before: NH, as of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway 1999).
 * Nobody who does not know the key finds two that have the same but by luck, of 2^-32 for each try; and each try is
 * itself an open that is told of.
 *
 * Looked at while `muting`, in .bss, is not 0. */
enum { MUTE_TEXT = 64, MUTE_WORDS = 2 * MUTE_TEXT / 8 + 1, MUTE_ROWS = 4096 };

struct mutes {
	__u64 mute[2];
};

/* Which row MUTE is in.  The lowest bits of a product are less even than others. */
static inline __attribute__((always_inline)) __u32 mute_row(__u64 mute)
{
	return mute >> 20 & (MUTE_ROWS - 1);
}

/* Set before loading, constant then (the section .rodata). */
struct sensor_settings {
	__u64 bulk_limit;  /* bytes in a buffer above which bulk events are dropped */
	__u64 quiet_limit; /* the same, of processes that had few events dropped of late */
	__u64 buffer_mask; /* the size of the data in one of `buffers`, a power of two, less one */
	__u32 cpus;	   /* possible CPUs: rows of `rings`, `buffers` and `scratch` */
	__u32 snaplen;	   /* bytes of data that read and write events carry; at most 4096 */
	__u8 casts;	   /* the kernel has bpf_rdonly_cast() */
	__u8 drop_failed;  /* calls that failed are passed over */
	__u8 reserved[2];
	__u32 own_pid; /* whose system calls are passed over: its snapshots make many; 0: nobody's */
	__u32 mute_key[2 * MUTE_WORDS]; /* drawn by lot */
};

/* How the collector is woken.  The skeleton's .bss has `__u32 wake_me`, which the
 * collector maps.  Awake and busy, it comes by the clock, and it is WAKE_BUSY: nobody is to look
 * further.  Before it sleeps it sets it to WAKE_ASLEEP and looks once more; whoever has written
 * a record on any CPU that is worth it then finds that, sets it to WAKE_DROWSY and discards an empty
 * record of the ring buffer `bell` with BPF_RB_FORCE_WAKEUP.  Two that find it at once ring
 * twice: no harm.
 *
 * Between the record and the look at the word there must be a barrier, or each side may miss the
 * other; it is dear, and not for those who have a busy collector.  So between WAKE_BUSY and
 * WAKE_ASLEEP there is WAKE_DROWSY, for WAKE_DROWSY_NS at least: who finds that makes the
 * barrier and looks again, and who had found WAKE_BUSY has long since had his record seen.
 *
 * Worth it is what rules look at; what only the state is made of waits for that, for more of its
 * kind, or for the collector's clock.  So do the other stages' own doings: they sleep and wake each
 * other by system calls, and each would be the reason for the next.  `waking`, in .bss too: */
enum { WAKE_BUSY, WAKE_ASLEEP, WAKE_DROWSY, WAKE_DROWSY_NS = 1000000 };
enum { WAKING_UIDS = 4, WAKING_WORDS = COUNTS_PER_CPU / 64, WAKING_BYTES = 32768 };

struct sensor_waking {
	__u64 events[WAKING_WORDS];    /* a bit for each event code that is worth it */
	__u32 quiet_uids[WAKING_UIDS]; /* effective ones whose events are not; all ones: nobody's */
};
/* How the collector sees that calls are seen.  It makes one that does nothing and whose arguments behind
 * the first nobody reads: there it puts two words drawn by lot, which stand in `beat`, in .bss too, while
 * it makes it.  The record of a call with these is marked RECORD_HEARTBEAT, if it is of own_pid or that is
 * not known.  All other calls of own_pid are passed over. */
struct sensor_beat {
	__u64 nonce[2]; /* the first 0: there is none */
	__u32 others;	/* the call is wanted of others, too */
	__u32 reserved;
};

/* WAKING_BYTES in a buffer are worth it, whatever they are. */

_Static_assert(sizeof(struct record) == 64, "record's layout is fixed");
_Static_assert(sizeof(struct record_file) == 40, "record_file's layout is fixed");
_Static_assert(sizeof(struct buffer) == 4096, "buffer's layout is fixed");
_Static_assert(sizeof(struct kernel_counts) == 32, "kernel_counts' layout is fixed");
_Static_assert(sizeof(struct mutes) == 16, "mutes' layout is fixed");
_Static_assert(sizeof(struct wanted) == 8, "wanted's layout is fixed");

#endif
