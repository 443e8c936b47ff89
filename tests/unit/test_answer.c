/* SPDX-License-Identifier: Apache-2.0
 *
 * What receivers' answers mean: statuses, when to come again, results of the items of a bulk
 * request, OTLP's partial success.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "answer.h"

Test(answer, a_status_says_what_to_do)
{
	static const struct {
		unsigned status;
		enum verdict verdict;
	} rows[] = {
		{ 200, VERDICT_TAKEN },	  { 204, VERDICT_TAKEN },   { 299, VERDICT_TAKEN },
		{ 0, VERDICT_AGAIN },	  { 100, VERDICT_AGAIN },   { 301, VERDICT_AGAIN },
		{ 400, VERDICT_REFUSED }, { 401, VERDICT_AGAIN },   { 403, VERDICT_AGAIN },
		{ 404, VERDICT_AGAIN },	  { 408, VERDICT_AGAIN },   { 409, VERDICT_REFUSED },
		{ 413, VERDICT_REFUSED }, { 422, VERDICT_REFUSED }, { 429, VERDICT_AGAIN },
		{ 500, VERDICT_AGAIN },	  { 503, VERDICT_AGAIN },   { 599, VERDICT_AGAIN },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		cr_expect(answer_verdict(rows[i].status) == rows[i].verdict, "%u", rows[i].status);
}

Test(answer, retry_after_is_seconds_or_a_date)
{
	static const struct {
		const char *value;
		unsigned ms;
	} rows[] = {
		{ "", 0 },
		{ "0", 0 },
		{ "7", 7000 },
		{ " 120 \r\n", 120000 },
		{ "99999999999999999999", 3600000 },
		{ "soon", 0 },
		{ "-1", 0 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 37000 },
		{ "Sun, 06 Nov 1994 08:48:00 GMT", 0 },
		{ "Mon, 07 Nov 1994 08:49:00 GMT", 3600000 },
		{ "Sun, 06 Nov 1994 08:49:37 CET", 0 },
		{ "Sun, 06 Nox 1994 08:49:37 GMT", 0 },
		{ "Sun, 06 Nov 1994 08:49", 0 },
		{ "Sun, 00 Nov 1994 08:49:37 GMT", 0 },
		{ "Sun,", 0 },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		cr_expect(answer_wait_ms(span_str(rows[i].value), 784111740) == rows[i].ms, "%s",
			  rows[i].value);
	cr_expect(answer_wait_ms(span_str("Thu, 29 Feb 2024 00:00:01 GMT"), 1709164800) == 1000);
	cr_expect(answer_wait_ms(span_str("Fri, 01 Mar 2024 00:00:01 GMT"), 1709251200) == 1000);
	cr_expect(answer_wait_ms(span_str("Thu, 01 Jan 2026 00:00:01 GMT"), 1767225600) == 1000);
}

/* As Elasticsearch 8 answers. */
#define TAKEN(id)                                                                                  \
	"{\"create\":{\"_index\":\"falco\",\"_id\":\"" id "\",\"_version\":1,\"result\":"          \
	"\"created\",\"_shards\":{\"total\":2,\"successful\":1,\"failed\":0},\"_seq_no\":0,"       \
	"\"_primary_term\":1,\"status\":201}}"
#define FAILED(id, type, reason, status)                                                           \
	"{\"create\":{\"_index\":\"falco\",\"_id\":\"" id "\",\"status\":" status                  \
	",\"error\":{\"type\":\"" type "\",\"reason\":\"" reason "\"}}}"
#define BULK(errors, items) "{\"took\":3,\"errors\":" errors ",\"items\":[" items "]}"

Test(answer, each_item_of_a_bulk_request_has_its_own_fate)
{
	static const struct {
		const char *body;
		unsigned count;
		int err;
		unsigned done;
		enum verdict next;
		const char *why;
	} rows[] = {
		{ BULK("false", TAKEN("a") "," TAKEN("b")), 2, 0, 2, VERDICT_TAKEN, "" },
		/* It was there: sent before. */
		{ BULK("true",
		       FAILED("a", "version_conflict_engine_exception", "x", "409") "," TAKEN("b")),
		  2, 0, 2, VERDICT_TAKEN, "" },
		{ BULK("true", TAKEN("a") "," FAILED("b", "mapper_parsing_exception", "no long",
						     "400") "," TAKEN("c")),
		  3, 0, 1, VERDICT_REFUSED, "\"no long\"" },
		{ BULK("true", FAILED("a", "es_rejected_execution_exception", "full", "429")), 1, 0,
		  0, VERDICT_AGAIN, "\"full\"" },
		{ BULK("true", FAILED("a", "x", "down", "503")), 1, 0, 0, VERDICT_AGAIN,
		  "\"down\"" },
		/* No such answer. */
		{ BULK("false", TAKEN("a")), 2, -EPROTO, 1, VERDICT_TAKEN, "" },
		{ BULK("false", "{}"), 1, -EPROTO, 0, VERDICT_TAKEN, "" },
		{ BULK("false", "{\"create\":{\"status\":\"201\"}}"), 1, -EPROTO, 0, VERDICT_TAKEN,
		  "" },
		{ BULK("false", "{\"create\":{\"status\":99999999999}}"), 1, 0, 0, VERDICT_AGAIN,
		  "" },
		{ "{\"items\":{}}", 1, -EPROTO, 0, VERDICT_TAKEN, "" },
		{ "<html>", 1, -EPROTO, 0, VERDICT_TAKEN, "" },
		{ "", 1, -EPROTO, 0, VERDICT_TAKEN, "" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer_items items;
		int err = answer_bulk(span_str(rows[i].body), rows[i].count, &items);

		cr_expect(err == rows[i].err, "row %u: %d", i, err);
		cr_expect(items.done == rows[i].done, "row %u: %u", i, items.done);
		cr_expect(items.next == rows[i].next, "row %u", i);
		cr_expect(span_is(items.why, rows[i].why), "row %u", i);
	}
}

Test(answer, otlp_says_how_many_records_it_refused)
{
	static const struct {
		const char *body;
		uint64_t refused;
		const char *why;
	} rows[] = {
		{ "{}", 0, "" },
		{ "", 0, "" },
		{ "{\"partialSuccess\":{}}", 0, "" },
		{ "{\"partialSuccess\":{\"rejectedLogRecords\":\"2\",\"errorMessage\":\"big\"}}", 2,
		  "\"big\"" },
		{ "{\"partialSuccess\":{\"rejectedLogRecords\":3}}", 3, "" },
		{ "{\"partialSuccess\":{\"rejectedLogRecords\":\"\"}}", 0, "" },
		{ "{\"partialSuccess\":{\"rejectedLogRecords\":-3}}", 0, "" },
		{ "{\"partialSuccess\":7}", 0, "" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct span why;

		cr_expect(answer_otlp_refused(span_str(rows[i].body), &why) == rows[i].refused,
			  "%s", rows[i].body);
		cr_expect(span_is(why, rows[i].why), "%s", rows[i].body);
	}
}
