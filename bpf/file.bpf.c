/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * file.bpf.c -- files and descriptors: open and close.
 */
#include "family.bpf.h"

#include "path.bpf.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_close, struct pt_regs *regs, long ret)
{
	struct build b;

	if (begin_exit(&b, regs) == NULL)
		return 0;
	params(&b, 2);
	put_u64(&b, ret);
	put_int(&b, REGS_ARG0(regs));
	send(&b);
	return 0;
}

/* The second half of openat2's arguments; empty parameters if it cannot be read. */
struct open_how {
	__u64 flags, mode, resolve;
};

static __always_inline __u32 open_mode(__u64 native_flags, __u32 mode)
{
	return native_flags & (NATIVE_O_CREAT | 020000000) ? mode : 0;
}

enum { FMODE_CREATED = 0x100000 };

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_open, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *file = NULL;
	__u32 dev = 0, layer = 0, driver_flags = 0;
	struct open_how how = { 0 };
	__u64 ino = 0;
	struct build b;

	if (begin_exit(&b, regs) == NULL)
		return 0;
	if (ret >= 0)
		file = file_of_fd(task, ret);
	if (file != NULL) {
		put_file(&b, file, ret, &dev, &ino, &layer);
		__u32 n = append_path(&b, LOOK(struct file, file, f_path.dentry),
				      LOOK(struct file, file, f_path.mnt));
		FILE_OF(&b)->path_len = n;
		b.off += n;
		driver_flags = layer;
		if (LOOK(struct file, file, f_mode) & FMODE_CREATED)
			driver_flags |= PPM_O_F_CREATED;
	}
	switch (b.code) {
	case EVENT_SYSCALL_OPEN_X:
		params(&b, 6);
		put_u64(&b, ret);
		put_user_text(&b, (void *)REGS_ARG0(regs));
		put_u32(&b, ppm_open_flags(REGS_ARG1(regs)) | driver_flags);
		put_u32(&b, open_mode(REGS_ARG1(regs), REGS_ARG2(regs)));
		put_u32(&b, dev);
		put_u64(&b, ino);
		break;
	case EVENT_SYSCALL_OPENAT_2_X:
		params(&b, 7);
		put_u64(&b, ret);
		put_dirfd(&b, REGS_ARG0(regs));
		put_user_text(&b, (void *)REGS_ARG1(regs));
		put_u32(&b, ppm_open_flags(REGS_ARG2(regs)) | driver_flags);
		put_u32(&b, open_mode(REGS_ARG2(regs), REGS_ARG3(regs)));
		put_u32(&b, dev);
		put_u64(&b, ino);
		break;
	case EVENT_SYSCALL_OPENAT2_X: {
		bool known = bpf_probe_read_user(&how, sizeof(how), (void *)REGS_ARG2(regs)) == 0;

		params(&b, 8);
		put_u64(&b, ret);
		put_dirfd(&b, REGS_ARG0(regs));
		put_user_text(&b, (void *)REGS_ARG1(regs));
		if (known) {
			put_u32(&b, ppm_open_flags(how.flags) | driver_flags);
			put_u32(&b, open_mode(how.flags, how.mode));
			put_u32(&b, ppm_resolve_flags(how.resolve));
		} else {
			put_empty(&b);
			put_empty(&b);
			put_empty(&b);
		}
		put_u32(&b, dev);
		put_u64(&b, ino);
		break;
	}
	case EVENT_SYSCALL_CREAT_X:
		params(&b, 6);
		put_u64(&b, ret);
		put_user_text(&b, (void *)REGS_ARG0(regs));
		put_u32(&b, REGS_ARG1(regs));
		put_u32(&b, dev);
		put_u64(&b, ino);
		put_u16(&b, layer == PPM_FD_UPPER_LAYER	  ? PPM_FD_UPPER_LAYER_CREAT
			    : layer == PPM_FD_LOWER_LAYER ? PPM_FD_LOWER_LAYER_CREAT
							  : 0);
		break;
	default:
		return 0;
	}
	send(&b);
	return 0;
}
