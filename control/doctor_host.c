/* SPDX-License-Identifier: Apache-2.0
 *
 * doctor_host.c -- the host's part of `mews doctor`: the kernel, rights, users, places,
 * settings and rules.  It looks with the functions that the commands and the stages use
 * themselves where there are such, and changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "asker.h"
#include "doctor.h"
#include "host.h"
#include "jail.h"
#include "log.h"
#include "mews.h"
#include "own_pid.h"
#include "rulefile.h"
#include "rundir.h"

/* The oldest kernel that has all that the kernel side is made of, and the first one that counts the
 * memory of maps by cgroup, not by RLIMIT_MEMLOCK. */
enum { OLDEST = 515, UNLOCKED = 511 };

/* The first line of PATH; false: it cannot be read. */
static bool first_line(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, buf, cap - 1);

	if (fd != -1)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return n >= 0;
}

/* ---- the kernel ---- */

static unsigned kernel_version(const char *release)
{
	unsigned major = 0, minor = 0;

	(void)sscanf(release, "%u.%u", &major, &minor);
	return major * 100 + minor;
}

static void look_at_kernel(struct findings *f, const struct utsname *u)
{
	bool known = strcmp(u->machine, "x86_64") == 0 || strcmp(u->machine, "aarch64") == 0;
	struct stat st;

	finding_add(f, "kernel", "version",
		    kernel_version(u->release) < OLDEST ? FINDING_LIMITED : FINDING_OK,
		    "5.15 is the oldest that is known to do", "%s %s", u->sysname, u->release);
	finding_add(f, "kernel", "architecture", known ? FINDING_OK : FINDING_MISSING,
		    "x86_64 and aarch64 are known", "%s", u->machine);
	if (access(KERNEL_BTF, R_OK) == -1 || stat(KERNEL_BTF, &st) == -1)
		finding_add(f, "kernel", "types (BTF)", FINDING_MISSING,
			    "a kernel with CONFIG_DEBUG_INFO_BTF=y is needed", KERNEL_BTF ": %s",
			    strerror(errno));
	else
		finding_add(f, "kernel", "types (BTF)", FINDING_OK, "", KERNEL_BTF ", %lld kB",
			    (long long)st.st_size / 1024);
}

/* In confidentiality, programs may not read the kernel's memory. */
static void look_at_lockdown(struct findings *f)
{
	char text[128];

	if (!first_line("/sys/kernel/security/lockdown", text, sizeof(text)))
		finding_add(f, "kernel", "lockdown", FINDING_OK, "",
			    "not there, or securityfs is not mounted");
	else
		finding_add(f, "kernel", "lockdown",
			    strstr(text, "[confidentiality]") != NULL ? FINDING_MISSING
								      : FINDING_OK,
			    "boot with lockdown=integrity or less", "%s", text);
}

static void look_at_memlock(struct findings *f, const struct utsname *u)
{
	struct rlimit r = { 0, 0 };

	(void)getrlimit(RLIMIT_MEMLOCK, &r);
	if (kernel_version(u->release) >= UNLOCKED)
		finding_add(f, "rights", "RLIMIT_MEMLOCK", FINDING_OK, "",
			    "does not bind the kernel side since 5.11");
	else
		finding_add(f, "rights", "RLIMIT_MEMLOCK",
			    r.rlim_cur == RLIM_INFINITY || geteuid() == 0 ? FINDING_OK
									  : FINDING_LIMITED,
			    "raise it (LimitMEMLOCK=infinity)", "%llu kB; the loader raises it",
			    (unsigned long long)r.rlim_cur / 1024);
}

static void look_at_paranoia(struct findings *f)
{
	char text[32];

	if (!first_line("/proc/sys/kernel/perf_event_paranoid", text, sizeof(text)))
		snprintf(text, sizeof(text), "not there");
	finding_add(f, "rights", "perf_event_paranoid", FINDING_OK, "",
		    "%s; does not matter: no perf events are used, and CAP_PERFMON stands above it",
		    text);
}

/* ---- the other ways into the kernel ---- */

/* Does CALL come back with 0 in a process of its own, which it may end? */
static bool works(int (*call)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGSYS, SIG_DFL);
		_exit(call() == 0 ? 0 : 1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return pid > 0 && status == 0;
}

static int make_narrow_call(void)
{
#if defined(__x86_64__)
	long ret = 20; /* getpid */

	__asm__ volatile("int $0x80" : "+a"(ret) : : "memory", "r8", "r9", "r10", "r11");
	return ret == getpid() ? 0 : -1;
#else
	return personality(PER_LINUX32) == -1 ? -1 : 0;
#endif
}

#if defined(__x86_64__)
static int make_x32_call(void)
{
	return syscall(0x40000000 + SYS_getpid) == getpid() ? 0 : -1;
}
#endif

