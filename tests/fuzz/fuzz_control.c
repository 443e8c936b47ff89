/* SPDX-License-Identifier: Apache-2.0
 *
 * Control messages of any bytes: refused, or what they say can be said again.
 */

#include "control.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request(struct span msg)
{
	struct control_request r = { .kind = CONTROL_NONE }, again = { .kind = CONTROL_NONE };
	uint8_t buf[1024];
	ssize_t n;

	if (control_decode_request(msg, &r) < 0)
		return;
	must(control_permission(r.kind) != CONTROL_WHO_NOBODY);
	n = control_encode_request(buf, sizeof(buf), &r);
	must(n > 0 && control_decode_request(span_of(buf, (size_t)n), &again) == 0);
	must(again.kind == r.kind && strcmp(again.argument, r.argument) == 0);
}

static void answer(struct span msg)
{
	static struct control_answer a, again;
	static uint8_t buf[CONTROL_MAX_MESSAGE];
	ssize_t n;

	if (control_decode_answer(msg, &a) < 0)
		return;
	must(a.result <= 0 && a.nsupervised <= STAGE_COUNT);
	must(a.status.nrings <= CONTROL_MAX_RINGS && a.status.ngaps <= CONTROL_MAX_GAPS);
	n = control_encode_answer(buf, sizeof(buf), &a);
	must(n > 0 && control_decode_answer(span_of(buf, (size_t)n), &again) == 0);
	must(again.result == a.result && strcmp(again.text, a.text) == 0);
	must(again.has_status == a.has_status && again.nsupervised == a.nsupervised);
	must(memcmp(&again.status.counts, &a.status.counts, sizeof(a.status.counts)) == 0);
	must(strcmp(again.status.detail, a.status.detail) == 0);
	must(again.status.ngaps == a.status.ngaps);
	must(a.status.losses.count <= LOSSES_CELLS &&
	     again.status.losses.count == a.status.losses.count &&
	     memcmp(again.status.losses.cell, a.status.losses.cell, sizeof(a.status.losses.cell)) ==
		     0);
	for (unsigned i = 0; i < a.status.ngaps; i++)
		must(strcmp(again.status.gaps[i].reason, a.status.gaps[i].reason) == 0 &&
		     memcmp(again.status.gaps[i].events, a.status.gaps[i].events,
			    sizeof(a.status.gaps[i].events)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	request(span_of(data, size));
	answer(span_of(data, size));
	return 0;
}
