/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_probe.c -- see sensor_probe.h.
 *
 * {"programs": [{"name", "section", "events", "state": "ok" | "refused" | "absent", "reason", "log",
 *                "load_us", "insns", "io_uring"}],
 *  "offers": [{"name", "offered", "needed", "why"}], "load_us", "buffers", "buffer_bytes"}
 *
 * It is the live source that is opened here, nothing else; what is not in it is not told.
 */
#include "sensor_probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "jout.h"
#include "line_file.h"
#include "log.h"
#include "record.h"
#include "sensor.h"
#include "sensor_load.h"

/* ---- what the kernel offers ---- */

/* A program that does nothing, of TYPE, for the function NAME; what the attempt said. */
static int load_nothing(enum bpf_prog_type type, enum bpf_attach_type attach, const char *name)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	int id = libbpf_find_vmlinux_btf_id(name, attach);

	if (id < 0)
		return id;
	opts.attach_btf_id = (__u32)id;
	return bpf_prog_load(type, "mews_probe", "GPL", nothing, ARRAY_LEN(nothing), &opts);
}

static int offers_type(enum bpf_prog_type type)
{
	int n = libbpf_probe_bpf_prog_type(type, NULL);

	return n > 0 ? 0 : n < 0 ? n : -EOPNOTSUPP;
}

static int offers_raw(void)
{
	return offers_type(BPF_PROG_TYPE_RAW_TRACEPOINT);
}

static int offers_tracepoints(void)
{
	return offers_type(BPF_PROG_TYPE_TRACEPOINT);
}

static int offers_ringbuf(void)
{
	int n = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);

	return n > 0 ? 0 : n < 0 ? n : -EOPNOTSUPP;
}

