/* SPDX-License-Identifier: Apache-2.0
 *
 * rig.c -- see rig.h.
 */
#include "rig.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "decode.h"
#include "kring.h"
#include "wants.h"

#include "mews.skel.h"

enum { RECORDS_MAX = 1 << 16 };

struct rig {
	struct mews *skel;
	int cpus;
	int *fds;
	struct buffer **buffers; /* mapped */
	struct kring *rings;
	struct rig_record *records;
	unsigned count, bad;
	struct selection set;
	struct wants rows;
};

static size_t buffer_bytes = 4 << 20;

void rig_set_buffer(size_t bytes)
{
	buffer_bytes = bytes;
}

/* The file at *AT, which is moved behind it. */
static bool parse_file(const uint8_t *bytes, size_t n, size_t *at, struct record_file *file,
		       struct span *path, struct span *tuple)
{
	if (n - *at < sizeof(*file))
		return false;
	memcpy(file, bytes + *at, sizeof(*file));
	*at += sizeof(*file);
	if (n - *at < (size_t)file->path_len + file->tuple_len)
		return false;
	*path = span_of(bytes + *at, file->path_len);
	*at += file->path_len;
	*tuple = span_of(bytes + *at, file->tuple_len);
	*at += file->tuple_len;
	return true;
}

/* What a record claims, against its length.  The parts of R point into BYTES. */
static bool parse(struct rig_record *r, const uint8_t *bytes, size_t n)
{
	size_t at = sizeof(struct record), lens;

	memset(r, 0, sizeof(*r));
	if (n < sizeof(struct record))
		return false;
	memcpy(&r->head, bytes, sizeof(r->head));
	if (r->head.len != n || r->head.nparams > EVENT_MAX_PARAMS)
		return false;
	if ((r->head.flags & RECORD_HAS_FILE) &&
	    !parse_file(bytes, n, &at, &r->file, &r->path, &r->tuple))
		return false;
	if (r->head.more_files > RECORD_MORE_FILES)
		return false;
	for (unsigned i = 0; i < r->head.more_files; i++) {
		struct span none;

		if (!parse_file(bytes, n, &at, &r->more[i], &r->more_path[i], &none))
			return false;
	}
	lens = at;
	if (n - at < 2u * r->head.nparams)
		return false;
	at += 2u * r->head.nparams;
	for (unsigned i = 0; i < r->head.nparams; i++) {
		uint16_t len;

		memcpy(&len, bytes + lens + 2 * i, sizeof(len));
		if (n - at < len)
			return false;
		r->param[i] = span_of(bytes + at, len);
		at += len;
	}
	return at == n;
}

static void take_record(struct rig *rig, const void *data, size_t n)
{
	struct rig_record *r = &rig->records[rig->count];
	struct raw_event decoded;
	void *bytes;

	if (rig->count == RECORDS_MAX || (bytes = malloc(n)) == NULL)
		return;
	memcpy(bytes, data, n);
	if (!parse(r, bytes, n) || decode_record(span_of(bytes, n), &decoded) < 0) {
		fprintf(stderr, "bad record: %zu bytes, code %u, nparams %u\n", n, r->head.code,
			r->head.nparams);
		rig->bad++;
		free(bytes);
		return;
	}
	r->bytes = bytes;
	rig->count++;
}

__attribute__((format(printf, 2, 0))) static int print_errors(enum libbpf_print_level level,
							      const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

/* Do without the program of a trace point that the kernel has not. */
static void leave_out(const struct btf *btf, struct bpf_program *program)
{
	char type[64];

	snprintf(type, sizeof(type), "btf_trace_%s",
		 strchr(bpf_program__section_name(program), '/') + 1);
	if (btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF) <= 0)
		bpf_program__set_autoload(program, false);
}

static void follow_kernel(struct mews *s)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (btf == NULL)
		return;
	s->rodata->settings.casts =
		btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0 &&
		getenv("RIG_NO_CASTS") == NULL;
