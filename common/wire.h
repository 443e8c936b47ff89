/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.h -- the frames that travel through the rings: their types, their
 * content as structs, and the functions that encode and decode them.
 *
 * Every payload is one msgpack array.  Arrays may grow at the end: a decoder
 * ignores elements that it does not know and takes missing ones for nil.
 * docs/wire.md is the specification.
 *
 * Encoding goes through msgpack-c's packer into memory that the caller gives
 * (mostly a ring's); it returns the length, or -ENOSPC.  Decoding trusts
 * nothing: it returns 0, or -EPROTO for anything that is not a well-formed
 * frame of that type; spans in the result point into the payload that was
 * given, and live as long as it does.  Neither allocates.  Pure functions: any
 * thread, each on its own data.
 */
#ifndef MEWS_WIRE_H
#define MEWS_WIRE_H

#include <sys/types.h>

#include "event.h"
#include "span.h"

/* A payload is never longer than this. */
#define WIRE_MAX_PAYLOAD (256u * 1024)

enum frame_type {
	FRAME_NONE,

	/* ring raw */
	FRAME_RAW_EVENT = 1, /* one event, as the kernel or a capture gave it */
	FRAME_TASK = 2,	     /* of a snapshot, or because it was asked for: one task */
	FRAME_TASK_FILE = 3, /* the same: one open file of a task */
	FRAME_TASK_READ = 4, /* all that was asked for is said: struct ring_ask */

	/* rings raw and enriched */
	FRAME_SNAPSHOT_BEGIN = 8, /* forget all state: what follows replaces it */
	FRAME_SNAPSHOT_END = 9,
	FRAME_GAP = 10,	 /* events are missing here */
	FRAME_HOST = 11, /* the machine and its network addresses */
	FRAME_USER = 12,
	FRAME_GROUP = 13,

	/* all rings */
	FRAME_END = 14, /* nothing follows: the capture is at its end */

	/* ring enriched */
	FRAME_PROCESS = 16, /* upsert of an entry of the thread table */
	FRAME_PROCESS_GONE = 17,
	FRAME_CONTAINER = 18, /* upsert */
	FRAME_CONTAINER_GONE = 19,
	FRAME_EVENT = 20, /* one event with what it refers to */
	FRAME_POD = 21,	  /* upsert: what Kubernetes says of a pod */
	FRAME_POD_GONE = 22,
	FRAME_ADDRESS = 23, /* upsert: the names that an address has */

	/* ring alerts */
	FRAME_ALERT = 32,

	/* ring captures */
	FRAME_CAPTURE = 40, /* a match of a rule that wants the events around it */

	FRAME_TYPE_COUNT
};

const char *frame_type_name(unsigned type); /* "RAW_EVENT"; "?" if there is none */

/* ---- parameters of events ---- */

enum param_kind {
	PARAM_EMPTY, /* nil: Falco's zero-length parameter */
	PARAM_INT,   /* all types of 1 to 8 bytes; signed ones sign-extended */
	PARAM_BYTES, /* all others, in Falco's encoding (compat: scap-format);
				 * strings without the NUL at the end */
};

struct param {
	uint8_t kind;
	union {
		uint64_t u;
		int64_t i;
		struct span s;
	};
};

/* ---- raw ---- */

enum {
	EVENT_STATE_ONLY = 1 << 0, /* changes state, is not shown to rules */
	EVENT_TRUNCATED = 1 << 1,  /* the kernel side had to cut a parameter */
	EVENT_COMPAT32 = 1 << 2,   /* a 32-bit system call */
	EVENT_HEARTBEAT = 1 << 3,  /* the collector's own, to see that it comes out; for no rule */
	EVENT_CAN_MUTE = 1 << 4, /* whoever wants no more like it can say so: ring_reader_mute() */
};

/* What the kernel knew of a file behind a descriptor at that moment. */
struct kernel_file {
	int64_t fd;
	uint32_t mode; /* S_IFMT and permission bits; 0: not known */
	uint32_t dev;  /* the kernel's user space form: new_encode_dev() */
	uint64_t ino;
	uint64_t mnt_id;
	struct span path;     /* as the kernel resolves it, "" if not known */
	struct span tuple;    /* sockets: Falco's SOCKTUPLE, local side first; else empty */
	uint16_t sock_family; /* AF_*; 0 if it is no socket, or not known */
	uint8_t sock_type, sock_proto; /* SOCK_*, IPPROTO_*; 0 if it is no socket */
	uint16_t nlink;		       /* names of the file, 65535 at most; 0: not known */
};

enum { EVENT_MORE_FILES = 2 };

struct raw_event {
	uint16_t code; /* enum event_code */
	uint16_t cpu;
	uint32_t flags;	  /* EVENT_* above */
	uint64_t ts_ns;	  /* since the epoch */
	uint64_t num;	  /* Falco's evt.num: counts all events of the source, from 1 */
	int64_t tid, pid; /* of the thread that made it; pid -1 if not known */

	/* Taken in the kernel; false and zeros when the source is a capture. */
	bool has_kernel;
	uint64_t start_ns;  /* the thread's start, CLOCK_BOOTTIME, rounded down to 10 ms as
			     * /proc has it: with tid its identity, in TASK frames too */
	uint64_t cgroup_id; /* cgroup v2 id */
	uint32_t uid, gid;  /* effective */
	uint32_t maker; /* of a new process that has its maker's parent: the tid of its maker; 0 */
	bool has_file;
	struct kernel_file file; /* means nothing if there is none */
	uint8_t nmore;		 /* further files, of its other descriptors */
	struct kernel_file more[EVENT_MORE_FILES];
	uint64_t
		mute; /* the collector's alone: what the kernel side knows its like by; 0: nothing */

	uint8_t nparams;
	struct param params[EVENT_MAX_PARAMS];
	struct span params_bytes; /* decoded: PARAMS as they stand in the frame; "" if none */
};

/* ---- the thread table ---- */

enum process_field {
#define PROC_I64(member, text)	 PROCESS_##member,
#define PROC_U64(member, text)	 PROCESS_##member,
#define PROC_BYTES(member, text) PROCESS_##member,
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	PROCESS_FIELD_COUNT
};

#define PROCESS_BIT(member) (UINT64_C(1) << PROCESS_##member)
#define PROCESS_ALL	    ((UINT64_C(1) << PROCESS_FIELD_COUNT) - 1)

struct process_info {
#define PROC_I64(member, text)	 int64_t member;
#define PROC_U64(member, text)	 uint64_t member;
#define PROC_BYTES(member, text) struct span member;
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
};

/* FRAME_TASK: INFO whole (container_id empty), and the kernel's identity. */
struct task_frame {
	uint64_t start_ns, cgroup_id; /* as in raw_event; 0 if not known */
	struct process_info info;
};

/* FRAME_PROCESS.  Fields whose bit is not in MASK are those of the entry BASE
 * (KEY itself for a change, the parent for a clone; 0: defaults, and then MASK
 * is PROCESS_ALL). */
struct process_frame {
	uint64_t key;	  /* never used twice by one enricher; never 0 */
	uint64_t version; /* of this entry, 1, 2, ...; an event names the one it saw */
	uint64_t base;
	uint64_t mask;
	struct process_info info; /* only the fields in MASK mean anything */
};

/* ---- open files ---- */

/* Falco's descriptor types, numbers as in .scap files. */
enum file_type {
	FILE_UNKNOWN,
	FILE_REGULAR,
	FILE_DIRECTORY,
	FILE_IPV4,
	FILE_IPV6,
	FILE_IPV4_SERVER,
	FILE_IPV6_SERVER,
	FILE_FIFO,
	FILE_UNIX,
	FILE_EVENT,
	FILE_UNSUPPORTED,
	FILE_SIGNALFD,
	FILE_EVENTPOLL,
	FILE_INOTIFY,
	FILE_TIMERFD,
	FILE_NETLINK,
	FILE_REGULAR_V2,
	FILE_BPF,
	FILE_USERFAULTFD,
	FILE_IO_URING,
	FILE_MEMFD,
	FILE_PIDFD,
	FILE_TYPE_COUNT
};

enum { L4_UNKNOWN, L4_NA, L4_TCP, L4_UDP, L4_ICMP, L4_RAW };

enum {
	FILE_ROLE_CLIENT = 1 << 0,
	FILE_ROLE_SERVER = 1 << 1,
	FILE_CONNECTED = 1 << 2,
	FILE_NAME_CHANGED = 1 << 3, /* by this very event */
	FILE_UPPER_LAYER = 1 << 4,
	FILE_LOWER_LAYER = 1 << 5,
	FILE_CLOEXEC = 1 << 6,
	FILE_CLONED = 1 << 7,
	FILE_SIP_LOCAL = 1 << 8, /* sip is an address of this machine or container */
	FILE_DIP_LOCAL = 1 << 9,
	FILE_HARD_LINKED = 1 << 10, /* it has several names */
};

/* An open descriptor as the descriptor table knows it. */
struct file_info {
	int64_t fd;
	uint8_t type;	     /* enum file_type; FILE_REGULAR_V2 is sent as FILE_REGULAR */
	uint8_t l4proto;     /* L4_* */
	uint16_t flags;	     /* FILE_* above */
	uint32_t open_flags; /* PPM_O_* */
	uint32_t dev;
	uint64_t ino;
	struct span name;     /* fd.name */
	struct span name_raw; /* as the program gave it; "" if there is none */
	/* ip sockets: client (or source) and server (or destination), network
	 * order, 4 or 16 bytes used; server sockets: dip:dport is the bound one.
	 * unix sockets: the kernel's pointers. */
	uint8_t sip[16], dip[16];
	uint16_t sport, dport; /* host order */
	uint64_t source, dest;
	uint64_t mnt_id;
	struct span resolved; /* the kernel's path, "" if not known */
};

struct task_file_frame {
	int64_t tid;
	struct file_info file;
};

/* ---- enriched events ---- */

/* Things that only some rules need; the evaluator wants them, then they ride in
 * EVENT frames.  Numbers are bits in struct wants. */
enum want_extra {
	WANT_FD_COUNT, /* uint: open descriptors of the process */
	WANT_STDIO,    /* array of 3: nil or [type, name] of descriptors 0, 1, 2 */
	WANT_FD_TYPES, /* array of uint: the distinct file types that are open */
	WANT_FDLIST,   /* poll: array of file records, each beginning with its fd */
	WANT_THREADS,  /* [live threads, live threads but the leader] */
	WANT_FD_NAMED, /* array of [fd, type]: of those that rules name, the ones that are open */
	WANT_EXTRA_COUNT
};

/* Which those are: a bit of the same word for each number that can be named. */
#define WANT_FD_FIRST 3
#define WANT_FD_LAST  42
#define WANT_FD_SHIFT 16
_Static_assert(WANT_EXTRA_COUNT <= WANT_FD_SHIFT, "each bit has one meaning");

/* All of that. */
#define WANT_EXTRAS ((UINT64_C(1) << (WANT_FD_SHIFT + WANT_FD_LAST - WANT_FD_FIRST + 1)) - 1)

/* 0: FD is none of these. */
static inline uint64_t want_fd(uint64_t fd)
{
	if (fd < WANT_FD_FIRST || fd > WANT_FD_LAST)
		return 0;
	return UINT64_C(1) << WANT_FD_NAMED | UINT64_C(1) << (fd - WANT_FD_FIRST + WANT_FD_SHIFT);
}

/* Nothing of an event's: the collector is to give all that it gives to ring tap, too. */
#define WANT_TAP (UINT64_C(1) << 63)

/* Nor these: whoever asks looks at what can be muted, and says what is.  For who needs to know later by which
 * name a file was opened, that is what was opened by the kernel's own name for it, which comes with later events,
 * too; with the second it is all. */
#define WANT_MUTES     (UINT64_C(1) << 61)
#define WANT_MUTES_ALL (UINT64_C(1) << 60)

/* Nor this: whoever asks for sockets looks at no streams of the families unix, inet and inet6. */
#define WANT_RARE_SOCKETS (UINT64_C(1) << 59)

/* Nor this: whoever asks for fcntl looks only at calls that duplicate a descriptor, and have. */
#define WANT_RARE_FCNTLS (UINT64_C(1) << 57)

/* Nor this: whoever asks looks at how much memory a process has, and is to be told of each change. */
#define WANT_MEMORY (UINT64_C(1) << 58)

/* Nor this: whoever asks keeps account of open descriptors for himself, and needs their ends. */
#define WANT_CLOSES (UINT64_C(1) << 62)

#define EVENT_MAX_FILES 6

struct event_frame {
	uint16_t code, cpu;
	uint32_t flags; /* EVENT_* */
	uint64_t ts_ns, num;
	uint64_t origin_generation, origin_seq; /* the raw frame: names the event for ever */
	uint64_t process;			/* key; 0: the event belongs to no entry */
	uint64_t version;			/* the entry's, at this event */
	int64_t tid;

	/* The event's own descriptor (Falco's m_lastevent_fd): -1 if the call
	 * failed, FD_NONE if the event has none. */
	int64_t fd;
	int8_t fd_file; /* which of FILES it is; -1: not in the table */

	/* The files behind the event's FD parameters and the directories behind
	 * its relative paths, each once. */
	uint8_t nfiles;
	struct file_info files[EVENT_MAX_FILES];

	struct span extra; /* msgpack map WANT_* -> value, or empty: wire_extra_*() */

	uint8_t nparams;
	struct param params[EVENT_MAX_PARAMS];
	/* To encode, not "": a raw event's params_bytes, which go out in PARAMS' place
	 * as they came.  Decoded, it is "". */
	struct span params_bytes;
};

#define FD_NONE INT64_MIN

/* ---- the rest ---- */

struct task_read_frame {
	int32_t tid, of; /* as it was asked */
	bool gone;
};

struct process_gone_frame {
	uint64_t key;
};

/* So many of what is missing are of this event, or of this processor. */
struct gap_part {
	uint16_t of;
	uint64_t count;
};

#define GAP_MAX_PARTS 48 /* the last one is GAP_OTHERS if there are more */
#define GAP_OTHERS    UINT16_MAX

struct gap_frame {
	uint8_t cause;		 /* enum gap_cause */
	uint64_t from_ns, to_ns; /* ns since the epoch, as far as known */
	uint64_t count;		 /* 0: nobody knows how many */
	uint64_t events; /* met since the gap before, or in the last second if that is longer ago */
	uint8_t ntypes, ncpus;
	struct gap_part types[GAP_MAX_PARTS]; /* by event code; together COUNT, or none */
	struct gap_part cpus[GAP_MAX_PARTS];
	bool doubt; /* state was made of what is missing: what is known of processes may be wrong */
};

enum gap_cause {
	GAP_NONE,
	GAP_KERNEL_BUFFER, /* the kernel's buffer was full */
	GAP_RING,	   /* ring raw was full */
	GAP_RESTART,	   /* the collector was started again */
	GAP_NOT_MADE,	   /* the kernel side could not make the record */
	GAP_PASSED_OVER,   /* the kernel did not call the kernel side */
	GAP_CAUSE_COUNT
};

struct interface_addr {
	bool is_ipv6;
	uint8_t addr[16], mask[16]; /* network order */
	struct span name;
};

#define HOST_MAX_ADDRS 1024 /* each container that runs may have one */

struct host_frame {
	struct span hostname;
	uint64_t boot_ts_ns; /* epoch */
	uint64_t memory_bytes;
	uint32_t num_cpus;
	uint16_t naddrs;
	struct interface_addr addrs[HOST_MAX_ADDRS];
	uint64_t first_event_ns; /* ring enriched: epoch; 0: no event yet */
};

struct user_frame {
	struct span container_id; /* "" is the host */
	uint32_t uid, gid;
	struct span name, home, shell;
	bool gone;
};

struct group_frame {
	struct span container_id;
	uint32_t gid;
	struct span name;
	bool gone;
};

/* Whether somebody who may know was asked about a container, or a pod, that nothing is known of
 * but who it is. */
enum container_wait {
	CONTAINER_NOT_AWAITED, /* all is told, or there is nobody to ask */
	CONTAINER_AWAITED,     /* an answer may come soon */
	CONTAINER_UNANSWERED,  /* none came, or it was that it is not known */
};

/* The identity is there from the first event, the rest when a runtime has told it. */
struct container_frame {
	struct span id; /* short, the key */
	struct span full_id;
	uint32_t type;	   /* Falco's numbers: docker 0, lxc 1, ... containerd 7, ... */
	bool has_metadata; /* false: only the identity is known, the rest is empty */
	struct span json;  /* one JSON object: members of Falco's container event */
	uint8_t wait;	   /* enum container_wait */
};

/* What Kubernetes says of a pod that is on this node. */
struct pod_frame {
	struct span uid; /* as control groups have it (pod_uid.h), the key */
	struct span
		json; /* one object: what enricher/metadata/kube_store.h puts together; "": it is
			   * not told */
	uint8_t wait; /* enum container_wait */
};

/* Of the names that rules ask for, those that ADDRESS has now; none: it has none of them any more. */
#define ADDRESS_MAX_NAMES 64
struct address_frame {
	struct span address; /* 4 or 16 bytes, network order: the key */
	uint8_t nnames;
	struct span names[ADDRESS_MAX_NAMES]; /* each is_host_name() */
};

/* The names that rules ask for; no frame: the evaluator says them beside its wants (ring_reader_say_names()). */
#define HOST_NAME_LONGEST 127
#define HOST_NAMES_MAX	  512
struct host_names {
	uint16_t n;
	struct span name[HOST_NAMES_MAX];
};

/* Can S be asked of a resolver: letters, digits, '-', '_' and dots, HOST_NAME_LONGEST at most. */
bool is_host_name(struct span s);

/* One event's alert by one rule. */
enum alert_value_kind {
	ALERT_NULL,
	ALERT_STRING,
	ALERT_INT,
	ALERT_UINT,
	ALERT_BOOL,
	ALERT_DOUBLE,
	ALERT_LIST,
};

struct alert_value {
	uint8_t kind; /* enum alert_value_kind */
	union {
		struct span s; /* STRING: bytes; LIST: a msgpack array of scalars */
		int64_t i;
		uint64_t u;
		double d;
		bool b;
	};
};

struct alert_field {
	struct span name;
	struct alert_value value;
};

/* One of the processes that an alert's event comes from. */
struct alert_process {
	int64_t pid;
	uint32_t uid;
	struct span name, exepath, cmdline; /* the last may be cut */
};

#define ALERT_MAX_FIELDS  512 /* more than there are: a format may name them all */
#define ALERT_MAX_TAGS	  64
#define ALERT_MAX_LINEAGE 16
#define ALERT_MAX_PLACE	  8

/* The ring frame's flag: alerts of younger events may have gone before it. */
#define ALERT_FRAME_LATE      (1u << 1)
/* It is a heartbeat: of an event with EVENT_HEARTBEAT, and no rule's. */
#define ALERT_FRAME_HEARTBEAT (1u << 2)

struct alert_frame {
	/* What tells doubles: the same event and rule give the same three numbers. */
	uint64_t origin_generation, origin_seq;
	uint32_t rule_index;
	uint8_t priority; /* 0 emergency ... 7 debug */
	uint64_t ts_ns;	  /* the event's */
	struct span rule, source;
	struct span message; /* the output, fields filled in, without time and priority */
	uint8_t ntags;
	uint16_t nfields;
	struct span tags[ALERT_MAX_TAGS];
	struct alert_field fields[ALERT_MAX_FIELDS]; /* output_fields, any order */
	struct span ruleset; /* SHA-256 of the rules in force; "": no rule made it */
	/* The event's process, its parent, and so on; fields of its container and pod: only where
	 * somebody is to see them, and in no output. */
	uint8_t nlineage, nplace;
	struct alert_process lineage[ALERT_MAX_LINEAGE];
	struct alert_field place[ALERT_MAX_PLACE]; /* ALERT_STRING */
};

/* Record from this event on for a while. */
struct capture_frame {
	uint64_t ts_ns, num; /* the event's */
	int64_t tid;
	uint64_t duration_ns;
	struct span rule;
};

/* ---- encode, decode: side by side in wire_RING.c ----
 *
 * Encoders also return -EINVAL for a struct that breaks its own bounds.  After
 * an error RET's content means nothing; elements of an array behind its count
 * (params, files, tags, ...) are never written.  An ALERT_INT that is not
 * negative comes back as ALERT_UINT.  Only the bytes of an address that its
 * file's type uses travel. */

ssize_t wire_encode_raw_event(uint8_t *buf, size_t cap, const struct raw_event *ev);
int wire_decode_raw_event(struct span payload, struct raw_event *ret);

ssize_t wire_encode_task(uint8_t *buf, size_t cap, const struct task_frame *f);
int wire_decode_task(struct span payload, struct task_frame *ret);

ssize_t wire_encode_task_file(uint8_t *buf, size_t cap, const struct task_file_frame *f);
int wire_decode_task_file(struct span payload, struct task_file_frame *ret);

ssize_t wire_encode_process(uint8_t *buf, size_t cap, const struct process_frame *f);
int wire_decode_process(struct span payload, struct process_frame *ret);

ssize_t wire_encode_process_gone(uint8_t *buf, size_t cap, const struct process_gone_frame *f);
int wire_decode_process_gone(struct span payload, struct process_gone_frame *ret);

ssize_t wire_encode_event(uint8_t *buf, size_t cap, const struct event_frame *f);
int wire_decode_event(struct span payload, struct event_frame *ret);

ssize_t wire_encode_task_read(uint8_t *buf, size_t cap, const struct task_read_frame *f);
int wire_decode_task_read(struct span payload, struct task_read_frame *ret);

ssize_t wire_encode_gap(uint8_t *buf, size_t cap, const struct gap_frame *f);
int wire_decode_gap(struct span payload, struct gap_frame *ret);

ssize_t wire_encode_host(uint8_t *buf, size_t cap, const struct host_frame *f);
int wire_decode_host(struct span payload, struct host_frame *ret);

ssize_t wire_encode_user(uint8_t *buf, size_t cap, const struct user_frame *f);
int wire_decode_user(struct span payload, struct user_frame *ret);

ssize_t wire_encode_group(uint8_t *buf, size_t cap, const struct group_frame *f);
int wire_decode_group(struct span payload, struct group_frame *ret);

ssize_t wire_encode_container(uint8_t *buf, size_t cap, const struct container_frame *f);
int wire_decode_container(struct span payload, struct container_frame *ret);

ssize_t wire_encode_pod(uint8_t *buf, size_t cap, const struct pod_frame *f);
int wire_decode_pod(struct span payload, struct pod_frame *ret);

ssize_t wire_encode_address(uint8_t *buf, size_t cap, const struct address_frame *f);
int wire_decode_address(struct span payload, struct address_frame *ret);

ssize_t wire_encode_host_names(uint8_t *buf, size_t cap, const struct host_names *names);
int wire_decode_host_names(struct span payload, struct host_names *ret);

ssize_t wire_encode_alert(uint8_t *buf, size_t cap, const struct alert_frame *f);
int wire_decode_alert(struct span payload, struct alert_frame *ret);

ssize_t wire_encode_capture(uint8_t *buf, size_t cap, const struct capture_frame *f);
int wire_decode_capture(struct span payload, struct capture_frame *ret);

/* SNAPSHOT_BEGIN, SNAPSHOT_END, END: an empty array.  CONTAINER_GONE: [id], POD_GONE: [uid]. */
ssize_t wire_encode_empty(uint8_t *buf, size_t cap);
ssize_t wire_encode_container_gone(uint8_t *buf, size_t cap, struct span id);
int wire_decode_container_gone(struct span payload, struct span *ret_id);
ssize_t wire_encode_pod_gone(uint8_t *buf, size_t cap, struct span uid);
int wire_decode_pod_gone(struct span payload, struct span *ret_uid);

int wire_decode_empty(struct span payload);

/* An upper bound of the encoded length: what to reserve in a ring. */
size_t wire_raw_event_bound(const struct raw_event *ev);
size_t wire_task_bound(const struct task_frame *f);
size_t wire_task_file_bound(const struct task_file_frame *f);
size_t wire_event_bound(const struct event_frame *f);
size_t wire_process_bound(const struct process_frame *f);
size_t wire_host_bound(const struct host_frame *f);
size_t wire_user_bound(const struct user_frame *f);
size_t wire_group_bound(const struct group_frame *f);
size_t wire_container_bound(const struct container_frame *f);
size_t wire_pod_bound(const struct pod_frame *f);
size_t wire_address_bound(const struct address_frame *f);
size_t wire_alert_bound(const struct alert_frame *f);
size_t wire_capture_bound(const struct capture_frame *f);
#define WIRE_GAP_BOUND 1280 /* of any */

static inline size_t wire_gap_bound(const struct gap_frame *f)
{
	return 64 + 12 * ((size_t)f->ntypes + f->ncpus);
}

#define WIRE_PROCESS_GONE_BOUND 16
#define WIRE_TASK_READ_BOUND	32
#define WIRE_EMPTY_BOUND	1

/* ---- the extras of an EVENT ---- */

/* Builds the map, in memory of the caller, one put per WANT_* at most.  It must
 * live until the event is encoded. */
struct wire_extra {
	uint8_t *start, *p, *end;
	unsigned count;
	bool full;
};

/* A standard descriptor of the process. */
struct wire_stdio {
	bool is_open;
	uint8_t type; /* enum file_type */
	struct span name;
};

/* A descriptor of the process that is open. */
struct wire_fd_type {
	uint64_t fd;
	uint8_t type; /* enum file_type */
};

void wire_extra_begin(struct wire_extra *x, uint8_t *buf, size_t cap);
void wire_extra_put_fd_count(struct wire_extra *x, uint64_t count);
void wire_extra_put_stdio(struct wire_extra *x, const struct wire_stdio stdio[static 3]);
void wire_extra_put_fd_types(struct wire_extra *x, uint32_t types); /* bit per file_type */
void wire_extra_put_fdlist(struct wire_extra *x, const struct file_info *files, size_t n);
void wire_extra_put_threads(struct wire_extra *x, uint64_t live, uint64_t live_but_leader);
void wire_extra_put_fd_named(struct wire_extra *x, const struct wire_fd_type *fds, size_t n);
/* For event_frame.extra; empty if there is nothing in it or no room. */
struct span wire_extra_end(struct wire_extra *x);

/* Look one up in a decoded event's extras.  False: not there, or nonsense; RET
 * is written on success only. */
bool wire_extra_get_fd_count(struct span extra, uint64_t *ret);
bool wire_extra_get_stdio(struct span extra, struct wire_stdio ret[static 3]);
bool wire_extra_get_fd_types(struct span extra, uint32_t *ret_types);
bool wire_extra_get_threads(struct span extra, uint64_t *ret_live, uint64_t *ret_live_but_leader);
bool wire_extra_get_fd_named(struct span extra, uint64_t fd, uint8_t *ret_type);
/* The first CAP records: how many, -ENOENT or -EPROTO. */
ssize_t wire_extra_get_fdlist(struct span extra, struct file_info *ret, size_t cap);

#endif
