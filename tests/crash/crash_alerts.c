/* SPDX-License-Identifier: Apache-2.0
 *
 * crash_alerts.c -- reads the file of alerts as it grows, and counts by mark.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"

#define RULE	 "\"rule\":\"Crash trigger\""
#define STRANGER "\"rule\":\"Crash stranger\""
#define UUID	 "\"uuid\":\""

void alerts_open(struct alerts *a, const struct run *run)
{
	*a = (struct alerts){ .run = run, .fd = -1 };
	snprintf(a->path, sizeof(a->path), "%s/alerts", run->work);
}

static void count(struct alerts *a, uint32_t mark, uint64_t id)
{
	struct alert *one;

	if (mark >= a->room) {
		uint32_t room = (mark + 65536) & ~65535u;

		a->alert = realloc(a->alert, room * sizeof(*a->alert));
		if (a->alert == NULL)
			abort();
		memset(a->alert + a->room, 0, (room - a->room) * sizeof(*a->alert));
		a->room = room;
	}
	one = &a->alert[mark];
	if (one->times > 0 && one->id == id) {
		a->again++;
		return;
	}
	one->id = id;
	one->times++;
}

/* Enough of the 32 digits. */
static uint64_t id_of(const char *line)
{
	const char *at = strstr(line, UUID);
	uint64_t id = 0;

	for (unsigned n = 0; at != NULL && n < 36; n++) {
		char c = at[strlen(UUID) + n];

		id = id * 31 + (uint8_t)c;
	}
	return id;
}

/* A line without its end; in it stands the process's whole command line. */
static void take_line(struct alerts *a, const char *line)
{
	const char *mark = strstr(line, a->run->mark);

	if (strstr(line, STRANGER) != NULL) {
		a->strange++;
		printf("# not known: %.120s\n", line);
		return;
	}
	if (strstr(line, RULE) == NULL || mark == NULL)
		return;
	a->lines++;
	count(a, (uint32_t)strtoul(mark + strlen(a->run->mark), NULL, 10), id_of(line));
}

void alerts_read(struct alerts *a)
{
	ssize_t n;

	if (a->fd == -1 && (a->fd = open(a->path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	while ((n = read(a->fd, a->buf + a->fill, sizeof(a->buf) - 1 - a->fill)) > 0) {
		char *at = a->buf, *end;

		a->fill += (unsigned)n;
		a->buf[a->fill] = '\0';
		while ((end = memchr(at, '\n', (size_t)(a->buf + a->fill - at))) != NULL) {
			*end = '\0';
			take_line(a, at);
			at = end + 1;
		}
		a->fill -= (unsigned)(at - a->buf);
		memmove(a->buf, at, a->fill);
	}
}