#define TRACE(event, program) leave_out(btf, s->progs.program);
#include "family.def"
#undef TRACE
#define RING(program) bpf_program__set_autoload(s->progs.program, false);
#include "family.def"
#undef RING
	btf__free(btf);
}

/* Before loading: the programs go by what the buffers look like. */
static int make_buffers(struct rig *rig)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	size_t bytes = BUFFER_BYTES(buffer_bytes);

	rig->fds = calloc(rig->cpus, sizeof(*rig->fds));
	rig->buffers = calloc(rig->cpus, sizeof(*rig->buffers));
	rig->rings = calloc(rig->cpus, sizeof(*rig->rings));
	for (int i = 0; i < rig->cpus; i++) {
		int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "buffer", sizeof(uint32_t), bytes, 1,
					&opts);
		void *p = fd < 0 ? MAP_FAILED
				 : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (p == MAP_FAILED)
			return -errno;
		rig->fds[i] = fd;
		rig->buffers[i] = p;
		kring_init(&rig->rings[i], &rig->buffers[i]->tail, &rig->buffers[i]->head,
			   rig->buffers[i] + 1, buffer_bytes, BUFFER_SLACK);
	}
	rig->skel->rodata->settings.buffer_mask = buffer_bytes - 1;
	return bpf_map__set_inner_map_fd(rig->skel->maps.buffers, rig->fds[0]);
}

static int put_buffers(struct rig *rig)
{
	int outer = bpf_map__fd(rig->skel->maps.buffers);

	for (int i = 0; i < rig->cpus; i++)
		if (bpf_map_update_elem(outer, &i, &rig->fds[i], BPF_ANY) != 0)
			return -errno;
	return 0;
}

static int put_families(struct rig *rig)
{
#define FAMILY(name, program) rig->skel->progs.program,
	struct bpf_program *programs[] = {
#include "family.def"
	};
#undef FAMILY
	for (uint32_t i = 0; i < FAMILY_COUNT; i++) {
		int fd = bpf_program__fd(programs[i]);

		if (bpf_map_update_elem(bpf_map__fd(rig->skel->maps.families), &i, &fd, 0) != 0)
			return -errno;
	}
	return 0;
}

static int attach(struct rig *rig)
{
	struct mews *s = rig->skel;

	s->links.sys_exit = bpf_program__attach(s->progs.sys_exit);
	s->links.process_fork = bpf_program__attach(s->progs.process_fork);
	s->links.process_exec = bpf_program__attach(s->progs.process_exec);
	s->links.process_exit = bpf_program__attach(s->progs.process_exit);
	return s->links.sys_exit && s->links.process_fork && s->links.process_exec &&
			       s->links.process_exit
		       ? 0
		       : -errno;
}

/* Attach the programs of CODE's TRACE rows; false if there are none. */
static bool attach_traces(struct rig *rig, unsigned code)
{
	struct mews *s = rig->skel;
	bool any = false;

#define TRACE(event, program)                                                                      \
	if (code == EVENT_##event && s->links.program == NULL &&                                   \
	    bpf_program__fd(s->progs.program) >= 0)                                                \
		s->links.program = bpf_program__attach(s->progs.program);                          \
	any |= code == EVENT_##event && s->links.program != NULL;
#include "family.def"
#undef TRACE
	return any;
}

static void detach_traces(struct rig *rig)
{
	struct mews *s = rig->skel;

#define TRACE(event, program)                                                                      \
	bpf_link__destroy(s->links.program);                                                       \
	s->links.program = NULL;
#include "family.def"
#undef TRACE
}

