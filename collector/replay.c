/* SPDX-License-Identifier: Apache-2.0
 *
 * replay.c -- see replay.h.  The file goes through a window of memory: bytes are
 * inflated behind those that were not taken yet, and read where they lie.  What is
 * said about the machine goes as frames in the stream of events, at its place in the
 * file, so that a second section's state replaces the first one's when its time comes.
 */
#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "inflate.h"
#include "log.h"
#include "scap_convert.h"
#include "scap_state.h"

enum {
	CHUNK = 256 * 1024, /* that is read at once: stays in the processor's cache */
	WINDOW = SCAP_MAX_ITEM + CHUNK,
};

struct replay {
	struct source source; /* first: replay_of() relies on it */
	char *path;
	int fd;
	uint64_t size; /* of the file */
	struct inflate *in;
	int in_err; /* what comes behind the bytes that were given */

	struct scap_reader reader;
	struct scap_state state;
	struct scap_convert *convert;
	struct scap_item item;
	bool has_item; /* and not all that it makes is out */

	uint64_t num;  /* of the last event */
	uint64_t seen; /* events that the file had so far, of whatever age */
	uint64_t last_ts;

	struct source_frame frame;
	uint8_t payload[WIRE_MAX_PAYLOAD];
	uint8_t window[WINDOW];
};

_Static_assert(offsetof(struct replay, source) == 0, "a source is its replay");

static struct replay *replay_of(struct source *s)
{
	return (struct replay *)s;
}

/* ---- what is wrong with it ---- */

static int damaged(const struct replay *r, const char *why)
{
	const struct scap_reader *rd = &r->reader;

	log_error("cannot read the capture '%s': block %llu, at byte %llu (uncompressed): %s",
		  r->path, (unsigned long long)rd->block, (unsigned long long)rd->block_offset,
		  why);
	return SOURCE_DAMAGED;
}

/* Not what stands in it, but how it is packed, or the disk. */
static int unreadable(const struct replay *r)
{
	const char *why = r->in_err == -ENODATA	  ? "it is cut off inside of its compressed data"
			  : r->in_err == -EBADMSG ? "its compressed data is damaged"
						  : strerror(-r->in_err);

	log_error("cannot read the capture '%s' beyond byte %llu (uncompressed): %s", r->path,
		  (unsigned long long)(r->reader.offset + r->reader.in.n), why);
	return SOURCE_DAMAGED;
}

/* ---- reading ---- */

/* More bytes behind those that are left.  Negative: there are none, IN_ERR says why. */
static int refill(struct replay *r)
{
	size_t left = r->reader.in.n;
	ssize_t n;

	if (r->in_err < 0)
		return r->in_err;
	if (left > 0)
		memmove(r->window, r->reader.in.p, left);
	n = inflate_read(r->in, r->window + left,
			 sizeof(r->window) - left < CHUNK ? sizeof(r->window) - left : CHUNK);
	if (n < 0)
		r->in_err = (int)n;
	scap_give(&r->reader, span_of(r->window, left + (n > 0 ? (size_t)n : 0)), n == 0);
	return r->in_err;
}

/* 1: ITEM is the next thing; SOURCE_END, SOURCE_DAMAGED. */
static int read_item(struct replay *r)
{
	for (;;) {
		int err = scap_read(&r->reader, &r->item);

		if (err == 1)
			return 1;
		if (err < 0)
			return damaged(r, r->reader.why);
		if (r->reader.is_last)
			return SOURCE_END;
		if (refill(r) < 0)
			return unreadable(r);
	}
}

/* ---- the source ---- */

static void replay_begin(struct source *source)
{
	(void)source;
}

/* A frame that the item makes.  0: none is left. */
static int next_frame(struct replay *r)
{
	ssize_t n = scap_state_next(&r->state, &r->item, r->payload, &r->frame.type);

	if (n < 0)
		return -EPROTO;
	r->frame.payload = span_of(r->payload, (size_t)n);
	return n > 0 ? SOURCE_STATE : 0;
}

static int too_long(const struct replay *r)
{
	log_rationed(LOG_LEVEL_WARNING,
		     "an event at byte %llu of '%s' is too long, passed over and counted",
		     (unsigned long long)r->reader.block_offset, r->path);
	return -EPROTO;
}

/* Hardly any is so long that it is worth a closer look. */
static bool fits_a_frame(const struct replay *r, const struct raw_event *ev)
{
	return r->item.event.data.n < WIRE_MAX_PAYLOAD / 2 ||
	       wire_raw_event_bound(ev) <= WIRE_MAX_PAYLOAD;
}

static int next_event(struct replay *r, struct raw_event *ret)
{
	int err;

	r->seen++;
	if (r->item.kind == SCAP_OVERSIZE) {
		r->num++;
		return too_long(r);
	}
	err = scap_convert(r->convert, &r->item.event, ret);
	if (err < 0)
		return damaged(r, scap_convert_why(r->convert));
	if (err == 0)
		return SOURCE_SKIPPED;
	ret->num = ++r->num;
	if (ret->ts_ns == UINT64_MAX) /* the format's "now" */
		ret->ts_ns = wall_now().ns;
	r->last_ts = ret->ts_ns;
	return fits_a_frame(r, ret) ? 1 : too_long(r);
}

