/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * maps.bpf.h -- the maps.  What user space does with them before and after loading is
 * in record.h.
 *
 * A program on these tracepoints is not preempted by another of them on its CPU,
 * so a CPU has one scratch.
 */
#ifndef MEWS_MAPS_BPF_H
#define MEWS_MAPS_BPF_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include "record.h"

/* The longest path, argument list, environment and so on that a record carries. */
enum { TEXT_MAX = 4096 };

/* What is built starts in the first half; the slack is for one text behind. */
enum { BUILD_MASK = 0x7fff, PATH_MASK = 0x1fff };

/* Where the walk from a file up to the root is.  It lives in the scratch so that the verifier
 * takes its values for unknown and finds one turn of the loop like another. */
struct walk {
	struct dentry *dentry;
	struct mount *mount;
	struct dentry *mount_root;
	struct mount *left; /* by its file system: to be gone back to; NULL: none */
	struct kernfs_node *node, *last_node;
	__u32 pos; /* of the first byte written */
	__u32 left_pos;
	__u32 through;
};

/* Where the loops are that gather texts or data from many places of the user's memory. */
struct gather {
	__u64 at;    /* the next pointer or buffer of the list */
	__u64 left;  /* entries from there on */
	__u64 moved; /* bytes that the buffers hold in all */
	__u64 size;  /* of the buffers passed */
	__u32 start; /* in `build` */
	__u32 off;   /* of what comes next */
};

/* Where the search is, among a task's ancestors, for who inherits its children. */
struct heir {
	__u64 up;   /* the next ancestor to ask */
	__u64 self; /* who dies */
	__u32 level;
	__s32 tid; /* who was found; 0: nobody */
};

/* The system call that the CPU's program is about: what the dispatcher found out. */
struct call {
	__u64 arg[6]; /* as 64-bit words, whatever the program's ABI */
	__u64 task;   /* who made it: its address, for to ask the kernel is a call */
	__u16 code, sc, native;
	__u8 flags;  /* WANTED_* of its row */
	bool other;  /* not by the machine's own ABI */
	bool regs32; /* 32-bit registers */
	bool narrow; /* pointers and sizes in the caller's structures are of 32 bits (ia32, x32) */
	bool old32;  /* times are, too, and ids of users and groups are of 16 */
	__u16 turn;  /* of a call that makes many records */
};

/* How many records a process had for which there was no room, in the period. */
struct quiet {
	__u32 pid, period, records;
};

enum { QUIET_SEATS = 256 }; /* two that want one take it from each other, and are quiet both */

struct scratch {
	struct call call;
	struct walk walk;
	struct gather gather;
	struct heir heir;
	__u32 forgotten;
	__u32 unasked; /* bytes sent since the ring buffer's room was last asked for */
	__u32 barrier;
	__u64 address;
	struct quiet quiet[QUIET_SEATS];
	__u8 build[BUILD_MASK + 1 + TEXT_MAX + 64];
	__u8 path[PATH_MASK + 1 + 256]; /* a path, from its end to its start */
};

struct ring_buffer {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct ring_buffer);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} buffers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} bell SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, COUNTS_PER_CPU);
	__type(key, __u32);
	__type(value, struct kernel_counts);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, WANTED_COUNT);
	__type(key, __u32);
	__type(value, struct wanted);
} wanted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, NARROW_COUNT);
	__type(key, __u32);
	__type(value, struct wanted);
} wanted_narrow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MUTE_ROWS);
	__type(key, __u32);
	__type(value, struct mutes);
} mutes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, FAMILY_COUNT);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} families SEC(".maps");

struct sensor_settings settings SEC(".rodata") = { 0 };
volatile __u32 wake_me = WAKE_BUSY; /* see record.h */
volatile struct sensor_waking waking = { 0 };
volatile struct sensor_beat beat = { .others = 0 };
volatile __u32 muting = 0;

#endif
