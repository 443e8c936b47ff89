/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel_calls.c -- the system calls that the live collector makes by number, and those that libbpf makes for it:
 * a program's syscall() stands before that of the C library for its libraries as well.  So each program, each map and
 * each link can be refused by the kernel alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault.h"
#include "span.h"

typedef long call_fn(long number, long a, long b, long c, long d, long e, long f);

/* The C library's. */
static call_fn *real_syscall(void)
{
	static _Atomic(call_fn *) found;
	call_fn *ret = atomic_load(&found);

	if (ret == NULL) {
		ret = (call_fn *)(uintptr_t)dlsym(RTLD_NEXT, "syscall");
		if (ret == NULL)
			abort();
		atomic_store(&found, ret);
	}
	return ret;
}

/* What it is about: the name of the program or map, else the command. */
static void describe(char *to, size_t cap, long command, const union bpf_attr *attr)
{
	if (command == BPF_PROG_LOAD)
		snprintf(to, cap, "load %.15s", attr->prog_name);
	else if (command == BPF_MAP_CREATE)
		snprintf(to, cap, "map %.15s", attr->map_name);
	else
		snprintf(to, cap, "command %ld", command);
}

long syscall(long number, ...)
{
	char what[FAULT_WHAT] = "";
	long a[6];
	va_list ap;
	int err = 0;

	va_start(ap, number);
	for (unsigned i = 0; i < ARRAY_LEN(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_bpf) {
		describe(what, sizeof(what), a[0], (const union bpf_attr *)(uintptr_t)a[1]);
		err = fault_at(FAULT_bpf, __builtin_return_address(0), what);
	} else if (number == SYS_getdents64) {
		err = fault_at(FAULT_getdents64, __builtin_return_address(0), what);
	}
	if (err != 0) {
		errno = err;
		return -1;
	}
	return real_syscall()(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
