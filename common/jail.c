/* SPDX-License-Identifier: Apache-2.0
 *
 * jail.c -- one table with a row per stage, and the steps into the jail in the
 * only order that works.  Everything here is for a process with one thread;
 * nothing of it can be undone afterwards.
 */
#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "jail.h"

#define GROUP_NAME "mews"
#define GROUP_ID   64860 /* where there is no such group */
#define KEEP_MAX   4

#ifndef PR_SET_MDWE
#define PR_SET_MDWE		 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/* Whose network is left. */
enum network {
	NETWORK_NONE,  /* a namespace of its own, with nothing in it; sockets with a path work */
	NETWORK_ASKED, /* that of the host if the settings need it */
	NETWORK_HOST,
};

struct row {
	const char *user;
	uid_t uid;	 /* where there is no such user */
	rlim_t max_open; /* descriptors */
	enum network network;
	unsigned nkeep;
	cap_value_t keep[KEEP_MAX];
};

static const struct row rows[JAIL_ROW_COUNT] = {
	/* Programs and maps; trace points; /proc/PID of others: its links, its files' names.  The host's
	 * sockets are asked for by netlink, which knows those of the own network alone. */
	[STAGE_COLLECTOR] = { "mews-collector",
			      64860,
			      8192,
			      NETWORK_HOST,
			      4,
			      { CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH } },
	[STAGE_ENRICHER] = { "mews-enricher", 64861, 1024, NETWORK_ASKED, 0, { 0 } },
	[STAGE_EVALUATOR] = { "mews-evaluator", 64862, 256, NETWORK_NONE, 0, { 0 } },
	[STAGE_EMITTER] = { "mews-emitter", 64863, 4096, NETWORK_ASKED, 0, { 0 } },
	[STAGE_RECORDER] = { "mews-recorder", 64864, 256, NETWORK_NONE, 0, { 0 } },
	[JAIL_RUNNER] = { "mews-emitter", 64863, RLIM_INFINITY, NETWORK_HOST, 0, { 0 } },
	[JAIL_REPLAY] = { "mews-collector", 64860, 256, NETWORK_NONE, 0, { 0 } },
};

static struct jail_identity look_up(const struct row *row)
{
	const struct passwd *pw = getpwnam(row->user);
	uid_t uid = pw == NULL ? row->uid : pw->pw_uid;
	const struct group *gr = getgrnam(GROUP_NAME);

	return (struct jail_identity){ uid, gr == NULL ? GROUP_ID : gr->gr_gid };
}

/* Looked up once, by the one thread that there is before the jail: behind it there may be no file to
 * look into. */
static struct jail_identity identity_of_row(unsigned row)
{
	static struct jail_identity known[JAIL_ROW_COUNT];

	if (known[STAGE_COLLECTOR].uid == 0)
		for (unsigned i = STAGE_NONE + 1; i < JAIL_ROW_COUNT; i++)
			known[i] = look_up(&rows[i]);
	return known[row];
}

const char *jail_user(enum stage_id stage)
{
	return rows[stage].user;
}

uid_t jail_fallback_uid(enum stage_id stage)
{
	return rows[stage].uid;
}

const char *jail_group(void)
{
	return GROUP_NAME;
}

struct jail_identity jail_identity(enum stage_id stage)
{
	uid_t self = geteuid();
	struct jail_identity ret = { self, getegid() };

	if (stage <= STAGE_NONE || stage >= STAGE_COUNT)
		return ret;
	for (unsigned i = STAGE_NONE + 1; i < STAGE_COUNT; i++)
		if (self == 0 || self == identity_of_row(i).uid)
			return identity_of_row(stage);
	return ret;
}

/* What no process here ever gets back: the bounding set goes as far as this
 * kernel knows capabilities; one that is missing already is no error. */
static int drop_bounding_set(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (prctl(PR_CAPBSET_READ, cap) == 1 && prctl(PR_CAPBSET_DROP, cap) == -1)
			return -errno;
	return 0;
}

static int lock_securebits(void)
{
	unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
			     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED | SECBIT_KEEP_CAPS;

	return prctl(PR_SET_SECUREBITS, bits) == -1 ? -errno : 0;
}

/* Memory that was written never becomes code.  A kernel before 6.3 cannot say so; the system calls'
 * filter says it there. */
static void refuse_exec_gain(void)
{
	(void)prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
}

