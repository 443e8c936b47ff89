/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * calls.bpf.c -- the programs of call.def: a case for each of its rows.
 */
#include "family.bpf.h"

#include "task.bpf.h"

/* ---- what stands in rows ---- */

#define A(n)	arg(&b, n)
#define RES	put_u64(&b, ret);
#define ADDRESS put_u64(&b, address_result(&b, ret));
#define FD(n)	put_int(&b, A(n));
#define TEXT(n) put_user_text(&b, user_arg(&b, n));
#define ID(n)	put_u32(&b, id_arg(&b, n));
#define U8(v)	put_u8(&b, v);
#define U16(v)	put_u16(&b, v);
#define U32(v)	put_u32(&b, v);
#define U64(v)	put_u64(&b, v);
#define VM	put_vm(&b, b.task);

#define CASE(event, class, list)                                                                   \
	case EVENT_##event:                                                                        \
		params(&b, NPARAMS_##event);                                                       \
		list break;

static __always_inline __u32 mount_flags(__u32 flags)
{
	return (flags & 0xffff0000) == 0xc0ed0000 ? flags & 0xffff : flags; /* MS_MGC_VAL, of old */
}

static __always_inline __u32 delete_module_flags(__u32 flags)
{
	return PPM_IF(flags, NATIVE_O_NONBLOCK, 2) | PPM_IF(flags, 01000, 1); /* O_TRUNC */
}

/* AT_SYMLINK_NOFOLLOW is another bit with Falco. */
static __always_inline __u32 fchownat_flags(__u32 flags)
{
	return PPM_IF(flags, 0x100, 0x400) | PPM_IF(flags, 0x1000, 0x1000);
}

/* ---- programs ---- */

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_plain, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	switch (b.code) {
#define PLAIN_CALL CASE
#include "call.def"
#undef PLAIN_CALL
	default:
		return 0;
	}
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_name, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	switch (b.code) {
#define NAME_CALL CASE
#include "call.def"
#undef NAME_CALL
	default:
		return 0;
	}
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_nameat, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	put_more_file(&b, arg(&b, b.code == EVENT_SYSCALL_SYMLINKAT_X ? 1 : 0));
	if (b.code == EVENT_SYSCALL_RENAMEAT_X || b.code == EVENT_SYSCALL_RENAMEAT2_X ||
	    b.code == EVENT_SYSCALL_LINKAT_2_X)
		put_more_file(&b, arg(&b, 2));
	switch (b.code) {
#define NAMEAT_CALL CASE
#include "call.def"
#undef NAMEAT_CALL
	default:
		return 0;
	}
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_fd, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit_on_fd(&b))
		return 0;
	if (b.code == EVENT_SYSCALL_SPLICE_X || b.code == EVENT_SYSCALL_COPY_FILE_RANGE_X)
		put_more_file(&b, arg(&b, 2));
	switch (b.code) {
#define FD_CALL CASE
#include "call.def"
#undef FD_CALL
	default:
		return 0;
	}
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_newfd, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit_with_fd(&b, ret))
		return 0;
	switch (b.code) {
#define NEWFD_CALL CASE
#include "call.def"
#undef NEWFD_CALL
	default:
		return 0;
	}
	send(&b);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_memory, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	if (b.code == EVENT_SYSCALL_MMAP_X || b.code == EVENT_SYSCALL_MMAP2_X)
		put_more_file(&b, arg(&b, 4));
	switch (b.code) {
#define MEMORY_CALL CASE
#include "call.def"
#undef MEMORY_CALL
	default:
		return 0;
	}
	send(&b);
	return 0;
}

#undef A
#undef RES
#undef ADDRESS
#undef FD
#undef TEXT
#undef ID
#undef U8
#undef U16
#undef U32
#undef U64
#undef VM
#undef CASE
