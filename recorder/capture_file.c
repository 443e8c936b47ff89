/* SPDX-License-Identifier: Apache-2.0
 *
 * capture_file.c -- see capture_file.h.
 */
#include "capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gzip_file.h"
#include "log.h"

#define SYNC_NS NS_PER_SEC
#define PART	((size_t)64 * 1024)

/* ---- the place ---- */

static int split(struct capture_place *p, const char *prefix)
{
	const char *slash = strrchr(prefix, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - prefix);
	const char *base = slash == NULL ? prefix : slash + 1;
	int len;

	if (*prefix == '\0' || n >= sizeof(p->dir) || strlen(base) >= sizeof(p->base))
		return -EINVAL;
	if (slash == NULL)
		len = snprintf(p->dir, sizeof(p->dir), ".");
	else
		len = snprintf(p->dir, sizeof(p->dir), "%.*s", n == 0 ? 1 : (int)n, prefix);
	snprintf(p->base, sizeof(p->base), "%s", base);
	return len > 0 ? 0 : -EINVAL;
}

int capture_place_open(struct capture_place *p, const char *prefix, uint64_t most_bytes)
{
	*p = (struct capture_place){ .dir_fd = -1, .most_bytes = most_bytes };
	if (split(p, prefix) < 0) {
		log_error("'%.200s' is no beginning of a file's path: see capture.path_prefix",
			  prefix);
		return -EINVAL;
	}
	p->dir_fd = open(p->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->dir_fd == -1)
		log_error("cannot open '%s': %s, there will be no captures before it is there and "
			  "the recorder is started again",
			  p->dir, strerror(errno));
	return 0;
}

void capture_place_check(const struct capture_place *p)
{
	if (p->dir_fd == -1)
		return;
	if (faccessat(p->dir_fd, ".", W_OK | X_OK, AT_EACCESS) == -1)
		log_error("cannot make files in '%s' as user %u: %s, there will be no captures",
			  p->dir, (unsigned)geteuid(), strerror(errno));
}

void capture_place_close(struct capture_place *p)
{
	gzip_file_free(p->out);
	p->out = NULL;
	if (p->dir_fd != -1)
		close(p->dir_fd);
	p->dir_fd = -1;
}

/* ---- a file ---- */

int capture_file_open(void *ctx, const struct capture_frame *m)
{
	struct capture_place *p = ctx;
	char rule[256], clean[512];
	int fd, err;

	snprintf(rule, sizeof(rule), "%.*s", (int)(m->rule.n < 255 ? m->rule.n : 255),
		 m->rule.n == 0 ? "" : (const char *)m->rule.p);
	log_escape(clean, sizeof(clean), rule);
	snprintf(p->name, sizeof(p->name), "%s_%020" PRIu64 "_%020" PRIu64 ".scap", p->base,
		 m->ts_ns, m->num);
	fd = p->dir_fd == -1 ? -1
			     : openat(p->dir_fd, p->name,
				      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	err = fd != -1 ? gzip_file_open(fd, &p->out) : p->dir_fd == -1 ? -ENOENT : -errno;
	if (err < 0)
		log_rationed(LOG_LEVEL_ERROR, "cannot write '%s/%s' for rule '%s': %s", p->dir,
			     p->name, clean, strerror(-err));
	else
		log_info("rule '%s': recording to '%s/%s'", clean, p->dir, p->name);
	return err;
}

static bool is_too_large(const struct capture_place *p, size_t more)
{
	if (p->most_bytes == 0 || gzip_file_bound(p->out, more) <= p->most_bytes)
		return false;
	/* As far as is known.  The disk's errors, the next write says. */
	(void)gzip_file_sync(p->out);
	return gzip_file_bound(p->out, more) > p->most_bytes;
}

int capture_file_write(void *ctx, struct span bytes)
{
	struct capture_place *p = ctx;
	int err = 0;

	/* Blocks of events come whole or not at all; a list that is longer than that is
	 * compressed to much less than it is, so it may be tried. */
	if (bytes.n <= 8 * PART && is_too_large(p, bytes.n))
		return -EFBIG;
	while (err == 0 && bytes.n > 0) {
		size_t n = bytes.n < PART ? bytes.n : PART;

		err = is_too_large(p, n) ? -EFBIG : gzip_file_write(p->out, span_of(bytes.p, n));
		bytes = span_of(bytes.p + n, bytes.n - n);
	}
	if (err < 0 && err != -EFBIG)
		log_rationed(LOG_LEVEL_ERROR, "cannot write '%s/%s': %s, the capture is cut off",
			     p->dir, p->name, strerror(-err));
	return err;
}

int capture_file_close(void *ctx, uint64_t *ret_size)
{
	struct capture_place *p = ctx;
	int err = gzip_file_finish(p->out);

	*ret_size = gzip_file_size(p->out);
	if (err < 0)
		log_rationed(LOG_LEVEL_ERROR, "cannot write '%s/%s': %s, the capture is cut off",
			     p->dir, p->name, strerror(-err));
	else
		log_info("'%s/%s' is done, %.1f MiB", p->dir, p->name,
			 (double)*ret_size / (1024 * 1024));
	gzip_file_free(p->out);
	p->out = NULL;
	return err;
}

void capture_file_sync(struct capture_place *p, struct mono now)
{
	if (p->out == NULL || mono_since(p->synced, now) < SYNC_NS)
		return;
	p->synced = now;
	(void)gzip_file_sync(p->out); /* what is wrong with the disk, the next write says */
}
