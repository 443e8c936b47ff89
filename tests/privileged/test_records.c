/* SPDX-License-Identifier: Apache-2.0
 *
 * test_records.c -- the kernel side makes true records: system calls whose outcome
 * is known are made, and their records compared with it, byte for byte.  Here:
 * what the parts share, and what holds for every record.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "records.h"
#include "wants.h"

static bool looked_for[EVENT_CODE_COUNT];
static uint32_t looked_at[EVENT_CODE_COUNT]; /* bit i: parameter i was compared */

void records_looked_at(const struct rig_record *r, unsigned i)
{
	looked_at[r->head.code] |= 1u << i;
}

/* Events that this machine cannot make. */
static bool is_elsewhere(unsigned code)
{
#if defined(__x86_64__)
	(void)code;
	return false;
#else
	/* calls that newer architectures do not have, or only 32-bit programs make */
	for (unsigned sc = 0; sc < SC_COUNT; sc++)
		if (syscall_info(sc) != NULL && syscall_info(sc)->exit_event == code &&
		    syscall_info(sc)->aarch64_nr >= 0)
			return false;
	return true;
#endif
}

static char dir[] = "/tmp/mews-records-XXXXXX";

const char *records_dir(void)
{
	return dir;
}

void records_restart(struct rig *rig)
{
	rig_collect(rig);
	rig_clear(rig);
}

const struct rig_record *records_one(struct rig *rig, unsigned code, pid_t tid)
{
	static const struct rig_record none;
	const struct rig_record *r;
	unsigned from = 0;

	looked_for[code] = true;
	rig_collect(rig);
	r = rig_find(rig, code, tid, &from);
	if (r != NULL)
		return r;
	tap_ok(false, "%s has its record", event_info(code)->name);
	return &none;
}

uint32_t records_dev(int fd)
{
	struct stat st = { 0 };
	uint32_t minor;

	fstat(fd, &st);
	minor = minor(st.st_dev);
	return (minor & 0xff) | major(st.st_dev) << 8 | (minor & ~0xffu) << 12;
}

uint64_t records_ino(int fd)
{
	struct stat st = { 0 };

	fstat(fd, &st);
	return st.st_ino;
}

void is_number(const struct rig_record *r, unsigned i, long long want, const char *what)
{
	records_looked_at(r, i);
	tap_number(rig_number(r, i), want, what);
}

void is_between(const struct rig_record *r, unsigned i, long long low, long long high,
		const char *what)
{
	long long got = rig_number(r, i);

	records_looked_at(r, i);
	tap_ok(got >= low && got <= high, "%s: %lld", what, got);
}

static void tap_vm(const struct rig_record *r, unsigned i, long long kb, const char *label)
{
	for (unsigned n = 0; n < 3; n++)
		records_looked_at(r, i + n);
	/* Pages come and go while the size stays: near is good enough for those present. */
	tap_ok(rig_number(r, i) == kb && rig_number(r, i + 1) > 0 && rig_number(r, i + 1) <= kb &&
		       rig_number(r, i + 2) == 0,
	       "%s: %lld of %lld kB, %lld present", label, (long long)rig_number(r, i), kb,
	       (long long)rig_number(r, i + 1));
}

void records_expect(struct rig *rig, pid_t tid, unsigned code, const char *what,
		    const char *letters, ...)
{
	const struct rig_record *r = records_one(rig, code, tid);
	const struct event_info *info = event_info(code);
	unsigned i = 0;
	va_list ap;

	va_start(ap, letters);
	for (; *letters != 0 && i < info->nparams; letters++, i++) {
		char label[128];

		snprintf(label, sizeof(label), "%s: %s", what, info->params[i].name);
		switch (*letters) {
		case 'n':
			is_number(r, i, va_arg(ap, long long), label);
			break;
		case 't':
			is_text(r, i, va_arg(ap, const char *), label);
			break;
		case 'b': {
			const void *p = va_arg(ap, const void *);

			is_bytes(r, i, p, va_arg(ap, size_t), label);
			break;
		}
		case 'e':
			records_looked_at(r, i);
			tap_number((long long)r->param[i].n, 0, label);
			break;
		case 'v':
			tap_vm(r, i, va_arg(ap, long long), label);
			i += 2;
			break;
		}
	}
	va_end(ap);
	if (*letters != 0 || i != info->nparams)
		tap_ok(false, "%s: each parameter is looked at", what);
}

