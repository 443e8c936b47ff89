/* SPDX-License-Identifier: Apache-2.0
 *
 * What each kind of receiver gets, to the byte, as its documentation says; and that labels are
 * what the administrator says.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "body.h"
#include "support/alert_samples.h"

static struct labels labels;
static char text[16 * 1024];

static void add_label(const char *item)
{
	struct diag diag = { 0 };

	cr_assert(labels_add(&labels, span_str(item), &diag) == 0, "%s: %s", item, diag.message);
}

static const char *finish(struct line *t, bool good)
{
	ssize_t n = line_length(t);

	cr_assert(good);
	cr_assert(n > 0 && (size_t)n < sizeof(text));
	text[n] = '\0';
	return text;
}

static struct line begin(void)
{
	struct line t;

	line_init(&t, (uint8_t *)text, sizeof(text) - 1);
	return t;
}

/* It is what one expects, and somebody else's parser finds no fault with it. */
static void expect(const char *is, const char *want)
{
	json_error_t error;
	json_t *v = json_loads(is, JSON_DECODE_INT_AS_REAL, &error);

	cr_expect_str_eq(is, want);
	cr_expect(v != NULL, "%s: %s", is, error.text);
	json_decref(v);
}

Test(body, loki_gets_a_stream_with_one_line)
{
	struct format f = sample_format();
	struct line t = begin();

	add_label("job=mews on %{hostname}");
	add_label("priority=p%{proc.pid}");
	expect(finish(&t, body_loki(&t, &f, &sample_alert, &labels)),
	       "{\"stream\":{\"rule\":\"Read \\\"sensitive\\\" file\",\"source\":\"syscall\","
	       "\"hostname\":\"perch\",\"tags\":\"host,T1555\",\"k8s_ns_name\":\"prod\",\"job\":\"mew"
	       "s on perch\",\"priority\":\"p-1\"},\"values\":[[\"1795659237920625532\",\"{\\\"hostna"
	       "me\\\":\\\"perch\\\",\\\"output\\\":\\\"02:13:57.920625532: Warning file=/etc/sha\\\\"
	       "\\\"dow <&> user=root\\\",\\\"output_fields\\\":{\\\"evt.num\\\":18446744073709551615"
	       ",\\\"evt.ratio\\\":0.5,\\\"evt.time\\\":1795659237920625532,\\\"fd.name\\\":\\\"/etc/"
	       "sha\\\\\\\"dow\\\",\\\"k8s.ns.name\\\":\\\"prod\\\",\\\"k8s.pod.name\\\":null,"
	       "\\\"proc.args\\\":[\\\"a\\\",\\\"b\\\\n\\\",5],\\\"proc.is_vpgid_leader\\\":true,"
	       "\\\"proc.name\\\":\\\"py\\\\nthon\xef\xbf\xbd"
	       "\\\",\\\"proc.pid\\\":-1},\\\"priority"
	       "\\\":\\\"Warning\\\",\\\"rule\\\":\\\"Read \\\\\\\"sensitive\\\\\\\" file\\\","
	       "\\\"source\\\":\\\"syscall\\\",\\\"tags\\\":[\\\"T1555\\\",\\\"host\\\"],\\\"time\\\""
	       ":\\\"2026-11-26T02:13:57.920625532Z\\\",\\\"uuid\\\":\\\"0f6a9a3c-1d2e-5f00-8123-0000"
	       "00000001\\\"}\"]]}");
}

