/* SPDX-License-Identifier: Apache-2.0
 *
 * The web page: who is let in, and what is answered.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>

#include "page_alerts.h"
#include "page_asset.h"
#include "page_gate.h"
#include "page_state.h"
#include "support/alert_samples.h"

#define TOKEN "0123456789abcdef"

/* ---- who is let in ---- */

Test(page, a_token_is_of_letters_that_need_no_escape)
{
	cr_assert(page_gate_is_token(span_str(TOKEN)));
	cr_assert(page_gate_is_token(span_str("A-token_with.dots-and-more")));
	cr_assert_not(page_gate_is_token(span_str("0123456789abcde")), "too short");
	cr_assert_not(page_gate_is_token(span_str("0123456789abcde/")));
	cr_assert_not(page_gate_is_token(span_str("0123456789 abcdef")));
	cr_assert_not(page_gate_is_token(SPAN_NONE));
}

static bool opens(const char *authorization)
{
	return page_gate_has_token(span_str(authorization), span_str(TOKEN));
}

Test(page, only_the_whole_token_opens)
{
	cr_assert(opens("Bearer " TOKEN));
	cr_assert(opens("bearer " TOKEN));
	cr_assert_not(opens("Bearer 0123456789abcdeF"));
	cr_assert_not(opens("Bearer 1123456789abcdef"));
	cr_assert_not(opens("Bearer 0123456789abcde"));
	cr_assert_not(opens("Bearer " TOKEN "0"));
	cr_assert_not(opens("Basic  " TOKEN));
	cr_assert_not(opens(TOKEN));
	cr_assert_not(opens(""));
	cr_assert_not(page_gate_has_token(SPAN_NONE, span_str(TOKEN)));
	cr_assert_not(page_gate_has_token(span_str("Bearer "), SPAN_NONE),
		      "no token opens nothing");
}

Test(page, a_name_that_another_made_is_not_known)
{
	static const struct conf_list names = { 1, { (char *)"mews.example" } };
	static const char *const known[] = { "localhost",    "localhost:8765",	"LOCALHOST:1",
					     "127.0.0.1",    "127.0.0.1:8765",	"192.0.2.7:80",
					     "[::1]",	     "[::1]:8765",	"[fe80::1]:1",
					     "mews.example", "Mews.Example:443" };
	static const char *const others[] = { "",
					      "evil.example",
					      "evil.example:8765",
					      "localhost.evil.example",
					      "127.0.0.1.evil.example",
					      "localhost:",
					      "localhost:80x",
					      "localhost:123456",
					      "[::1",
					      "[evil]",
					      "[::1]x",
					      "::1",
					      "[]",
					      ":8765",
					      "127.0.0.1@evil.example" };

	for (unsigned i = 0; i < ARRAY_LEN(known); i++)
		cr_assert(page_gate_knows_host(span_str(known[i]), &names), "%s", known[i]);
	for (unsigned i = 0; i < ARRAY_LEN(others); i++) {
		/* An empty port is right, if odd. */
		bool is_odd = strcmp(others[i], "localhost:") == 0;

		cr_assert(page_gate_knows_host(span_str(others[i]), &names) == is_odd, "%s",
			  others[i]);
	}
	cr_assert_not(page_gate_knows_host(SPAN_NONE, &names));
}

Test(page, numbers_are_whole_and_bounded)
{
	uint64_t n;

	cr_assert(page_gate_number(NULL, 7, &n) && n == 7);
	cr_assert(page_gate_number("18446744073709551600", 7, &n) &&
		  n == UINT64_C(18446744073709551600));
	cr_assert_not(page_gate_number("", 7, &n));
	cr_assert_not(page_gate_number("-1", 7, &n));
	cr_assert_not(page_gate_number("1x", 7, &n));
	cr_assert_not(page_gate_number("18446744073709551616", 7, &n));
	cr_assert_not(page_gate_number("99999999999999999999999999", 7, &n));
}

/* ---- the files ---- */

Test(page, its_files_are_in_the_program)
{
	cr_assert(ge(uint, page_asset_count(), 10));
	for (unsigned i = 0; i < page_asset_count(); i++) {
		struct span bytes = page_asset_bytes(page_asset_at(i));

		cr_assert(bytes.n > 50, "%s", page_asset_at(i)->path);
		cr_assert(memchr(bytes.p, '\0', bytes.n) == NULL, "%s", page_asset_at(i)->path);
	}
	cr_assert(span_starts(page_asset_bytes(page_asset_at(0)), span_str("<!doctype html>")));
}

/* ---- alerts ---- */

