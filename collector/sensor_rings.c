/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_rings.c -- the buffers that records come in by.
 *
 * The kernel side has one buffer a CPU: an array of its own (struct buffer in record.h), which costs it
 * least; or one of the kernel's ring buffers where processors share one, come later, or the kernel makes
 * no array so large.  They are mapped here and read in batches through kring.c, without a call per
 * record.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "procfs.h"
#include "sensor_core.h"

enum { MAX_BUFFER = 1024 * 1024 * 1024 };

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

uint64_t sensor_buffer_size(uint64_t bytes)
{
	uint64_t size = MIN_BUFFER;

	while (size < bytes && size < MAX_BUFFER)
		size *= 2;
	return size;
}

/* CPUs that are there get the buffer that was asked for; for those that may come some day a
 * small one is made now, so that a machine with many sockets to spare does not pay. */
static bool is_online(const struct sensor *s, struct span online, unsigned ring)
{
	unsigned first = ring * s->per_ring;

	for (unsigned cpu = first; cpu < first + s->per_ring && cpu < s->ncpus; cpu++)
		if (online.n == 0 || procfs_listed(online, cpu))
			return true;
	return false;
}

int sensor_new_buffer(uint64_t size)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "mews_buffer", sizeof(__u32),
			      (__u32)BUFFER_BYTES(size), 1, &opts);
}

void sensor_plan_rings(struct sensor *s)
{
	char text[4096];
	int fd = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	struct span online = span_of(text, n > 0 ? (size_t)n : 0);
	uint64_t size = sensor_buffer_size(s->params.buffer_bytes);

	if (fd >= 0)
		close(fd);
	for (unsigned i = 0; i < s->nrings; i++) {
		struct ring_memory *m = &s->memory[i];

		m->size = is_online(s, online, i) ? size : MIN_BUFFER;
		if (s->per_ring == 1 && m->size == size && (fd = sensor_new_buffer(size)) >= 0) {
			m->fd = fd;
			m->is_own = true;
		}
	}
}

/* The same ring for each of its processors. */
static int ring_assign(struct sensor *s, unsigned ring)
{
	const struct ring_memory *m = &s->memory[ring];
	int map = programs_map(&s->programs, m->is_own ? "buffers" : "rings");
	unsigned first = ring * s->per_ring;

	for (unsigned cpu = first; cpu < first + s->per_ring && cpu < s->ncpus; cpu++)
		if (bpf_map_update_elem(map, &cpu, &m->fd, BPF_ANY) < 0)
			return -errno;
	return 0;
}

/* Of the kernel's: the producer's page, the data twice. */
static size_t rest_size(const struct ring_memory *m)
{
	return m->is_own ? BUFFER_BYTES(m->size) : page_size() + 2 * m->size;
}

static int ring_map_own(struct ring_memory *m, struct kring *k)
{
	struct buffer *b = mmap(NULL, rest_size(m), PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);

	if (b == MAP_FAILED)
		return -errno;
	m->rest = b;
	kring_init(k, &b->tail, &b->head, b + 1, m->size, BUFFER_SLACK);
	return 0;
}

static int ring_map_kernels(struct ring_memory *m, struct kring *k)
{
	size_t page = page_size();
	void *p;

	m->fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "mews_ring", 0, 0, (__u32)m->size, NULL);
	if (m->fd < 0)
		return m->fd;
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	m->consumer = p;
	p = mmap(NULL, rest_size(m), PROT_READ, MAP_SHARED, m->fd, (off_t)page);
	if (p == MAP_FAILED)
		return -errno;
	m->rest = p;
	kring_init(k, m->consumer, p, (const uint8_t *)p + page, m->size, 0);
	return 0;
}

static int bell_open(struct sensor *s)
{
	int fd = programs_map(&s->programs, "bell");
	void *p = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	s->bell_heard = p;
	p = mmap(NULL, page_size(), PROT_READ, MAP_SHARED, fd, (off_t)page_size());
	if (p == MAP_FAILED)
		return -errno;
	s->bell = p;
	return 0;
}

int sensor_open_rings(struct sensor *s)
{
	int err = bell_open(s);

	for (unsigned i = 0; err == 0 && i < s->nrings; i++) {
		struct ring_memory *m = &s->memory[i];

		err = m->is_own ? ring_map_own(m, &s->rings[i]) : ring_map_kernels(m, &s->rings[i]);
		if (err == 0)
			err = ring_assign(s, i);
	}
	return err;
}

void sensor_quiet_bell(struct sensor *s)
{
	const _Atomic uint64_t *rung = s->bell;

	atomic_store_explicit(s->bell_heard, atomic_load_explicit(rung, memory_order_acquire),
			      memory_order_release);
}

static void ring_close(struct ring_memory *m)
{
	if (m->consumer != NULL)
		munmap(m->consumer, page_size());
	if (m->rest != NULL)
		munmap(m->rest, rest_size(m));
	if (m->fd > 0)
		close(m->fd);
}

void sensor_close_rings(struct sensor *s)
{
	for (unsigned i = 0; s->memory != NULL && i < s->nrings; i++)
		ring_close(&s->memory[i]);
	if (s->bell_heard != NULL)
		munmap((void *)s->bell_heard, page_size());
	if (s->bell != NULL)
		munmap((void *)(uintptr_t)s->bell, page_size());
}
