/* SPDX-License-Identifier: Apache-2.0
 *
 * jail_calls.h -- the system calls that are left of a stage behind its jail: jail_calls.def as
 * a seccomp filter, for this and all further threads, for good.  Shell.
 *
 * A call that the table does not have is refused with EPERM, and the kernel's audit says so: a
 * stage that needs it on some other machine is degraded and not dead.  What no stage ever needs and
 * every attacker wants (DEADLY there) ends the process by SIGSYS.
 */
#ifndef MEWS_JAIL_CALLS_H
#define MEWS_JAIL_CALLS_H

/* ROW: as of jail_enter(), behind which this is called, with no_new_privs and one thread.  -EOPNOTSUPP: this kernel
 * has no seccomp filters; other negative errno: it failed, and the process must end. */
int jail_calls_enter(unsigned row);

#endif