static void look_at_ways_in(struct findings *f)
{
	char text[32];
	long err;

	finding_add(f, "calls", "32-bit", FINDING_OK, "", "%s",
		    works(make_narrow_call) ? "can be made here, and are seen"
					    : "cannot be made here");
#if defined(__x86_64__)
	finding_add(f, "calls", "x32", FINDING_OK, "", "%s",
		    works(make_x32_call) ? "can be made here, and are seen"
					 : "cannot be made here");
#endif
	err = syscall(SYS_io_uring_setup, 0u, NULL) == -1 ? errno : 0;
	if (!first_line("/proc/sys/kernel/io_uring_disabled", text, sizeof(text)))
		snprintf(text, sizeof(text), "not there");
	finding_add(f, "calls", "io_uring", FINDING_OK, "", "%s (kernel.io_uring_disabled %s)%s",
		    err == ENOSYS  ? "not there"
		    : err == EPERM ? "forbidden"
				   : "can be used here",
		    text, err == ENOSYS ? "" : "; what is seen of it: programs uring_*, below");
}

/* ---- rights ---- */

static void look_at_rights(struct findings *f)
{
	size_t n;
	const struct host_capability *c = host_capabilities(&n);

	finding_add(f, "rights", "user", geteuid() == 0 ? FINDING_OK : FINDING_MISSING,
		    "start it as root, or each stage by a unit of its own", "uid %u",
		    (unsigned)geteuid());
	for (size_t i = 0; i < n; i++) {
		bool has = host_has(&c[i]);

		finding_add(f, "rights", c[i].name,
			    has		       ? FINDING_OK
			    : c[i].is_optional ? FINDING_LIMITED
					       : FINDING_MISSING,
			    "give it to this container or service", "%s: %s",
			    has ? "had" : "not had", c[i].use);
	}
}

/* The namespace of processes that the kernel starts with has a number that never changes. */
static void look_at_namespace(struct findings *f)
{
	bool host = pid_in_initial_namespace(getpid()) == (int64_t)getpid();

	finding_add(f, "rights", "pid namespace", host ? FINDING_OK : FINDING_LIMITED,
		    "run it in the host's (hostPID: true, --pid=host)", "%s",
		    host ? "the host's"
			 : "not the host's: processes that run already are not all in /proc");
}

/* ---- users ---- */

static void look_at_user(struct findings *f, enum stage_id id)
{
	const char *user = jail_user(id);
	const struct passwd *named = getpwnam(user), *other;
	unsigned uid = named == NULL ? jail_fallback_uid(id) : named->pw_uid;

	if (named != NULL) {
		finding_add(f, "users", user, FINDING_OK, "", "uid %u", uid);
		return;
	}
	other = getpwuid(uid);
	finding_add(f, "users", user, other == NULL ? FINDING_OK : FINDING_LIMITED,
		    "make the users (deploy/mews.sysusers.conf)",
		    "no such user: it runs as uid %u%s%s", uid,
		    other == NULL ? ", which nobody has" : ", which belongs to ",
		    other == NULL ? "" : other->pw_name);
}

static void look_at_users(struct findings *f)
{
	const struct group *gr = getgrnam(jail_group());

	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++)
		look_at_user(f, (enum stage_id)id);
	finding_add(f, "users", "group mews", FINDING_OK, "", "%s",
		    gr != NULL ? "there" : "no such group: a number stands for it");
}

/* ---- the jail ---- */

static void look_at_jail(struct findings *f)
{
	int version = confine_version();
	char text[256];

	if (version < 0)
		finding_add(f, "jail", "Landlock", FINDING_LIMITED,
			    "a kernel with CONFIG_SECURITY_LANDLOCK, and lsm=landlock at boot",
			    "%s: the recorder is bound by its user's rights alone",
			    strerror(-version));
	else
		finding_add(f, "jail", "Landlock", FINDING_OK, "", "version %d", version);
	if (first_line("/proc/sys/kernel/seccomp/actions_avail", text, sizeof(text)))
		finding_add(f, "jail", "seccomp", FINDING_OK, "",
			    "offered (%s); no stage has a filter yet", text);
	else
		finding_add(f, "jail", "seccomp", FINDING_OK, "",
			    "not offered; no stage has a filter yet");
}

/* ---- places ---- */

static void look_at_programs(struct findings *f, const struct launch *l)
{
	for (unsigned id = STAGE_COLLECTOR; id < STAGE_COUNT; id++) {
		char path[PATH_MAX + 32], name[32];

		snprintf(name, sizeof(name), "mews-%s", stage_name((enum stage_id)id));
		snprintf(path, sizeof(path), "%s/%s", l->bin_dir, name);
		if (access(path, X_OK) == -1)
			finding_add(f, "places", name, FINDING_MISSING, "install it beside mews",
				    "%s: %s", path, strerror(errno));
		else
			finding_add(f, "places", name, FINDING_OK, "", "%s", path);
	}
}

static bool pipeline_runs(const char *run_dir)
{
	static const struct control_request req = { .kind = CONTROL_STATUS };
	static struct control_answer ignored;
	char path[RUN_DIR_PATH_MAX];

	run_dir_path(path, run_dir, "mews", ".ctl");
	return access(path, F_OK) == 0 && asker_ask_once(path, &req, ASK_TIMEOUT_NS, &ignored) == 0;
}