struct rig *rig_open(char *reason, size_t cap)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	int err;

	if (geteuid() != 0) {
		snprintf(reason, cap, "needs root");
		free(rig);
		return NULL;
	}
	if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
		snprintf(reason, cap, "the kernel has no BTF");
		free(rig);
		return NULL;
	}
	libbpf_set_print(print_errors);
	rig->cpus = libbpf_num_possible_cpus();
	rig->records = calloc(RECORDS_MAX, sizeof(*rig->records));
	rig->skel = mews__open();
	if (rig->skel == NULL)
		goto fail;
	bpf_map__set_max_entries(rig->skel->maps.rings, rig->cpus);
	bpf_map__set_max_entries(rig->skel->maps.buffers, rig->cpus);
	bpf_map__set_max_entries(rig->skel->maps.scratch, rig->cpus);
	bpf_map__set_max_entries(rig->skel->maps.counts, rig->cpus * COUNTS_PER_CPU);
	rig->skel->rodata->settings.bulk_limit = buffer_bytes - buffer_bytes / 4;
	rig->skel->rodata->settings.cpus = rig->cpus;
	rig->skel->rodata->settings.snaplen = 80;
	for (unsigned i = 0; i < ARRAY_LEN(rig->skel->rodata->settings.mute_key); i++)
		rig->skel->rodata->settings.mute_key[i] = 0x9e3779b1u * (2 * i + 1);
	follow_kernel(rig->skel);
	err = make_buffers(rig);
	if (err == 0)
		err = mews__load(rig->skel);
	if (err == 0)
		err = put_buffers(rig);
	if (err == 0)
		err = put_families(rig);
	if (err == 0)
		err = attach(rig);
	if (err == 0)
		return rig;
	errno = -err;
fail:
	snprintf(reason, cap, "cannot load: %s", strerror(errno));
	rig_close(rig);
	return NULL;
}

void rig_close(struct rig *rig)
{
	if (rig == NULL)
		return;
	mews__destroy(rig->skel);
	for (int i = 0; rig->buffers != NULL && i < rig->cpus && rig->buffers[i] != NULL; i++) {
		munmap(rig->buffers[i], BUFFER_BYTES(buffer_bytes));
		close(rig->fds[i]);
	}
	rig_clear(rig);
	free(rig->fds);
	free(rig->buffers);
	free(rig->rings);
	free(rig->records);
	free(rig);
}

static void put_rows(int map, const struct wanted *rows, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		bpf_map_update_elem(map, &i, &rows[i], 0);
}

static void follow_set(struct rig *rig)
{
	wants_fill(&rig->rows, &rig->set);
	put_rows(bpf_map__fd(rig->skel->maps.wanted), rig->rows.native, WANTED_COUNT);
	put_rows(bpf_map__fd(rig->skel->maps.wanted_narrow), rig->rows.narrow, NARROW_COUNT);
}

void rig_muting(struct rig *rig, bool on)
{
	static const struct mutes none;

	rig->skel->bss->muting = on;
	for (uint32_t i = 0; i < MUTE_ROWS; i++)
		bpf_map_update_elem(bpf_map__fd(rig->skel->maps.mutes), &i, &none, 0);
}

void rig_mute(struct rig *rig, const struct rig_record *r)
{
	uint32_t at = mute_row(r->head.mute);
	struct mutes row = { { r->head.mute, 0 } };

	bpf_map_update_elem(bpf_map__fd(rig->skel->maps.mutes), &at, &row, 0);
}

bool rig_want(struct rig *rig, unsigned code)
{
	bool is_traced = attach_traces(rig, code);

	if (!wants_can(code))
		return is_traced;
	selection_add(&rig->set, code);
	follow_set(rig);
	return true;
}

void rig_want_state(struct rig *rig)
{
	static const struct ring_wants nothing = { .version = 1 };

	selection_fill(&rig->set, &nothing, NULL);
	follow_set(rig);
}

void rig_spare(struct rig *rig, unsigned code)
{
	event_set_add(&rig->set.spared, code);
	follow_set(rig);
}

void rig_want_all(struct rig *rig)
{
	rig->set.spared = (struct event_set){ 0 };
	for (unsigned code = 2; code < EVENT_CODE_COUNT; code++)
		if (wants_can(code))
			selection_add(&rig->set, code);
	follow_set(rig);
}

