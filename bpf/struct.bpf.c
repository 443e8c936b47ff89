/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * struct.bpf.c -- system calls that pass structures: lists of descriptors, limits,
 * times, semaphores, quotas, keys.  32-bit programs have narrower ones.
 */
#include "family.bpf.h"

/* ---- times and sets of signals ---- */

/* struct timespec at USER, in ns; NONE if there is none. */
static __always_inline __u64 user_timespec(const struct build *b, const void *user, __u64 none)
{
	__s64 wide[2];
	__s32 narrow[2];

	if (b->s->call.old32) {
		if (bpf_probe_read_user(narrow, sizeof(narrow), user) != 0)
			return none;
		return (__s64)narrow[0] * 1000000000 + narrow[1];
	}
	if (bpf_probe_read_user(wide, sizeof(wide), user) != 0)
		return none;
	return wide[0] * 1000000000 + wide[1];
}

/* ---- descriptors to wait for ---- */

/* A FDLIST: u16 count, then the entries. */
enum { POLL_FDS = 128, POLL_TURNS = 16, POLL_ENTRY = 10 };

struct user_pollfd {
	__s32 fd;
	__u16 events, revents;
};

/* The next descriptor of the list at gather.at, with what happened to it. */
static __always_inline bool gather_pollfd(struct scratch *s)
{
	struct gather *g = &s->gather;
	struct user_pollfd p;
	__u32 off = g->off;

	if (g->left == 0 || bpf_probe_read_user(&p, sizeof(p), (void *)g->at) != 0)
		return false;
	*(__u64 *)(s->build + (off & BUILD_MASK)) = (__s64)p.fd;
	*(__u16 *)(s->build + ((off + 8) & BUILD_MASK)) = ppm_poll_flags(p.revents);
	g->off = off + POLL_ENTRY;
	g->at += sizeof(p);
	g->left--;
	return true;
}

/* The next descriptors of CPU's list, for run_turns(). */
__noinline int gather_pollfds(__u32 cpu)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);

	if (s == NULL)
		return 0;
	for (int i = 0; i < POLL_TURNS; i++)
		if (!gather_pollfd(s))
			return 0;
	return 1;
}

static __always_inline void put_pollfds(struct build *b, const void *user, __u32 n)
{
	struct gather *g = &b->s->gather;
	__u32 len;

	g->at = (__u64)user;
	g->left = n;
	g->start = b->off;
	g->off = b->off + sizeof(__u16);
	run_turns(gather_pollfds, b->cpu, POLL_FDS / POLL_TURNS);
	if (n > POLL_FDS)
		truncated(b);
	len = (g->off - g->start) & (TEXT_MAX - 1);
	HERE(b, 0, __u16) = (len - sizeof(__u16)) / POLL_ENTRY;
	put_var_len(b, len);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_poll, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	params(&b, b.code == EVENT_SYSCALL_POLL_X ? 3 : 4);
	put_u64(&b, ret);
	put_pollfds(&b, user_arg(&b, 0), arg(&b, 1));
	if (b.code == EVENT_SYSCALL_POLL_X) {
		put_int(&b, arg(&b, 2));
	} else {
		put_u64(&b, user_timespec(&b, user_arg(&b, 2), -1));
		put_u32(&b, user_u32(user_arg(&b, 3)));
	}
	send(&b);
	return 0;
}

/* ---- limits and ids that are asked for ---- */

struct user_rlimit {
	__u64 cur, max;
};

/* Limits at USER; WIDE ones have 64 bits whatever the ABI.  BOTH of them if they are not there. */
static __always_inline void read_rlimit(const struct build *b, struct user_rlimit *l,
					const void *user, bool wide, __u64 both)
{
	__u32 narrow[2];

	l->cur = l->max = both;
	if (wide || !b->s->call.regs32) {
		struct user_rlimit found;

		if (bpf_probe_read_user(&found, sizeof(found), user) == 0)
			*l = found;
	} else if (bpf_probe_read_user(narrow, sizeof(narrow), user) == 0) {
		l->cur = narrow[0] == (__u32)-1 ? (__u64)-1 : narrow[0];
		l->max = narrow[1] == (__u32)-1 ? (__u64)-1 : narrow[1];
	}
}

