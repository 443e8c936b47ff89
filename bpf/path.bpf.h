/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * path.bpf.h -- the file behind a record: numbers, and the path that leads to it
 * from the root of its mount namespace.  bpf_d_path() is not for tracepoints, so
 * dentries are walked here, name by name, from the file up to the root and over
 * mount points.  No lock is held: a rename in between can mix the old and the
 * new path, as it can for anyone who looks without stopping the machine.
 */
#ifndef MEWS_PATH_BPF_H
#define MEWS_PATH_BPF_H

#include "build.bpf.h"
#include "ppm.h"

/* A path has at most this many names; a longer one loses its start and is marked. */
enum { PATH_NAMES = 96, WALK_TURNS = 4 };

enum { OVERLAYFS_MAGIC = 0x794c7630 };

static __always_inline struct mount *mount_of(struct vfsmount *mnt)
{
	return (struct mount *)((unsigned long)mnt - bpf_core_field_offset(struct mount, mnt));
}

/* Names and paths of up to this many bytes are copied here, word by word: the kernel's copy is a
 * call and dearer. */
enum { SHORT_NAME = 32, SHORT_PATH = 64 };

/* Copy the sixteen bytes in front of NAME in front of TO. */
static __always_inline void copy_back(__u8 *to, const unsigned char *name)
{
	*(__u64 *)(to - 8) = look_word(name - 8);
	*(__u64 *)(to - 16) = look_word(name - 16);
}

/* Copy the LEN bytes of a short name at NAME to S->path up to END.  What is too much lies in front,
 * where the next name will go. */
static __always_inline void copy_short_name(struct scratch *s, __u32 end, const unsigned char *name,
					    __u32 len)
{
	__u8 *to = s->path + ((end - SHORT_NAME) & PATH_MASK) + SHORT_NAME;

	copy_back(to, name + len);
	if (len > SHORT_NAME / 2)
		copy_back(to - SHORT_NAME / 2, name + len - SHORT_NAME / 2);
}

/* Copy the first half, or the second one, of a short path. */
static __always_inline void copy_half(__u8 *to, const __u8 *from)
{
#pragma unroll
	for (__u32 i = 0; i < SHORT_PATH / 2; i += 8)
		*(__u64 *)(to + i) = *(const __u64 *)(from + i);
}

/* Copy a short path of LEN bytes at S->path + POS behind the record's end, and what follows it there. */
static __always_inline void copy_short_path(struct build *b, __u32 pos, __u32 len)
{
	const __u8 *from = b->s->path + (pos & PATH_MASK);

	copy_half(b->at, from);
	if (len > SHORT_PATH / 2)
		copy_half(b->at + SHORT_PATH / 2, from + SHORT_PATH / 2);
}

/* Up from a mount's root in its file system, for the root that the current task has: W may be below it.  False: that
 * is in another file system, or this very mount. */
static __always_inline bool walk_through(struct walk *w)
{
	const struct fs_struct *fs;
	struct vfsmount *root;
	struct mount *mount = w->mount;

	if (!w->through || LOOK(struct dentry, w->dentry, d_parent) == w->dentry)
		return false;
	fs = LOOK(struct task_struct, bpf_get_current_task_btf(), fs);
	root = LOOK(struct fs_struct, fs, root.mnt);
	if (mount_of(root) == mount ||
	    LOOK(struct vfsmount, root, mnt_sb) != LOOK(struct mount, mount, mnt.mnt_sb))
		return false;
	w->left = mount;
	w->left_pos = w->pos;
	w->through = false;
	w->mount = NULL;
	w->mount_root = LOOK(struct fs_struct, fs, root.dentry);
	return true;
}

/* Leave MOUNT for the one above it.  False: it is the topmost. */
static __always_inline bool leave_mount(struct walk *w, struct mount *mount)
{
	struct mount *above = LOOK(struct mount, mount, mnt_parent);

	w->left = NULL;
	if (above == mount)
		return false;
	w->dentry = LOOK(struct mount, mount, mnt_mountpoint);
	w->mount = above;
	w->mount_root = LOOK(struct mount, above, mnt.mnt_root);
	return true;
}

/* The root of the file system: of no tree (memfd, pipe, one that is gone), or W was not below the task's root.  Then
 * the mount is left, after all. */
static __always_inline bool walk_back(struct walk *w)
{
	if (w->left == NULL)
		return false;
	w->pos = w->left_pos;
	return leave_mount(w, w->left);
}

/* One step: a name written, or one mount left.  False: the root is reached. */
static __always_inline bool walk_up(struct scratch *s)
{
	struct walk *w = &s->walk;
	struct dentry *dentry = w->dentry, *parent;
	const unsigned char *name;
	__u32 len, pos = w->pos;

	if (dentry == w->mount_root)
		return w->mount != NULL && (walk_through(w) || leave_mount(w, w->mount));
	parent = LOOK(struct dentry, dentry, d_parent);
	if (parent == dentry)
		return walk_back(w);
	len = LOOK(struct dentry, dentry, d_name.len);
	name = LOOK(struct dentry, dentry, d_name.name);
	len = len > 255 ? 255 : len;
	if (pos < 256 || pos > PATH_MASK)
		return false;
	pos -= len;
	if (settings.casts && len <= SHORT_NAME)
		copy_short_name(s, pos + len, name, len);
	else if (bpf_probe_read_kernel(s->path + (pos & PATH_MASK), len & 0xff, name) != 0)
		return false;
	pos--;
	s->path[pos & PATH_MASK] = '/';
	w->pos = pos;
	w->dentry = parent;
	return true;
}

