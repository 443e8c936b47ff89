/* SPDX-License-Identifier: Apache-2.0
 *
 * state_set.c -- the one table of state events; take a row out and its event is
 * collected only when a rule wants it.
 *
 * VITAL: who runs what, as whom, where.  These may use the ring's reserve, and
 * there are few of them next to what they matter.  LINEAGE: those of them that say
 * which processes there are, without which nothing can be said of any.
 * FILES: descriptor tables.  The kernel says which file is behind a descriptor at
 * each event, so a lost one mostly heals by itself, and a flood of them must not
 * eat the reserve.  They are here so that descriptors of programs that nobody
 * looked at when they opened them have their names, as with Falco.
 */
#include "state_set.h"

enum { NOT_STATE, LINEAGE, VITAL, FILES };

static const uint8_t rows[EVENT_CODE_COUNT] = {
	[EVENT_SYSCALL_EXECVE_19_X] = LINEAGE,
	[EVENT_SYSCALL_EXECVEAT_X] = LINEAGE,
	[EVENT_SYSCALL_CLONE_20_X] = LINEAGE,
	[EVENT_SYSCALL_FORK_20_X] = LINEAGE,
	[EVENT_SYSCALL_VFORK_20_X] = LINEAGE,
	[EVENT_SYSCALL_CLONE3_X] = LINEAGE,
	[EVENT_PROCEXIT_1_E] = LINEAGE,
	[EVENT_SYSCALL_SETUID_X] = VITAL,
	[EVENT_SYSCALL_SETGID_X] = VITAL,
	[EVENT_SYSCALL_SETREUID_X] = VITAL,
	[EVENT_SYSCALL_SETREGID_X] = VITAL,
	[EVENT_SYSCALL_SETRESUID_X] = VITAL,
	[EVENT_SYSCALL_SETRESGID_X] = VITAL,
	[EVENT_SYSCALL_CAPSET_X] = VITAL,
	[EVENT_SYSCALL_SETSID_X] = VITAL,
	[EVENT_SYSCALL_PRCTL_X] = VITAL,
	[EVENT_SYSCALL_UNSHARE_X] = VITAL,
	[EVENT_SYSCALL_SETNS_X] = VITAL,
	[EVENT_SYSCALL_CHDIR_X] = VITAL,
	[EVENT_SYSCALL_FCHDIR_X] = VITAL,
	[EVENT_SYSCALL_CHROOT_X] = VITAL,
	[EVENT_SYSCALL_SETRLIMIT_X] = VITAL,
	[EVENT_SYSCALL_PRLIMIT_X] = VITAL,

	[EVENT_SYSCALL_OPEN_X] = FILES,
	[EVENT_SYSCALL_OPENAT_2_X] = FILES,
	[EVENT_SYSCALL_OPENAT2_X] = FILES,
	[EVENT_SYSCALL_CREAT_X] = FILES,
	[EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X] = FILES,
	[EVENT_SYSCALL_CLOSE_X] = FILES,
	[EVENT_SYSCALL_CLOSE_RANGE_X] = FILES,
	[EVENT_SYSCALL_DUP_1_X] = FILES,
	[EVENT_SYSCALL_DUP2_X] = FILES,
	[EVENT_SYSCALL_DUP3_X] = FILES,
	[EVENT_SYSCALL_FCNTL_X] = FILES,
	[EVENT_SYSCALL_PIPE_X] = FILES,
	[EVENT_SYSCALL_PIPE2_X] = FILES,
	[EVENT_SYSCALL_MEMFD_CREATE_X] = FILES,
	[EVENT_SYSCALL_EVENTFD_X] = FILES,
	[EVENT_SYSCALL_EVENTFD2_X] = FILES,
	[EVENT_SYSCALL_SIGNALFD_X] = FILES,
	[EVENT_SYSCALL_SIGNALFD4_X] = FILES,
	[EVENT_SYSCALL_TIMERFD_CREATE_X] = FILES,
	[EVENT_SYSCALL_INOTIFY_INIT_X] = FILES,
	[EVENT_SYSCALL_INOTIFY_INIT1_X] = FILES,
	[EVENT_SYSCALL_EPOLL_CREATE_X] = FILES,
	[EVENT_SYSCALL_EPOLL_CREATE1_X] = FILES,
	[EVENT_SYSCALL_USERFAULTFD_X] = FILES,
	[EVENT_SYSCALL_IO_URING_SETUP_X] = FILES,
	[EVENT_SYSCALL_BPF_2_X] = FILES,
	[EVENT_SYSCALL_PIDFD_OPEN_X] = FILES,
	[EVENT_SYSCALL_PIDFD_GETFD_X] = FILES,
	[EVENT_SOCKET_SOCKET_X] = FILES,
	[EVENT_SOCKET_SOCKETPAIR_X] = FILES,
	[EVENT_SOCKET_BIND_X] = FILES,
	[EVENT_SOCKET_CONNECT_X] = FILES,
	[EVENT_SOCKET_ACCEPT_5_X] = FILES,
	[EVENT_SOCKET_ACCEPT4_6_X] = FILES,
};

enum ring_class state_set_class(unsigned code)
{
	bool vital = state_set_is_lineage(code) || (code < EVENT_CODE_COUNT && rows[code] == VITAL);

	return vital ? RING_STATE : RING_BULK;
}

bool state_set_matters(unsigned code)
{
	return code < EVENT_CODE_COUNT && rows[code] != NOT_STATE;
}

bool state_set_is_of_files(unsigned code)
{
	return code < EVENT_CODE_COUNT && rows[code] == FILES;
}

bool state_set_is_lineage(unsigned code)
{
	return code < EVENT_CODE_COUNT && rows[code] == LINEAGE;
}