/* What could not be asked for is -1, what nobody set 0: as Falco has it. */
static __always_inline void put_rlimit(struct build *b, long ret)
{
	struct user_rlimit l;

	put_u64(b, ret);
	if (b->code == EVENT_SYSCALL_GETRLIMIT_X)
		read_rlimit(b, &l, ret == 0 ? user_arg(b, 1) : NULL, false, -1);
	else
		read_rlimit(b, &l, user_arg(b, 1), false, 0);
	put_u64(b, l.cur);
	put_u64(b, l.max);
	put_u8(b, ppm_rlimit(arg(b, 0)));
}

static __always_inline void put_prlimit(struct build *b, long ret)
{
	struct user_rlimit l;

	put_u64(b, ret);
	read_rlimit(b, &l, user_arg(b, 2), true, 0);
	put_u64(b, l.cur);
	put_u64(b, l.max);
	read_rlimit(b, &l, ret == 0 ? user_arg(b, 3) : NULL, true, -1);
	put_u64(b, l.cur);
	put_u64(b, l.max);
	put_int(b, arg(b, 0));
	put_u8(b, ppm_rlimit(arg(b, 1)));
}

/* The id that a call put at argument N. */
static __always_inline void put_id_at(struct build *b, __u32 n)
{
	__u16 id = 0;

	if (!b->s->call.old32) {
		put_u32(b, user_u32(user_arg(b, n)));
		return;
	}
	bpf_probe_read_user(&id, sizeof(id), user_arg(b, n));
	put_u32(b, id);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_limit, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	switch (b.code) {
	case EVENT_SYSCALL_GETRLIMIT_X:
	case EVENT_SYSCALL_SETRLIMIT_X:
		params(&b, 4);
		put_rlimit(&b, ret);
		break;
	case EVENT_SYSCALL_PRLIMIT_X:
		params(&b, NPARAMS_SYSCALL_PRLIMIT_X);
		put_prlimit(&b, ret);
		break;
	case EVENT_SYSCALL_GETRESUID_X:
	case EVENT_SYSCALL_GETRESGID_X:
		params(&b, 4);
		put_u64(&b, ret);
		put_id_at(&b, 0);
		put_id_at(&b, 1);
		put_id_at(&b, 2);
		break;
	default:
		return 0;
	}
	send(&b);
	return 0;
}

/* ---- semaphores ---- */

struct user_sembuf {
	__u16 num;
	__s16 op, flags;
};

static __always_inline void put_sembuf(struct build *b, const struct user_sembuf *o)
{
	put_u16(b, o->num);
	put_u16(b, o->op);
	put_u16(b, ppm_semop_flags(o->flags));
}

/* The first two operations of however many. */
static __always_inline void put_semop(struct build *b, long ret)
{
	struct user_sembuf ops[2] = { 0 };
	__u32 n = arg(b, 2);

	if (n == 1)
		bpf_probe_read_user(ops, sizeof(ops[0]), user_arg(b, 1));
	else if (n > 1)
		bpf_probe_read_user(ops, sizeof(ops), user_arg(b, 1));
	params(b, NPARAMS_SYSCALL_SEMOP_X);
	put_u64(b, ret);
	put_u32(b, n);
	put_sembuf(b, &ops[0]);
	put_sembuf(b, &ops[1]);
	put_u32(b, arg(b, 0));
}

/* ---- sendfile, io_uring_enter ---- */

/* The position, behind the pointer, as the call left it; 0 if it is the file's own. */
static __always_inline void put_sendfile(struct build *b, long ret)
{
	__u64 offset = 0;

	/* ia32's sendfile64 has a long one. */
	if (b->s->call.regs32 && b->s->call.sc != SC_sendfile64)
		offset = user_u32(user_arg(b, 2));
	else
		bpf_probe_read_user(&offset, sizeof(offset), user_arg(b, 2));
	put_more_file(b, arg(b, 0));
	put_more_file(b, arg(b, 1));
	params(b, NPARAMS_SYSCALL_SENDFILE_X);
	put_u64(b, ret);
	put_u64(b, offset);
	put_int(b, arg(b, 0));
	put_int(b, arg(b, 1));
	put_u64(b, arg(b, 3));
}

enum { ENTER_EXT_ARG = 8 };

