/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * file.bpf.c -- descriptors that come and go: opening, closing, pipes, io_uring.
 */
#include "family.bpf.h"

#include "mute.bpf.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_close, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	params(&b, 2);
	put_u64(&b, ret);
	put_int(&b, arg(&b, 0));
	send(&b);
	return 0;
}

enum { FMODE_CREATED = 0x100000 };

/* What an open tells of the file it opened; all zero if it failed. */
struct opened {
	__u64 ino;
	__u32 dev;
	__u32 layer;  /* PPM_FD_UPPER_LAYER, _LOWER_LAYER or 0 */
	__u32 flags;  /* the layer and PPM_O_F_CREATED */
	__u32 native; /* those that the file has */
	bool is_open;
};

static __always_inline void put_opened_file(struct build *b, long fd, struct opened *o,
					    struct mute *m)
{
	struct file *file = fd >= 0 ? file_of_fd(b->task, fd) : NULL;
	struct parts parts;
	__u32 n;

	__builtin_memset(o, 0, sizeof(*o));
	if (file == NULL)
		return;
	parts = put_file(b, file, fd);
	o->dev = FILE_OF(b)->dev;
	o->ino = FILE_OF(b)->ino;
	o->layer = overlay_layer(parts.inode, parts.sb);
	o->flags = o->layer;
	o->native = LOOK(struct file, file, f_flags);
	o->is_open = true;
	if (LOOK(struct file, file, f_mode) & FMODE_CREATED)
		o->flags |= PPM_O_F_CREATED;
	n = append_path(b, LOOK(struct file, file, f_path.dentry), parts.mnt,
			/* the path of this one is its name, too: Falco's */
			b->code != EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X);
	FILE_OF(b)->path_len = n;
	mute_file(b, m, n);
	move_to(b, forget(b, b->off + n));
}

/* The path that stands in the record's file, as a parameter. */
static __always_inline void put_path_of_file(struct build *b)
{
	__u32 n = 0;

	if (HEADER_OF(b)->flags & RECORD_HAS_FILE)
		n = FILE_OF(b)->path_len & (2 * TEXT_MAX - 1);
	if (n > TEXT_MAX)
		n = TEXT_MAX;
	if (n != 0 && bpf_probe_read_kernel(text_room(b), n,
					    b->s->build + sizeof(struct record) +
						    sizeof(struct record_file)) != 0)
		n = 0;
	put_var_len(b, n);
}

/* Flags and mode; a mode counts only for a file that may have been made. */
static __always_inline void put_open_flags(struct build *b, const struct opened *o, __u64 native,
					   __u32 mode)
{
	put_u32(b, ppm_open_flags(native) | o->flags);
	put_u32(b, native & (NATIVE_O_CREAT | NATIVE___O_TMPFILE) ? mode : 0);
}

/* What USER points at may have been changed, or unmapped, since the kernel took it: whether the file was opened
 * for reading or writing is the file's to say. */
static __always_inline void put_open_how(struct build *b, const struct opened *o, const void *user)
{
	struct open_how how;

	if (bpf_probe_read_user(&how, sizeof(how), user) != 0) {
		if (o->is_open)
			put_u32(b, ppm_open_flags(o->native) | o->flags);
		else
			put_empty(b);
		put_empty(b);
		put_empty(b);
		return;
	}
	if (o->is_open)
		how.flags = (how.flags & ~3ull) | (o->native & 3);
	put_open_flags(b, o, how.flags, how.mode);
	put_u32(b, ppm_resolve_flags(how.resolve));
}

