/* SPDX-License-Identifier: Apache-2.0
 *
 * Every line that Falco printed for the captures in $MEWS_CAPTURES, taken apart
 * by somebody else's parser, made an alert frame, sent through the codec and
 * printed again: the bytes must be the same, as JSON and as text.  Plain program,
 * TAP; skips where the captures are not.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "format.h"
#include "pack.h"

static struct alert_frame alert, decoded;
static uint8_t frame[WIRE_MAX_PAYLOAD], lists[WIRE_MAX_PAYLOAD], printed[FORMAT_MAX_LINE];

static void no_clock(void *ctx, uint64_t seconds, struct format_clock *ret)
{
	(void)ctx;
	(void)seconds;
	(void)ret;
}

static struct span string_of(const json_t *j)
{
	return span_of(json_string_value(j), json_string_length(j));
}

static void put_scalar(struct pack *pk, const json_t *j)
{
	if (json_is_string(j))
		pack_span(pk, string_of(j));
	else if (json_is_integer(j))
		pack_int64(pk, json_integer_value(j));
	else if (json_is_boolean(j))
		pack_bool(pk, json_is_true(j));
	else if (json_is_real(j))
		pack_double(pk, json_real_value(j));
	else
		pack_nil(pk);
}

static struct alert_value value_of(const json_t *j, struct pack *pk)
{
	uint8_t *from = pk->p;
	size_t i;
	json_t *item;

	if (json_is_string(j))
		return (struct alert_value){ .kind = ALERT_STRING, .s = string_of(j) };
	if (json_is_integer(j))
		return (struct alert_value){ .kind = ALERT_INT, .i = json_integer_value(j) };
	if (json_is_boolean(j))
		return (struct alert_value){ .kind = ALERT_BOOL, .b = json_is_true(j) };
	if (json_is_real(j))
		return (struct alert_value){ .kind = ALERT_DOUBLE, .d = json_real_value(j) };
	if (!json_is_array(j))
		return (struct alert_value){ .kind = ALERT_NULL };
	pack_array(pk, json_array_size(j));
	json_array_foreach(j, i, item)
	{
		put_scalar(pk, item);
	}
	return (struct alert_value){ .kind = ALERT_LIST,
				     .s = span_of(from, (size_t)(pk->p - from)) };
}

static uint8_t priority_of(const char *name)
{
	static const char *const names[] = { "Emergency", "Alert",  "Critical",	     "Error",
					     "Warning",	  "Notice", "Informational", "Debug" };

	for (uint8_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return 8; /* refused by the codec */
}

/* The alert behind a line of JSON; fields the wrong way round, the time's left out. */
static bool alert_of(const json_t *j)
{
	const json_t *fields = json_object_get(j, "output_fields"), *item;
	const char *output = json_string_value(json_object_get(j, "output")), *key, *message;
	struct pack pk;
	size_t i;

	if (output == NULL || (message = strstr(output, ": ")) == NULL ||
	    (message = strchr(message + 2, ' ')) == NULL)
		return false;
	alert = (struct alert_frame){
		.origin_generation = 1,
		.priority = priority_of(json_string_value(json_object_get(j, "priority"))),
		.ts_ns = (uint64_t)json_integer_value(json_object_get(fields, "evt.time.iso8601")),
		.rule = string_of(json_object_get(j, "rule")),
		.source = string_of(json_object_get(j, "source")),
		.message = span_str(message + 1),
	};
	json_array_foreach(json_object_get(j, "tags"), i, item)
	{
		alert.tags[alert.ntags++] = string_of(item);
	}
	pack_init(&pk, lists, sizeof(lists));
	alert.nfields = (uint16_t)(json_object_size(fields) - 1);
	i = alert.nfields;
	json_object_foreach((json_t *)(uintptr_t)fields, key, item)
	{
		if (strcmp(key, "evt.time.iso8601") == 0)
			continue;
		if (i == 0)
			return false;
		alert.fields[--i] = (struct alert_field){ span_str(key), value_of(item, &pk) };
	}
	return i == 0 && !pk.full;
}

/* ALERT through the codec, printed: the same as LINE, its newline included? */
static bool prints(const struct format *f, const char *line, size_t n)
{
	ssize_t len = wire_encode_alert(frame, sizeof(frame), &alert);

	if (len < 0 || wire_decode_alert(span_of(frame, (size_t)len), &decoded) < 0)
		return false;
	len = format_alert(f, &decoded, printed, sizeof(printed));
	return len == (ssize_t)n && memcmp(printed, line, n) == 0;
}

struct tally {
	unsigned lines, same, texts, same_texts;
};

static void compare(const char *json_path, struct tally *t)
{
	struct format f = {
		.iso_8601 = true,
		.include_output = true,
		.include_tags = true,
		.include_fields = true,
		.local = no_clock,
	};
	size_t cap = 0, text_cap = 0, stem = strlen(json_path) - strlen("jsonl");
	char *line = NULL, *text = NULL, text_path[512];
	FILE *json = fopen(json_path, "r"), *plain;
	ssize_t n, text_n;

	snprintf(text_path, sizeof(text_path), "%.*stxt", (int)stem, json_path);
	plain = fopen(text_path, "r"); /* not there for all of them */
	while (json != NULL && (n = getline(&line, &cap, json)) > 0) {
		json_t *j = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, NULL);
		bool good = j != NULL && alert_of(j);

		f.json = true;
		f.hostname = good ? string_of(json_object_get(j, "hostname")) : SPAN_NONE;
		t->lines++;
		if (good && prints(&f, line, (size_t)n))
			t->same++;
		else if (t->lines - t->same < 5)
			printf("# %s: %s", json_path, line);
		if (plain != NULL && (text_n = getline(&text, &text_cap, plain)) > 0) {
			f.json = false;
			t->texts++;
			if (good && prints(&f, text, (size_t)text_n))
				t->same_texts++;
			else if (t->texts - t->same_texts < 5)
				printf("# %s: %s", text_path, text);
		}
		json_decref(j);
	}
	free(line);
	free(text);
	if (json != NULL)
		fclose(json);
	if (plain != NULL)
		fclose(plain);
}

int main(void)
{
	const char *captures = getenv("MEWS_CAPTURES");
	struct tally t = { 0 };
	struct dirent *entry;
	char path[1024];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/expected", captures == NULL ? "." : captures);
	dir = captures == NULL ? NULL : opendir(path);
	if (dir == NULL) {
		printf("ok 1 - lines of Falco # SKIP no captures in $MEWS_CAPTURES\n1..1\n");
		return 0;
	}
	while ((entry = readdir(dir)) != NULL) {
		size_t n = strlen(entry->d_name);

		if (n < 6 || strcmp(entry->d_name + n - 6, ".jsonl") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/expected/%s", captures, entry->d_name);
		compare(path, &t);
	}
	closedir(dir);
	printf("%s 1 - %u of %u JSON lines of Falco are printed alike\n",
	       t.lines > 0 && t.same == t.lines ? "ok" : "not ok", t.same, t.lines);
	printf("%s 2 - %u of %u text lines are\n",
	       t.texts > 0 && t.same_texts == t.texts ? "ok" : "not ok", t.same_texts, t.texts);
	printf("1..2\n");
	return t.same != t.lines || t.same_texts != t.texts || t.lines == 0;
}