static int close_loaded(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int offers_tracing(void)
{
	return close_loaded(load_nothing(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "sys_exit"));
}

/* The kernel's own test function, which nobody calls: attaching shows that it can. */
static int offers_fentry(void)
{
	int fd = load_nothing(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_fentry_test1"), link;

	if (fd < 0)
		return fd;
	link = bpf_raw_tracepoint_open(NULL, fd);
	close(fd);
	if (link >= 0)
		close(link);
	return link < 0 ? link : 0;
}

static int offers_iterators(void)
{
	return close_loaded(load_nothing(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "task"));
}

/* It must be among the modules that were chosen at boot, too. */
static int offers_lsm(void)
{
	char list[512] = "";
	int fd = open("/sys/kernel/security/lsm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : read(fd, list, sizeof(list) - 1);

	if (fd != -1)
		close(fd);
	list[n > 0 ? n : 0] = '\0';
	if (fd != -1 && strstr(list, "bpf") == NULL)
		return -EOPNOTSUPP;
	return close_loaded(load_nothing(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "file_open"));
}

static const struct offer {
	const char *name;
	int (*probe)(void); /* 0, or negative errno */
	bool is_needed;
} offers[] = {
	{ "ring buffers", offers_ringbuf, true },
	{ "tracing (tp_btf)", offers_tracing, true },
	{ "raw trace points", offers_raw, false },
	{ "trace points", offers_tracepoints, false },
	{ "fentry", offers_fentry, false },
	{ "iterators", offers_iterators, false },
	{ "LSM", offers_lsm, false },
};

static void put_offers(struct jout *j)
{
	jout_array(j, "offers");
	for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
		int err = offers[i].probe();

		jout_object(j, NULL);
		jout_str(j, "name", offers[i].name);
		jout_bool(j, "offered", err == 0);
		jout_bool(j, "needed", offers[i].is_needed);
		jout_str(j, "why", err == 0 ? "" : strerror(-err));
		jout_end(j);
	}
	jout_end(j);
}

/* ---- programs ---- */

static const struct gap *gap_of(const struct coverage *c, const char *program)
{
	for (unsigned i = 0; i < c->ngaps; i++)
		if (strcmp(c->gaps[i].program, program) == 0)
			return &c->gaps[i];
	return NULL;
}

static const char *log_of(const struct loader *l, const char *program)
{
	for (unsigned i = 0; i < l->nrefused; i++)
		if (strcmp(l->refused[i].program, program) == 0)
			return l->refused[i].log;
	return NULL;
}

static bool info_of(const struct bpf_program *p, struct bpf_prog_info *ret)
{
	__u32 size = sizeof(*ret);

	memset(ret, 0, sizeof(*ret));
	return bpf_program__fd(p) >= 0 &&
	       bpf_obj_get_info_by_fd(bpf_program__fd(p), ret, &size) == 0;
}

/* Programs are loaded one after the other, and the kernel notes when each was begun. */
static uint64_t end_of_load(const struct sensor_inside *in, unsigned object, struct bpf_program *p)
{
	struct bpf_prog_info info;

	while ((p = bpf_object__next_program(in->objects[object], p)) != NULL)
		if (info_of(p, &info))
			return info.load_time;
	return in->loaded_ns[object];
}

/* The one of both objects that has loaded NAME; where none has, the second. */
static unsigned object_of(const struct sensor_inside *in, const char *name)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(in->objects[0], name);

	return p != NULL && bpf_program__fd(p) >= 0 ? 0 : 1;
}

static void put_program(const struct sensor_inside *in, const struct coverage *c, const char *name,
			struct jout *j)
{
	unsigned object = object_of(in, name);
	struct bpf_program *p = bpf_object__find_program_by_name(in->objects[object], name);
	const struct gap *gap = gap_of(c, name);
	struct event_set events = coverage_events(name);
	struct bpf_prog_info info;
	char names[1024];

	jout_object(j, NULL);
	jout_str(j, "name", name);
	jout_str(j, "section", bpf_program__section_name(p));
	jout_str(j, "state",
		 gap == NULL			    ? "ok"
		 : bpf_program__autoload(p)	    ? "refused"
		 : log_of(in->loader, name) != NULL ? "refused"
						    : "absent");
	coverage_names(&events, names, sizeof(names));
	jout_str(j, "events", names);
	jout_bool(j, "io_uring", gap != NULL && gap->of_ring);
	if (gap != NULL)
		jout_str(j, "reason", gap->reason);
	if (log_of(in->loader, name) != NULL)
		jout_str(j, "log", log_of(in->loader, name));
	if (info_of(p, &info)) {
		uint64_t end = end_of_load(in, object, p);

		jout_uint(j, "load_us", end > info.load_time ? (end - info.load_time) / 1000 : 0);
		jout_uint(j, "insns", info.xlated_prog_len / sizeof(struct bpf_insn));
	}
	jout_end(j);
}

/* Ask for what is attached only on demand, and for no system call. */
static void attach_all(struct source *s)
{
	struct selection set = { 0 };

#define TRACE(event, program) event_set_add(&set.events, EVENT_##event);
#include "family.def"
#undef TRACE
	s->ops->want(s, &set);
}

static int put_report(struct source *s)
{
	static uint8_t buf[16384];
	struct sensor_inside in;
	struct bpf_program *p;
	struct line line;
	struct jout j;

	sensor_look_inside(s, &in);
	line_init_drained(&line, buf, sizeof(buf), line_to_file, stdout);
	jout_init(&j, &line);
	jout_object(&j, NULL);
	jout_array(&j, "programs");
	bpf_object__for_each_program(p, in.objects[0])
		put_program(&in, s->coverage, bpf_program__name(p), &j);
	jout_end(&j);
	put_offers(&j);
	jout_uint(&j, "load_us", in.load_ns / 1000);
	jout_uint(&j, "buffers", in.nbuffers);
	jout_uint(&j, "buffer_bytes", in.buffer_bytes);
	jout_end(&j);
	line_put_char(&line, '\n');
	return line_finish(&line) == 0 && fflush(stdout) == 0 ? EXIT_OK : EXIT_HOST;
}

int sensor_probe(const struct sensor_params *params)
{
	struct source *s;
	int code = sensor_open(params, &s);

	if (code != EXIT_OK)
		return code;
	code = sensor_complete(s);
	if (code == EXIT_OK) {
		attach_all(s);
		code = put_report(s);
	}
	s->ops->close(s);
	return code;
}
