/* SPDX-License-Identifier: Apache-2.0
 *
 * What an alert looks like: lines that Falco printed for real captures, byte for
 * byte, from alert frames made by hand; and the corners of text and JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <criterion/criterion.h>

#include "format.h"

#define S(text)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}

static void utc(void *ctx, uint64_t seconds, struct format_clock *ret)
{
	(void)ctx;
	*ret = (struct format_clock){ (unsigned)(seconds / 3600 % 24),
				      (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60) };
}

static struct format text_format(void)
{
	return (struct format){
		.include_output = true,
		.include_tags = true,
		.include_fields = true,
		.hostname = S("demo-host"),
		.local = utc,
	};
}

static struct format json_format(void)
{
	struct format f = text_format();

	f.json = true;
	return f;
}

static char line[FORMAT_MAX_LINE + 1];

static const char *format(const struct format *f, const struct alert_frame *a)
{
	ssize_t n = format_alert(f, a, (uint8_t *)line, sizeof(line) - 1);

	cr_assert(n > 0, "%zd", n);
	cr_assert(line[n - 1] == '\n');
	line[n - 1] = '\0';
	cr_assert(strlen(line) == (size_t)n - 1);
	return line;
}

Test(format, an_id_is_the_last_key)
{
	struct alert_frame a = { .priority = 4, .rule = S("r"), .source = S("syscall") };
	struct format f = json_format();

	cr_assert(strstr(format(&f, &a), "uuid") == NULL);
	f.uuid = (struct span)S("01234567-89ab-8def-8123-456789abcdef");
	cr_assert(strstr(format(&f, &a),
			 "Z\",\"uuid\":\"01234567-89ab-8def-8123-456789abcdef\"}") != NULL);
	a.source = (struct span)S("internal");
	cr_assert(strstr(format(&f, &a), "\"uuid\":\"0123") != NULL);
	f.json = false;
	cr_assert(strstr(format(&f, &a), "uuid") == NULL);
}

/* ---- as Falco printed them ---- */

/* One of the demo captures: a script reads /etc/shadow through python. */
static const struct alert_frame python_reads_shadow = {
	.priority = 4,
	.ts_ns = 1795462437920625532,
	.rule = S("Read sensitive file untrusted"),
	.source = S("syscall"),
	.message = S("Sensitive file opened for reading by non-trusted program | file=/etc/shadow "
		     "gparent=timeout ggparent=record_small.sh gggparent=bash evt_type=openat "
		     "user=root user_uid=0 user_loginuid=-1 process=python3 "
		     "proc_exepath=/usr/local/pyenv/versions/3.11.7/bin/python3.11 "
		     "parent=run_one.sh command=python3 -c open(\"/etc/shadow\").read() terminal=0"),
	.ntags = 6,
	.tags = { S("maturity_stable"), S("host"), S("container"), S("filesystem"),
		  S("mitre_credential_access"), S("T1555") },
	.nfields = 13,
	.fields = {
		{ S("fd.name"), { .kind = ALERT_STRING, .s = S("/etc/shadow") } },
		{ S("proc.aname[2]"), { .kind = ALERT_STRING, .s = S("timeout") } },
		{ S("proc.aname[3]"), { .kind = ALERT_STRING, .s = S("record_small.sh") } },
		{ S("proc.aname[4]"), { .kind = ALERT_STRING, .s = S("bash") } },
		{ S("evt.type"), { .kind = ALERT_STRING, .s = S("openat") } },
		{ S("user.name"), { .kind = ALERT_STRING, .s = S("root") } },
		{ S("user.uid"), { .kind = ALERT_UINT, .u = 0 } },
		{ S("user.loginuid"), { .kind = ALERT_INT, .i = -1 } },
		{ S("proc.name"), { .kind = ALERT_STRING, .s = S("python3") } },
		{ S("proc.exepath"),
		  { .kind = ALERT_STRING,
		    .s = S("/usr/local/pyenv/versions/3.11.7/bin/python3.11") } },
		{ S("proc.pname"), { .kind = ALERT_STRING, .s = S("run_one.sh") } },
		{ S("proc.cmdline"),
		  { .kind = ALERT_STRING, .s = S("python3 -c open(\"/etc/shadow\").read()") } },
		{ S("proc.tty"), { .kind = ALERT_UINT, .u = 0 } },
	},
};

