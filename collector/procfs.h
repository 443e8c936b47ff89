/* SPDX-License-Identifier: Apache-2.0
 *
 * procfs.h -- what the texts under /proc say, as numbers and spans.  The texts
 * come from the kernel, but names in them come from programs: a comm may hold
 * blanks, brackets and line ends, a path nearly anything.  Parsers take what is
 * there, refuse what has not the shape, and never read behind the text.  Core.
 */
#ifndef MEWS_PROCFS_H
#define MEWS_PROCFS_H

#include "span.h"

/* /proc/PID/stat.  The name stands in brackets and may hold brackets: the last one ends it. */
struct procfs_stat {
	struct span comm;
	int64_t ppid, pgid, sid;
	uint64_t tty; /* device number, 0: none */
	uint64_t pfminor, pfmajor;
	uint64_t threads;
	uint64_t start_ticks; /* since boot, CLOCK_BOOTTIME, in USER_HZ */
	bool is_kernel_thread;
	bool is_dead; /* it has ended, and its parent was not told yet */
};
int procfs_parse_stat(struct span text, struct procfs_stat *ret);

/* /proc/PID/status.  Lines that are not there leave the defaults: -1 and 0. */
struct procfs_status {
	int64_t pid, ppid;	   /* Tgid, PPid */
	int64_t vtid, vpid, vpgid; /* the innermost of the NS* lines */
	int64_t vsid;
	unsigned pidns_level; /* 0: the namespace that /proc was mounted in */
	uint32_t euid, egid;
	uint64_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
};
int procfs_parse_status(struct span text, struct procfs_status *ret);

/* /proc/PID/cgroup as Falco has it, into BUF: "SUBSYSTEM=PATH", each ended by NUL.
 * UNIFIED: the controllers of the unified hierarchy ("cpu memory ..."), whose line
 * names none; without any its path goes as "unified=PATH".  The path of the unified line
 * goes to *RET_UNIFIED (into TEXT; empty if there is none).  What does not fit is left out whole. */
struct span procfs_cgroups(struct span text, struct span unified, uint8_t *buf, size_t cap,
			   struct span *ret_unified);

/* The soft limit in the line "Max open files" of /proc/PID/limits; -1: unlimited or not there. */
int64_t procfs_parse_fdlimit(struct span text);

/* /proc/PID/fdinfo/FD. */
struct procfs_fdinfo {
	uint32_t flags; /* O_*, as the kernel counts them */
	uint64_t mnt_id;
	int64_t pid; /* of a pidfd; 0: it is none */
};
int procfs_parse_fdinfo(struct span text, struct procfs_fdinfo *ret);

/* O_* of this machine to Falco's PPM_O_*. */
uint32_t procfs_open_flags(uint32_t flags);

/* One line of /proc/PID/net/{tcp,tcp6,udp,udp6,raw,raw6}: address width tells which. */
struct procfs_inet {
	uint64_t ino;
	uint8_t local[16], remote[16]; /* network order */
	uint16_t local_port, remote_port;
	uint8_t width; /* 4 or 16 */
	uint8_t state; /* TCP_*: 1 established, 10 listening */
};
int procfs_parse_inet(struct span line, struct procfs_inet *ret);

/* One line of /proc/PID/net/unix.  NAME is empty if it has none; '@' starts an abstract one. */
struct procfs_unix {
	uint64_t ino, address;
	struct span name;
};
int procfs_parse_unix(struct span line, struct procfs_unix *ret);

/* One line of /proc/PID/net/netlink: its inode. */
int procfs_parse_netlink(struct span line, uint64_t *ret_ino);

/* MemTotal of /proc/meminfo in bytes; 0: not there. */
uint64_t procfs_parse_memory(struct span text);

/* Where cgroup2 is mounted, from /proc/self/mountinfo; empty: nowhere. */
struct span procfs_find_cgroup2(struct span text);

/* Is N in a list of the form "0-3,8,10-11" ? */
bool procfs_listed(struct span list, unsigned n);

/* The next line of *TEXT, without its end; false: there is none.  *TEXT moves on. */
bool procfs_line(struct span *text, struct span *ret);

/* A number that is the whole of TEXT, as in names of directories. */
bool procfs_number(struct span text, int64_t *ret);

#endif