static const struct journal_key key = { 0x12345678, 0x9abcdef0 };
static uint8_t text[1 << 20], scratch[1 << 16];
static struct alert_frame alert;

static size_t put_record(uint8_t *buf, size_t cap, uint64_t number, const struct alert_frame *a)
{
	static uint8_t payload[65536];
	struct journal_record r = { .number = number };
	ssize_t n = wire_encode_alert(payload, sizeof(payload), a);

	cr_assert(n > 0);
	r.payload = span_of(payload, (size_t)n);
	n = journal_encode(key, buf, cap, &r);
	cr_assert(n > 0);
	return (size_t)n;
}

static json_t *answer(const struct recent_copy *copy, size_t cap)
{
	struct format form = sample_format();
	struct line t;
	json_t *ret;

	line_init(&t, text, sizeof(text));
	page_alerts_put(&t, "0011223344556677", copy, &form, &alert, scratch, cap);
	cr_assert(line_length(&t) > 0);
	ret = json_loadb((const char *)text, (size_t)line_length(&t), JSON_DECODE_INT_AS_REAL,
			 NULL);
	cr_assert(ret != NULL, "%.*s", (int)line_length(&t), (const char *)text);
	return ret;
}

static bool is_in(const json_t *object, const char *name, const char *value)
{
	const char *found = json_string_value(json_object_get(object, name));

	return found != NULL && strcmp(found, value) == 0;
}

