/* SPDX-License-Identifier: Apache-2.0
 *
 * event_mix.c -- processes and events, by a fixed sequence of random numbers.
 */
#include "event_mix.h"

#include <stdio.h>
#include <stdlib.h>

/* The shares are those of the events that some official rule asks for. */
static const struct kind {
	unsigned share; /* of 1000 */
	uint16_t code;
} kinds[] = {
	{ 884, EVENT_SYSCALL_OPENAT_2_X }, { 32, EVENT_SYSCALL_DUP2_X },
	{ 29, EVENT_SYSCALL_EXECVE_19_X }, { 15, EVENT_SOCKET_RECVFROM_X },
	{ 14, EVENT_SOCKET_SENDTO_X },	   { 11, EVENT_SYSCALL_UNLINKAT_2_X },
	{ 6, EVENT_SOCKET_SOCKET_X },	   { 6, EVENT_SOCKET_CONNECT_X },
	{ 3, EVENT_SOCKET_ACCEPT4_6_X },
};

static const struct opened {
	unsigned share; /* of 1000 */
	const char *name;
	int64_t fd;
	uint32_t flags; /* PPM_O_* */
} opened[] = {
	{ 64, "/etc/ld.so.cache", 3, 0x1001 },
	{ 64, "/lib/x86_64-linux-gnu/libc.so.6", 3, 0x1001 },
	{ 55, "/usr/lib/locale/locale-archive", -2, 0x1001 },
	{ 55, "/usr/share/locale/locale.alias", 3, 0x1001 },
	{ 55, "/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache", 3, 0x1 },
	{ 210, "/usr/lib/locale/C.UTF-8/LC_IDENTIFICATION", -2, 0x1001 },
	{ 210, "/usr/lib/locale/C.utf8/LC_MEASUREMENT", 3, 0x1001 },
	{ 51, "/usr/lib/locale/C.utf8/LC_MESSAGES/SYS_LC_MESSAGES", 3, 0x1001 },
	{ 13, "/dev/null", 3, 0x106 },
	{ 17, "/lib/x86_64-linux-gnu/libpcre2-8.so.0", 3, 0x1001 },
	{ 13, "/lib/x86_64-linux-gnu/libselinux.so.1", 3, 0x1001 },
	{ 13, "/proc/filesystems", 3, 0x1001 },
	{ 9, "/etc/localtime", 3, 0x1001 },
	{ 9, "/root/.curlrc", -2, 0x1 },
	{ 5, "/etc/nsswitch.conf", 4, 0x1001 },
	{ 5, "/etc/passwd", 4, 0x1001 },
	{ 5, "/usr/lib/ssl/openssl.cnf", 4, 0x1 },
	{ 60, "/lib/x86_64-linux-gnu/libgssapi_krb5.so.2", 3, 0x1001 },
	{ 40, "/usr/local/lib/python3.11/encodings/__pycache__/utf_8.cpython-311.pyc", 5, 0x1001 },
	{ 20, "/usr/local/lib/python3.11/site-packages/requests/adapters.py", 5, 0x1001 },
	{ 12, "/srv/www/static/css/site.css", 9, 0x1 },
	{ 8, "/tmp/build.7f3a/object.o", 6, 0x1206 },
	{ 4, "/home/ann/project/.git/index", 6, 0x1 },
	{ 3, "/var/log/app/current", 7, 0x100e },
};

