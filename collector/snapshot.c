/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot.c -- see snapshot.h.  Reads go into buffers that live with the
 * snapshot; what programs can make long (arguments, environment, descriptors) is
 * cut where Falco cuts it, so one process cannot fill the sink for all.
 */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "decode.h"
#include "log.h"
#include "procfs.h"
#include "snapshot_file.h"
#include "timeline.h"
#include "unread.h"

enum {
	MAX_ARGS = 4096,  /* of arguments, environment, cgroups: Falco's bound */
	MAX_FILES = 4096, /* of one process: the size of Falco's descriptor table */
	MAX_FRAMES =
		1 << 20, /* of one snapshot; what comes behind has no state before its events */
	PIDNS_CACHE = 64,
};

/* PPM_CL_CLONE_THREAD | PPM_CL_CLONE_FILES: what Falco says of a thread that it finds. */
#define THREAD_FLAGS   (0x2000u | 0x1u)
#define EXE_FROM_MEMFD 0x4u

struct snapshot {
	int proc;    /* where procfs is mounted */
	int cgroup2; /* where cgroup2 is mounted; -1: nowhere */
	char controllers[512];
	uint64_t ns_per_tick;

	/* of the snapshot that is being taken */
	source_put *put;
	void *sink;
	size_t budget, used;
	int frames;
	uint64_t boot_ts_ns;
	struct sockets *sockets;
	struct unread *unread;
	struct {
		uint64_t ino, start_ts_ns;
	} pidns[PIDNS_CACHE];
	unsigned pidns_count;

	/* of the process that is being read */
	uint8_t stat[1024], status[4096], cgroup[8192], cgroups[MAX_ARGS];
	uint8_t cmdline[MAX_ARGS + 1], environ[MAX_ARGS + 1];
	char exe[PATH_MAX], cwd[PATH_MAX + 1], root[PATH_MAX];
	struct snapshot_file_texts file_texts;
	uint8_t frame[WIRE_MAX_PAYLOAD];
};

/* ---- reading ---- */

/* The file's first bytes; empty if it cannot be read.  One read: files of /proc that are
 * about one process are made whole at the first. */
static struct span read_file(struct snapshot *s, int dir, const char *path, void *buf, size_t cap)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, cap);

	if (n < 0)
		unread_note(s->unread, errno);
	if (fd >= 0)
		close(fd);
	return n <= 0 ? SPAN_NONE : span_of(buf, (size_t)n);
}

static struct span read_link(struct snapshot *s, int dir, const char *path, char *buf, size_t cap)
{
	ssize_t n = readlinkat(dir, path, buf, cap);

	if (n < 0)
		unread_note(s->unread, errno);
	return n <= 0 ? SPAN_NONE : span_of(buf, (size_t)n);
}