pid_t records_in_child(struct rig *rig, void (*calls)(struct said *), struct said **ret)
{
	static struct said *said;
	int status = -1;
	pid_t child;

	if (said == NULL)
		said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	memset(said, 0, sizeof(*said));
	records_restart(rig);
	child = fork();
	if (child == 0) {
		calls(said);
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (status != 0)
		tap_ok(false, "a process that makes calls ended with status %#x", status);
	*ret = said;
	return child;
}

/* Each event that can be made was looked for: what nobody looks for is not tested. */
static void test_all_were_met(void)
{
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		const struct event_info *info = event_info(code);

		if (!wants_can(code) || is_elsewhere(code))
			continue;
		if (!looked_for[code])
			tap_ok(false, "%s (%u) has a test", info->name, code);
		for (unsigned i = 0; looked_for[code] && i < info->nparams; i++)
			if (!(looked_at[code] >> i & 1))
				tap_ok(false, "%s: %s (%u) is looked at", info->name,
				       info->params[i].name, i);
	}
	tap_ok(true, "every event that can be made was looked for, and at each of its parameters");
}

void is_text(const struct rig_record *r, unsigned i, const char *want, const char *what)
{
	records_looked_at(r, i);
	tap_text(r->param[i], want, what);
}

void is_bytes(const struct rig_record *r, unsigned i, const void *want, size_t n, const char *what)
{
	records_looked_at(r, i);
	tap_span(r->param[i], span_of(want, n), what);
}

void is_file(const struct rig_record *r, int fd, const char *path, const char *what)
{
	struct stat st = { 0 };

	fstat(fd, &st);
	tap_ok((r->head.flags & RECORD_HAS_FILE) && r->file.dev == records_dev(fd) &&
		       r->file.ino == st.st_ino && r->file.mode == st.st_mode && r->file.fd == fd,
	       "%s: its file's numbers", what);
	if (path != NULL)
		tap_text(r->path, path, what);
}

void is_more_file(const struct rig_record *r, unsigned i, int fd, const char *path,
		  const char *what)
{
	tap_ok(i < r->head.more_files && r->more[i].fd == fd && r->more[i].dev == records_dev(fd) &&
		       r->more[i].ino == records_ino(fd),
	       "%s: a further file's numbers", what);
	tap_text(r->more_path[i], path, what);
}