static const struct program {
	const char *comm, *exepath, *args;
	unsigned parent; /* which program; itself: none */
	unsigned weight;
	uint32_t uid;
	const char *container;
} programs[] = {
	{ "systemd", "/usr/lib/systemd/systemd", "", 0, 1, 0, "" },
	{ "sshd", "/usr/sbin/sshd", "-D", 0, 1, 0, "" },
	{ "bash", "/usr/bin/bash", "-i", 1, 4, 1000, "" },
	{ "ls", "/usr/bin/ls", "-l /srv", 2, 10, 1000, "" },
	{ "grep", "/usr/bin/grep", "-r pattern src", 2, 10, 1000, "" },
	{ "curl", "/usr/bin/curl", "-s http://127.0.0.1:8080/index.html", 2, 12, 1000, "" },
	{ "python3", "/usr/local/bin/python3.11", "-m http.server 8080", 2, 6, 1000, "" },
	{ "cron", "/usr/sbin/cron", "-f", 0, 1, 0, "" },
	{ "sh", "/usr/bin/dash", "-c run-parts /etc/cron.hourly", 7, 3, 0, "" },
	{ "sed", "/usr/bin/sed", "-n 1,5p", 8, 8, 0, "" },
	{ "containerd-shim", "/usr/bin/containerd-shim-runc-v2", "-namespace k8s.io", 0, 1, 0, "" },
	{ "nginx", "/usr/sbin/nginx", "-g daemon off;", 10, 8, 0, "3f5ae0a1b2c3" },
	{ "node", "/usr/local/bin/node", "server.js", 10, 6, 1000, "5c01d2e3f4a5" },
	{ "sh", "/bin/busybox", "-c while sleep 1; do date; done", 10, 3, 0, "5c01d2e3f4a5" },
	{ "date", "/bin/busybox", "", 13, 6, 0, "5c01d2e3f4a5" },
};

static uint32_t number(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)*state * below >> 32);
}

static const void *pick(uint32_t *state, const void *rows, size_t n, size_t size)
{
	const uint8_t *row = rows;
	unsigned sum = 0, at;

	/* A row begins with its share. */
	for (size_t i = 0; i < n; i++)
		sum += *(const unsigned *)(const void *)(row + i * size);
	at = number(state, sum);
	while (at >= *(const unsigned *)(const void *)row) {
		at -= *(const unsigned *)(const void *)row;
		row += size;
	}
	return row;
}

/* Arguments are NUL-separated: one of a blank in its place. */
static struct span args_of(const char *text, uint8_t buf[256])
{
	size_t n = strlen(text) + 1;

	memcpy(buf, text, n);
	for (size_t i = 0; i < n; i++)
		if (buf[i] == ' ')
			buf[i] = 0;
	return span_of(buf, n > 1 ? n : 0);
}

static void put_program(struct event_mix *m, unsigned i)
{
	const struct program *p = &programs[i];
	static uint8_t payload[65536];
	uint8_t args[256];
	struct process_frame f = {
		.key = i + 1,
		.version = 1,
		.mask = PROCESS_ALL,
		.info = { .tid = 100 + i,
			  .pid = 100 + i,
			  .ptid = i == p->parent ? -1 : 100 + (int64_t)p->parent,
			  .vtid = 100 + i,
			  .vpid = 100 + i,
			  .comm = span_str(p->comm),
			  .exe = span_str(p->exepath),
			  .exepath = span_str(p->exepath),
			  .args = args_of(p->args, args),
			  .cwd = span_str("/srv/"),
			  .uid = p->uid,
			  .gid = p->uid,
			  .loginuid = p->uid,
			  .container_id = span_str(p->container) },
	};
	ssize_t n = wire_encode_process(payload, sizeof(payload), &f);

	if (n < 0 || mirror_apply(m->mirror, FRAME_PROCESS, span_of(payload, (size_t)n)) < 0)
		abort();
}

static void set_int(struct event_frame *f, unsigned i, int64_t v)
{
	f->params[i] = (struct param){ .kind = PARAM_INT, .i = v };
}

static void set_text(struct event_frame *f, unsigned i, const char *s)
{
	f->params[i] = (struct param){ .kind = PARAM_BYTES, .s = span_str(s) };
}

static void set_file(struct event_frame *f, int64_t fd, uint8_t type, const char *name)
{
	f->fd = fd;
	f->fd_file = 0;
	f->nfiles = 1;
	f->files[0] = (struct file_info){
		.fd = fd, .type = type, .name = span_str(name), .name_raw = span_str(name)
	};
	if (type != FILE_IPV4)
		return;
	f->files[0].l4proto = L4_TCP;
	f->files[0].flags = FILE_ROLE_CLIENT | FILE_CONNECTED;
	memcpy(f->files[0].sip, "\x7f\0\0\1", 4);
	memcpy(f->files[0].dip, "\x7f\0\0\1", 4);
	f->files[0].sport = 41234;
	f->files[0].dport = 8080;
}