Test(format, a_text_alert_is_falcos_to_the_byte)
{
	struct format f = text_format();

	f.iso_8601 = true;
	cr_assert_str_eq(
		format(&f, &python_reads_shadow),
		"2026-11-23T19:33:57.920625532+0000: Warning Sensitive file opened for reading by "
		"non-trusted program | file=/etc/shadow gparent=timeout ggparent=record_small.sh "
		"gggparent=bash evt_type=openat user=root user_uid=0 user_loginuid=-1 "
		"process=python3 proc_exepath=/usr/local/pyenv/versions/3.11.7/bin/python3.11 "
		"parent=run_one.sh command=python3 -c open(\\\"/etc/shadow\\\").read() terminal=0");
}

Test(format, a_json_alert_is_falcos_to_the_byte)
{
	struct format f = json_format();

	f.iso_8601 = true;
	cr_assert_str_eq(
		format(&f, &python_reads_shadow),
		"{\"hostname\":\"demo-host\",\"output\":\"2026-11-23T19:33:57.920625532+0000: "
		"Warning Sensitive file opened for reading by non-trusted program | "
		"file=/etc/shadow gparent=timeout ggparent=record_small.sh gggparent=bash "
		"evt_type=openat user=root user_uid=0 user_loginuid=-1 process=python3 "
		"proc_exepath=/usr/local/pyenv/versions/3.11.7/bin/python3.11 parent=run_one.sh "
		"command=python3 -c open(\\\"/etc/shadow\\\").read() terminal=0\","
		"\"output_fields\":{\"evt.time.iso8601\":1795462437920625532,"
		"\"evt.type\":\"openat\",\"fd.name\":\"/etc/shadow\","
		"\"proc.aname[2]\":\"timeout\",\"proc.aname[3]\":\"record_small.sh\","
		"\"proc.aname[4]\":\"bash\",\"proc.cmdline\":\"python3 -c "
		"open(\\\"/etc/shadow\\\").read()\",\"proc.exepath\":"
		"\"/usr/local/pyenv/versions/3.11.7/bin/python3.11\",\"proc.name\":\"python3\","
		"\"proc.pname\":\"run_one.sh\",\"proc.tty\":0,\"user.loginuid\":-1,"
		"\"user.name\":\"root\",\"user.uid\":0},\"priority\":\"Warning\","
		"\"rule\":\"Read sensitive file untrusted\",\"source\":\"syscall\","
		"\"tags\":[\"T1555\",\"container\",\"filesystem\",\"host\",\"maturity_stable\","
		"\"mitre_credential_access\"],\"time\":\"2026-11-23T19:33:57.920625532Z\"}");
}

/* Another: sudoedit with a backslash, whose command line text output doubles. */
Test(format, backslashes_are_doubled_once_in_text)
{
	struct alert_frame a = {
		.priority = 2,
		.ts_ns = 1795462535858963113,
		.message = S("command=sudoedit -s zz\\ terminal=0"),
	};
	struct format f = text_format();

	f.iso_8601 = true;
	cr_assert_str_eq(format(&f, &a), "2026-11-23T19:35:35.858963113+0000: Critical "
					 "command=sudoedit -s zz\\\\ terminal=0");
}

/* ---- text ---- */

Test(format, the_time_is_local_without_a_date)
{
	struct alert_frame a = { .priority = 5, .ts_ns = 3723000000042, .message = S("m") };
	struct format f = text_format();

	cr_assert_str_eq(format(&f, &a), "01:02:03.000000042: Notice m");
}

Test(format, priorities_are_spelled_out)
{
	static const char *const names[] = { "Emergency", "Alert",  "Critical",	     "Error",
					     "Warning",	  "Notice", "Informational", "Debug" };
	struct format f = text_format();

	for (unsigned i = 0; i < 8; i++) {
		struct alert_frame a = { .priority = (uint8_t)i };
		char want[64];

		snprintf(want, sizeof(want), "00:00:00.000000000: %s ", names[i]);
		cr_assert_str_eq(format(&f, &a), want);
	}
}

Test(format, controls_make_no_second_line)
{
	struct alert_frame a = { .message = S("a\nb\tc\rd\be\ff\001g\033h\177i\"j\\k\0l/") };
	struct format f = text_format();

	cr_assert_str_eq(format(&f, &a),
			 "00:00:00.000000000: Emergency "
			 "a\\nb\\tc\\rd\\be\\ff\\u0001g\\u001bh\\u007fi\\\"j\\\\k\\u0000l/");
}

#define U "\xef\xbf\xbd"

