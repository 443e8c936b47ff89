/* SPDX-License-Identifier: Apache-2.0
 *
 * fault.c -- see fault.h.  What is called here itself goes to the real functions.
 */
#include "fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <jansson.h>
#include <netdb.h>
#include <nng/nng.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>
#include <yaml.h>

#include "span.h"

struct fault_page *fault_page;

enum kind { MEMORY, FILES, DISK, READ, TALK, WAIT, LOAD };

struct row {
	const char *name;
	enum kind kind;
	int errors[FAULT_ERRORS];
};

static const struct row rows[FAULT_ROWS] = {
#define FAULT(kind, type, name, params, args, bad, ...)                                            \
	[FAULT_##name] = { #name, kind, { __VA_ARGS__ } },
#include "fault.def"
#undef FAULT
	[FAULT_write] = { "write", DISK, { ENOSPC, EINTR, EAGAIN } },
	[FAULT_open] = { "open", FILES, { EMFILE, EACCES, EINTR } },
	[FAULT_openat] = { "openat", FILES, { EMFILE, EACCES } },
	[FAULT_fcntl] = { "fcntl", READ, { EPERM } },
	[FAULT_asprintf] = { "asprintf", MEMORY, { ENOMEM } },
	[FAULT_yaml_load] = { "yaml_parser_load", MEMORY, { ENOMEM } },
	[FAULT_yaml_parse] = { "yaml_parser_parse", MEMORY, { ENOMEM } },
	[FAULT_json_set] = { "json_object_set_new", MEMORY, { ENOMEM } },
	[FAULT_json_append] = { "json_array_append_new", MEMORY, { ENOMEM } },
	[FAULT_bpf] = { "bpf", LOAD, { EINVAL, ENOMEM, EPERM } },
	[FAULT_getdents64] = { "getdents64", READ, { EIO } },
};

const char *fault_row_name(unsigned row)
{
	return row < FAULT_ROWS ? rows[row].name : "?";
}

int fault_row_error(unsigned row, unsigned i)
{
	return row < FAULT_ROWS && i < FAULT_ERRORS ? rows[row].errors[i] : 0;
}

bool fault_row_lasts(unsigned row)
{
	return row < FAULT_ROWS && (rows[row].kind == MEMORY || rows[row].kind == FILES ||
				    (rows[row].kind == DISK && rows[row].errors[0] == ENOSPC));
}

/* ---- which call it is ---- */

extern const char __executable_start[], etext[];

struct walk {
	uintptr_t from; /* the first frame that counts */
	uintptr_t root;
	bool begun;
	unsigned n;
	uint32_t frame[FAULT_FRAMES];
};

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *arg)
{
	struct walk *w = arg;
	uintptr_t ip = _Unwind_GetIP(context);

	if (w->root != 0 && _Unwind_GetRegionStart(context) == w->root)
		return _URC_END_OF_STACK;
	if (ip == w->from)
		w->begun = true;
	if (!w->begun)
		return _URC_NO_REASON;
	if (ip >= (uintptr_t)__executable_start && ip < (uintptr_t)etext)
		w->frame[w->n++] = (uint32_t)(ip - (uintptr_t)__executable_start);
	return w->n == FAULT_FRAMES ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static uint64_t mix(uint64_t h, uint64_t value)
{
	h = (h ^ value) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

static uint64_t name_of(const struct walk *w, unsigned row, unsigned phase, const char *what)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (unsigned i = 0; i < FAULT_FRAMES; i++)
		h = mix(h, w->frame[i]);
	h = mix(mix(h, row), phase);
	for (const char *p = what; *p != 0; p++)
		h = mix(h, (unsigned char)*p);
	return h == 0 ? 1 : h;
}

static void count(struct fault_page *page, uint64_t name, const struct walk *w, unsigned row,
		  unsigned phase, const char *what)
{
	for (unsigned i = 0; i < FAULT_SITES; i++) {
		struct fault_site *s = &page->sites[(name + i) % FAULT_SITES];
		uint64_t none = 0;

		if (atomic_compare_exchange_strong(&s->name, &none, name)) {
			s->row = row;
			s->phase = phase;
			memcpy(s->frame, w->frame, sizeof(s->frame));
			snprintf(s->what, sizeof(s->what), "%s", what);
		} else if (none != name) {
			continue;
		}
		atomic_fetch_add(&s->count, 1);
		return;
	}
	atomic_fetch_add(&page->lost, 1);
}

int fault_at(unsigned row, void *from, const char *what)
{
	struct fault_page *page = fault_page;
	struct walk w = { .from = (uintptr_t)from, .root = page == NULL ? 0 : page->root };
	unsigned phase = page == NULL ? 0 : atomic_load(&page->phase);
	const struct fault_plan *plan;
	uint64_t name;
	uint32_t at;

	if (phase == 0)
		return 0;
	plan = &page->plan;
	if (plan->lasts && atomic_load(&page->fired) > 0 && !atomic_load(&page->lifted) &&
	    rows[row].kind == rows[page->fired_row].kind) {
		atomic_fetch_add(&page->fired, 1);
		return rows[row].errors[0];
	}
	_Unwind_Backtrace(step, &w);
	name = name_of(&w, row, phase, what);
	count(page, name, &w, row, phase, what);
	if (name != plan->site)
		return 0;
	at = atomic_fetch_add(&page->at_site, 1);
	/* libbpf tries again what the kernel refuses, for the reason. */
	if (row == FAULT_bpf ? at < plan->nth : at != plan->nth)
		return 0;
	page->fired_row = row;
	atomic_fetch_add(&page->fired, 1);
	return (int)plan->error;
}

static int fault_here(unsigned row, void *from)
{
	return fault_at(row, from, "");
}

/* ---- the calls ---- */

#define FROM __builtin_return_address(0)

#define FAULT(kind, type, name, params, args, bad, ...)                                            \
	type __real_##name params __attribute__((weak));                                           \
	type __wrap_##name params;                                                                 \
	type __wrap_##name params                                                                  \
	{                                                                                          \
		int err = fault_here(FAULT_##name, FROM);                                          \
                                                                                                   \
		if (__builtin_expect(err != 0, 0)) {                                               \
			errno = err;                                                               \
			return bad;                                                                \
		}                                                                                  \
		return __real_##name args;                                                         \
	}
#include "fault.def"
#undef FAULT

/* A third argument that is not there is handed on as it is not there. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_openat(int fd, const char *path, int flags, ...);
int __wrap_openat(int fd, const char *path, int flags, ...);
int __real_fcntl(int fd, int what, ...);
int __wrap_fcntl(int fd, int what, ...);

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);

static int failed(int err)
{
	errno = err;
	return -1;
}

/* While nothing can be written, it can still be said. */
ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	const struct fault_page *page = fault_page;
	bool is_said = fd == STDERR_FILENO && page != NULL && page->plan.lasts;
	int err = is_said ? 0 : fault_here(FAULT_write, FROM);

	return err != 0 ? failed(err) : __real_write(fd, p, n);
}

int __wrap_open(const char *path, int flags, ...)
{
	int err = fault_here(FAULT_open, FROM);
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return err != 0 ? failed(err) : __real_open(path, flags, mode);
}

int __wrap_openat(int fd, const char *path, int flags, ...)
{
	int err = fault_here(FAULT_openat, FROM);
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return err != 0 ? failed(err) : __real_openat(fd, path, flags, mode);
}

int __wrap_fcntl(int fd, int what, ...)
{
	int err = fault_here(FAULT_fcntl, FROM);
	va_list ap;
	void *arg;

	va_start(ap, what);
	arg = va_arg(ap, void *);
	va_end(ap);
	return err != 0 ? failed(err) : __real_fcntl(fd, what, arg);
}

int __wrap_asprintf(char **ret, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

int __wrap_asprintf(char **ret, const char *format, ...)
{
	int err = fault_here(FAULT_asprintf, FROM), n;
	va_list ap;

	if (err != 0)
		return failed(err);
	va_start(ap, format);
	n = vasprintf(ret, format, ap);
	va_end(ap);
	return n;
}

int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
	int err = fault_here(FAULT_asprintf, FROM), n;
	va_list ap;

	(void)flag;
	if (err != 0)
		return failed(err);
	va_start(ap, format);
	n = vasprintf(ret, format, ap);
	va_end(ap);
	return n;
}

/* Those of libraries that leave more behind than what they return. */
int __real_yaml_parser_load(yaml_parser_t *p, yaml_document_t *d) __attribute__((weak));
int __wrap_yaml_parser_load(yaml_parser_t *p, yaml_document_t *d);
int __real_yaml_parser_parse(yaml_parser_t *p, yaml_event_t *e) __attribute__((weak));
int __wrap_yaml_parser_parse(yaml_parser_t *p, yaml_event_t *e);
int __real_json_object_set_new(json_t *o, const char *key, json_t *v) __attribute__((weak));
int __wrap_json_object_set_new(json_t *o, const char *key, json_t *v);
int __real_json_array_append_new(json_t *a, json_t *v) __attribute__((weak));
int __wrap_json_array_append_new(json_t *a, json_t *v);

int __wrap_yaml_parser_load(yaml_parser_t *p, yaml_document_t *d)
{
	if (fault_here(FAULT_yaml_load, FROM) == 0)
		return __real_yaml_parser_load(p, d);
	memset(d, 0, sizeof(*d));
	p->error = YAML_MEMORY_ERROR;
	return 0;
}

int __wrap_yaml_parser_parse(yaml_parser_t *p, yaml_event_t *e)
{
	if (fault_here(FAULT_yaml_parse, FROM) == 0)
		return __real_yaml_parser_parse(p, e);
	memset(e, 0, sizeof(*e));
	p->error = YAML_MEMORY_ERROR;
	return 0;
}

int __wrap_json_object_set_new(json_t *o, const char *key, json_t *v)
{
	return __real_json_object_set_new(o, fault_here(FAULT_json_set, FROM) == 0 ? key : NULL, v);
}

int __wrap_json_array_append_new(json_t *a, json_t *v)
{
	return __real_json_array_append_new(fault_here(FAULT_json_append, FROM) == 0 ? a : NULL, v);
}

/* ---- the page ---- */

static struct fault_page *map(int fd)
{
	void *p = __real_mmap(NULL, sizeof(struct fault_page), PROT_READ | PROT_WRITE, MAP_SHARED,
			      fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

struct fault_page *fault_page_new(int *ret_fd)
{
	int fd = __real_memfd_create("faults", 0);

	if (fd == -1 || __real_ftruncate(fd, sizeof(struct fault_page)) == -1)
		return NULL;
	*ret_fd = fd;
	return map(fd);
}

/* Before main().  What it starts itself is not our business, or it is, if that is said. */
__attribute__((constructor)) static void take_page(void)
{
	const char *text = getenv("MEWS_FAULTS");
	int fd = text == NULL ? -1 : (int)strtol(text, NULL, 10);

	if (fd < 0)
		return;
	fault_page = map(fd);
	if (getenv("MEWS_FAULTS_KEEP") == NULL) {
		close(fd);
		unsetenv("MEWS_FAULTS");
	}
	if (fault_page == NULL)
		abort();
}

void fault_site_print(const struct fault_site *s, const char *program, FILE *to)
{
	char command[512], line[256];
	size_t n = (size_t)snprintf(command, sizeof(command), "addr2line -fse '%s'", program);
	FILE *f;

	for (unsigned i = 0; i < FAULT_FRAMES && s->frame[i] != 0; i++)
		n += (size_t)snprintf(command + n, sizeof(command) - n, " %x", s->frame[i] - 1);
	fprintf(to, "%s%s%s in", fault_row_name(s->row), s->what[0] != 0 ? " " : "", s->what);
	f = popen(command, "r");
	for (bool name = true; f != NULL && fgets(line, sizeof(line), f) != NULL; name = !name)
		fprintf(to, name ? " %.*s" : "(%.*s)", (int)strcspn(line, "\n"), line);
	if (f != NULL)
		pclose(f);
}