/* The kernel's path of an opened file: /lib is a link on most machines. */
static struct span resolved(const struct opened *o)
{
	static char paths[ARRAY_LEN(opened)][128];
	char *path = paths[o - opened];

	snprintf(path, sizeof(paths[0]), "%s%s", strncmp(o->name, "/lib/", 5) == 0 ? "/usr" : "",
		 o->name);
	return span_str(path);
}

static void open_one(struct event_frame *f, uint32_t *state)
{
	const struct opened *o = pick(state, opened, ARRAY_LEN(opened), sizeof(*opened));

	set_int(f, 0, o->fd);
	set_int(f, 1, -100);
	set_text(f, 2, o->name);
	set_int(f, 3, o->flags);
	if (o->fd < 0) {
		f->fd = -1;
		return;
	}
	set_file(f, o->fd, FILE_REGULAR, o->name);
	f->files[0].resolved = resolved(o);
	f->files[0].dev = 0xfe00;
	f->files[0].ino = 4711 + (uint64_t)(o - opened);
	f->files[0].mnt_id = 29;
}

/* All parameters there, what matters to rules with a value that is common. */
static void fill(struct event_frame *f, const struct event_info *info, uint32_t *state)
{
	f->nparams = info->nparams;
	for (unsigned i = 0; i < info->nparams; i++)
		set_int(f, i, 0);
	switch (f->code) {
	case EVENT_SYSCALL_OPENAT_2_X:
		open_one(f, state);
		return;
	case EVENT_SYSCALL_UNLINKAT_2_X:
		set_text(f, 2, "/tmp/build.7f3a/object.o");
		return;
	case EVENT_SYSCALL_EXECVE_19_X:
		return;
	case EVENT_SYSCALL_DUP2_X:
		set_file(f, 1, FILE_FIFO, "pipe:[123456]");
		return;
	default:
		set_file(f, 5, FILE_IPV4, "127.0.0.1:41234->127.0.0.1:8080");
		f->params[f->code == EVENT_SOCKET_CONNECT_X ? 2 : 0] =
			(struct param){ .kind = PARAM_INT, .i = 5 };
	}
}

static void event_one(struct event_mix *m, unsigned i, uint32_t *state)
{
	const struct kind *kind = pick(state, kinds, ARRAY_LEN(kinds), sizeof(*kinds));
	const struct event_info *info = event_info(kind->code);
	struct event_frame *f = &m->frames[i];
	unsigned at = 0, sum = 0, n = 0;

	for (unsigned k = 0; k < ARRAY_LEN(programs); k++)
		sum += programs[k].weight;
	n = number(state, sum);
	while (n >= programs[at].weight)
		n -= programs[at++].weight;
	*f = (struct event_frame){ .code = kind->code,
				   .cpu = 1,
				   .ts_ns = UINT64_C(1700000000000000000) + i * 1000,
				   .num = i + 1,
				   .origin_generation = 1,
				   .origin_seq = i + 1,
				   .process = at + 1,
				   .version = 1,
				   .tid = 100 + at,
				   .fd = FD_NONE,
				   .fd_file = -1 };
	fill(f, info, state);
	m->events[i] = (struct field_event){ .ev = f,
					     .info = info,
					     .mirror = m->mirror,
					     .process = mirror_process(m->mirror, at + 1),
					     .arena = &m->arena,
					     .source = "syscall" };
}

struct event_mix *event_mix_new(void)
{
	struct mirror_limits limits = { 64, 16, 16, 16, 1, 0 };
	struct event_mix *m = calloc(1, sizeof(*m));
	uint32_t state = 1;

	if (m == NULL || mirror_new(&limits, &m->mirror) < 0)
		abort();
	arena_init(&m->arena, m->block, sizeof(m->block));
	for (unsigned i = 0; i < ARRAY_LEN(programs); i++)
		put_program(m, i);
	for (unsigned i = 0; i < EVENT_MIX_COUNT; i++)
		event_one(m, i, &state);
	return m;
}

void event_mix_free(struct event_mix *m)
{
	mirror_free(m->mirror);
	free(m);
}
