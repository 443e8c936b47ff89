/* SPDX-License-Identifier: Apache-2.0
 *
 * event.h -- the event kinds and their parameters, as tables made from
 * event.def, flag.def and syscall.def.  Codes, names, types and values are
 * Falco's (schema 4.5), so that rules and captures mean the same here.
 * All is constant data: any thread may read it.
 */
#ifndef MEWS_EVENT_H
#define MEWS_EVENT_H

#include "span.h"

/* What Falco says of its events' schema where no driver is open: the oldest that it takes. */
#define EVENT_SCHEMA "4.3.0"

/* EVENT_SYSCALL_OPEN_X = 3, ... */
enum event_code {
#define EVENT(code, sym, ...) EVENT_##sym = code,
#include "event.def"
#undef EVENT
	EVENT_CODE_COUNT
};
_Static_assert(EVENT_CODE_COUNT == 454, "the event table is Falco's, whole");

/* Falco's numbers of system calls: SC_OPENAT, ... */
enum syscall_code {
#define SYSCALL(sc, name, x86, arm64, event) SC_##name = sc,
#include "syscall.def"
#undef SYSCALL
	SC_COUNT
};

enum param_type {
	PT_NONE,
	PT_INT8,
	PT_INT16,
	PT_INT32,
	PT_INT64,
	PT_UINT8,
	PT_UINT16,
	PT_UINT32,
	PT_UINT64,
	PT_CHARBUF, /* bytes, a NUL last */
	PT_BYTEBUF,
	PT_ERRNO, /* int64: result, negative errno */
	PT_SOCKADDR,
	PT_SOCKTUPLE,
	PT_FD,	/* int64 */
	PT_PID, /* int64 */
	PT_FDLIST,
	PT_FSPATH,    /* CHARBUF that is a path */
	PT_SYSCALLID, /* uint16: enum syscall_code */
	PT_SIGTYPE,   /* uint8 */
	PT_RELTIME,
	PT_ABSTIME, /* uint64, ns */
	PT_PORT,    /* uint16, host order */
	PT_FLAGS8,
	PT_FLAGS16,
	PT_FLAGS32,
	PT_ENUMFLAGS8,
	PT_ENUMFLAGS16,
	PT_ENUMFLAGS32,
	PT_UID,
	PT_GID,
	PT_MODE,
	PT_SIGSET,
	PT_FD32,
	PT_PID32,
	PT_BOOL, /* 32 bit */
	PT_DOUBLE,
	PT_IPV4ADDR,
	PT_IPV6ADDR,
	PT_IPADDR,
	PT_IPNET,     /* only fields have these */
	PT_DYN,	      /* selector byte, then a value of the selected type */
	PT_FSRELPATH, /* FSPATH relative to the fd in parameter `dirfd` */
	PT_CHARBUFARRAY,
	PT_CHARBUF_PAIR_ARRAY,
	PT_COUNT
};

enum param_format { PF_NA, PF_DEC, PF_HEX, PF_10_PADDED_DEC, PF_OCT, PF_DIR, PF_ID };

enum event_category {
	EC_UNKNOWN,
	EC_OTHER,
	EC_FILE,
	EC_NET,
	EC_IPC,
	EC_MEMORY,
	EC_PROCESS,
	EC_SLEEP,
	EC_SYSTEM,
	EC_SIGNAL,
	EC_USER,
	EC_TIME,
	EC_IO_READ,
	EC_IO_WRITE,
	EC_IO_OTHER,
	EC_WAIT,
	EC_SCHEDULER,
};

enum event_source {
	ES_NONE,
	ES_SYSCALL,
	ES_TRACEPOINT,
	ES_METAEVENT,
	ES_PLUGIN,
	ES_ITER,
};

enum {
	EF_CREATES_FD = 1 << 0,
	EF_DESTROYS_FD = 1 << 1,
	EF_USES_FD = 1 << 2,
	EF_READS_FROM_FD = 1 << 3,
	EF_WRITES_TO_FD = 1 << 4,
	EF_MODIFIES_STATE = 1 << 5,
	EF_WAITS = 1 << 6,
	EF_SKIPPARSERESET = 1 << 7,
	EF_UNUSED = 1 << 8,
	EF_OLD_VERSION = 1 << 9,
	EF_CONVERTER_MANAGED = 1 << 10,
	EF_LARGE_PAYLOAD = 1 << 11,
};

enum event_generated { GENERATED_NEVER, GENERATED_OLD, GENERATED_NOW };

#define EVENT_MAX_PARAMS 32

struct event_param {
	const char *name;
	uint8_t type;	/* enum param_type */
	uint8_t format; /* enum param_format */
	uint8_t table;	/* enum flag_table_id, FLAG_TABLE_NONE if it has none */
	int8_t dirfd;	/* FSRELPATH: index of the directory's parameter; else -1 */
};

struct event_info {
	const char *name;
	uint8_t category, source, generated;
	uint8_t nparams;
	uint32_t flags; /* EF_* */
	const struct event_param *params;
};

/* The row of CODE; NULL if there is no such code. */
const struct event_info *event_info(unsigned code);

static inline bool event_is_exit(unsigned code)
{
	return code & 1;
}

/* Index of the parameter NAME of event CODE; -1 if it has none. */
int event_param_index(unsigned code, struct span name);

/* Bytes of a value of TYPE in a capture or record: 1, 2, 4, 8, 16; 0: variable. */
unsigned param_type_size(unsigned type);
bool param_type_is_signed(unsigned type);
const char *param_type_name(unsigned type);
const char *param_format_name(unsigned format);

/* "USES_FD", ... of the bit number BIT; NULL: there is none. */
const char *event_flag_name(unsigned bit);
const char *event_category_name(unsigned category);

/* ---- flags ---- */

enum flag_table_id {
	FLAG_TABLE_NONE,
#define FLAG_TABLE(table, flags) FLAG_TABLE_##table,
#include "flag.def"
#undef FLAG_TABLE
	FLAG_TABLE_COUNT
};

struct flag {
	const char *name;
	uint32_t value;
};

struct flag_table {
	const char *name;
	unsigned count;
	const struct flag *flags; /* in the order in which names are tried */
};

/* The table ID; an empty one for FLAG_TABLE_NONE and numbers out of range. */
const struct flag_table *flag_table(unsigned id);

/* ---- system calls ---- */

struct syscall_info {
	const char *name;
	int16_t x86_64_nr, aarch64_nr; /* -1: not there */
	uint16_t exit_event;	       /* EVENT_GENERIC_X if it has no event of its own */
};

/* The row of Falco's number SC; NULL if there is none. */
const struct syscall_info *syscall_info(unsigned sc);

/* A system call without an event of its own: its exit makes a generic one, and it
 * goes by its own name.  (Two numbers are no system call.) */
static inline bool syscall_is_generic(unsigned sc)
{
	const struct syscall_info *s = syscall_info(sc);

	return s != NULL && s->exit_event == EVENT_GENERIC_X && sc != SC_unknown && sc != SC_na_1;
}

/* Falco's number for a native system call number of this machine's
 * architecture; 0 (unknown) if it has none. */
unsigned syscall_from_native(int nr);

#endif