static void lacks_addrs(const struct replay *r)
{
	log_rationed(
		LOG_LEVEL_WARNING,
		"a list of interfaces in '%s' has more than %u addresses, the rest is not known",
		r->path, HOST_MAX_ADDRS);
}

static int replay_next(struct source *source, struct raw_event *ret)
{
	struct replay *r = replay_of(source);
	int err;

	for (;;) {
		if (!r->has_item) {
			err = read_item(r);
			if (err != 1)
				return err;
			if (r->item.kind == SCAP_EVENT && !scap_state_is_open(&r->state))
				return next_event(r, ret);
			r->has_item = true;
			scap_state_meet(&r->state, &r->item);
			if (r->state.no_memory)
				return -ENOMEM;
			if (r->state.lacks_addrs && r->item.kind == SCAP_INTERFACE)
				lacks_addrs(r);
		}
		if (r->state.due != 0)
			return next_frame(r);
		r->has_item = false;
		if (r->item.kind == SCAP_EVENT || r->item.kind == SCAP_OVERSIZE)
			return next_event(r, ret);
	}
}

static void replay_frame(struct source *source, struct source_frame *ret)
{
	*ret = replay_of(source)->frame;
}

static void replay_commit(struct source *source)
{
	(void)source;
}

/* All that the file has is given: what a rule does not ask for may be state to another. */
static void replay_want(struct source *source, const struct selection *selection)
{
	(void)source;
	(void)selection;
}

static uint64_t replay_count(struct source *source, source_lose *lose, void *ctx)
{
	(void)lose; /* it waits instead */
	(void)ctx;
	return replay_of(source)->seen;
}

static void replay_progress(struct source *source, struct source_progress *ret)
{
	const struct replay *r = replay_of(source);

	*ret = (struct source_progress){ .done = inflate_position(r->in),
					 .total = r->size,
					 .events = r->seen };
}

/* The state goes with the events. */
static int replay_snapshot(struct source *source, struct frame_sink *sink, size_t budget)
{
	(void)source;
	(void)sink;
	(void)budget;
	return -ENODATA;
}

static uint64_t replay_now(struct source *source)
{
	return replay_of(source)->last_ts;
}

static void replay_close(struct source *source)
{
	struct replay *r = replay_of(source);

	if (r == NULL)
		return;
	scap_state_release(&r->state);
	scap_convert_free(r->convert);
	inflate_close(r->in);
	if (r->fd >= 0)
		close(r->fd);
	free(r->path);
	free(r);
}

static const struct source_ops replay_ops = {
	.name = "capture",
	.begin = replay_begin,
	.next = replay_next,
	.frame = replay_frame,
	.commit = replay_commit,
	.want = replay_want,
	.count = replay_count,
	.progress = replay_progress,
	.snapshot = replay_snapshot,
	.now = replay_now,
	.close = replay_close,
};

/* ---- opening ---- */

static int open_file(struct replay *r)
{
	struct stat st;

	r->fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (r->fd < 0 || fstat(r->fd, &st) == -1)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -ESPIPE;
	r->size = (uint64_t)st.st_size;
	(void)posix_fadvise(r->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return inflate_open(r->fd, &r->in);
}

static void start_over(struct replay *r)
{
	r->in_err = inflate_rewind(r->in);
	scap_reader_init(&r->reader);
	scap_state_release(&r->state);
	scap_state_init(&r->state);
	r->has_item = false;
}

/* Is it good up to its first event?  Then from the start again.  An exit code. */
static int try_head(struct replay *r)
{
	int err;

	do
		err = read_item(r);
	while (err == 1 && r->item.kind != SCAP_EVENT && r->item.kind != SCAP_OVERSIZE);
	if (err == SOURCE_END)
		log_error("there is no event in the capture '%s'", r->path);
	if (err != 1)
		return EXIT_INPUT;
	start_over(r);
	return EXIT_OK;
}

int replay_open(const char *path, struct source **ret)
{
	struct replay *r = calloc(1, sizeof(*r));
	uint64_t seed = 0;
	int err = -ENOMEM;

	if (r == NULL || (r->path = strdup(path)) == NULL) {
		log_error("cannot read a capture: no memory");
		free(r);
		return EXIT_HOST;
	}
	r->source.ops = &replay_ops;
	r->source.is_recorded = true;
	r->source.own_pid = -1;
	r->fd = -1;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed) ||
	    (err = scap_convert_new(seed, &r->convert)) < 0 || (err = open_file(r)) < 0) {
		log_error("cannot open the capture '%s': %s", path, strerror(-err));
		replay_close(&r->source);
		return err == -ENOMEM ? EXIT_HOST : EXIT_INPUT;
	}
	err = try_head(r);
	if (err != EXIT_OK) {
		replay_close(&r->source);
		return err;
	}
	*ret = &r->source;
	return EXIT_OK;
}
