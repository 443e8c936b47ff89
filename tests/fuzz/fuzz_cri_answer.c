/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever a runtime sends by gRPC: frames in any pieces, and each message that we read, with and
 * without its frame.
 */
#include <stdlib.h>

#include "container_record.h"
#include "cri_answer.h"
#include "grpc_frame.h"
#include "jread.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[RECORD_JSON_MAX];
static size_t seen;

static void each(void *ctx, struct span id)
{
	(void)ctx;
	seen += id.n;
}

static void is_object(ssize_t n)
{
	if (n >= 0 && jread_kind(jread_value(span_of(out, (size_t)n))) != JREAD_OBJECT)
		abort();
}

static void read_all(struct span m)
{
	struct cri_sandbox *s = cri_read_sandbox(m);
	struct cri_container *c = cri_read_container(m);
	struct native_container *n = native_read_container(m);
	json_t *names = cri_read_image(m);
	struct cri_event ev;
	char digest[128];
	uint32_t type;

	(void)cri_read_version(m, &type);
	(void)cri_read_event(m, &ev);
	(void)native_read_event(m, &ev);
	(void)native_read_digest(m, digest);
	(void)grpc_each_id(m, each, NULL);
	if (c != NULL) {
		seen += cri_container_sandbox(c).n + cri_container_image(c).n;
		is_object(cri_write(c, s, names, 7, out, sizeof(out)));
		is_object(cri_write(c, NULL, NULL, 7, out, sizeof(out)));
	}
	if (s != NULL)
		is_object(cri_write_sandbox(s, names, 7, out, sizeof(out)));
	if (n != NULL)
		is_object(native_write(n, "", out, sizeof(out)));
	json_decref(names);
	native_container_free(n);
	cri_container_free(c);
	cri_sandbox_free(s);
}

static void each_message(void *ctx, struct span m)
{
	(void)ctx;
	read_all(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct grpc_stream s;
	struct span m;

	if (grpc_frame_only(span_of(data, size), &m))
		read_all(m);
	read_all(span_of(data, size));
	grpc_stream_init(&s, 1 << 16);
	for (size_t at = 0; at < size;) {
		size_t n = 1 + data[at] % 64;

		n = n < size - at ? n : size - at;
		if (grpc_stream_feed(&s, span_of(data + at, n), each_message, NULL) < 0)
			break;
		at += n;
	}
	grpc_stream_release(&s);
	return 0;
}