static bool is_true_in(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static int number_in(const json_t *object, const char *name)
{
	return (int)json_number_value(json_object_get(object, name));
}

Test(page, alerts_come_whole_with_number_and_processes)
{
	static uint8_t records[65536];
	struct alert_frame a = sample_alert;
	struct recent_copy copy = { .key = key, .oldest = 3, .first = 5, .next = 7, .end = 9 };
	json_t *root, *entry, *more, *lineage;
	size_t n;

	a.nlineage = 2;
	a.lineage[0] = (struct alert_process){ 42, 1000, S("cat"), S("/bin/cat"), S("cat <x>") };
	a.lineage[1] = (struct alert_process){ 1, 0, S("init\xff"), S(""), S("") };
	a.nplace = 2;
	a.place[0] = (struct alert_field){ S("container.id"), { .kind = ALERT_UINT, .u = 1 } };
	a.place[1] =
		(struct alert_field){ S("k8s.ns.name"), { .kind = ALERT_STRING, .s = S("a\"b") } };
	n = put_record(records, sizeof(records), 5, &a);
	n += put_record(records + n, sizeof(records) - n, 6, &sample_alert);
	copy.records = span_of(records, n);
	root = answer(&copy, sizeof(scratch));
	cr_assert(eq(int, number_in(root, "next"), 7));
	cr_assert(is_in(root, "instance", "0011223344556677"));
	cr_assert(eq(sz, json_array_size(json_object_get(root, "alerts")), 2));
	entry = json_array_get(json_object_get(root, "alerts"), 0);
	cr_assert(eq(int, number_in(entry, "number"), 5));
	cr_assert(is_in(json_object_get(entry, "alert"), "rule", "Read \"sensitive\" file"));
	more = json_object_get(entry, "more");
	cr_assert(is_in(json_object_get(more, "place"), "k8s.ns.name", "a\"b"));
	lineage = json_object_get(more, "lineage");
	cr_assert(eq(sz, json_array_size(lineage), 2));
	cr_assert(is_in(json_array_get(lineage, 0), "cmdline", "cat <x>"));
	cr_assert(is_in(json_array_get(lineage, 1), "name", "init\xef\xbf\xbd"));
	json_decref(root);
}

Test(page, an_alert_without_room_says_its_rule)
{
	static uint8_t records[65536];
	struct recent_copy copy = { .key = key };
	json_t *root, *of;

	copy.records = span_of(records, put_record(records, sizeof(records), 0, &sample_alert));
	root = answer(&copy, 400);
	of = json_object_get(json_array_get(json_object_get(root, "alerts"), 0), "alert");
	cr_assert(is_in(of, "output", "(too long to be shown)"));
	cr_assert(is_in(of, "priority", "Warning"));
	json_decref(root);
}

/* ---- the youngest ---- */

Test(page, the_youngest_alerts_are_kept_and_the_oldest_go)
{
	struct recent *r = recent_new(4 * JOURNAL_MAX_RECORD);
	static uint8_t record[8192], buf[JOURNAL_MAX_RECORD + 100000];
	struct alert_frame a = sample_alert;
	struct recent_copy copy;
	uint64_t seen = 0;

	for (uint64_t i = 100; i < 5100; i++)
		recent_put(r, key, i, span_of(record, put_record(record, sizeof(record), i, &a)));
	recent_get(r, 0, 500, buf, sizeof(buf), &copy);
	cr_assert(copy.end == 5100 && copy.oldest > 100 && copy.first == copy.oldest);
	for (uint64_t from = copy.first; from < 5100; from = copy.next) {
		struct journal_record got;
		size_t start, end;

		recent_get(r, from, 500, buf, sizeof(buf), &copy);
		cr_assert(copy.first == from && copy.next > from && copy.next - from <= 500);
		while (journal_next(key, copy.records, &got, &start, &end)) {
			cr_assert(got.number == from + seen % 500 || got.number >= from);
			copy.records = span_of(copy.records.p + end, copy.records.n - end);
			seen++;
		}
	}
	cr_assert(seen == 5100 - copy.oldest);
	recent_get(r, 5100, 500, buf, sizeof(buf), &copy);
	cr_assert(copy.first == 5100 && copy.next == 5100 && copy.records.n == 0);
	recent_get(r, 999999, 500, buf, sizeof(buf), &copy);
	cr_assert(copy.first == copy.oldest, "a number of another emitter: from the oldest on");
	recent_free(r);
}

Test(page, a_gap_in_the_numbers_forgets_what_was_before)
{
	struct recent *r = recent_new(4 * JOURNAL_MAX_RECORD);
	static uint8_t record[8192], buf[JOURNAL_MAX_RECORD];
	struct recent_copy copy;

	recent_put(r, key, 1,
		   span_of(record, put_record(record, sizeof(record), 1, &sample_alert)));
	recent_put(r, key, 9,
		   span_of(record, put_record(record, sizeof(record), 9, &sample_alert)));
	recent_get(r, 0, 500, buf, sizeof(buf), &copy);
	cr_assert(copy.oldest == 9 && copy.first == 9 && copy.next == 10);
	recent_free(r);
}

/* ---- the state ---- */

static json_t *state_of(const struct metrics_view *v)
{
	struct line t;
	json_t *ret;

	line_init(&t, text, sizeof(text));
	page_state_put(&t, v);
	cr_assert(line_length(&t) > 0);
	ret = json_loadb((const char *)text, (size_t)line_length(&t), 0, NULL);
	cr_assert(ret != NULL);
	return ret;
}

Test(page, of_a_pipeline_that_does_not_answer_the_stages_are_away)
{
	struct metrics_view v = { .now_ns = 5000000 };
	json_t *root = state_of(&v);
	json_t *stages = json_object_get(root, "stages"), *coverage;

	cr_assert(eq(sz, json_array_size(stages), 4));
	cr_assert(is_in(json_array_get(stages, 0), "state", "away"));
	cr_assert(eq(int, number_in(root, "time_ms"), 5));
	coverage = json_object_get(root, "coverage");
	cr_assert_not(is_true_in(coverage, "complete"));
	json_decref(root);
}

Test(page, each_ring_is_told_once_and_the_supervisor_knows_of_restarts)
{
	static struct stage_status collector = { .stage = STAGE_COLLECTOR,
						 .pid = 7,
						 .nrings = 1,
						 .rings = { { .name = "raw", .capacity = 64 } } };
	static struct stage_status enricher = {
		.stage = STAGE_ENRICHER,
		.nrings = 2,
		.rings = { { .name = "raw" }, { .name = "enriched", .attached = true } },
		.latency = { .count = { [2] = 5 } },
	};
	struct metrics_view v = { .nsupervised = 2,
				  .supervised = { { STAGE_COLLECTOR, SUPERVISED_RUNNING, 7, 3 },
						  { STAGE_EMITTER, SUPERVISED_WAITING, 0, 1 } } };
	json_t *root, *stages, *rings;

	v.stage[STAGE_COLLECTOR] = &collector;
	v.stage[STAGE_ENRICHER] = &enricher;
	root = state_of(&v);
	stages = json_object_get(root, "stages");
	rings = json_object_get(root, "rings");
	cr_assert(eq(sz, json_array_size(rings), 2));
	cr_assert(eq(int, number_in(json_array_get(rings, 0), "capacity"), 64));
	cr_assert(eq(int, number_in(json_array_get(stages, 0), "restarts"), 3));
	cr_assert(is_in(json_array_get(stages, 3), "state", "waiting"));
	cr_assert(eq(int,
		     (int)json_integer_value(json_array_get(
			     json_object_get(json_array_get(stages, 1), "latency_counts"), 2)),
		     5));
	json_decref(root);
}
