/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_samples.h -- an alert with a value of each kind, and the settings of its form: for
 * tests of the bodies that receivers get.
 */
#ifndef MEWS_TEST_ALERT_SAMPLES_H
#define MEWS_TEST_ALERT_SAMPLES_H

#include "format.h"

#define S(text)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}

#define SAMPLE_UUID "0f6a9a3c-1d2e-5f00-8123-000000000001"

/* 2026-11-26T02:13:57.920625532Z */
#define SAMPLE_TS UINT64_C(1795659237920625532)

static inline void sample_clock(void *ctx, uint64_t seconds, struct format_clock *ret)
{
	(void)ctx;
	*ret = (struct format_clock){ (unsigned)(seconds / 3600 % 24),
				      (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60) };
}

static inline struct format sample_format(void)
{
	return (struct format){
		.json = true,
		.include_output = true,
		.include_tags = true,
		.include_fields = true,
		.hostname = S("perch"),
		.uuid = S(SAMPLE_UUID),
		.local = sample_clock,
	};
}

static const struct alert_frame sample_alert = {
	.origin_generation = 7,
	.origin_seq = 8,
	.priority = 4,
	.ts_ns = SAMPLE_TS,
	.rule = S("Read \"sensitive\" file"),
	.source = S("syscall"),
	.message = S("file=/etc/sha\"dow <&> user=root"),
	.ntags = 2,
	.tags = { S("host"), S("T1555") },
	.nfields = 9,
	.fields = {
		{ S("fd.name"), { .kind = ALERT_STRING, .s = S("/etc/sha\"dow") } },
		{ S("k8s.ns.name"), { .kind = ALERT_STRING, .s = S("prod") } },
		{ S("k8s.pod.name"), { .kind = ALERT_NULL } },
		{ S("proc.pid"), { .kind = ALERT_INT, .i = -1 } },
		{ S("evt.num"), { .kind = ALERT_UINT, .u = UINT64_MAX } },
		{ S("proc.is_vpgid_leader"), { .kind = ALERT_BOOL, .b = true } },
		{ S("evt.ratio"), { .kind = ALERT_DOUBLE, .d = 0.5 } },
		{ S("proc.args"), { .kind = ALERT_LIST, .s = S("\x93\xc4\x01\x61\xc4\x02\x62\n\x05") } },
		{ S("proc.name"), { .kind = ALERT_STRING, .s = S("py\nthon\xff") } },
	},
};

#endif