void rig_want_none(struct rig *rig)
{
	detach_traces(rig);
	rig->set = (struct selection){ 0 };
	follow_set(rig);
}

void rig_collect(struct rig *rig)
{
	struct span record;

	for (int i = 0; i < rig->cpus; i++) {
		while (kring_peek(&rig->rings[i], &record) == 1) {
			take_record(rig, record.p, record.n);
			kring_pop(&rig->rings[i]);
		}
		kring_commit(&rig->rings[i]);
	}
}

void rig_clear(struct rig *rig)
{
	for (unsigned i = 0; i < rig->count; i++)
		free(rig->records[i].bytes);
	rig->count = 0;
}

unsigned rig_bad(const struct rig *rig)
{
	return rig->bad;
}

unsigned rig_count(const struct rig *rig)
{
	return rig->count;
}

const struct rig_record *rig_get(const struct rig *rig, unsigned i)
{
	return i < rig->count ? &rig->records[i] : NULL;
}

const struct rig_record *rig_find(const struct rig *rig, unsigned code, uint32_t tid,
				  unsigned *from)
{
	while (*from < rig->count) {
		const struct rig_record *r = &rig->records[(*from)++];

		if (r->head.code == code && r->head.tid == tid)
			return r;
	}
	return NULL;
}

struct kernel_counts rig_counts(const struct rig *rig, unsigned code)
{
	struct kernel_counts sum = { 0 }, one;

	for (int cpu = 0; cpu < rig->cpus; cpu++) {
		uint32_t key = cpu * COUNTS_PER_CPU + code;

		if (bpf_map_lookup_elem(bpf_map__fd(rig->skel->maps.counts), &key, &one) != 0)
			continue;
		sum.seen += one.seen;
		sum.lost += one.lost;
		sum.failed += one.failed;
		sum.muted += one.muted;
	}
	return sum;
}

int64_t rig_number(const struct rig_record *r, unsigned i)
{
	struct span s = r->param[i];
	int64_t v = 0;

	if (s.n == 0 || s.n > 8)
		return INT64_MIN;
	memcpy(&v, s.p, s.n);
	if (param_type_is_signed(event_info(r->head.code)->params[i].type) && s.n < 8 &&
	    v >> (8 * s.n - 1) & 1)
		v -= 1ll << (8 * s.n);
	return v;
}

static void print_text(struct span s)
{
	putchar('"');
	for (size_t i = 0; i < s.n && i < 200; i++)
		if (s.p[i] < 32 || s.p[i] > 126 || s.p[i] == '"')
			printf("\\x%02x", s.p[i]);
		else
			putchar(s.p[i]);
	putchar('"');
}

void rig_print(const struct rig_record *r)
{
	const struct event_info *info = event_info(r->head.code);

	printf("%-9s cpu %u tid %u pid %u uid %u cgroup %llu flags %u", info->name, r->head.cpu,
	       r->head.tid, r->head.pid, r->head.uid, (unsigned long long)r->head.cgroup_id,
	       r->head.flags);
	if (r->head.flags & RECORD_HAS_FILE) {
		printf(" {fd %lld dev %#x ino %llu mode %o mnt %llu path ", (long long)r->file.fd,
		       r->file.dev, (unsigned long long)r->file.ino, r->file.mode,
		       (unsigned long long)r->file.mnt_id);
		print_text(r->path);
		printf(" tuple ");
		print_text(r->tuple);
		printf(" type %u proto %u}", r->file.sock_type, r->file.sock_proto);
	}
	for (unsigned i = 0; i < r->head.nparams; i++) {
		printf(" %s=", info->params[i].name);
		if (param_type_size(info->params[i].type) == 0)
			print_text(r->param[i]);
		else if (r->param[i].n != param_type_size(info->params[i].type))
			printf("<%zu bytes>", r->param[i].n);
		else if (info->params[i].format == PF_HEX)
			printf("%#llx", (unsigned long long)rig_number(r, i));
		else
			printf("%lld", (long long)rig_number(r, i));
	}
	putchar('\n');
}