Test(body, elasticsearch_gets_an_action_and_a_document)
{
	static const char document[] =
		"{\"@timestamp\":\"2026-11-26T02:13:57.920625532Z\",\"hostname\":\"perch\","
		"\"output\":\"02:13:57.920625532: Warning file=/etc/sha\\\"dow <&> user=root\","
		"\"output_fields\":{\"evt.num\":18446744073709551615,\"evt.ratio\":0.5,\"evt.time\":17"
		"95659237920625532,\"fd.name\":\"/etc/sha\\\"dow\",\"k8s.ns.name\":\"prod\","
		"\"k8s.pod.name\":null,\"proc.args\":[\"a\",\"b\\n\",5],\"proc.is_vpgid_leader\":true,"
		"\"proc.name\":\"py\\nthon\xef\xbf\xbd"
		"\",\"proc.pid\":-1},\"priority\":\"Warning\","
		"\"rule\":\"Read \\\"sensitive\\\" file\",\"source\":\"syscall\",\"tags\":[\"T1555\","
		"\"host\"],\"time\":\"2026-11-26T02:13:57.920625532Z\",\"uuid\":\"0f6a9a3c-1d2e-5f00-8"
		"123-000000000001\"}";
	static struct template index;
	struct format f = sample_format();
	struct line t = begin();
	struct diag diag;
	char want[4096];

	snprintf(want, sizeof(want), "{\"create\":{\"_id\":\"" SAMPLE_UUID "\"}}\n%s\n", document);
	cr_expect_str_eq(finish(&t, body_elastic(&t, &f, &sample_alert, NULL)), want);
	expect(document, document);

	t = begin();
	cr_assert(template_parse(span_str("Falco-%{date}"), &index, &diag) == 0);
	snprintf(want, sizeof(want),
		 "{\"create\":{\"_index\":\"falco-2026.11.26\",\"_id\":\"" SAMPLE_UUID "\"}}\n%s\n",
		 document);
	cr_expect_str_eq(finish(&t, body_elastic(&t, &f, &sample_alert, &index)), want);
}