Test(format, what_is_not_utf_8_is_replaced_by_maximal_parts)
{
	static const struct {
		struct span in;
		const char *out;
	} rows[] = {
		{ S("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\xa6\x85"),
		  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\xa6\x85" },
		{ S("a\xff"), "a" U },
		{ S("\x80\xbf"), U U },
		{ S("\xc3"), U },
		{ S("\xc3("), U "(" },
		{ S("\xc0\xaf"), U U },	      /* longer than needed */
		{ S("\xe0\x80\xaf"), U U U }, /* the same */
		{ S("\xed\xa0\x80"), U U U }, /* a surrogate */
		{ S("\xe2\x82("), U "(" },    /* cut: one part */
		{ S("\xf0\x9f\xa6"), U },     /* the same, at the end */
		{ S("\xf0\x9f\xf0\x9f\xa6\x85"), U "\xf0\x9f\xa6\x85" },
		{ S("\xf4\x90\x80\x80"), U U U U }, /* beyond U+10FFFF */
		{ S("\xf5\x80\x80\x80"), U U U U },
		{ S("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf"
		    "A"),
		  U U U U "A" },
	};
	uint8_t buf[64];
	struct line t;

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		line_init(&t, buf, sizeof(buf));
		line_put_escaped(&t, rows[i].in);
		cr_assert(span_is(span_of(buf, (size_t)line_length(&t)), rows[i].out), "row %u", i);
	}
}

/* A file's name is its maker's: in the eyes of a terminal CSI has eight bits as well as seven. */
Test(format, nothing_that_a_terminal_obeys_comes_out)
{
	static const struct span name = S("/tmp/\xc2\x9b"
					  "31m\x7f\x1b\xc2\x80\xc2\xa0\xc2\x9f\x9b");
	static const char shown[] = "/tmp/\\u009b31m\\u007f\\u001b\\u0080\xc2\xa0\\u009f" U;
	struct format f = text_format();
	struct alert_frame a = { .message = name, .source = S("syscall"), .rule = S("r") };
	uint8_t buf[1024];
	ssize_t n;

	for (unsigned json = 0; json < 2; json++) {
		f.json = f.include_output = f.include_message = json == 1;
		n = format_alert(&f, &a, buf, sizeof(buf));
		cr_assert(n > 0);
		cr_assert_not_null(memmem(buf, (size_t)n, shown, sizeof(shown) - 1));
		cr_assert_null(memmem(buf, (size_t)n, "\xc2\x9b", 2));
	}
	f.json = false;
	f.bare = true;
	n = format_alert(&f, &a, buf, sizeof(buf));
	cr_assert(n > 0 && span_is(span_of(buf, (size_t)n - 1), shown));
}

/* The calendar against the C library's, over four hundred years and more. */
Test(format, dates_are_those_of_the_calendar)
{
	struct format f = text_format();

	f.iso_8601 = true;
	for (uint64_t day = 0; day<213000; day += day % 1461> 1400 ? 1 : 7) {
		struct alert_frame a = { .ts_ns = (day * 86400 + 86399) * 1000000000 + 999999999 };
		time_t seconds = (time_t)(day * 86400 + 86399);
		char want[80], date[40];
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(want, sizeof(want), "%s.999999999+0000: Emergency ", date);
		cr_assert_str_eq(format(&f, &a), want);
	}
}

/* ---- JSON ---- */

Test(format, keys_that_are_not_wanted_are_left_out)
{
	struct alert_frame a = { .rule = S("r"), .source = S("syscall"), .message = S("m\"") };
	struct format f = json_format();

	f.include_output = f.include_tags = f.include_fields = false;
	cr_assert_str_eq(format(&f, &a),
			 "{\"hostname\":\"demo-host\",\"priority\":\"Emergency\",\"rule\":\"r\","
			 "\"source\":\"syscall\",\"time\":\"1970-01-01T00:00:00.000000000Z\"}");
	f.include_message = true;
	f.include_tags = true;
	cr_assert_str_eq(format(&f, &a),
			 "{\"hostname\":\"demo-host\",\"message\":\"m\\\"\","
			 "\"priority\":\"Emergency\",\"rule\":\"r\",\"source\":\"syscall\","
			 "\"tags\":[],\"time\":\"1970-01-01T00:00:00.000000000Z\"}");
}

static const char *fields_of_json(const struct alert_frame *a)
{
	struct format f = json_format();
	char *from, *to;

	format(&f, a);
	from = strstr(line, "\"output_fields\":");
	to = strstr(line, ",\"priority\"");
	cr_assert(from != NULL && to != NULL);
	*to = '\0';
	return from + sizeof("\"output_fields\":") - 1;
}

