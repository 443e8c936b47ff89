/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates: every name, both uses, what is missing, what is wrong and where.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "support/alert_samples.h"
#include "template.h"

static const char *render(const char *text, enum template_use use)
{
	static char out[4096];
	static struct template tm;
	struct format f = sample_format();
	struct diag diag = { 0 };
	ssize_t n;

	cr_assert(template_parse(span_str(text), &tm, &diag) == 0, "%s: %s", text, diag.message);
	n = template_render(&tm, &f, &sample_alert, use, (uint8_t *)out, sizeof(out) - 1);
	cr_assert(n >= 0, "%s: %zd", text, n);
	out[n] = '\0';
	return out;
}

struct row {
	const char *template, *plain, *json;
};

static const struct row rows[] = {
	{ "", "", "" },
	{ "100% of %%{x} %x %", "100% of %{x} %x %", "100% of %{x} %x %" },
	{ "<%{rule}>", "<Read \"sensitive\" file>", "<Read \\\"sensitive\\\" file>" },
	{ "%{priority}.%{source}.%{hostname}", "Warning.syscall.perch", "Warning.syscall.perch" },
	{ "%{output}", "02:13:57.920625532: Warning file=/etc/sha\"dow <&> user=root",
	  "02:13:57.920625532: Warning file=/etc/sha\\\"dow <&> user=root" },
	{ "%{message}", "file=/etc/sha\"dow <&> user=root", "file=/etc/sha\\\"dow <&> user=root" },
	{ "%{time} %{time_ns} %{date}",
	  "2026-11-26T02:13:57.920625532Z 1795659237920625532 2026.11.26",
	  "2026-11-26T02:13:57.920625532Z 1795659237920625532 2026.11.26" },
	{ "%{uuid}", SAMPLE_UUID, SAMPLE_UUID },
	{ "%{tags}", "host,T1555", "host,T1555" },
	{ "%{proc.name}", "py\\nthon\xef\xbf\xbd", "py\\nthon\xef\xbf\xbd" },
	{ "%{k8s.pod.name}%{no.such}", "<NA><NA>", "<NA><NA>" },
	{ "%{proc.pid} %{evt.num} %{evt.ratio}", "-1 18446744073709551615 0.5",
	  "-1 18446744073709551615 0.5" },
	{ "%{proc.args}", "(a,b\\n,5)", "(a,b\\n,5)" },
	{ "%{json:proc.args}", "[\"a\",\"b\\n\",5]", "[\"a\",\"b\\n\",5]" },
	{ "%{json:rule}%{json:time_ns}", "\"Read \\\"sensitive\\\" file\"1795659237920625532",
	  "\"Read \\\"sensitive\\\" file\"1795659237920625532" },
	{ "%{json:k8s.pod.name} %{json:proc.is_vpgid_leader} %{json:tags}",
	  "null true [\"T1555\",\"host\"]", "null true [\"T1555\",\"host\"]" },
};

Test(template, names_become_what_the_alert_holds)
{
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		cr_expect_str_eq(render(rows[i].template, TEMPLATE_PLAIN), rows[i].plain);
		cr_expect_str_eq(render(rows[i].template, TEMPLATE_JSON), rows[i].json);
	}
}

Test(template, the_whole_alert_is_the_object_that_others_get)
{
	struct format f = sample_format();
	char line[4096];
	ssize_t n = format_alert(&f, &sample_alert, (uint8_t *)line, sizeof(line));

	cr_assert(n > 0);
	line[n - 1] = '\0';
	cr_expect_str_eq(render("%{json:alert}", TEMPLATE_JSON), line);
	cr_expect_str_eq(render("%{json:alert}", TEMPLATE_PLAIN), line);
}

Test(template, a_value_is_one_token_of_a_subject)
{
	cr_expect_str_eq(render("Falco.%{priority}.%{rule}", TEMPLATE_TOKEN),
			 "Falco.warning.read_sensitive_file");
	cr_expect_str_eq(render("x.%{k8s.pod.name}.%{fd.name}", TEMPLATE_TOKEN),
			 "x.na.etc_sha_dow");
	cr_expect_str_eq(render("%{json:proc.args}", TEMPLATE_TOKEN), "a_b_n_5");
}

Test(template, what_is_wrong_is_said_with_its_place)
{
	static const struct {
		const char *text;
		unsigned column;
		const char *message;
	} bad[] = {
		{ "ab%{rule", 3, "%{ has no }" },
		{ "%{}", 1, "a name is missing between %{ and }" },
		{ "x%{json:}", 2, "a name is missing between %{ and }" },
		{ "%{proc name}", 1, "what is between %{ and } is no name" },
		{ "%{a%{b}", 1, "what is between %{ and } is no name" },
		{ "%{alert}", 1, "alert is an object: it can be %{json:alert} alone" },
	};
	static struct template tm;

	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		struct diag diag = { 0 };

		cr_expect(template_parse(span_str(bad[i].text), &tm, &diag) == -EINVAL);
		cr_expect(diag.column == bad[i].column, "%s: %u", bad[i].text, diag.column);
		cr_expect_str_eq(diag.message, bad[i].message);
	}
}

Test(template, there_are_not_more_parts_than_fit)
{
	static struct template tm;
	char text[8 * (TEMPLATE_MAX_PARTS + 1) + 1] = "";
	struct diag diag = { 0 };
	size_t n = 0;

	for (unsigned i = 0; i < TEMPLATE_MAX_PARTS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%%{a}");
	cr_expect(template_parse(span_str(text), &tm, &diag) == 0);
	snprintf(text + n, sizeof(text) - n, "z");
	cr_expect(template_parse(span_str(text), &tm, &diag) == -EINVAL);
	snprintf(text + n, sizeof(text) - n, "%%{a}");
	cr_expect(template_parse(span_str(text), &tm, &diag) == -EINVAL);
}

Test(template, a_text_that_does_not_fit_and_an_alert_that_cannot_be_said_are_told)
{
	static struct template tm;
	struct alert_frame a = {
		.nfields = 1, .fields = { { S("x"), { .kind = ALERT_LIST, .s = S("\x92\x01") } } }
	};
	struct format f = sample_format();
	struct diag diag = { 0 };
	uint8_t out[8];

	cr_assert(template_parse(span_str("0123456789"), &tm, &diag) == 0);
	cr_expect(template_render(&tm, &f, &a, TEMPLATE_PLAIN, out, sizeof(out)) == -ENOSPC);
	cr_assert(template_parse(span_str("%{x}"), &tm, &diag) == 0);
	cr_expect(template_render(&tm, &f, &a, TEMPLATE_PLAIN, out, sizeof(out)) == -EPROTO);
	cr_assert(template_parse(span_str("%{json:x}"), &tm, &diag) == 0);
	cr_expect(template_render(&tm, &f, &a, TEMPLATE_JSON, out, sizeof(out)) == -EPROTO);
}
