/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_core.h -- what the files of the enricher's core share among themselves:
 * the state, the turn of one event, and who folds what.  Nobody else includes it
 * but the core's tests.
 */
#ifndef MEWS_ENRICH_CORE_H
#define MEWS_ENRICH_CORE_H

#include "cgroup.h"
#include "conttab.h"
#include "enrich.h"
#include "fdtab.h"
#include "nametab.h"
#include "netaddr.h"
#include "past.h"
#include "path.h"
#include "podtab.h"
#include "proctab.h"
#include "usertab.h"

/* PPM_O_* that we look at (file_flags in flag.def). */
enum {
	O_BIT_DIRECTORY = 0x400,
	O_BIT_CLOEXEC = 0x1000,
	O_BIT_F_CREATED = 0x4000,
	O_BIT_UPPER_LAYER = 0x8000,
	O_BIT_LOWER_LAYER = 0x10000,
};

#define FALCO_AT_FDCWD	 (-100)
#define EXITS_REMEMBERED 64
#define STALE_NS	 UINT64_C(2000000000)

/* Which container a thread with these cgroups is in. */
#define CGROUPS_REMEMBERED 64
struct cgroups_memo {
	struct blob *cgroups;
	struct span id; /* inside CGROUPS; "": none */
	uint32_t type;
};

/* What was asked for and not told yet. */
struct asks {
	unsigned count;
	struct {
		struct ring_ask ask;
		uint64_t ts_ns;
	} wait[RING_ASKS];
};

struct enrich;

enum {
	TURN_LEADING = 1 << 0,	      /* at a capture's beginning: belongs to its state */
	TURN_HIDDEN = 1 << 1,	      /* only brings state: rules never meet it */
	TURN_NOBODYS = 1 << 2,	      /* belongs to no thread */
	TURN_META = 1 << 3,	      /* no system call: nothing of a thread's turn happens */
	TURN_NO_PLACEHOLDER = 1 << 4, /* says itself what is to be known of its thread */
	TURN_OWN_FD = 1 << 5,	      /* has a descriptor of its own */
	TURN_THREAD_ONLY = 1 << 6,    /* without its thread there is nothing to fold */
	TURN_POLLS = 1 << 7,	      /* polls files, which are its extras */
};

/* What is to be done with the events of one code, looked up once for all of them. */
struct turn_row {
	const struct event_info *info; /* NULL: no such event comes */
	void (*fold)(struct enrich *en);
	uint32_t fd_params; /* bit per parameter that is a descriptor */
	uint16_t traits;
	int8_t used_fd; /* the parameter that is the descriptor that it uses; -1: none */
};

struct enrich {
	struct enrich_sink sink;
	bool (*ask)(void *ctx, const struct container_wish *wish);
	bool (*read_again)(void *ctx, const struct ring_ask *ask);
	void *ask_ctx;
	uint64_t *counts;
	struct slab slab;
	struct fdtab fdtab;
	struct proctab proctab;
	struct usertab usertab;
	struct conttab conttab;
	struct podtab podtab;
	struct nametab nametab;
	struct past past;
	struct net_local local;
	struct ring_wants wants;
	uint64_t boot_ts_ns;
	uint64_t first_event_ns; /* 0: none yet */
	struct turn_row turns[EVENT_CODE_COUNT];
	struct blob *host; /* the last HOST frame's payload */
	bool stopped;	   /* the sink gave no room */
	bool again;	   /* RING_FRAME_AGAIN */
	bool capture;	   /* enrich_params.capture */
	bool in_snapshot, in_capture_start;
	uint64_t snapshot;     /* counts them */
	uint64_t snapshot_key; /* entries from here on are younger than its beginning */

	/* What may be wrong, and is asked for (enrich_again.c). */
	uint64_t gaps; /* counts those of state, from 1 */
	struct asks asks;
	uint64_t around_gap; /* everybody is looked at behind this one, */
	uint32_t around;     /* up to this entry so far */
	uint32_t ngone;	     /* threads that wait for their removal, at most */
	struct {
		uint64_t key; /* of the thread whose files are told just now: those that it had */
		struct fds fds;
	} stash;

	/* What the last event left to do before the next. */
	int64_t remove_tid; /* of a procexit; -1: none */
	uint64_t remove_key;
	int64_t close_tid, close_fd; /* of a close; fd -1: none */
	uint64_t close_key;

	/* Exits of the last seconds: a clone's end may come behind its child's. */
	struct {
		int64_t tid, ptid;
		uint64_t ts_ns;
	} exits[EXITS_REMEMBERED];
	unsigned next_exit;
	struct cgroups_memo cgroups_memo[CGROUPS_REMEMBERED];

	/* The turn. */
	struct raw_event ev;
	struct event_frame out;
	struct thread *th; /* whose event it is; NULL: nobody's */
	const struct turn_row *turn;
	bool name_changed;	  /* the event's file got a new name by it */
	struct enter_event enter; /* that belongs to this exit; code 0: none */
	uint8_t extra[16384];
	uint8_t *scratch; /* WIRE_MAX_PAYLOAD bytes */
	uint64_t server_ports[65536 / 64];
	uint8_t text[2 * PATH_CAP + NET_TEXT];
};

/* ---- parameters of the event at hand; what is missing is the default ---- */

static inline bool has_param(const struct enrich *en, unsigned i)
{
	return i < en->ev.nparams && en->ev.params[i].kind != PARAM_EMPTY;
}

static inline int64_t int_param(const struct enrich *en, unsigned i, int64_t missing)
{
	return i < en->ev.nparams && en->ev.params[i].kind == PARAM_INT ? en->ev.params[i].i
									: missing;
}

