/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 *
 * uring.bpf.c -- what programs ask for through an io_uring: no system call is made for it, so it is
 * seen where the kernel takes a request up and where it is done with it.  The events are
 * those of the system calls that do the same.
 *
 * Names are the kernel's own copies, taken when the request is taken up: nobody can change them
 * any more.  They are gone when it is done, so they wait in a map by the request's address.  Whoever
 * works on a request may be a thread of the kernel's: it is told as its process's doing.
 */
#include "family.bpf.h"

#if defined(__TARGET_ARCH_x86)
enum {
	NR_CONNECT = 42,
	NR_SENDTO = 44,
	NR_SENDMSG = 46,
	NR_OPENAT = 257,
	NR_MKDIRAT = 258,
	NR_UNLINKAT = 263,
	NR_LINKAT = 265,
	NR_SYMLINKAT = 266,
	NR_RENAMEAT2 = 316,
	NR_OPENAT2 = 437,
};
#else
enum {
	NR_MKDIRAT = 34,
	NR_UNLINKAT = 35,
	NR_SYMLINKAT = 36,
	NR_LINKAT = 37,
	NR_OPENAT = 56,
	NR_CONNECT = 203,
	NR_SENDTO = 206,
	NR_SENDMSG = 211,
	NR_RENAMEAT2 = 276,
	NR_OPENAT2 = 437,
};
#endif

/* The kernel's IORING_OP_*. */
enum {
	OP_SENDMSG = 9,
	OP_CONNECT = 16,
	OP_OPENAT = 18,
	OP_SEND = 26,
	OP_OPENAT2 = 28,
	OP_RENAMEAT = 35,
	OP_UNLINKAT = 36,
	OP_MKDIRAT = 37,
	OP_SYMLINKAT = 38,
	OP_LINKAT = 39,
	OP_SEND_ZC = 47,
	OP_SENDMSG_ZC = 48,
};

enum { REQUESTS = 128, DONE_AT_ONCE = 256 };
enum {
	REQUEST_ON_RINGS_FILE = 1 << 0, /* IOSQE_FIXED_FILE */
	REQUEST_IS_SILENT = 1 << 6,	/* IOSQE_CQE_SKIP_SUCCESS */
};

/* Files that are open in the ring alone have no descriptor: they get numbers that no descriptor has. */
enum { RING_FD = 1 << 30, RING_FD_MASK = RING_FD - 1 };

struct uring_request {
	__u64 start_ns; /* of the thread that it is told of */
	__u32 tid, pid;
	__s32 fd, dirfd, other_dirfd;
	__u32 slot; /* of a file that is opened into the ring's own table, + 1; -1: any; 0: it is not */
	__u64 flags;
	__u64 user; /* what is sent: a buffer, a msghdr; whom to connect to */
	__u32 len;
	__u32 mode;
	__u32 resolve;
	__u32 op;
	char name[TEXT_MAX], other_name[TEXT_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, REQUESTS);
	__type(key, __u64);
	__type(value, struct uring_request);
} uring_requests SEC(".maps");

_Static_assert(sizeof(struct uring_request) <= BUILD_MASK,
	       "a request is put together in the scratch");

static __always_inline const struct wanted *wanted_of_op(__u8 op)
{
	const struct wanted *w;
	__u32 nr;

	switch (op) {
#define RING_CALL(request, call, event)                                                            \
	case OP_##request:                                                                         \
		nr = NR_##call;                                                                    \
		break;
#include "family.def"
#undef RING_CALL
	default:
		return NULL;
	}
	w = bpf_map_lookup_elem(&wanted, &nr);
	return w != NULL && w->flags & WANTED_YES ? w : NULL;
}

/* The file in the ring's own table that REQ is about, FD by our number; NULL if there is none. */
static __always_inline struct file *file_of_ring(struct io_kiocb *req, __s32 fd)
{
	struct io_ring_ctx *ctx = LOOK(struct io_kiocb, req, ctx);
	__u32 slot = fd & RING_FD_MASK;
	__u64 file = 0;

	if (bpf_core_field_exists(struct io_file_table, data)) {
		struct io_rsrc_node **nodes = LOOK(struct io_ring_ctx, ctx, file_table.data.nodes);

		if (slot < LOOK(struct io_ring_ctx, ctx, file_table.data.nr))
			file = LOOK(struct io_rsrc_node, (void *)look_word(nodes + slot), file_ptr);
	} else if (bpf_core_type_exists(struct io_fixed_file)) {
		struct io_fixed_file *files =
			LOOK(struct io_ring_ctx___6_12, ctx, file_table.files);

		if (slot < LOOK(struct io_ring_ctx___6_12, ctx, nr_user_files))
			file = look_word((void *)files + slot * sizeof(__u64));
	}
	return (struct file *)(file & ~7ull);
}