Test(format, values_keep_their_types)
{
	struct alert_frame a = {
		.ts_ns = 5,
		.nfields = 8,
		.fields = {
			{ S("a"), { .kind = ALERT_NULL } },
			{ S("b"), { .kind = ALERT_STRING, .s = S("x\"\xff") } },
			{ S("c"), { .kind = ALERT_INT, .i = INT64_MIN } },
			{ S("d"), { .kind = ALERT_UINT, .u = UINT64_MAX } },
			{ S("e"), { .kind = ALERT_BOOL, .b = true } },
			{ S("f"), { .kind = ALERT_DOUBLE, .d = 2 } },
			{ S("g"), { .kind = ALERT_LIST, .s = S("\x95\xc4\1x\x05\xff\xc2\xc0") } },
			{ S("h"), { .kind = ALERT_LIST, .s = S("\x90") } },
		},
	};

	cr_assert_str_eq(fields_of_json(&a),
			 "{\"a\":null,\"b\":\"x\\\"" U "\",\"c\":-9223372036854775808,"
			 "\"d\":18446744073709551615,\"e\":true,\"evt.time\":5,\"f\":2.0,"
			 "\"g\":[\"x\",5,-1,false,null],\"h\":[]}");
}

Test(format, fields_stand_once_and_in_byte_order)
{
	struct alert_frame a = {
		.nfields = 5,
		.fields = {
			{ S("proc.name"), { .kind = ALERT_UINT, .u = 1 } },
			{ S("evt.time"), { .kind = ALERT_UINT, .u = 0 } },
			{ S("proc"), { .kind = ALERT_UINT, .u = 2 } },
			{ S("Zeta"), { .kind = ALERT_UINT, .u = 3 } },
			{ S("proc.name"), { .kind = ALERT_UINT, .u = 4 } },
		},
	};

	cr_assert_str_eq(fields_of_json(&a),
			 "{\"Zeta\":3,\"evt.time\":0,\"proc\":2,\"proc.name\":4}");
}

Test(format, as_many_fields_and_tags_as_a_frame_can_have)
{
	static struct alert_frame a = { .nfields = ALERT_MAX_FIELDS, .ntags = ALERT_MAX_TAGS };
	static uint8_t names[ALERT_MAX_FIELDS][2];
	struct format f = json_format();
	unsigned commas = 0;

	for (unsigned i = 0; i < ALERT_MAX_FIELDS; i++) {
		names[i][0] = (uint8_t)('z' - i / 64);
		names[i][1] = (uint8_t)('z' - i % 64);
		a.fields[i].name = span_of(names[i], 2);
		a.tags[i % ALERT_MAX_TAGS] = span_of(names[i % ALERT_MAX_TAGS], 2);
	}
	for (const char *s = format(&f, &a); *s != '\0'; s++)
		commas += *s == ',';
	cr_assert(commas > ALERT_MAX_FIELDS + ALERT_MAX_TAGS);
}

Test(format, tags_are_sorted_and_unique)
{
	struct alert_frame a = { .ntags = 4, .tags = { S("b"), S("a"), S("b"), S("T1") } };
	struct format f = json_format();

	cr_assert(strstr(format(&f, &a), ",\"tags\":[\"T1\",\"a\",\"b\"],\"time\"") != NULL);
}

Test(format, doubles_have_the_fewest_digits_that_give_them_back)
{
	static const struct {
		double d;
		const char *text;
	} rows[] = {
		{ 0, "0.0" },
		{ -0.0, "-0.0" },
		{ 1, "1.0" },
		{ -2.5, "-2.5" },
		{ 0.1, "0.1" },
		{ 100, "100.0" },
		{ 123456.75, "123456.75" },
		{ 1e14, "100000000000000.0" },
		{ 1e15, "1e+15" },
		{ 1.5e300, "1.5e+300" },
		{ 0.001, "0.001" },
		{ 0.00012, "0.00012" },
		{ 0.000012, "1.2e-05" },
		{ 5e-324, "5e-324" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ __builtin_nan(""), "null" },
		{ -__builtin_inf(), "null" },
	};
	uint8_t buf[64];
	struct line t;

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		line_init(&t, buf, sizeof(buf) - 1);
		line_put_double(&t, rows[i].d);
		buf[line_length(&t)] = 0;
		cr_assert_str_eq((char *)buf, rows[i].text);
	}
}

/* ---- alerts about mews ---- */