/* No image of what was seen is left behind, and no more is opened than it takes. */
static int limit(const struct row *row)
{
	const struct rlimit core = { 0, 0 };
	struct rlimit open;

	if (getrlimit(RLIMIT_NOFILE, &open) == -1)
		return -errno;
	open.rlim_max = row->max_open < open.rlim_max ? row->max_open : open.rlim_max;
	open.rlim_cur = open.rlim_max;
	return setrlimit(RLIMIT_CORE, &core) == -1 || setrlimit(RLIMIT_NOFILE, &open) == -1 ? -errno
											    : 0;
}

/* Who may not make namespaces (in a container, say) has what the container has; the filter of
 * system calls leaves no socket of the network either way. */
static int leave_network(const struct row *row, bool is_needed)
{
	if (row->network == NETWORK_HOST || (row->network == NETWORK_ASKED && is_needed))
		return 0;
	if (unshare(CLONE_NEWNET | CLONE_NEWIPC) == -1 && errno != EPERM && errno != EINVAL &&
	    errno != ENOSPC)
		return -errno;
	return 0;
}

static int become(struct jail_identity id, const struct jail_groups *groups)
{
	gid_t all[1 + JAIL_GROUPS_MAX] = { id.gid };
	size_t n = 1;

	for (unsigned i = 0; i < groups->count && i < JAIL_GROUPS_MAX; i++)
		all[n++] = groups->gid[i];
	if (setgroups(n, all) == -1 || setresgid(id.gid, id.gid, id.gid) == -1 ||
	    setresuid(id.uid, id.uid, id.uid) == -1)
		return -errno;
	return 0;
}

/* Keep what the row says as far as it is there; nothing is inherited. */
static int keep_capabilities(const struct row *row)
{
	cap_t now = cap_get_proc(), want = cap_init();
	cap_flag_value_t have;
	int err = -ENOMEM;

	if (now == NULL || want == NULL)
		goto done;
	for (unsigned i = 0; i < row->nkeep; i++) {
		if (cap_get_flag(now, row->keep[i], CAP_PERMITTED, &have) == -1 || have != CAP_SET)
			continue;
		if (cap_set_flag(want, CAP_PERMITTED, 1, &row->keep[i], CAP_SET) == -1 ||
		    cap_set_flag(want, CAP_EFFECTIVE, 1, &row->keep[i], CAP_SET) == -1)
			goto done;
	}
	/* Who was started with that and no more may be forbidden to ask. */
	err = cap_compare(now, want) == 0 || cap_set_proc(want) != -1 ? 0 : -errno;
done:
	cap_free(now);
	cap_free(want);
	return err;
}

/* The capabilities that the operator of a process that is not root may still
 * hold are let go alike; the bounding set needs CAP_SETPCAP and stays. */
static int enter_unprivileged(const struct row *row, bool needs_network)
{
	int err = leave_network(row, needs_network);

	if (err < 0)
		return err;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 && errno != EINVAL)
		return -errno;
	(void)drop_bounding_set();
	return keep_capabilities(row);
}

static int enter_privileged(unsigned number, const struct jail_wants *wants)
{
	const struct row *row = &rows[number];
	struct jail_identity id = identity_of_row(number);
	int err;

	if (id.uid == 0 || id.gid == 0)
		return -EPERM; /* a stage's user that is root is no jail */
	if ((err = leave_network(row, wants->network)) < 0 || (err = drop_bounding_set()) < 0 ||
	    (err = lock_securebits()) < 0 || (err = become(id, &wants->groups)) < 0 ||
	    (err = keep_capabilities(row)) < 0)
		return err;
	if (prctl(PR_SET_KEEPCAPS, 0) == -1)
		return -errno;
	/* Trust nothing: the way back must be shut. */
	if (setresuid(0, 0, 0) != -1 || geteuid() != id.uid || getuid() != id.uid)
		return -EPERM;
	return 0;
}

int jail_enter(unsigned row, const struct jail_wants *wants)
{
	static const struct jail_wants nothing;
	int err;

	if (row <= STAGE_NONE || row >= JAIL_ROW_COUNT || rows[row].user == NULL)
		return -EINVAL;
	if (wants == NULL)
		wants = &nothing;
	(void)identity_of_row(row);
	err = geteuid() == 0 ? enter_privileged(row, wants)
			     : enter_unprivileged(&rows[row], wants->network);
	if (err < 0 || (row != JAIL_RUNNER && (err = limit(&rows[row])) < 0))
		return err;
	if (row != JAIL_RUNNER) /* what it starts may well make code */
		refuse_exec_gain();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -errno;
	/* No core dumps of what was seen; no ptrace by the same uid.  Opening the
	 * own /proc/self/fd still works: that asks for the own thread group only. */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ? -errno : 0;
}
