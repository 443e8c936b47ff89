/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * kernel.h -- the kernel's types, just the members that bpf/ looks at.  Offsets
 * and sizes here mean nothing: preserve_access_index has the loader put in those
 * of the kernel it finds.  A name with ___suffix is the same type as another
 * version of the kernel has it.  So no generated vmlinux.h is needed, and the
 * build does not depend on the machine it runs on.
 */
#ifndef MEWS_KERNEL_H
#define MEWS_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>

#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};

/* ---- registers ---- */

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bp, bx, r10, r9, r8, cx, dx, si, di, orig_ax, ip;
};

struct thread_info {
	__u32 status; /* TS_COMPAT */
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	__u64 regs[31], pc;
	__u64 orig_x0;
	__s32 syscallno;
};

struct thread_info {
	unsigned long flags; /* TIF_32BIT */
};
#else
#error "build with -D__TARGET_ARCH_x86 or -D__TARGET_ARCH_arm64"
#endif

/* ---- credentials ---- */

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

typedef struct {
	__u64 val; /* __u32 cap[2] before 6.3: read by CAPS() */
} kernel_cap_t;

struct uid_gid_extent {
	__u32 first, lower_first, count;
};

struct uid_gid_map {
	__u32 nr_extents;
	struct uid_gid_extent extent[5];
};

struct user_namespace {
	struct uid_gid_map uid_map, gid_map;
	int level;
};

struct group_info {
	int ngroups;
	kgid_t gid[0];
};

struct cred {
	kuid_t uid, suid, euid, fsuid;
	kgid_t gid, sgid, egid, fsgid;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective;
	struct user_namespace *user_ns;
	struct group_info *group_info;
};

/* ---- files ---- */