static const struct alert_frame drop = {
	.priority = 7,
	.ts_ns = 3723000000042,
	.rule = S("Falco internal: syscall event drop"),
	.source = S("internal"),
	.message = S("Falco internal: syscall event drop. 3 system calls \"dropped\"\n"),
	.nfields = 2,
	.fields = { { S("n_evts"), { .kind = ALERT_STRING, .s = S("10") } },
		    { S("n_drops"), { .kind = ALERT_STRING, .s = S("3\"") } } },
};

Test(format, internal_alerts_list_their_fields_in_text)
{
	struct alert_frame bare = drop;
	struct format f = text_format();

	f.iso_8601 = true; /* makes no difference */
	cr_assert_str_eq(format(&f, &drop),
			 "01:02:03.000000042: Debug Falco internal: syscall event drop. 3 system "
			 "calls \"dropped\"\\n (n_drops=\"3\\\"\" n_evts=\"10\")");
	bare.nfields = 0;
	bare.message = span_str("x");
	cr_assert_str_eq(format(&f, &bare), "01:02:03.000000042: Debug x ()");
}

Test(format, internal_alerts_have_no_tags_and_a_bare_output_in_json)
{
	struct format f = json_format();

	f.include_fields = f.include_output = false; /* makes no difference */
	cr_assert_str_eq(format(&f, &drop),
			 "{\"hostname\":\"demo-host\",\"output\":\"Falco internal: syscall event "
			 "drop. 3 system calls \\\"dropped\\\"\\n\",\"output_fields\":"
			 "{\"n_drops\":\"3\\\"\",\"n_evts\":\"10\"},\"priority\":\"Debug\","
			 "\"rule\":\"Falco internal: syscall event drop\",\"source\":\"internal\","
			 "\"time\":\"1970-01-01T01:02:03.000000042Z\"}");
}

/* ---- what cannot be ---- */

Test(format, an_alert_that_does_not_fit_is_refused)
{
	struct format f = json_format();
	size_t n = strlen(format(&f, &python_reads_shadow)) + 1;

	for (size_t cap = 0; cap < n; cap++) {
		uint8_t *tight = malloc(cap + 1);

		cr_assert(format_alert(&f, &python_reads_shadow, tight + 1, cap) == -ENOSPC);
		free(tight);
	}
	cr_assert(format_alert(&f, &python_reads_shadow, (uint8_t *)line, n) == (ssize_t)n);
}

Test(format, values_that_make_no_sense_are_refused)
{
	static const struct alert_value values[] = {
		{ .kind = 99 },
		{ .kind = ALERT_LIST, .s = S("\x91") },
		{ .kind = ALERT_LIST, .s = S("\x91\x91\x01") },
		{ .kind = ALERT_LIST, .s = S("\x91\xa1x") },
		{ .kind = ALERT_LIST, .s = S("x") },
		{ .kind = ALERT_LIST, .s = { NULL, 0 } },
		{ .kind = ALERT_LIST, .s = S("\x91\x01\x01") },
	};
	struct format f = json_format();

	for (unsigned i = 0; i < ARRAY_LEN(values); i++) {
		struct alert_frame a = { .nfields = 1, .fields = { { S("x"), values[i] } } };

		cr_assert(format_alert(&f, &a, (uint8_t *)line, sizeof(line)) == -EPROTO, "row %u",
			  i);
	}
}

/* The longest thing that a frame can hold, each byte of which needs six. */
Test(format, no_frame_makes_a_line_that_is_too_long)
{
	static uint8_t worst[WIRE_MAX_PAYLOAD];
	struct alert_frame a = { .message = { worst, sizeof(worst) } };
	struct format f = json_format();

	f.include_message = true;
	cr_assert(format_alert(&f, &a, (uint8_t *)line, sizeof(line)) > 12 * WIRE_MAX_PAYLOAD);
}

Test(format, the_id_is_the_last_key_of_json_and_in_no_text)
{
	struct alert_frame a = { .source = S("syscall"), .rule = S("r") };
	struct format f = json_format();

	f.uuid = span_str("0f6a9a3c-1d2e-5f00-8123-000000000001");
	cr_assert(strstr(format(&f, &a),
			 "Z\",\"uuid\":\"0f6a9a3c-1d2e-5f00-8123-000000000001\"}") != NULL);
	a.source = span_str(FORMAT_INTERNAL);
	cr_assert(strstr(format(&f, &a),
			 "Z\",\"uuid\":\"0f6a9a3c-1d2e-5f00-8123-000000000001\"}") != NULL);
	f.json = false;
	cr_assert(strstr(format(&f, &a), "0f6a") == NULL);
}