static uint64_t boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* The 22nd field of /proc/PID/stat: ticks from boot to the start. */
static uint64_t start_ticks(void)
{
	char text[1024], *p;
	FILE *f = fopen("/proc/self/stat", "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	fclose(f);
	text[n] = 0;
	p = strrchr(text, ')') + 1;
	for (int field = 3; field < 22; field++)
		p = strchr(p + 1, ' ');
	return strtoull(p, NULL, 10);
}

static void test_header(struct rig *rig)
{
	uint64_t before, after;
	const struct rig_record *r;

	records_restart(rig);
	before = boot_ns();
	close(9999);
	after = boot_ns();
	r = records_one(rig, EVENT_SYSCALL_CLOSE_X, getpid());
	tap_ok(r->head.ts_ns >= before && r->head.ts_ns <= after, "the stamp is CLOCK_BOOTTIME");
	tap_number(r->head.start_ns / (1000000000 / sysconf(_SC_CLK_TCK)), start_ticks(),
		   "the thread's start is that of /proc");
	tap_number(r->head.tid, getpid(), "the thread");
	tap_number(r->head.pid, getpid(), "the process");
	tap_number(r->head.uid, geteuid(), "the user");
	tap_number(r->head.gid, getegid(), "the group");
	tap_number(r->head.flags, 0, "no flags without a reason");
	is_number(r, 0, -EBADF, "a close that fails: its error");
	is_number(r, 1, 9999, "a close that fails: its descriptor");
}

/* What nobody wants makes no record, and what is wanted is counted. */
static void test_wants(struct rig *rig)
{
	struct kernel_counts before, after;
	unsigned from = 0;

	rig_want_none(rig);
	records_restart(rig);
	before = rig_counts(rig, EVENT_SYSCALL_CLOSE_X);
	close(9999);
	after = rig_counts(rig, EVENT_SYSCALL_CLOSE_X);
	rig_collect(rig);
	tap_ok(rig_find(rig, EVENT_SYSCALL_CLOSE_X, getpid(), &from) == NULL,
	       "what nobody wants makes no record");
	tap_number(after.seen, before.seen, "and is not counted");
	rig_want_all(rig);
	for (int i = 0; i < 10; i++)
		close(9999);
	after = rig_counts(rig, EVENT_SYSCALL_CLOSE_X);
	tap_ok(after.seen >= before.seen + 10, "what is wanted is counted");
}

struct flood {
	bool opened;
	struct kernel_counts bulk;
	uint64_t state_lost;
	unsigned closes;
	bool exec_came;
};

/* 20000 closes that nobody reads into small buffers, then a process that executes. */
static struct flood flood(void)
{
	struct flood ret = { 0 };
	char reason[200];
	struct rig *rig = rig_open(reason, sizeof(reason));
	unsigned from = 0;
	pid_t child;

	if (rig == NULL)
		return ret;
	ret.opened = true;
	rig_want(rig, EVENT_SYSCALL_CLOSE_X);
	for (int i = 0; i < 20000; i++)
		close(9999);
	child = fork();
	if (child == 0) {
		execl("/bin/true", "/bin/true", NULL);
		_exit(1);
	}
	waitpid(child, NULL, 0);
	rig_want_none(rig);
	ret.bulk = rig_counts(rig, EVENT_SYSCALL_CLOSE_X);
	ret.state_lost = rig_counts(rig, EVENT_SYSCALL_EXECVE_19_X).lost;
	rig_collect(rig);
	for (unsigned i = 0; i < rig_count(rig); i++)
		ret.closes += rig_get(rig, i)->head.code == EVENT_SYSCALL_CLOSE_X;
	ret.exec_came = rig_find(rig, EVENT_SYSCALL_EXECVE_19_X, child, &from) != NULL;
	rig_close(rig);
	return ret;
}

/* A flood fills the part for bulk, and leaves room for the rest.  On a busy machine the execs of
 * others may fill that: then once more. */
static void test_flood(void)
{
	struct flood f;

	rig_set_buffer(64 << 10);
	for (int round = 0; round < 5; round++) {
		f = flood();
		if (!f.opened || (f.exec_came && f.state_lost == 0))
			break;
	}
	if (!tap_ok(f.opened, "a rig with small buffers"))
		return;
	tap_ok(f.bulk.lost > 0, "a flood loses bulk events");
	tap_ok(f.bulk.seen >= 20000, "and each is seen");
	tap_number(f.closes, f.bulk.seen - f.bulk.lost - f.bulk.failed, "and the counts balance");
	tap_ok(f.exec_came, "an exec behind it has its room");
	tap_number(f.state_lost, 0, "and none is lost");
}

int main(void)
{
	char reason[200];
	struct rig *rig = rig_open(reason, sizeof(reason));

	if (rig == NULL) {
		printf("1..0 # SKIP %s\n", reason);
		return 0;
	}
	if (mkdtemp(dir) == NULL)
		return 1;
	rig_want_all(rig);
	test_header(rig);
	test_files(rig);
	test_descriptors(rig);
	test_names(rig);
	test_data(rig);
	test_sockets(rig);
	test_processes(rig);
	test_credentials(rig);
	test_overlay(rig);
	test_numbers(rig);
	test_memory(rig);
	test_asking(rig);
	test_structures(rig);
	test_messages(rig);
	test_options(rig);
	test_making(rig);
	test_renaming(rig);
	test_others(rig);
	test_tasks(rig);
	test_generic(rig);
	test_traces(rig);
	test_narrow(rig);
	test_x32(rig);
	test_all_were_met();
	test_wants(rig);
	test_mutes(rig);
	tap_number(rig_bad(rig), 0, "no record is malformed");
	rig_close(rig);
	test_flood();
	if (rmdir(dir) != 0)
		printf("# %s is not empty\n", dir);
	return tap_end();
}