/* The next steps of CPU's walk, for run_turns(). */
__noinline int walk_on(__u32 cpu)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);

	if (s == NULL)
		return 0;
	for (int i = 0; i < WALK_TURNS; i++)
		if (!walk_up(s))
			return 0;
	return 1;
}

/* Append the path of DENTRY behind the record's end; its length.  THROUGH: where a directory below
 * the current task's root, in the same file system, is mounted once more, the path does not lead
 * through that mount but to where the directory itself is. */
static __always_inline __u32 append_path(struct build *b, struct dentry *dentry,
					 struct vfsmount *vfsmount, bool through)
{
	struct scratch *s = b->s;
	struct walk *w = &s->walk;
	__u32 len;

	w->dentry = dentry;
	w->mount = mount_of(vfsmount);
	w->mount_root = LOOK(struct vfsmount, vfsmount, mnt_root);
	w->through = through;
	w->left = NULL;
	w->pos = PATH_MASK;
	if (!run_turns(walk_on, b->cpu, PATH_NAMES / WALK_TURNS))
		truncated(b);
	len = PATH_MASK - w->pos;
	if (len == 0) { /* the root itself, or a file without a place: its own name */
		const unsigned char *name = LOOK(struct dentry, w->dentry, d_name.name);
		long n = bpf_probe_read_kernel_str(text_room(b), 256, name);

		/* What has no name either (a namespace, a pidfd) is no root. */
		if (w->dentry != w->mount_root && HERE(b, 0, __u8) == '/')
			return 0;
		return n > 0 ? (n - 1) & 0xff : 0;
	}
	if (len <= SHORT_PATH) {
		copy_short_path(b, w->pos, len);
		return len;
	}
	if (len > TEXT_MAX) {
		len = TEXT_MAX;
		truncated(b);
	}
	if (bpf_probe_read_kernel(text_room(b), len, s->path + (w->pos & PATH_MASK)) != 0)
		return 0;
	return len;
}

/* Which layer of an overlay the file of INODE is of, in SB: PPM_FD_UPPER_LAYER, _LOWER_LAYER, or 0: no overlay.
 * An overlay's inode is followed by the dentry of its upper layer, if it has one. */
static __always_inline __u32 overlay_layer(const struct inode *inode, const struct super_block *sb)
{
	void *upper = NULL;

	if (LOOK(struct super_block, sb, s_magic) != OVERLAYFS_MAGIC)
		return 0;
	bpf_probe_read_kernel(&upper, sizeof(upper),
			      (void *)inode + bpf_core_type_size(struct inode));
	return upper ? PPM_FD_UPPER_LAYER : PPM_FD_LOWER_LAYER;
}

/* Append the path of FILE, an address, to CPU's record at byte AT; its length.  A function of its own
 * for the verifier's sake, as walk_on(). */
__noinline int path_behind(__u32 cpu, __u64 file, __u32 at)
{
	struct build b = { .cpu = cpu };
	const void *f = (const void *)file;

	b.s = bpf_map_lookup_elem(&scratch, &cpu);
	if (b.s == NULL)
		return 0;
	move_to(&b, at);
	return append_path(&b, LOOK(struct file, f, f_path.dentry),
			   LOOK(struct file, f, f_path.mnt), true);
}

/* What a file is made of. */
struct parts {
	struct inode *inode;
	struct super_block *sb;
	struct vfsmount *mnt;
};

/* The numbers of FILE, open at FD. */
static __always_inline struct parts fill_file(struct record_file *rf, struct file *file, long fd)
{
	struct inode *inode = LOOK(struct file, file, f_inode);
	struct super_block *sb = LOOK(struct inode, inode, i_sb);
	struct vfsmount *mnt = LOOK(struct file, file, f_path.mnt);
	__u32 nlink = LOOK(struct inode, inode, i_nlink);

	rf->ino = LOOK(struct inode, inode, i_ino);
	rf->dev = encode_dev(LOOK(struct super_block, sb, s_dev));
	rf->mode = LOOK(struct inode, inode, i_mode);
	rf->mnt_id = LOOK(struct mount, mount_of(mnt), mnt_id);
	rf->fd = fd;
	rf->sock_family = rf->reserved = 0;
	rf->path_len = rf->tuple_len = 0;
	rf->sock_type = rf->sock_proto = 0;
	rf->nlink = nlink > 65535 ? 65535 : nlink;
	return (struct parts){ inode, sb, mnt };
}

/* Put FILE, open at FD, behind the header: the numbers.  Path and tuple may follow. */
static __always_inline struct parts put_file(struct build *b, struct file *file, long fd)
{
	HEADER_OF(b)->flags |= RECORD_HAS_FILE;
	b->off = sizeof(struct record) + sizeof(struct record_file);
	b->at = b->s->build + sizeof(struct record) + sizeof(struct record_file);
	return fill_file(FILE_OF(b), file, fd);
}

enum { FMT_MASK = 0170000, FMT_SOCKET = 0140000 };

/* Append the file that the task has open at FD, with its path, behind those that are there: one of
 * further descriptors.  Before params(). */
static __always_inline void put_more_file(struct build *b, __u64 arg)
{
	__s32 fd = arg;
	struct file *file = fd < 0 ? NULL : file_of_fd(b->task, fd);
	struct record_file *rf = &AT(b, b->off, struct record_file);
	__u32 n = 0;

	if (file == NULL)
		return;
	fill_file(rf, file, fd);
	move_to(b, b->off + sizeof(*rf));
	if ((rf->mode & FMT_MASK) != FMT_SOCKET)
		n = path_behind(b->cpu, address_of(b, file), b->off) & (2 * TEXT_MAX - 1);
	rf->path_len = n;
	move_to(b, forget(b, b->off + n));
	HEADER_OF(b)->more_files++;
}

#endif