static int open_directory(struct snapshot *s, int dir, const char *path, int how)
{
	int fd = openat(dir, path, how | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		unread_note(s->unread, errno);
	return fd;
}

/* What the kernel writes for getdents64(). */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* VISIT each entry of DIR/PATH whose name is a number; stops when it returns other
 * than 0, and returns that.  Without the list of processes there is no snapshot: a negative errno.  Without
 * opendir(), which costs more calls than it makes. */
static int each_number(int dir, const char *path,
		       int (*visit)(struct snapshot *s, int dir, const char *name, void *arg),
		       struct snapshot *s, void *arg)
{
	_Alignas(8) uint8_t buf[8192];
	int fd = open_directory(s, dir, path, O_RDONLY);
	int err = 0;
	long n = fd < 0 ? -1 : 0;

	while (fd >= 0 && err == 0 && (n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; err == 0 && at < n;) {
			const struct entry *e = (const struct entry *)(const void *)(buf + at);

			if (e->name[0] >= '0' && e->name[0] <= '9')
				err = visit(s, fd, e->name, arg);
			at += e->len;
		}
	}
	if (n < 0 && dir == s->proc)
		err = -errno;
	else if (n < 0 && fd >= 0)
		unread_note(s->unread, errno);
	if (fd >= 0)
		close(fd);
	return err;
}

/* ---- frames ---- */

static int put_frame(struct snapshot *s, uint16_t type, ssize_t len)
{
	int err;

	if (len < 0)
		return (int)len;
	err = s->put(s->sink, type, span_of(s->frame, (size_t)len));
	if (err == 0) {
		s->frames++;
		s->used += (size_t)len + RING_FRAME_HEADER + 8;
	}
	return err;
}

/* Is there still room for what may take all but 1/PART of the budget? */
static bool affords(const struct snapshot *s, unsigned part)
{
	return s->used < s->budget - s->budget / part;
}

static void add_address(struct host_frame *host, const struct ifaddrs *ifa)
{
	struct interface_addr *a = &host->addrs[host->naddrs];

	if (host->naddrs == HOST_MAX_ADDRS || ifa->ifa_addr == NULL)
		return;
	*a = (struct interface_addr){ .name = span_str(ifa->ifa_name) };
	if (ifa->ifa_addr->sa_family == AF_INET) {
		memcpy(a->addr, &((struct sockaddr_in *)(void *)ifa->ifa_addr)->sin_addr, 4);
		if (ifa->ifa_netmask != NULL)
			memcpy(a->mask, &((struct sockaddr_in *)(void *)ifa->ifa_netmask)->sin_addr,
			       4);
	} else if (ifa->ifa_addr->sa_family == AF_INET6) {
		a->is_ipv6 = true;
		memcpy(a->addr, &((struct sockaddr_in6 *)(void *)ifa->ifa_addr)->sin6_addr, 16);
		if (ifa->ifa_netmask != NULL)
			memcpy(a->mask,
			       &((struct sockaddr_in6 *)(void *)ifa->ifa_netmask)->sin6_addr, 16);
	} else {
		return;
	}
	host->naddrs++;
}

static int put_host(struct snapshot *s)
{
	struct host_frame host = { .boot_ts_ns = s->boot_ts_ns };
	struct ifaddrs *list = NULL;
	const char *given = getenv("FALCO_HOSTNAME");
	char name[256] = "", text[4096];
	int err;

	/* In a container the host has another name than we. */
	if (given != NULL)
		snprintf(name, sizeof(name), "%s", given);
	else
		gethostname(name, sizeof(name) - 1);
	host.hostname = span_str(name);
	host.memory_bytes =
		procfs_parse_memory(read_file(s, s->proc, "meminfo", text, sizeof(text)));
	host.num_cpus = (uint32_t)get_nprocs();
	if (getifaddrs(&list) == -1) {
		unread_note(s->unread, errno);
		list = NULL; /* without addresses it is still a host */
	}
	for (const struct ifaddrs *ifa = list; ifa != NULL; ifa = ifa->ifa_next)
		add_address(&host, ifa);
	if (host.naddrs == HOST_MAX_ADDRS)
		log_rationed(
			LOG_LEVEL_WARNING,
			"this host has %u addresses or more, others are not known to be its own",
			HOST_MAX_ADDRS);
	err = put_frame(s, FRAME_HOST, wire_encode_host(s->frame, sizeof(s->frame), &host));
	freeifaddrs(list);
	return err;
}

/* ---- tasks ---- */

static uint64_t stat_ns(const struct statx_timestamp *t)
{
	return (uint64_t)t->tv_sec * NS_PER_SEC + (uint64_t)t->tv_nsec;
}

static uint64_t start_ns_of(const struct snapshot *s, const struct procfs_stat *st)
{
	if (st->start_ticks > UINT64_MAX / s->ns_per_tick)
		return 0;
	return start_tick(st->start_ticks * s->ns_per_tick);
}

/* cgroup v2 numbers a group by the inode of its directory. */
static uint64_t cgroup_id_of(struct snapshot *s, struct span path)
{
	char relative[PATH_MAX];
	struct statx st;
	int err;

	if (s->cgroup2 < 0 || path.n == 0 || path.n > sizeof(relative) - 2 || path.p[0] != '/')
		return 0;
	relative[0] = '.';
	memcpy(relative + 1, path.p, path.n); /* "./a/b" */
	relative[path.n + 1] = 0;
	err = snapshot_stat(s->cgroup2, relative, &st);
	if (err == 0)
		return st.stx_ino;
	unread_note(s->unread, -err);
	return 0;
}

/* What stands in a thread's own files. */
static int read_task(struct snapshot *s, int dir, struct task_frame *f,
		     struct procfs_stat *ret_stat)
{
	struct process_info *p = &f->info;
	struct span text, unified;
	struct procfs_status status;
	struct procfs_stat st;

	if (procfs_parse_stat(read_file(s, dir, "stat", s->stat, sizeof(s->stat)), &st) < 0 ||
	    procfs_parse_status(read_file(s, dir, "status", s->status, sizeof(s->status)),
				&status) < 0)
		return -ESRCH;
	text = read_file(s, dir, "cgroup", s->cgroup, sizeof(s->cgroup));
	p->cgroups = procfs_cgroups(text, span_str(s->controllers), s->cgroups, sizeof(s->cgroups),
				    &unified);
	f->cgroup_id = cgroup_id_of(s, unified);
	f->start_ns = start_ns_of(s, &st);
	p->pid = status.pid;
	p->ptid = status.ppid;
	p->sid = status.vsid;
	p->vtid = status.vtid;
	p->vpid = status.vpid;
	p->vpgid = status.vpgid;
	p->pgid = st.pgid;
	p->comm = st.comm;
	p->uid = status.euid;
	p->gid = status.egid;
	p->tty = st.tty;
	p->vmsize = status.vmsize_kb;
	p->vmrss = status.vmrss_kb;
	p->vmswap = status.vmswap_kb;
	p->pfmajor = st.pfmajor;
	p->pfminor = st.pfminor;
	p->clone_ts = s->boot_ts_ns + f->start_ns;
	p->cap_inheritable = status.cap_inheritable;
	p->cap_permitted = status.cap_permitted;
	p->cap_effective = status.cap_effective;
	if (status.pidns_level == 0)
		p->pidns_init_start_ts = s->boot_ts_ns;
	*ret_stat = st;
	return 0;
}

/* Strings that each end with NUL, the last one too; CAP bytes at most, one more is there. */
static struct span read_strings(struct snapshot *s, int dir, const char *path, uint8_t *buf,
				size_t cap)
{
	struct span text = read_file(s, dir, path, buf, cap);

	if (text.n > 0 && buf[text.n - 1] != 0)
		buf[text.n++] = 0;
	return text;
}

static void read_command(struct snapshot *s, int dir, struct process_info *p)
{
	struct span line = read_strings(s, dir, "cmdline", s->cmdline, sizeof(s->cmdline) - 1);
	size_t exe = line.n == 0 ? 0 : strlen((char *)s->cmdline);

	p->exe = span_of(s->cmdline, exe);
	p->args = line.n == 0 ? SPAN_NONE : span_of(s->cmdline + exe + 1, line.n - exe - 1);
	if (affords(s, 2))
		p->env = read_strings(s, dir, "environ", s->environ, sizeof(s->environ) - 1);
}

static void read_executable(struct snapshot *s, int dir, struct process_info *p)
{
	static const char mark[] = " (deleted)";
	struct statx st;
	int err;

	p->exepath = read_link(s, dir, "exe", s->exe, sizeof(s->exe));
	if (p->exepath.n == 0)
		return; /* a kernel thread */
	err = snapshot_stat(dir, "exe", &st);
	if (err < 0) {
		unread_note(s->unread, -err);
		return;
	}
	if (st.stx_nlink == 0 && span_ends(p->exepath, span_str(mark)))
		p->exepath.n -= sizeof(mark) - 1;
	if (st.stx_nlink == 0 && span_starts(p->exepath, span_str("/memfd:")))
		p->exe_flags |= EXE_FROM_MEMFD;
	p->exe_ino = st.stx_ino;
	p->exe_ctime = stat_ns(&st.stx_ctime);
	p->exe_mtime = stat_ns(&st.stx_mtime);
}

static void read_directories(struct snapshot *s, int dir, struct process_info *p)
{
	p->cwd = read_link(s, dir, "cwd", s->cwd, sizeof(s->cwd) - 1);
	if (p->cwd.n > 0 && s->cwd[p->cwd.n - 1] != '/')
		s->cwd[p->cwd.n++] = '/';
	p->root = read_link(s, dir, "root", s->root, sizeof(s->root));
}

/* When the pid namespace of the process at DIR began: when its init did, which may
 * be read before or after the others of its namespace; 0: not seen yet. */
static uint64_t pidns_start(struct snapshot *s, int dir, const struct process_info *p)
{
	unsigned long ino;
	char link[64];
	struct span text = read_link(s, dir, "ns/pid", link, sizeof(link) - 1);

	link[text.n] = 0;
	if (text.n == 0 || sscanf(link, "pid:[%lu]", &ino) != 1)
		return 0;
	for (unsigned i = 0; i < s->pidns_count; i++)
		if (s->pidns[i].ino == ino)
			return s->pidns[i].start_ts_ns;
	if (p->vpid != 1)
		return 0;
	if (s->pidns_count < PIDNS_CACHE) {
		s->pidns[s->pidns_count].ino = ino;
		s->pidns[s->pidns_count++].start_ts_ns = p->clone_ts;
	}
	return p->clone_ts;
}

static int put_task(struct snapshot *s, const struct task_frame *f)
{
	return put_frame(s, FRAME_TASK, wire_encode_task(s->frame, sizeof(s->frame), f));
}

/* ARG: the leader's frame, from which a thread has what it shares. */
static int visit_thread(struct snapshot *s, int dir, const char *name, void *arg)
{
	const struct task_frame *leader = arg;
	struct task_frame f = *leader;
	struct procfs_stat st;
	int fd, err;

	if (!procfs_number(span_str(name), &f.info.tid) || f.info.tid == leader->info.pid ||
	    !affords(s, 8))
		return 0;
	fd = open_directory(s, dir, name, O_PATH);
	if (fd < 0)
		return 0;
	err = read_task(s, fd, &f, &st);
	close(fd);
	if (err < 0)
		return 0;
	f.info.pidns_init_start_ts = leader->info.pidns_init_start_ts;
	f.info.flags = THREAD_FLAGS;
	return put_task(s, &f);
}

struct files_arg {
	int64_t tid;
	int pid_dir;
	unsigned count;
};

static int visit_file(struct snapshot *s, int dir, const char *name, void *arg)
{
	struct files_arg *a = arg;
	struct task_file_frame f = { .tid = a->tid };

	if (a->count == MAX_FILES || !affords(s, 4))
		return 0;
	if (snapshot_file(a->pid_dir, dir, name, s->sockets, &s->file_texts, s->unread, &f.file) <
	    0)
		return 0;
	a->count++;
	return put_frame(s, FRAME_TASK_FILE, wire_encode_task_file(s->frame, sizeof(s->frame), &f));
}

/* What stands in the files of a process; kernel threads have nothing there. */
static void read_process(struct snapshot *s, int dir, struct process_info *p)
{
	uint8_t text[4096];
	int64_t loginuid;
	struct span word = read_file(s, dir, "loginuid", text, sizeof(text));

	if (procfs_number(word, &loginuid))
		p->loginuid = (uint32_t)loginuid;
	p->fdlimit = procfs_parse_fdlimit(read_file(s, dir, "limits", text, sizeof(text)));
	read_command(s, dir, p);
	read_executable(s, dir, p);
	read_directories(s, dir, p);
	if (p->pidns_init_start_ts == 0)
		p->pidns_init_start_ts = pidns_start(s, dir, p);
}

static int put_process(struct snapshot *s, int dir, int64_t pid)
{
	struct files_arg files = { .tid = pid, .pid_dir = dir };
	struct task_frame f = { .info = { .tid = pid, .loginuid = UINT32_MAX, .fdlimit = -1 } };
	struct procfs_stat st;
	int err;

	if (read_task(s, dir, &f, &st) < 0)
		return 0; /* it is gone */
	if (!st.is_kernel_thread)
		read_process(s, dir, &f.info);
	err = put_task(s, &f);
	if (err == 0 && st.threads > 1)
		err = each_number(dir, "task", visit_thread, s, &f);
	if (err == 0 && !st.is_kernel_thread && affords(s, 4))
		err = each_number(dir, "fd", visit_file, s, &files);
	return err;
}

static int visit_process(struct snapshot *s, int dir, const char *name, void *arg)
{
	int64_t pid;
	int fd, err;

	(void)arg;
	if (!procfs_number(span_str(name), &pid) || !affords(s, 8))
		return 0;
	fd = open_directory(s, dir, name, O_PATH);
	if (fd < 0)
		return 0;
	err = put_process(s, fd, pid);
	close(fd);
	return err;
}

/* ---- the whole ---- */

static uint64_t boot_ts(void)
{
	return wall_now().ns - boot_now();
}

/* There is a table of sockets afterwards, or -ENOMEM. */
static int begin(struct snapshot *s, source_put *put, void *sink, size_t budget)
{
	s->put = put;
	s->sink = sink;
	s->budget = budget;
	s->used = 0;
	s->frames = 0;
	s->boot_ts_ns = boot_ts();
	if (s->sockets == NULL)
		s->sockets = sockets_new(s->unread);
	if (s->sockets != NULL)
		return 0;
	unread_note(s->unread, ENOMEM);
	return -ENOMEM;
}

void snapshot_settle(struct snapshot *s)
{
	sockets_free(s->sockets);
	s->sockets = NULL;
}

int snapshot_take(struct snapshot *s, source_put *put, void *sink, size_t budget)
{
	int err = begin(s, put, sink, budget);

	if (err < 0)
		return err;
	s->pidns_count = 0;
	err = put_frame(s, FRAME_SNAPSHOT_BEGIN, wire_encode_empty(s->frame, sizeof(s->frame)));
	if (err == 0)
		err = put_host(s);
	if (err == 0)
		err = each_number(s->proc, ".", visit_process, s, NULL);
	if (err == 0)
		err = put_frame(s, FRAME_SNAPSHOT_END,
				wire_encode_empty(s->frame, sizeof(s->frame)));
	snapshot_settle(s);
	return err < 0 ? err : s->frames;
}

/* ---- one of them again ---- */

static int open_process(struct snapshot *s, int64_t tid)
{
	char name[24];

	snprintf(name, sizeof(name), "%lld", (long long)tid);
	return open_directory(s, s->proc, name, O_PATH);
}

static int file_again(struct snapshot *s, int dir, int64_t tid, int fd)
{
	struct files_arg files = { .tid = tid, .pid_dir = dir };
	int frames = s->frames, at = open_directory(s, dir, "fd", O_PATH), err;
	char name[16];

	if (at < 0)
		return -ESRCH;
	snprintf(name, sizeof(name), "%d", fd);
	err = visit_file(s, at, name, &files);
	close(at);
	return err == 0 && s->frames == frames ? -ESRCH : err;
}

/* Of a thread by its own files: those of its process are empty when its first thread has ended. */
static int task_again(struct snapshot *s, int dir, int64_t tid, bool files)
{
	struct files_arg arg = { .tid = tid, .pid_dir = dir };
	struct task_frame f = { .info = { .tid = tid, .loginuid = UINT32_MAX, .fdlimit = -1 } };
	struct procfs_stat st;
	int err;

	if (read_task(s, dir, &f, &st) < 0 || st.is_dead)
		return -ESRCH;
	if (f.info.pid != tid)
		f.info.flags = THREAD_FLAGS;
	if (!st.is_kernel_thread)
		read_process(s, dir, &f.info);
	err = put_task(s, &f);
	if (err == 0 && files && !st.is_kernel_thread)
		err = each_number(dir, "fd", visit_file, s, &arg);
	return err;
}

/* The process whose thread is at DIR, if that is not its first one: *RET_LEADS. */
static int leader_again(struct snapshot *s, int dir, int64_t tid, bool *ret_leads)
{
	struct task_frame f = { 0 };
	struct procfs_stat st;
	int leader, err;

	if (read_task(s, dir, &f, &st) < 0)
		return -ESRCH;
	*ret_leads = f.info.pid == tid;
	if (*ret_leads)
		return 0;
	leader = open_process(s, f.info.pid);
	if (leader < 0)
		return 0;
	err = task_again(s, leader, f.info.pid, true);
	close(leader);
	return err == -ESRCH ? 0 : err; /* its thread may be there all the same */
}

int snapshot_read_again(struct snapshot *s, const struct ring_ask *ask, source_put *put, void *sink,
			size_t budget)
{
	bool leads = false;
	int dir, err = begin(s, put, sink, budget);

	if (err < 0)
		return err;
	dir = ask->tid > 0 ? open_process(s, ask->tid) : -1;
	if (dir < 0)
		return -ESRCH;
	if (ask->of == RING_ASK_FILES)
		err = leader_again(s, dir, ask->tid, &leads);
	if (err == 0)
		err = ask->of >= 0 ? file_again(s, dir, ask->tid, ask->of)
				   : task_again(s, dir, ask->tid, leads);
	close(dir);
	return err;
}

static void find_cgroup2(struct snapshot *s)
{
	static uint8_t text[256 * 1024];
	char path[PATH_MAX];
	struct span dir, controllers;

	dir = procfs_find_cgroup2(read_file(s, s->proc, "self/mountinfo", text, sizeof(text)));
	if (dir.n == 0 || dir.n >= sizeof(path))
		return;
	memcpy(path, dir.p, dir.n);
	path[dir.n] = 0;
	s->cgroup2 = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->cgroup2 < 0) {
		unread_note(s->unread, errno);
		return;
	}
	controllers = read_file(s, s->cgroup2, "cgroup.controllers", s->controllers,
				sizeof(s->controllers) - 1);
	s->controllers[controllers.n] = 0;
}

int snapshot_open(const char *proc, struct unread *unread, struct snapshot **ret)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	long ticks = sysconf(_SC_CLK_TCK);
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->cgroup2 = -1;
	s->unread = unread;
	s->ns_per_tick = NS_PER_SEC / (uint64_t)(ticks > 0 ? ticks : 100);
	s->proc = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->proc < 0) {
		err = -errno;
		snapshot_close(s);
		return err;
	}
	find_cgroup2(s);
	*ret = s;
	return 0;
}

void snapshot_close(struct snapshot *s)
{
	if (s == NULL)
		return;
	if (s->proc >= 0)
		close(s->proc);
	if (s->cgroup2 >= 0)
		close(s->cgroup2);
	snapshot_settle(s);
	free(s);
}