/* The name FIELD of the request at REQ. */
#define NAME_IN(type, req, field)                                                                  \
	(bpf_core_type_exists(struct delayed_filename)                                             \
		 ? LOOK(struct type##___7, req, field.__incomplete_filename)                       \
		 : LOOK(struct type, req, field))

static __always_inline void copy_name(char *to, const struct filename *from)
{
	if (bpf_probe_read_kernel_str(to, TEXT_MAX, LOOK(struct filename, from, name)) < 0)
		*to = 0;
}

static __always_inline void note_who(struct uring_request *r, struct task_struct *task)
{
	task = plain(task);
	if (task->flags & PF_IO_WORKER_FLAG)
		task = task->group_leader;
	r->tid = LOOK(struct task_struct, task, pid);
	r->pid = LOOK(struct task_struct, task, tgid);
	r->start_ns = LOOK(struct task_struct, task, start_boottime);
}

static __always_inline void note_names(struct uring_request *r, __u8 op, struct io_kiocb *req)
{
	switch (op) {
	case OP_OPENAT:
	case OP_OPENAT2:
		r->dirfd = LOOK(struct io_open, req, dfd);
		r->slot = LOOK(struct io_open, req, file_slot);
		r->flags = LOOK(struct io_open, req, how.flags) & ~(__u64)NATIVE_O_LARGEFILE;
		r->mode = LOOK(struct io_open, req, how.mode);
		r->resolve = LOOK(struct io_open, req, how.resolve);
		copy_name(r->name, NAME_IN(io_open, req, filename));
		break;
	case OP_CONNECT:
		r->user = (__u64)LOOK(struct io_connect, req, addr);
		r->len = LOOK(struct io_connect, req, addr_len);
		break;
	case OP_SEND:
	case OP_SENDMSG:
	case OP_SEND_ZC:
	case OP_SENDMSG_ZC:
		r->user = (__u64)LOOK(struct io_sr_msg, req, buf);
		r->len = LOOK(struct io_sr_msg, req, len);
		break;
	case OP_RENAMEAT:
		r->dirfd = LOOK(struct io_rename, req, old_dfd);
		r->other_dirfd = LOOK(struct io_rename, req, new_dfd);
		r->flags = LOOK(struct io_rename, req, flags);
		copy_name(r->name, NAME_IN(io_rename, req, oldpath));
		copy_name(r->other_name, NAME_IN(io_rename, req, newpath));
		break;
	case OP_UNLINKAT:
		r->dirfd = LOOK(struct io_unlink, req, dfd);
		r->flags = LOOK(struct io_unlink, req, flags);
		copy_name(r->name, NAME_IN(io_unlink, req, filename));
		break;
	case OP_MKDIRAT:
		r->dirfd = LOOK(struct io_mkdir, req, dfd);
		r->mode = LOOK(struct io_mkdir, req, mode);
		copy_name(r->name, NAME_IN(io_mkdir, req, filename));
		break;
	case OP_SYMLINKAT:
	case OP_LINKAT:
		r->dirfd = LOOK(struct io_link, req, old_dfd);
		r->other_dirfd = LOOK(struct io_link, req, new_dfd);
		r->flags = LOOK(struct io_link, req, flags);
		copy_name(r->name, NAME_IN(io_link, req, oldpath));
		copy_name(r->other_name, NAME_IN(io_link, req, newpath));
		break;
	}
}

/* ---- done ---- */

static __always_inline bool begin_done(struct build *b, const struct wanted *w,
				       const struct uring_request *r)
{
	if (!begin(b, bpf_get_current_task_btf(), w->code, w->flags & WANTED_STATE))
		return false;
	HEADER_OF(b)->tid = r->tid;
	HEADER_OF(b)->pid = r->pid;
	HEADER_OF(b)->start_ns = r->start_ns;
	return true;
}

/* FD: where its file is found, -1: nowhere. */
static __always_inline void put_request_open(struct build *b, const struct uring_request *r,
					     long fd, long res)
{
	struct mute none = { .can = false };
	struct opened o;

	put_opened_file(b, fd, &o, &none);
	put_more_file(b, r->dirfd);
	params(b, b->code == EVENT_SYSCALL_OPENAT2_X ? 8 : 7);
	put_u64(b, res);
	put_dirfd(b, r->dirfd);
	put_kernel_text(b, r->name);
	put_open_flags(b, &o, r->flags, r->mode);
	if (b->code == EVENT_SYSCALL_OPENAT2_X)
		put_u32(b, ppm_resolve_flags(r->resolve));
	put_u32(b, o.dev);
	put_u64(b, o.ino);
}

/* What a file that is opened into the ring alone has for a descriptor. */
static __always_inline long ring_fd(const struct uring_request *r, long res)
{
	if (r->slot == 0 || res < 0)
		return res;
	return RING_FD + (r->slot == (__u32)-1 ? res : (long)r->slot - 1);
}

static __always_inline void put_request_connect(struct build *b, const struct uring_request *r,
						struct file *file, long res, bool silent)
{
	struct sock *sk = file == NULL ? NULL : put_open_file(b, file, r->fd);
	const void *user = (const void *)r->user;
	union user_address far;

	read_user_address(&far, user, r->len);
	/* It may be made by a request that has to be done first; most that connect are streams. */
	if (silent && sk == NULL)
		put_lost_socket(b, r->fd, far.family, TYPE_STREAM);
	params(b, 4);
	put_u64(b, res);
	if (silent) /* nothing is connected yet, and what is now open there may be another */
		put_asked_tuple(b, &far, user, r->len);
	else
		put_tuple(b, res == 0 || res == -EINPROGRESS_NUMBER ? sk : NULL, TUPLE_OUT, &far);
	put_int(b, r->fd);
	put_address(b, &far, user, r->len);
}

/* The beginning of a msghdr. */
struct message_name {
	const void *name;
	__u32 len, padding;
};

static __always_inline void put_request_send(struct build *b, const struct uring_request *r,
					     struct file *file, long res)
{
	struct sock *sk = file == NULL ? NULL : put_open_file(b, file, r->fd);
	bool message = b->code == EVENT_SOCKET_SENDMSG_X;
	struct message_name to = { 0 };
	union user_address far;

	if (message)
		bpf_probe_read_user(&to, sizeof(to), (const void *)r->user);
	read_user_address(&far, to.name, to.len);
	params(b, 5);
	put_u64(b, res);
	if (message)
		put_empty(b);
	else
		put_data(b, (const void *)r->user, res > 0 ? res : (long)r->len);
	put_int(b, r->fd);
	put_u32(b, message && res > 0 ? (__u32)res : r->len);
	put_tuple(b, res < 0 ? NULL : sk, TUPLE_SENT, &far);
}

static __always_inline void put_request_names(struct build *b, const struct uring_request *r,
					      long res)
{
	bool symlink = b->code == EVENT_SYSCALL_SYMLINKAT_X;
	bool two = b->code == EVENT_SYSCALL_RENAMEAT2_X || b->code == EVENT_SYSCALL_LINKAT_2_X;

	put_more_file(b, symlink ? r->other_dirfd : r->dirfd);
	if (two)
		put_more_file(b, r->other_dirfd);
	params(b, two ? 6 : 4);
	put_u64(b, res);
	if (!symlink)
		put_dirfd(b, r->dirfd);
	put_kernel_text(b, r->name);
	if (two || symlink) {
		put_dirfd(b, r->other_dirfd);
		put_kernel_text(b, r->other_name);
	}
	if (!symlink)
		put_u32(b, b->code == EVENT_SYSCALL_MKDIRAT_X ? r->mode : r->flags);
}

/* The file that REQ is about; one that was only taken up has none yet. */
static __always_inline struct file *file_of_request(struct build *b, const struct uring_request *r,
						    struct io_kiocb *req, bool silent)
{
	if (!silent)
		return LOOK(struct io_kiocb, req, file);
	return r->fd >= RING_FD ? file_of_ring(req, r->fd) : file_of_fd(b->task, r->fd);
}

/* Silent: what comes of it is not known. */
static __always_inline void send_request(const struct wanted *w, const struct uring_request *r,
					 struct io_kiocb *req, long res, bool silent)
{
	struct file *file;
	struct build b;

	if (!begin_done(&b, w, r))
		return;
	file = file_of_request(&b, r, req, silent);
	switch (b.code) {
	case EVENT_SYSCALL_OPENAT_2_X:
	case EVENT_SYSCALL_OPENAT2_X:
		if (silent)
			put_request_open(&b, r, -1, r->slot == 0 ? RING_FD : ring_fd(r, 0));
		else
			put_request_open(&b, r, r->slot == 0 ? res : -1, ring_fd(r, res));
		break;
	case EVENT_SOCKET_CONNECT_X:
		put_request_connect(&b, r, file, res, silent);
		break;
	case EVENT_SOCKET_SENDTO_X:
	case EVENT_SOCKET_SENDMSG_X:
		put_request_send(&b, r, file, res);
		break;
	default:
		put_request_names(&b, r, res);
	}
	send(&b);
}

/* ---- the places ---- */

/* The kernel takes a request up: its arguments are read, nothing has been done.  Of one that is not to
 * be told of when it succeeds the kernel will not tell us either: it is taken for done. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(uring_submit, struct io_kiocb *req)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u8 op = LOOK(struct io_kiocb, req, opcode);
	const struct wanted *w = wanted_of_op(op);
	__u32 cpu = bpf_get_smp_processor_id();
	struct uring_request *r;
	struct scratch *s;
	__u64 key;

	if (is_own(task) || w == NULL)
		return 0;
	s = bpf_map_lookup_elem(&scratch, &cpu);
	if (s == NULL)
		return 0;
	r = (struct uring_request *)s->build;
	__builtin_memset(r, 0, offsetof(struct uring_request, name) + 1);
	r->other_name[0] = 0;
	note_who(r, task);
	r->fd = LOOK(struct io_kiocb, req, cqe.fd);
	if (LOOK(struct io_kiocb, req, flags) & REQUEST_ON_RINGS_FILE)
		r->fd = RING_FD | (r->fd & RING_FD_MASK);
	r->op = op;
	/* Asked for again, for to the verifier it is one number on each way to here, and what follows
	 * another thing to check for each. */
	note_names(r, LOOK(struct io_kiocb, req, opcode), req);
	key = address_in(s, req);
	bpf_map_update_elem(&uring_requests, &key, r, BPF_ANY);
	if (!(LOOK(struct io_kiocb, req, flags) & REQUEST_IS_SILENT))
		return 0;
	r = bpf_map_lookup_elem(&uring_requests, &key);
	if (r == NULL)
		return 0;
	send_request(w, r, req, 0, true);
	bpf_map_delete_elem(&uring_requests, &key);
	return 0;
}