/* The signals stand at the fifth argument, or there is a structure that points at them. */
static __always_inline void put_uring_enter(struct build *b, long ret)
{
	const void *set = user_arg(b, 4);
	__u64 indirect = 0;

	if (arg(b, 3) & ENTER_EXT_ARG) {
		bpf_probe_read_user(&indirect, sizeof(indirect), set);
		set = (void *)indirect;
	}
	params(b, NPARAMS_SYSCALL_IO_URING_ENTER_X);
	put_u64(b, ret);
	put_int(b, arg(b, 0));
	put_u32(b, arg(b, 1));
	put_u32(b, arg(b, 2));
	put_u32(b, arg(b, 3) & 0xf);
	put_u32(b, user_u32(set));
}

/* ---- fsconfig ---- */

enum { FSCONFIG_STRING = 1, FSCONFIG_BINARY, FSCONFIG_PATH, FSCONFIG_PATH_EMPTY };

static __always_inline void put_fsconfig(struct build *b, long ret)
{
	__u32 cmd = ret < 0 ? 0 : arg(b, 1); /* the value of what failed is not told */
	const void *value = user_arg(b, 3);
	__s32 aux = arg(b, 4);

	put_more_file(b, arg(b, 0));
	params(b, NPARAMS_SYSCALL_FSCONFIG_X);
	put_u64(b, ret);
	put_int(b, arg(b, 0));
	put_u32(b, arg(b, 1));
	put_user_text(b, user_arg(b, 2));
	put_user_bytes(b, value, cmd == FSCONFIG_BINARY && aux > 0 ? aux : 0);
	put_user_text(b,
		      cmd == FSCONFIG_STRING || cmd == FSCONFIG_PATH || cmd == FSCONFIG_PATH_EMPTY
			      ? value
			      : NULL);
	put_u32(b, aux);
}

/* ---- keys ---- */

/* keyctl_dynamic_param: what kind of value follows. */
enum { KEYCTL_NUMBER, KEYCTL_TEXT };

/* Which arguments of an operation are texts, by bits from argument 1 on. */
static __always_inline __u32 keyctl_texts(__u32 operation)
{
	switch (operation) {
	case 1: /* JOIN_SESSION_KEYRING: name */
		return 1 << 0;
	case 10: /* SEARCH: keyring, type, description, destination */
		return 1 << 1 | 1 << 2;
	case 29: /* RESTRICT_KEYRING: keyring, type, restriction */
		return 1 << 1 | 1 << 2;
	case 24: /* PKEY_QUERY: key, 0, info, result */
		return 1 << 2;
	case 25: /* PKEY_ENCRYPT, DECRYPT, SIGN, VERIFY: parameters, info, in, out */
	case 26:
	case 27:
	case 28:
		return 1 << 1;
	default:
		return 0;
	}
}

/* Is argument 1 a key?  Its number is an int. */
static __always_inline bool keyctl_on_key(__u32 operation)
{
	return operation != 1 && operation != 23 && (operation < 25 || operation > 28) &&
	       operation != 31;
}

static __always_inline void put_keyctl_arg(struct build *b, __u32 texts, __u32 n)
{
	bool text = texts >> (n - 1) & 1;
	__u64 v = arg(b, n);
	long len;

	if (!text) {
		if (n == 1 && keyctl_on_key(arg(b, 0)))
			v = (__s64)(__s32)v;
		HERE(b, 0, __u8) = KEYCTL_NUMBER;
		HERE(b, 1, __u64) = v;
		put_len(b, 9);
		move_to(b, forget(b, b->off));
		return;
	}
	HERE(b, 0, __u8) = KEYCTL_TEXT;
	len = bpf_probe_read_user_str(text_room(b) + 1, TEXT_MAX, (void *)v);
	len = text_len(b, len, TEXT_MAX);
	AT(b, b->off + 1 + len, __u8) = 0;
	put_var_len(b, 2 + len);
}

static __always_inline void put_keyctl(struct build *b, long ret)
{
	__u32 texts = keyctl_texts(arg(b, 0));

	params(b, NPARAMS_SYSCALL_KEYCTL_X);
	put_u64(b, ret);
	put_u32(b, arg(b, 0));
	put_keyctl_arg(b, texts, 1);
	put_keyctl_arg(b, texts, 2);
	put_keyctl_arg(b, texts, 3);
	put_keyctl_arg(b, texts, 4);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_struct, struct pt_regs *regs, long ret)
{
	struct build b;

	if (!begin_exit(&b))
		return 0;
	switch (b.code) {
	case EVENT_SYSCALL_GETCWD_X:
		params(&b, 2);
		put_u64(&b, ret);
		put_user_text(&b, ret >= 0 ? user_arg(&b, 0) : NULL);
		break;
	case EVENT_SYSCALL_NANOSLEEP_X:
		params(&b, 2);
		put_u64(&b, ret);
		put_u64(&b, user_timespec(&b, user_arg(&b, 0), 0));
		break;
	case EVENT_SYSCALL_SENDFILE_X:
		put_sendfile(&b, ret);
		break;
	case EVENT_SYSCALL_SEMOP_X:
		put_semop(&b, ret);
		break;
	case EVENT_SYSCALL_IO_URING_ENTER_X:
		put_uring_enter(&b, ret);
		break;
	case EVENT_SYSCALL_KEYCTL_X:
		put_keyctl(&b, ret);
		break;
	case EVENT_SYSCALL_FSCONFIG_X:
		put_fsconfig(&b, ret);
		break;
	default:
		return 0;
	}
	send(&b);
	return 0;
}