static void look_at_run_dir(struct findings *f, const struct launch *l)
{
	char closed[RUN_DIR_PATH_MAX];
	int err = run_dir_check(l->run_dir);

	if (run_dir_closed_above(l->run_dir, closed))
		finding_add(f, "places", "run directory", FINDING_MISSING,
			    "take another --run-dir, or open it to the stages",
			    "%s lies below '%s', which the stages' users may not pass", l->run_dir,
			    closed);
	else if (err < 0 && err != -ENOENT)
		finding_add(f, "places", "run directory", FINDING_MISSING, "take another --run-dir",
			    "%s: %s", l->run_dir, strerror(-err));
	else
		finding_add(f, "places", "run directory", FINDING_OK, "", "%s, %s", l->run_dir,
			    err < 0			? "made when it runs"
			    : pipeline_runs(l->run_dir) ? "where a pipeline runs"
							: "there");
}

/* ---- settings and rules ---- */

static unsigned warnings;

static void count_warning(const struct diag *d)
{
	(void)d;
	warnings++;
}

static void look_at_rules(struct findings *f, const struct launch *l, struct conf *conf)
{
	char *words = NULL;
	size_t n = 0;
	FILE *said = open_memstream(&words, &n);
	int err = 0;

	if (l->nrules > 0)
		conf_clear_rules(conf);
	for (unsigned i = 0; i < l->nrules && err == 0; i++)
		err = conf_add_rules(conf, l->rules[i]);
	if (said == NULL || err < 0) {
		finding_add(f, "settings", "rules", FINDING_MISSING, "", "no memory");
		return;
	}
	err = rules_check(conf, said);
	fclose(said);
	if (err == 0) {
		finding_add(f, "settings", "rules", FINDING_OK, "", "%u files and directories load",
			    conf->rules_files.count);
		free(words);
		return;
	}
	finding_add(f, "settings", "rules", FINDING_MISSING, "see mews validate", "%.*s",
		    (int)strcspn(words, "\n"), words)
		->log = words;
}

/* "a, !b and 3 more", as far as there is room. */
static void list_names(const struct conf_list *list, char *buf, size_t cap)
{
	enum { MORE = 24 }; /* for " and 256 more" */
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < list->count; i++) {
		size_t need = strlen(list->item[i]) + 2;

		if (n + need + MORE > cap) {
			snprintf(buf + n, cap - n, " and %u more", list->count - i);
			return;
		}
		n += (size_t)snprintf(buf + n, cap - n, "%s%s", i > 0 ? ", " : "", list->item[i]);
	}
}

/* Which system calls are watched besides those that rules ask for. */
static void look_at_base(struct findings *f, const struct conf *conf)
{
	char names[256];

	list_names(&conf->base_syscalls, names, sizeof(names));
	if (conf->base_syscalls.count == 0)
		finding_add(f, "settings", "base_syscalls", FINDING_OK, "", "%s",
			    conf->base_syscalls_repair
				    ? "repair: for state, the fewest that the rules need"
				    : "all that state is made of, and what rules ask for");
	else
		finding_add(f, "settings", "base_syscalls",
			    conf->base_syscalls_repair ? FINDING_OK : FINDING_LIMITED,
			    "set base_syscalls.repair, or mews run says what state and rules lack",
			    "custom_set: %s%s", names,
			    conf->base_syscalls_repair ? "; repair adds what the rules need" : "");
}

static void look_at_settings(struct findings *f, const struct launch *l)
{
	struct diag diag = { 0 };
	struct conf conf;
	char text[512];

	if (conf_load(l->conf_file, l->options, l->noptions, count_warning, &conf, &diag) < 0) {
		diag_format(&diag, text, sizeof(text));
		finding_add(f, "settings", "settings", FINDING_MISSING, "see mews.yaml(5)", "%s",
			    text);
		return;
	}
	finding_add(f, "settings", "settings", warnings > 0 ? FINDING_LIMITED : FINDING_OK,
		    "mews run says which", "%s; %u warnings",
		    l->conf_file != NULL		       ? l->conf_file
		    : access("/etc/mews/mews.yaml", F_OK) == 0 ? "/etc/mews/mews.yaml"
							       : "the standard ones",
		    warnings);
	look_at_base(f, &conf);
	look_at_rules(f, l, &conf);
	conf_release(&conf);
}

void doctor_host(struct findings *f, const struct launch *l)
{
	struct utsname u;

	if (uname(&u) == -1)
		memset(&u, 0, sizeof(u));
	look_at_kernel(f, &u);
	look_at_lockdown(f);
	look_at_rights(f);
	look_at_namespace(f);
	look_at_memlock(f, &u);
	look_at_paranoia(f);
	look_at_ways_in(f);
	look_at_users(f);
	look_at_jail(f);
	look_at_programs(f, l);
	look_at_run_dir(f, l);
	look_at_settings(f, l);
}