static __always_inline __u16 creat_layer(const struct opened *o)
{
	if (o->layer == PPM_FD_UPPER_LAYER)
		return PPM_FD_UPPER_LAYER_CREAT;
	return o->layer == PPM_FD_LOWER_LAYER ? PPM_FD_LOWER_LAYER_CREAT : 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_open, struct pt_regs *regs, long ret)
{
	struct opened o;
	struct build b;
	struct mute m;

	if (!begin_exit_unstamped(&b)) {
		stay_on_stack(ctx);
		return 0;
	}
	mute_begin(&m, ret);
	put_opened_file(&b, ret, &o, &m);
	if (b.code == EVENT_SYSCALL_OPENAT_2_X || b.code == EVENT_SYSCALL_OPENAT2_X)
		put_more_file(&b, arg(&b, 0));
	switch (b.code) {
	case EVENT_SYSCALL_OPEN_X:
		params(&b, 6);
		put_u64(&b, ret);
		put_file_name(&b, &m, user_arg(&b, 0));
		if (is_muted(&b, &m, arg(&b, 1))) {
			count_muted(&b);
			return 0;
		}
		put_open_flags(&b, &o, arg(&b, 1), arg(&b, 2));
		break;
	case EVENT_SYSCALL_OPENAT_2_X:
		params(&b, 7);
		put_u64(&b, ret);
		put_dirfd(&b, arg(&b, 0));
		put_file_name(&b, &m, user_arg(&b, 1));
		if (is_muted(&b, &m, arg(&b, 2))) {
			count_muted(&b);
			return 0;
		}
		put_open_flags(&b, &o, arg(&b, 2), arg(&b, 3));
		break;
	case EVENT_SYSCALL_OPENAT2_X:
		params(&b, 8);
		put_u64(&b, ret);
		put_dirfd(&b, arg(&b, 0));
		put_user_name(&b, user_arg(&b, 1));
		put_open_how(&b, &o, user_arg(&b, 2));
		break;
	case EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X:
		params(&b, 6);
		put_u64(&b, ret);
		put_dirfd(&b, arg(&b, 0));
		put_u32(&b, ppm_open_flags(arg(&b, 2)) | o.flags);
		put_path_of_file(&b);
		break;
	case EVENT_SYSCALL_CREAT_X:
		params(&b, 6);
		put_u64(&b, ret);
		put_user_name(&b, user_arg(&b, 0));
		put_u32(&b, arg(&b, 1));
		break;
	default:
		return 0;
	}
	put_u32(&b, o.dev);
	put_u64(&b, o.ino);
	if (b.code == EVENT_SYSCALL_CREAT_X)
		put_u16(&b, creat_layer(&o));
	stamp(&b);
	send(&b);
	return 0;
}

/* ---- descriptors ---- */

/* Two descriptors that a system call put at USER; false if they cannot be read. */
static __always_inline bool read_fd_pair(int pair[2], unsigned long user)
{
	return bpf_probe_read_user(pair, 2 * sizeof(int), (void *)user) == 0;
}

/* The first half of PUT_PIPE's parameters: res, fd1, fd2, ino. */
static __always_inline void put_pipe(struct build *b, long ret, unsigned long user)
{
	int pair[2];

	put_u64(b, ret);
	if (ret < 0 || !read_fd_pair(pair, user)) {
		put_u64(b, -1);
		put_u64(b, -1);
		put_u64(b, 0);
		return;
	}
	put_int(b, pair[0]);
	put_int(b, pair[1]);
	put_u64(b, ino_of_fd(b->task, pair[0]));
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_pipe, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	params(&b, b.code == EVENT_SYSCALL_PIPE_X ? 4 : 5);
	put_pipe(&b, ret, arg(&b, 0));
	if (b.code == EVENT_SYSCALL_PIPE2_X)
		put_u32(&b, ppm_fd_flags(arg(&b, 1)) |
				    PPM_IF(arg(&b, 1), NATIVE_O_DIRECT, PPM_O_DIRECT));
	send(&b);
	return 0;
}

struct io_uring_params {
	__u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features;
};

/* The kernel's bits 0, 1 and 2 to 6 of IORING_SETUP_*: Falco has one more, unused, in between. */
static __always_inline __u32 ppm_io_uring_flags(__u32 flags)
{
	return (flags & 3) | (flags & 0x7c) << 1;
}

static __always_inline void put_io_uring(struct build *b, long ret)
{
	struct io_uring_params p = { 0 };
	bool known = bpf_probe_read_user(&p, sizeof(p), user_arg(b, 1)) == 0;

	params(b, 8);
	put_u64(b, ret);
	put_u32(b, arg(b, 0));
	if (!known) {
		put_empty(b);
		put_empty(b);
		put_empty(b);
		put_empty(b);
		put_empty(b);
		put_empty(b);
		return;
	}
	put_u32(b, p.sq_entries);
	put_u32(b, p.cq_entries);
	put_u32(b, ppm_io_uring_flags(p.flags));
	put_u32(b, p.sq_thread_cpu);
	put_u32(b, p.sq_thread_idle);
	put_u32(b, p.features & 0x7ff);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_setup, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit_with_fd(&b, ret))
		return 0;
	put_io_uring(&b, ret);
	send(&b);
	return 0;
}