static inline uint64_t uint_param(const struct enrich *en, unsigned i)
{
	return (uint64_t)int_param(en, i, 0);
}

static inline struct span bytes_param(const struct enrich *en, unsigned i)
{
	return i < en->ev.nparams && en->ev.params[i].kind == PARAM_BYTES ? en->ev.params[i].s
									  : SPAN_NONE;
}

/* A string: what is missing reads "<NA>", as Falco has it. */
static inline struct span text_param(const struct enrich *en, unsigned i)
{
	if (!has_param(en, i) || en->ev.params[i].kind != PARAM_BYTES ||
	    span_is(en->ev.params[i].s, "(NULL)"))
		return span_str("<NA>");
	return en->ev.params[i].s;
}

static inline int64_t result_of(const struct enrich *en)
{
	return int_param(en, 0, -1);
}

/* ---- enrich_fold.c: the turn of an event ---- */

void fold_prepare(struct enrich *en); /* lays out the rows */

void fold_leftovers(struct enrich *en);			  /* what the last event left to do */
void thread_leaves(struct enrich *en, struct thread *th); /* it has ended */
void fold_event(struct enrich *en);
struct fds *event_fds(struct enrich *en);
const struct fd_slot *event_fd(struct enrich *en); /* its own descriptor's; NULL: not known */

/* Put FILE at FD of the event's process; it becomes the event's own descriptor. */
struct file *event_add_fd(struct enrich *en, int64_t fd, struct file *file, bool cloexec);

/* NAME seen from DIR, in en->text; valid until the next call. */
struct span event_path(struct enrich *en, struct span dir, struct span name);

/* The directory that NAME is relative to: fds or the working directory's name. */
struct span event_dir(struct enrich *en, int64_t dirfd, struct span name, uint8_t *buf);

/* Frames of the kernel's task iterators: other captures' business, never a thread's. */
static inline bool en_is_iterator(unsigned code)
{
	return code >= EVENT_ITER_TASK_E && code <= EVENT_ITER_TASK_FILE_ANON_INODE_E;
}

/* ---- who folds what ---- */

void fold_clone(struct enrich *en); /* fold_process.c */
void fold_exec(struct enrich *en);
void fold_exit(struct enrich *en);
void fold_identity(struct enrich *en); /* fold_task.c: ids, limits, capabilities, paths */
void (*fold_file(unsigned code))(struct enrich *en); /* fold_file.c; NULL: none of its events */
void fold_container(struct enrich *en);
void fold_socket(struct enrich *en);	 /* fold_socket.c */
void fold_io(struct enrich *en);	 /* fold_socket.c: send*, recv* */
void fold_read_write(struct enrich *en); /* fold_socket.c: of whatever else has data */

/* The thread's container, from its cgroups. */
void thread_find_container(struct enrich *en, struct thread *th);

/* Which pod C is in, of which a thread has these CGROUPS; it is asked about if nobody was. */
void container_find_pod(struct enrich *en, struct container *c,
			struct span cgroups); /* fold_pod.c */
void pods_sweep(struct enrich *en);

/* The first of its process namespace, whose container ID (held, and let go) was, is gone. */
void container_left_by_init(struct enrich *en, struct blob *id);

/* ---- enrich_heal.c: what the kernel knew ---- */

void heal_used(struct enrich *en); /* the descriptors that the event names, before it is folded */
uint8_t heal_l4(const struct kernel_file *k);
void heal_made(struct enrich *en); /* the one that it made, after that */
void heal_thread(struct enrich *en);
void heal_credentials(struct enrich *en);

/* ---- enrich_again.c: what is asked for ---- */

void again_thread(struct enrich *en);		/* the event's */
void again_file(struct enrich *en, int64_t fd); /* of the event's process */
void again_sweep(struct enrich *en);
void again_gone(struct enrich *en, struct thread *th); /* it was found gone */
void again_forget_asks(struct enrich *en);
int take_task_read(struct enrich *en, struct span payload);

/* TH's files are going to be told: what it had is kept meanwhile, for what the frames do not say. */
void again_stash_files(struct enrich *en, struct thread *th);
const struct fd_slot *again_stashed(const struct enrich *en, const struct thread *th, int64_t fd);
void again_drop_stash(struct enrich *en);

/* ---- enrich_out.c: frames ---- */

void emit_changes(struct enrich *en); /* PROCESS frames of all that changed */
void emit_gone(void *ctx, struct thread *th);
bool emit_event(struct enrich *en); /* false: it fits no frame */
void emit_payload(struct enrich *en, uint16_t type, struct span payload);
void emit_user(struct enrich *en, const struct user_frame *u);
void emit_group(struct enrich *en, const struct group_frame *g);
void emit_container(struct enrich *en, const struct container *c);
void emit_container_gone(struct enrich *en, const struct container *c);
void emit_pod(struct enrich *en, const struct pod *p);
void emit_pod_gone(struct enrich *en, const struct pod *p);
void emit_address(struct enrich *en, const struct address_frame *f);
void file_record(const struct enrich *en, const struct fds *fds, const struct fd_slot *slot,
		 struct file_info *ret);
/* All of F, as VERSION of KEY. */
ssize_t fields_encode(const struct thread_fields *f, uint64_t key, uint64_t version, uint8_t *buf,
		      size_t cap);
struct span extra_encode(struct enrich *en); /* enrich_extra.c */

/* ---- enrich_task.c: state frames of ring raw ---- */

int take_task(struct enrich *en, struct span payload);
int take_task_file(struct enrich *en, struct span payload);
void take_snapshot_begin(struct enrich *en);
void take_snapshot_end(struct enrich *en);

#endif
