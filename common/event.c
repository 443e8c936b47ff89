/* SPDX-License-Identifier: Apache-2.0
 *
 * event.c -- the tables behind event.h, laid out from the .def files.
 */
#include "event.h"

/* What stands in a PARAM's last column: a table of flags or a dirfd's index. */
enum {
	T_NONE = FLAG_TABLE_NONE,
	DIRFD_BASE = 128, /* above all flag tables */
	T_DIRFD_0 = DIRFD_BASE,
	T_DIRFD_1,
	T_DIRFD_2,
	T_DIRFD_3,
	/* Selectors of DYN parameters: the values carry them, no names belong to them. */
	T_sockopt_dynamic_param = FLAG_TABLE_NONE,
	T_ptrace_dynamic_param = FLAG_TABLE_NONE,
	T_bpf_dynamic_param = FLAG_TABLE_NONE,
	T_keyctl_dynamic_param = FLAG_TABLE_NONE,
#define FLAG_TABLE(table, flags) T_##table = FLAG_TABLE_##table,
#include "flag.def"
#undef FLAG_TABLE
};
_Static_assert((int)FLAG_TABLE_COUNT < (int)DIRFD_BASE, "flag tables end below the dirfd numbers");

#define PARAM(name, type, format, table)                                                           \
	{ name, PT_##type, PF_##format, T_##table >= DIRFD_BASE ? 0 : T_##table,                   \
	  T_##table >= DIRFD_BASE ? T_##table - DIRFD_BASE : -1 },
#define EVENT(code, sym, name, category, source, flags, generated, plist)                          \
	static const struct event_param params_##code[] = { plist{ 0 } };
#include "event.def"
#undef EVENT
#undef PARAM

#define PARAM(name, type, format, table) +1
static const struct event_info events[EVENT_CODE_COUNT] = {
#define EVENT(code, sym, name, category, source, flags, generated, plist)                          \
	[code] = { name,    EC_##category, ES_##source,	 GENERATED_##generated,                    \
		   0 plist, flags,	   params_##code },
#include "event.def"
#undef EVENT
};
#undef PARAM

#define FLAG(name, value)	{ name, value },
#define FLAG_TABLE(table, rows) static const struct flag flags_##table[] = { rows };
#include "flag.def"
#undef FLAG_TABLE
#undef FLAG

static const struct flag_table flag_tables[FLAG_TABLE_COUNT] = {
	[FLAG_TABLE_NONE] = { "", 0, NULL },
#define FLAG_TABLE(table, rows)                                                                    \
	[FLAG_TABLE_##table] = { #table, ARRAY_LEN(flags_##table), flags_##table },
#include "flag.def"
#undef FLAG_TABLE
};

static const struct syscall_info syscalls[SC_COUNT] = {
#define SYSCALL(sc, name, x86, arm64, event) [sc] = { #name, x86, arm64, EVENT_##event },
#include "syscall.def"
#undef SYSCALL
};

enum { NATIVE_MAX = 512 };

#pragma GCC diagnostic push
#ifdef __clang__
#pragma clang diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif
static const uint16_t native[NATIVE_MAX] = {
/* A row without a number here lands in the last slot, which no kernel uses. */
#if defined(__x86_64__)
#define SYSCALL(sc, name, x86, arm64, event) [(x86) < 0 ? NATIVE_MAX - 1 : (x86)] = sc,
#elif defined(__aarch64__)
#define SYSCALL(sc, name, x86, arm64, event) [(arm64) < 0 ? NATIVE_MAX - 1 : (arm64)] = sc,
#else
#error "mews knows the system calls of x86-64 and arm64"
#endif
#include "syscall.def"
#undef SYSCALL
};
#pragma GCC diagnostic pop

const struct event_info *event_info(unsigned code)
{
	return code < EVENT_CODE_COUNT ? &events[code] : NULL;
}

int event_param_index(unsigned code, struct span name)
{
	const struct event_info *info = event_info(code);

	if (info == NULL)
		return -1;
	for (int i = 0; i < info->nparams; i++)
		if (span_is(name, info->params[i].name))
			return i;
	return -1;
}

/* Type names, sizes in a capture, signs. */
static const struct {
	const char *name;
	uint8_t size;
	bool is_signed;
} types[PT_COUNT] = {
#define TYPE(t, size, sign) [PT_##t] = { #t, size, sign },
	TYPE(NONE, 0, false) TYPE(INT8, 1, true) TYPE(INT16, 2, true) TYPE(INT32, 4, true) TYPE(
		INT64, 8, true) TYPE(UINT8, 1, false) TYPE(UINT16, 2, false) TYPE(UINT32, 4, false)
		TYPE(UINT64, 8, false) TYPE(CHARBUF, 0, false) TYPE(BYTEBUF, 0, false) TYPE(
			ERRNO, 8, true) TYPE(SOCKADDR, 0, false) TYPE(SOCKTUPLE, 0,
								      false) TYPE(FD, 8, true)
			TYPE(PID, 8, true) TYPE(FDLIST, 0, false) TYPE(FSPATH, 0, false) TYPE(
				SYSCALLID, 2, false) TYPE(SIGTYPE, 1,
							  false) TYPE(RELTIME, 8,
								      false) TYPE(ABSTIME, 8, false)
				TYPE(PORT, 2, false) TYPE(FLAGS8, 1, false) TYPE(
					FLAGS16, 2,
					false) TYPE(FLAGS32, 4,
						    false) TYPE(ENUMFLAGS8, 1, false)
					TYPE(ENUMFLAGS16, 2, false) TYPE(ENUMFLAGS32, 4, false) TYPE(
						UID,
						4, false) TYPE(GID, 4,
							       false) TYPE(MODE, 4, false)
						TYPE(SIGSET, 4, false) TYPE(FD32, 4, true) TYPE(
							PID32,
							4, true) TYPE(BOOL, 4,
								      false) TYPE(DOUBLE, 8, true)
							TYPE(IPV4ADDR, 4, false) TYPE(
								IPV6ADDR, 16,
								false) TYPE(IPADDR,
									    0, false) TYPE(IPNET,
											   0, false)
								TYPE(DYN, 0, false) TYPE(
									FSRELPATH, 0,
									false) TYPE(CHARBUFARRAY, 0,
										    false)
									TYPE(CHARBUF_PAIR_ARRAY, 0,
									     false)
#undef TYPE
};

unsigned param_type_size(unsigned type)
{
	return type < PT_COUNT ? types[type].size : 0;
}

bool param_type_is_signed(unsigned type)
{
	return type < PT_COUNT && types[type].is_signed;
}

const char *param_type_name(unsigned type)
{
	return type < PT_COUNT ? types[type].name : "NONE";
}

const char *param_format_name(unsigned format)
{
	static const char *const names[] = {
		"NA", "DEC", "HEX", "10_PADDED_DEC", "OCT", "DIR", "ID"
	};

	return format < ARRAY_LEN(names) ? names[format] : "NA";
}

const char *event_flag_name(unsigned bit)
{
	static const char *const names[] = {
		"CREATES_FD",	 "DESTROYS_FD",	      "USES_FD",
		"READS_FROM_FD", "WRITES_TO_FD",      "MODIFIES_STATE",
		"WAITS",	 "SKIPPARSERESET",    "UNUSED",
		"OLD_VERSION",	 "CONVERTER_MANAGED", "LARGE_PAYLOAD"
	};

	return bit < ARRAY_LEN(names) ? names[bit] : NULL;
}

const char *event_category_name(unsigned category)
{
	static const char *const names[] = { "UNKNOWN",	 "OTHER",    "FILE",	 "NET",
					     "IPC",	 "MEMORY",   "PROCESS",	 "SLEEP",
					     "SYSTEM",	 "SIGNAL",   "USER",	 "TIME",
					     "IO_READ",	 "IO_WRITE", "IO_OTHER", "WAIT",
					     "SCHEDULER" };

	return category < ARRAY_LEN(names) ? names[category] : "UNKNOWN";
}

const struct flag_table *flag_table(unsigned id)
{
	return &flag_tables[id < FLAG_TABLE_COUNT ? id : FLAG_TABLE_NONE];
}

const struct syscall_info *syscall_info(unsigned sc)
{
	return sc < SC_COUNT && syscalls[sc].name != NULL ? &syscalls[sc] : NULL;
}

unsigned syscall_from_native(int nr)
{
	return nr >= 0 && nr < NATIVE_MAX - 1 ? native[nr] : 0;
}