Test(body, an_index_has_a_name_that_elasticsearch_takes)
{
	static const char *const names[][2] = {
		{ "Falco", "falco" },
		{ "_a b", "xa-b" },
		{ "-x", "xx" },
		{ "a/b\\c*?\"<>|,#:d", "a-b-c---------d" },
		{ "caf\xc3\xa9", "caf--" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		struct line t = begin();

		body_elastic_index(&t, span_str(names[i][0]));
		cr_expect_str_eq(finish(&t, true), names[i][1]);
	}
}

Test(body, otlp_gets_a_log_record_with_typed_attributes)
{
	struct format f = sample_format();
	struct line t = begin();
	bool good;

	add_label("job=mews on %{hostname}");
	body_otlp_before(&t, &f);
	good = body_otlp(&t, &f, &sample_alert, &labels);
	line_puts(&t, BODY_OTLP_AFTER);
	expect(finish(&t, good),
	       "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
	       "\"value\":{\"stringValue\":\"mews\"}},{\"key\":\"host.name\",\"value\":{\"stringValue"
	       "\":\"perch\"}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"mews\"},\"logRecords\":[{\"tim"
	       "eUnixNano\":\"1795659237920625532\",\"observedTimeUnixNano\":\"1795659237920625532\","
	       "\"severityNumber\":13,\"severityText\":\"Warning\",\"body\":{\"stringValue\":\"file=/"
	       "etc/sha\\\"dow <&> user=root\"},\"attributes\":[{\"key\":\"uuid\",\"value\":{\"string"
	       "Value\":\"0f6a9a3c-1d2e-5f00-8123-000000000001\"}},{\"key\":\"rule\",\"value\":{\"str"
	       "ingValue\":\"Read \\\"sensitive\\\" file\"}},{\"key\":\"priority\",\"value\":{\"strin"
	       "gValue\":\"Warning\"}},{\"key\":\"source\",\"value\":{\"stringValue\":\"syscall\"}},"
	       "{\"key\":\"tags\",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"host\"},"
	       "{\"stringValue\":\"T1555\"}]}}},{\"key\":\"job\",\"value\":{\"stringValue\":\"mews on"
	       " perch\"}},{\"key\":\"evt.num\",\"value\":{\"stringValue\":\"18446744073709551615\"}}"
	       ",{\"key\":\"evt.ratio\",\"value\":{\"doubleValue\":0.5}},{\"key\":\"fd.name\","
	       "\"value\":{\"stringValue\":\"/etc/sha\\\"dow\"}},{\"key\":\"k8s.ns.name\","
	       "\"value\":{\"stringValue\":\"prod\"}},{\"key\":\"proc.args\",\"value\":{\"arrayValue\""
	       ":{\"values\":[{\"stringValue\":\"a\"},{\"stringValue\":\"b\\n\"},{\"intValue\":\"5\"}"
	       "]}}},{\"key\":\"proc.is_vpgid_leader\",\"value\":{\"boolValue\":true}},{\"key\":\"pro"
	       "c.name\",\"value\":{\"stringValue\":\"py\\nthon\xef\xbf\xbd"
	       "\"}},{\"key\":\"proc.pid"
	       "\",\"value\":{\"intValue\":\"-1\"}}]}]}]}]}");
}

Test(body, alertmanager_gets_labels_of_what_and_where_and_the_rest_as_annotations)
{
	struct format f = sample_format();
	struct line t = begin();

	add_label("job=mews on %{hostname}");
	expect(finish(&t, body_alertmanager(&t, &f, &sample_alert, &labels)),
	       "{\"labels\":{\"alertname\":\"Read \\\"sensitive\\\" file\",\"priority\":\"Warning\","
	       "\"severity\":\"warning\",\"source\":\"syscall\",\"hostname\":\"perch\",\"k8s_ns_name\""
	       ":\"prod\",\"job\":\"mews on perch\"},\"annotations\":{\"summary\":\"Read \\\"sensitiv"
	       "e\\\" file\",\"description\":\"file=/etc/sha\\\"dow <&> user=root\",\"uuid\":\"0f6a9a"
	       "3c-1d2e-5f00-8123-000000000001\",\"evt_num\":\"18446744073709551615\",\"evt_ratio\":\""
	       "0.5\",\"fd_name\":\"/etc/sha\\\"dow\",\"proc_args\":\"[\\\"a\\\",\\\"b\\\\n\\\","
	       "5]\",\"proc_is_vpgid_leader\":\"true\",\"proc_name\":\"py\\nthon\xef\xbf\xbd"
	       "\","
	       "\"proc_pid\":\"-1\"},\"startsAt\":\"2026-11-26T02:13:57.920625532Z\"}");
}

Test(body, slack_gets_an_attachment)
{
	struct format f = sample_format();
	struct line t = begin();

	expect(finish(&t, body_slack(&t, &f, &sample_alert, SPAN_NONE, NULL)),
	       "{\"username\":\"mews\",\"attachments\":[{\"color\":\"#ff5400\",\"fallback\":\"file=/e"
	       "tc/sha\\\"dow &lt;&amp;&gt; user=root\",\"text\":\"file=/etc/sha\\\"dow &lt;&amp;&gt;"
	       " user=root\",\"fields\":[{\"title\":\"rule\",\"value\":\"Read \\\"sensitive\\\" file\""
	       ",\"short\":true},{\"title\":\"priority\",\"value\":\"Warning\",\"short\":true},"
	       "{\"title\":\"source\",\"value\":\"syscall\",\"short\":true},{\"title\":\"hostname\","
	       "\"value\":\"perch\",\"short\":true},{\"title\":\"tags\",\"value\":\"host,T1555\","
	       "\"short\":true},{\"title\":\"evt.num\",\"value\":\"18446744073709551615\","
	       "\"short\":true},{\"title\":\"evt.ratio\",\"value\":\"0.5\",\"short\":true},"
	       "{\"title\":\"fd.name\",\"value\":\"/etc/sha\\\"dow\",\"short\":true},{\"title\":\"k8s"
	       ".ns.name\",\"value\":\"prod\",\"short\":true},{\"title\":\"proc.args\",\"value\":\"[\\"
	       "\"a\\\",\\\"b\\\\n\\\",5]\",\"short\":true},{\"title\":\"proc.is_vpgid_leader\","
	       "\"value\":\"true\",\"short\":true},{\"title\":\"proc.name\",\"value\":\"py\\nthon\xef\xbf\xbd"
	       ""
	       "\",\"short\":true},{\"title\":\"proc.pid\",\"value\":\"-1\",\"short\":true}],"
	       "\"footer\":\"0f6a9a3c-1d2e-5f00-8123-000000000001\",\"ts\":1795659237}]}");
}

Test(body, slack_gets_the_template_as_text_in_the_channel)
{
	static struct template said;
	struct format f = sample_format();
	struct line t = begin();
	struct diag diag;

	cr_assert(template_parse(span_str("<%{rule}> & %{proc.name}"), &said, &diag) == 0);
	expect(finish(&t, body_slack(&t, &f, &sample_alert, span_str("#x"), &said)),
	       "{\"username\":\"mews\",\"channel\":\"#x\",\"text\":\"&lt;Read \\\"sensitive\\\" file&"
	       "gt; &amp; py\\\\nthon\xef\xbf\xbd"
	       "\"}");
}

Test(body, slack_gets_no_more_than_it_takes)
{
	static char message[10000];
	struct alert_frame a = { .message = { (uint8_t *)message, sizeof(message) } };
	struct format f = sample_format();
	struct line t = begin();
	const char *said;

	/* Two bytes each, one off: the cut falls within a character. */
	for (unsigned i = 1; i + 1 < sizeof(message); i += 2)
		memcpy(message + i, "\xc3\xa9", 2);
	message[0] = 'x';
	message[sizeof(message) - 1] = 'x';
	said = strstr(finish(&t, body_slack(&t, &f, &a, SPAN_NONE, NULL)), "\"text\":\"x");
	cr_assert(said != NULL);
	cr_expect(strstr(said, "\xc3\xa9\xe2\x80\xa6\"") == said + 8 + 2997);
}

Test(body, labels_that_cannot_be_are_refused)
{
	static const char *const bad[] = { "x", "=x", "1x=y", "a-b=y", "a b=y", "job=%{", "job=" };
	struct diag diag = { 0 };

	add_label("job=");
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		cr_expect(labels_add(&labels, span_str(bad[i]), &diag) == -EINVAL, "%s", bad[i]);
	for (unsigned i = labels.count; i < LABELS_MAX; i++) {
		static char item[LABELS_MAX][16];

		snprintf(item[i], sizeof(item[i]), "l%u=x", i);
		add_label(item[i]);
	}
	cr_expect(labels_add(&labels, span_str("more=x"), &diag) == -EINVAL);
	cr_expect(labels.count == LABELS_MAX);
}

Test(body, a_field_becomes_a_label_that_prometheus_takes)
{
	static const char *const names[][2] = {
		{ "proc.aname[2]", "proc_aname_2" },
		{ "k8s.ns.name", "k8s_ns_name" },
		{ "1x", "_1x" },
		{ "", "" },
		{ "\xff\xfe", "_" },
	};
	char name[16];

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		labels_put_name(name, sizeof(name), span_str(names[i][0]));
		cr_expect_str_eq(name, names[i][1]);
	}
	labels_put_name(name, 4, span_str("abcdef"));
	cr_expect_str_eq(name, "abc");
}

Test(body, an_alert_with_a_broken_list_cannot_be_said)
{
	struct alert_frame a = {
		.nfields = 1, .fields = { { S("x"), { .kind = ALERT_LIST, .s = S("\x92\x01") } } }
	};
	struct format f = sample_format();
	struct line t = begin();

	cr_expect(!body_loki(&t, &f, &a, &labels));
	cr_expect(!body_elastic(&t, &f, &a, NULL));
	cr_expect(!body_otlp(&t, &f, &a, &labels));
	cr_expect(!body_alertmanager(&t, &f, &a, &labels));
	cr_expect(!body_slack(&t, &f, &a, SPAN_NONE, NULL));
}
