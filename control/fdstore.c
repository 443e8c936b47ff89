/* SPDX-License-Identifier: Apache-2.0
 *
 * fdstore.c -- see fdstore.h.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fdstore.h"
#include "log.h"
#include "ring.h"

#define SEALS	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define MOST	((off_t)RING_MAX_SIZE + (1 << 20)) /* with what lies before the data */
#define NO_SLOT FDSTORE_NAMES

static bool is_name(struct span name)
{
	if (name.n == 0 || name.n >= NOTIFY_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 127 || name.p[i] == ':')
			return false;
	return true;
}

/* Memory whose size is for good. */
static bool is_keepable(int fd)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	return seals != -1 && (seals & SEALS) == SEALS && fstat(fd, &st) == 0 &&
	       S_ISREG(st.st_mode) && st.st_size <= MOST;
}

/* The slot of NAME; of no name: a free one. */
static unsigned find(const struct fdstore *s, struct span name)
{
	unsigned i = 0;

	while (i < FDSTORE_NAMES && !span_eq(span_str(s->slot[i].name), name))
		i++;
	return i;
}

static void forget(struct fdstore *s, unsigned i)
{
	if (i == NO_SLOT)
		return;
	for (unsigned k = 0; k < s->slot[i].nfds; k++)
		close(s->slot[i].fd[k]);
	s->slot[i].nfds = 0;
	s->slot[i].name[0] = '\0';
}

static bool are_keepable(const int *fds, unsigned nfds)
{
	for (unsigned k = 0; k < nfds && k < NOTIFY_FDS; k++)
		if (!is_keepable(fds[k]))
			return false;
	return nfds > 0 && nfds <= NOTIFY_FDS;
}

/* Where there is no slot left the oldest knowledge is as good as any: the first goes. */
static void put(struct fdstore *s, struct span name, int *fds, unsigned nfds)
{
	unsigned i;

	if (!are_keepable(fds, nfds)) {
		log_rationed(
			LOG_LEVEL_WARNING,
			"what a stage wants kept as '%.*s' is not memory of a fixed size, or did not "
			"come: its successor begins without it",
			(int)name.n, (const char *)name.p);
		return;
	}
	forget(s, find(s, name));
	i = find(s, SPAN_NONE);
	if (i == NO_SLOT)
		forget(s, i = 0);
	memcpy(s->slot[i].name, name.p, name.n);
	s->slot[i].name[name.n] = '\0';
	memcpy(s->slot[i].fd, fds, nfds * sizeof(*fds));
	s->slot[i].nfds = nfds;
	for (unsigned k = 0; k < nfds; k++)
		fds[k] = -1;
}

static bool take_word(struct span text, const char *word, struct span *ret_name)
{
	size_t n = strlen(word);

	if (!span_starts(text, span_str(word)))
		return false;
	*ret_name = span_of(text.p + n, text.n - n);
	return true;
}

bool fdstore_heard(struct fdstore *s, struct span text, int *fds, unsigned nfds)
{
	struct span name;

	if (take_word(text, NOTIFY_STORE, &name)) {
		if (is_name(name))
			put(s, name, fds, nfds);
		return true;
	}
	if (!take_word(text, NOTIFY_FORGET, &name))
		return false;
	if (is_name(name))
		forget(s, find(s, name));
	return true;
}

void fdstore_clear(struct fdstore *s)
{
	for (unsigned i = 0; i < FDSTORE_NAMES; i++)
		forget(s, i);
}

unsigned fdstore_list(const struct fdstore *s, int fds[FDSTORE_FDS],
		      char names[FDSTORE_FDS * NOTIFY_NAME_MAX])
{
	unsigned n = 0;
	char *at = names;

	for (unsigned i = 0; i < FDSTORE_NAMES; i++)
		for (unsigned k = 0; k < s->slot[i].nfds; k++) {
			if (n > 0)
				*at++ = ':';
			at = stpcpy(at, s->slot[i].name);
			fds[n++] = s->slot[i].fd[k];
		}
	*at = '\0';
	return n;
}