struct qstr {
	__u32 hash, len;
	const unsigned char *name;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct dentry;
struct super_block;
struct vfsmount;

struct inode {
	unsigned short i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	unsigned int i_flags;
	unsigned int i_nlink;
	struct super_block *i_sb;
	unsigned long i_ino;
	__s64 i_mtime_sec, i_ctime_sec;
	__u32 i_mtime_nsec, i_ctime_nsec;
};

struct inode___6_6 { /* 6.6 to 6.10 */
	struct timespec64 __i_ctime, __i_mtime;
};

struct inode___5 { /* before 6.6; mtime stayed until 6.7 */
	struct timespec64 i_ctime, i_mtime;
};

struct dentry {
	unsigned int d_flags;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct file_system_type {
	const char *name;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
	struct dentry *s_root;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	int mnt_id;
};

struct file {
	unsigned int f_mode; /* has FMODE_CREATED */
	unsigned int f_flags;
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

/* ---- processes ---- */

struct pid_namespace;
struct task_struct;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[0];
};

struct pid_namespace {
	struct task_struct *child_reaper;
	unsigned int level;
};

struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
};

struct percpu_counter {
	__s64 count;
};

struct mm_struct {
	unsigned long total_vm;
	unsigned long arg_start, arg_end, env_start, env_end;
	struct percpu_counter rss_stat[4];
	struct file *exe_file;
};

struct mm_rss_stat { /* before 6.2 */
	struct {
		__s64 counter;
	} count[4];
};

struct mm_struct___5 {
	struct mm_rss_stat rss_stat;
};

struct kernfs_node {
	struct kernfs_node *__parent;
	const char *name;
	__u64 id;
};

struct kernfs_node___6_14 { /* before 6.15 */
	struct kernfs_node *parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys {
	const char *name;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys *ss;
};

struct css_set {
	struct cgroup_subsys_state *subsys[16]; /* the kernel's own number is asked for */
	struct cgroup *dfl_cgrp;
};

struct rlimit {
	unsigned long rlim_cur, rlim_max;
};

struct tty_driver {
	int major, minor_start;
};

struct tty_struct {
	int index;
	struct tty_driver *driver;
};

struct signal_struct {
	struct list_head thread_head;
	struct pid *pids[4];
	struct tty_struct *tty;
	struct rlimit rlim[16];
	unsigned int is_child_subreaper : 1, has_child_subreaper : 1;
};

struct audit_task_info___5 {
	kuid_t loginuid;
};

struct kernel_siginfo {
	int si_signo, si_code;
	union {
		struct {
			int _pid;
		} _kill;
	} _sifields;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	struct mm_struct *mm;
	int exit_code;
	int pagefault_disabled;
	int pid, tgid;
	struct task_struct *real_parent, *group_leader;
	struct list_head children, sibling, thread_node;
	struct pid *thread_pid;
	__u64 start_time, start_boottime;
	unsigned long min_flt, maj_flt;
	const struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	struct css_set *cgroups;
};

/* ---- io_uring ---- */

struct filename {
	const char *name;
};

/* What openat2's third argument points at. */
struct open_how {
	__u64 flags, mode, resolve;
};

struct io_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
	int fd; /* until there is a result, in the place of flags */
};

struct io_wq_work_node {
	struct io_wq_work_node *next;
};

struct io_wq_work_list {
	struct io_wq_work_node *first;
};

struct io_submit_state {
	struct io_wq_work_list compl_reqs;
};

struct io_rsrc_node {
	unsigned long file_ptr; /* with marks in the lowest bits */
};

struct io_rsrc_data {
	unsigned int nr;
	struct io_rsrc_node **nodes;
};

struct io_file_table {
	struct io_rsrc_data data;
};

struct io_ring_ctx {
	struct io_submit_state submit_state;
	struct io_file_table file_table;
};

struct io_fixed_file { /* before 6.13 */
	unsigned long file_ptr;
};

struct io_file_table___6_12 {
	struct io_fixed_file *files;
};

struct io_ring_ctx___6_12 {
	struct io_file_table___6_12 file_table;
	unsigned int nr_user_files;
};

struct io_kiocb {
	struct file *file;
	__u8 opcode;
	__u64 flags;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	struct io_wq_work_node comp_list;
};

/* Requests begin with what they ask for. */
struct io_open {
	int dfd;
	__u32 file_slot;
	struct filename *filename;
	struct open_how how;
};

struct io_connect {
	void *addr;
	int addr_len;
};

struct io_sr_msg {
	void *buf;
	int len;
};

struct io_rename {
	int old_dfd, new_dfd;
	struct filename *oldpath, *newpath;
	int flags;
};

struct io_link {
	int old_dfd, new_dfd;
	struct filename *oldpath, *newpath;
	int flags;
};

struct io_unlink {
	int dfd, flags;
	struct filename *filename;
};

struct io_mkdir {
	int dfd;
	unsigned short mode;
	struct filename *filename;
};

struct delayed_filename { /* newer kernels have one in a request in the name's place */
	struct filename *__incomplete_filename;
};

struct io_open___7 {
	struct delayed_filename filename;
};

struct io_rename___7 {
	struct delayed_filename oldpath, newpath;
};

struct io_link___7 {
	struct delayed_filename oldpath, newpath;
};

struct io_unlink___7 {
	struct delayed_filename filename;
};

struct io_mkdir___7 {
	struct delayed_filename filename;
};

struct linux_binprm {
	struct file *file;
	const char *filename;
};

/* ---- sockets ---- */

struct in6_addr {
	__u8 s6_addr[16];
};

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;
	unsigned short sk_type;
	unsigned short sk_protocol; /* a bit field of 8 before 5.6 */
	__u32 sk_ack_backlog, sk_max_ack_backlog;
};

struct ipv6_pinfo {
	struct in6_addr saddr;
};

struct inet_sock {
	struct ipv6_pinfo *pinet6;
	__be32 inet_saddr;
	__be16 inet_sport;
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};

struct socket {
	struct sock *sk;
	struct file *file;
	short type;
};

#pragma clang attribute pop

#endif
