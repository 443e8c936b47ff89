/* SPDX-License-Identifier: Apache-2.0
 *
 * crash_ring.c -- looks into ring raw from outside, as root may: by the collector's own descriptor.  What was
 * published there outlives the collector, and what was not does not; so this says what may be expected of a
 * collector that is going to be killed.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counter.h"
#include "crash.h"
#include "event.h"
#include "losses.h"
#include "ring_layout.h"
#include "shm.h"
#include "wire.h"

struct raw_look {
	uint8_t *base, *data;
	size_t mapped;
	uint64_t size, at;
};

/* The memfd of that name of PID's. */
static int open_ring(pid_t pid)
{
	char dir[64], path[600], target[128];
	struct dirent *e;
	int fd = -1;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%d/fd", (int)pid);
	d = opendir(dir);
	while (d != NULL && fd == -1 && (e = readdir(d)) != NULL) {
		ssize_t n;

		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (strncmp(target, "/memfd:mews-ring", 16) == 0)
			fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (d != NULL)
		closedir(d);
	return fd;
}

static uint64_t head_of(const struct raw_look *l)
{
	const struct ring_page *page = (const void *)l->base;

	return atomic_load(&page->word) & ~RING_WORD_BITS;
}

struct raw_look *raw_look_open(pid_t collector)
{
	struct raw_look *l = calloc(1, sizeof(*l));
	int fd = open_ring(collector);
	struct stat st;

	if (l == NULL || fd == -1 || fstat(fd, &st) == -1)
		goto fail;
	l->mapped = (size_t)st.st_size;
	l->base = mmap(NULL, l->mapped, PROT_READ, MAP_SHARED, fd, 0);
	if (l->base == MAP_FAILED)
		goto fail;
	close(fd);
	l->size = ((const struct ring_page *)(const void *)l->base)->id.size;
	l->data = l->base + l->mapped - l->size;
	l->at = head_of(l);
	return l;
fail:
	if (fd != -1)
		close(fd);
	free(l);
	return NULL;
}

void raw_look_close(struct raw_look *l)
{
	if (l == NULL)
		return;
	munmap(l->base, l->mapped);
	free(l);
}

static bool makes_a_trigger(unsigned code)
{
	switch (code) {
	case EVENT_SYSCALL_OPEN_X:
	case EVENT_SYSCALL_OPENAT_2_X:
	case EVENT_SYSCALL_OPENAT2_X:
	case EVENT_SYSCALL_EXECVE_19_X:
	case EVENT_SYSCALL_EXECVEAT_X:
	case EVENT_SYSCALL_CLONE_20_X:
	case EVENT_SYSCALL_CLONE3_X:
	case EVENT_SYSCALL_FORK_20_X:
	case EVENT_SYSCALL_VFORK_20_X:
	case LOSS_ANY_CODE:
		return true;
	default:
		return false;
	}
}

bool raw_losses(pid_t collector, uint64_t *ret)
{
	struct raw_look *l = raw_look_open(collector);
	static struct losses losses;
	bool good = false;
	uint64_t n = 0;

	for (unsigned tries = 0; l != NULL && !good && tries < 100; tries++) {
		const struct ring_page *page = (const void *)l->base;
		struct ring_counts counts;
		uint64_t version;
		const uint8_t *sheet;

		if (ring_counts_left(page, atomic_load(&page->id.generation), &counts) < 0)
			continue;
		version = counts.v[COLLECTOR_LOSS_SHEETS];
		sheet = l->data - (RING_SHEETS - version % RING_SHEETS) * (size_t)RING_SHEET;
		good = version == 0 ||
		       losses_decode(span_of(sheet, RING_SHEET), version, &losses) == 0;
		if (version == 0)
			losses.count = 0;
	}
	for (unsigned i = 0; good && i < losses.count; i++) {
		const struct loss *cell = &losses.cell[i];

		if ((cell->cause == GAP_KERNEL_BUFFER || cell->cause == GAP_RING ||
		     cell->cause == GAP_NOT_MADE) &&
		    makes_a_trigger(cell->code))
			n += cell->count;
	}
	raw_look_close(l);
	*ret = n;
	return good;
}

static void copy(const struct raw_look *l, uint64_t at, void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = l->data[(at + i) & (l->size - 1)];
}

static bool is_open_of_shadow(const struct raw_event *ev)
{
	for (unsigned i = 0; i < ev->nparams; i++)
		if (ev->params[i].kind == PARAM_BYTES && span_is(ev->params[i].s, "/etc/shadow"))
			return true;
	return false;
}

static void strike_out(const struct raw_event *ev, pid_t *pids, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (pids[i] == ev->tid && is_open_of_shadow(ev))
			pids[i] = 0;
}

bool raw_look_has(struct raw_look *l, pid_t *pids, unsigned n)
{
	static uint8_t payload[RING_MAX_PAYLOAD];
	static struct raw_event ev;
	uint64_t head = head_of(l);
	unsigned left = 0;

	while (l->at < head) {
		uint64_t first;
		uint32_t len;

		copy(l, l->at, &first, sizeof(first));
		len = (uint32_t)first;
		if (len > sizeof(payload))
			abort(); /* it went round since */
		copy(l, l->at + RING_FRAME_HEADER, payload, len);
		l->at += (RING_FRAME_HEADER + (uint64_t)len + 7) & ~UINT64_C(7);
		if ((uint16_t)(first >> 32) == FRAME_RAW_EVENT &&
		    wire_decode_raw_event(span_of(payload, len), &ev) == 0)
			strike_out(&ev, pids, n);
	}
	for (unsigned i = 0; i < n; i++)
		left += pids[i] != 0;
	return left == 0;
}