/* REQ is done, and there is no note of it: too many wait, or it was taken up before anybody looked.  What failed may
 * have been refused before it was taken up; what is silent was told of. */
static __always_inline void count_forgotten(const struct wanted *w, struct io_kiocb *req)
{
	if (w != NULL && LOOK(struct io_kiocb, req, cqe.res) >= 0 &&
	    !(LOOK(struct io_kiocb, req, flags) & REQUEST_IS_SILENT))
		count_failed(bpf_get_smp_processor_id(), w->code);
}

/* ... and is done with it. */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(uring_done, void *ring, struct io_kiocb *req)
{
	__u64 key = (__u64)req;
	struct uring_request *r;
	const struct wanted *w;

	if (req == NULL)
		return 0;
	r = bpf_map_lookup_elem(&uring_requests, &key);
	w = wanted_of_op(LOOK(struct io_kiocb, req, opcode));
	if (r == NULL) {
		count_forgotten(w, req);
		return 0;
	}
	if (w != NULL)
		send_request(w, r, req, LOOK(struct io_kiocb, req, cqe.res), false);
	bpf_map_delete_elem(&uring_requests, &key);
	return 0;
}

/* ---- done, and there is no room to say so ---- */

/* What the kernel says then: not which request it was, just what the program is to be told of it. */
struct overflow {
	__u64 ring, user_data;
	__s32 res;
	__u32 flags;
};