/* ---- quotas ---- */

struct user_dqblk {
	__u64 bhard, bsoft, space, ihard, isoft, inodes, btime, itime;
	__u32 valid;
};

enum { HAS_BLOCKS = 1, HAS_SPACE = 2, HAS_INODES = 4, HAS_BTIME = 16, HAS_ITIME = 32 };

struct user_dqinfo {
	__u64 bgrace, igrace;
	__u32 flags, valid;
};

enum { HAS_BGRACE = 1, HAS_IGRACE = 2, HAS_FLAGS = 4 };

/* The limits of one user or group: seven parameters; what is not valid is 0. */
static __always_inline void put_dqblk(struct build *b, bool known)
{
	struct user_dqblk q = { 0 };

	if (known)
		bpf_probe_read_user(&q, sizeof(q), user_arg(b, 3));
	put_u64(b, q.valid & HAS_BLOCKS ? q.bhard : 0);
	put_u64(b, q.valid & HAS_BLOCKS ? q.bsoft : 0);
	put_u64(b, q.valid & HAS_SPACE ? q.space : 0);
	put_u64(b, q.valid & HAS_INODES ? q.ihard : 0);
	put_u64(b, q.valid & HAS_INODES ? q.isoft : 0);
	put_u64(b, q.valid & HAS_BTIME ? q.btime : 0);
	put_u64(b, q.valid & HAS_ITIME ? q.itime : 0);
}

/* The times and flags of a file system's quotas: three parameters. */
static __always_inline void put_dqinfo(struct build *b, bool known)
{
	struct user_dqinfo q = { 0 };

	if (known)
		bpf_probe_read_user(&q, sizeof(q), user_arg(b, 3));
	put_u64(b, q.valid & HAS_BGRACE ? q.bgrace : 0);
	put_u64(b, q.valid & HAS_IGRACE ? q.igrace : 0);
	put_u8(b, !(q.valid & HAS_FLAGS) ? 0 : q.flags & 1 ? 2 : 1); /* V1_DQF_RSQUASH, DQF_NONE */
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_quota, struct pt_regs *regs, long ret)
{
	struct build b;
	__u32 id, fmt;
	__u16 cmd;

	if (!begin_exit(&b))
		return 0;
	cmd = ppm_quota_cmd(arg(&b, 0));
	id = arg(&b, 2);
	fmt = cmd == PPM_Q_GETFMT ? ppm_quota_fmt(user_u32(user_arg(&b, 3))) : PPM_QFMT_NOT_USED;
	params(&b, NPARAMS_SYSCALL_QUOTACTL_X);
	put_u64(&b, ret);
	put_user_text(&b, user_arg(&b, 1));
	put_user_text(&b, cmd == PPM_Q_QUOTAON ? user_arg(&b, 3) : NULL);
	put_dqblk(&b, cmd == PPM_Q_GETQUOTA || cmd == PPM_Q_SETQUOTA);
	put_dqinfo(&b, cmd == PPM_Q_GETINFO || cmd == PPM_Q_SETINFO);
	put_u8(&b, fmt);
	put_u16(&b, cmd);
	put_u8(&b, ppm_quota_type(arg(&b, 0)));
	put_u32(&b, cmd & (PPM_Q_GETQUOTA | PPM_Q_SETQUOTA | PPM_Q_XGETQUOTA | PPM_Q_XSETQLIM) ? id
											       : 0);
	put_u8(&b, cmd == PPM_Q_QUOTAON ? ppm_quota_fmt(id) : PPM_QFMT_NOT_USED);
	send(&b);
	return 0;
}
