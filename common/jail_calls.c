/* SPDX-License-Identifier: Apache-2.0
 *
 * jail_calls.c -- see jail_calls.h.
 */
#include "jail_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "jail_rules.h"

static int allow(scmp_filter_ctx f, const struct jail_rule *r)
{
	struct scmp_arg_cmp cmp = {
		.arg = r->arg == JAIL_ANY ? 0 : (unsigned)r->arg,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = r->mask,
		.datum_b = r->is_self ? (uint64_t)getpid() : r->value,
	};

	return r->nr < 0
		       ? 0
		       : seccomp_rule_add_array(f, SCMP_ACT_ALLOW, r->nr, r->arg != JAIL_ANY, &cmp);
}

static int fill(scmp_filter_ctx f, unsigned row)
{
	int err = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);

	if (err == 0) /* the kernel's audit says what was refused, where it is on */
		(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_LOG, 1);
	for (unsigned i = 0; i < ARRAY_LEN(jail_rules) && err == 0; i++)
		if ((jail_rules[i].rows & 1u << row) != 0)
			err = allow(f, &jail_rules[i]);
	for (unsigned i = 0; i < ARRAY_LEN(jail_deadly) && err == 0; i++)
		if (jail_deadly[i] >= 0)
			err = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, jail_deadly[i], 0);
	/* By the other filter. */
	return err == 0 ? seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone3), 0) : err;
}

/* The library starts threads by the older call when it hears that this one is not there: that one's flags can be
 * looked at.  It asks for each thread, which is no news: so a filter of its own, of which the audit hears nothing. */
static int fill_quiet(scmp_filter_ctx f, unsigned row)
{
	(void)row;
	return seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int load(uint32_t otherwise, int (*filled)(scmp_filter_ctx f, unsigned row), unsigned row)
{
	scmp_filter_ctx f = seccomp_init(otherwise);
	int err;

	if (f == NULL)
		return -ENOMEM;
	err = filled(f, row);
	if (err == 0)
		err = seccomp_load(f);
	seccomp_release(f);
	return err;
}

int jail_calls_enter(unsigned row)
{
	int err;

	/* A kernel that can finds no filter at this address; one that cannot does not look. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == -1 && errno == EINVAL)
		return -EOPNOTSUPP;
	err = load(SCMP_ACT_ALLOW, fill_quiet, row);
	return err == 0 ? load(SCMP_ACT_ERRNO(EPERM), fill, row) : err;
}