/* Is REQ, an address, among the first requests that RING is to tell of now?  A function of its own: the
 * verifier checks it once. */
__noinline int is_being_told(__u64 ring, __u64 req)
{
	const struct io_ring_ctx *ctx = (const void *)ring;
	const struct io_wq_work_node *node =
		LOOK(struct io_ring_ctx, ctx, submit_state.compl_reqs.first);

	req += bpf_core_field_offset(struct io_kiocb, comp_list);
	for (int i = 0; i < DONE_AT_ONCE && node != NULL; i++) {
		if ((__u64)node == req)
			return 1;
		node = LOOK(struct io_wq_work_node, node, next);
	}
	return 0;
}

/* Tell of the request KEY if it is what O is about.  Programs give requests what name they like, several the
 * same one, and one that still waits has the last one's result: so of those that may be meant each is told of,
 * and only those that are surely done are forgotten. */
static long tell_overflowed(void *map, __u64 *key, struct uring_request *r, struct overflow *o)
{
	__u64 address = *key;
	struct io_kiocb *req = (struct io_kiocb *)address;
	const struct wanted *w;

	if ((__u64)LOOK(struct io_kiocb, req, ctx) != o->ring ||
	    LOOK(struct io_kiocb, req, cqe.user_data) != o->user_data ||
	    LOOK(struct io_kiocb, req, cqe.res) != o->res ||
	    LOOK(struct io_kiocb, req, cqe.flags) != o->flags ||
	    LOOK(struct io_kiocb, req, opcode) != r->op)
		return 0;
	w = wanted_of_op(r->op);
	if (w != NULL)
		send_request(w, r, req, o->res, false);
	if (is_being_told(o->ring, address))
		bpf_map_delete_elem(&uring_requests, &address);
	return 0;
}

/* The program has not looked at what it was told so far. */
SEC("tp_btf/io_uring_cqe_overflow")
int BPF_PROG(uring_overflow, void *ring, __u64 user_data, __s32 res, __u32 flags)
{
	struct overflow o = { (__u64)ring, user_data, res, flags };

	bpf_for_each_map_elem(&uring_requests, tell_overflowed, &o, 0);
	return 0;
}
