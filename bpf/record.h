/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * record.h -- what the kernel side writes into its ring buffers, one record an
 * event.  For bpf/ and collector/ only; the collector checks every length.
 *
 *   struct record | struct record_file (if RECORD_HAS_FILE) | path and tuple of
 *   the file | u16 lengths[nparams] | parameters, one behind the other, no padding
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

#define RECORD_ABI 1

enum {
	RECORD_HAS_FILE = 1 << 0,
	RECORD_TRUNCATED = 1 << 1, /* a parameter was longer than what is carried */
	RECORD_COMPAT32 = 1 << 2,
};

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
	__u8 flags; /* RECORD_* */
	__u16 reserved;
	__u32 reserved2;
};

struct record_file {
	__u64 ino;
	__u64 mnt_id;
	__s64 fd;
	__u32 mode; /* S_IFMT and permissions */
	__u32 dev;  /* Falco's form: what new_encode_dev() gives */
	__u16 path_len, tuple_len;
	__u8 sock_type, sock_proto;
	__u16 reserved;
};

/* ---- settings and counters that both sides share through maps ---- */

/* Per event code, per CPU.  Only the kernel side writes. */
struct kernel_counts {
	__u64 seen; /* wanted and met */
	__u64 lost; /* no room in the buffer */
};

/* How the collector is woken.  The skeleton's .bss has `__u32 wake_me`, which the
 * collector maps.  Awake, it polls, and it is 0: records are submitted with
 * BPF_RB_NO_WAKEUP.  Before it sleeps on the rings' descriptors the collector sets it
 * to 1 and looks once more; whoever then submits a record on any CPU finds 1, sets
 * it to 0 and submits with BPF_RB_FORCE_WAKEUP.  Two that find it at once wake twice: no harm. */

_Static_assert(sizeof(struct record) == 56, "record's layout is fixed");
_Static_assert(sizeof(struct record_file) == 40, "record_file's layout is fixed");

#endif
