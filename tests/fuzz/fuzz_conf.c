/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of any bytes: refused with a reason, or every value within its bounds.
 * The first byte says whether the text is a file's, an option's, or that of two files with a NUL
 * between them, of which the second is merged behind the first.
 */
#include <stdlib.h>

#include "conf_output.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned warned;

static void warn(const struct diag *d)
{
	must(d->message[0] != '\0');
	warned++;
}

static void check(const struct conf *c)
{
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);

	for (unsigned i = 0; i < n; i++) {
		const void *at = (const char *)c + rows[i].offset;

		if (rows[i].type == CONF_UINT)
			must(*(const uint64_t *)at >= rows[i].least &&
			     *(const uint64_t *)at <= rows[i].most);
		if (rows[i].type == CONF_MEGABYTES || rows[i].type == CONF_PRESET)
			must(*(const uint64_t *)at >= UINT64_C(1) << 20 &&
			     *(const uint64_t *)at <= UINT64_C(1) << 40);
		if (rows[i].type == CONF_DURATION)
			must(*(const uint64_t *)at == 0 ||
			     (*(const uint64_t *)at >= rows[i].least * 1000000 &&
			      *(const uint64_t *)at <= rows[i].most * 1000000));
		if (rows[i].type == CONF_SHARE)
			must(*(const double *)at >= (double)rows[i].least &&
			     *(const double *)at <= (double)rows[i].most);
		if (rows[i].type == CONF_STRING)
			must(*(char *const *)at != NULL);
	}
	must(c->output_count >= 1 && c->output_count <= CONF_MAX_OUTPUTS);
	for (unsigned i = 0; i < c->output_count; i++) {
		const struct conf_output *o = &c->outputs[i];

		must(o->kind < OUTPUT_KIND_COUNT && o->name[0] != '\0' &&
		     strlen(o->name) < CONF_OUTPUT_NAME_MAX && strchr(o->name, '/') == NULL);
		must(o->minimum_priority <= 7 && o->json != CONF_JSON_AUTO && o->url != NULL);
		must(o->timeout_ms >= 10 && o->facility <= 23);
	}
	must(c->priority <= 7 && c->rules_files.count <= CONF_MAX_LIST);
}

/* The first byte is the strategy. */
static int load_two(const uint8_t *data, size_t size, struct conf *c, struct diag *d)
{
	const uint8_t *nul = size == 0 ? NULL : memchr(data + 1, 0, size - 1);
	size_t n = nul == NULL ? size : (size_t)(nul - data);
	struct conf_text texts[] = {
		{ "x", span_of(data + 1, n == 0 ? 0 : n - 1), CONF_STRATEGY_APPEND },
		{ "y", nul == NULL ? SPAN_NONE : span_of(nul + 1, size - n - 1),
		  size == 0 ? CONF_STRATEGY_APPEND : data[0] % 3 },
	};

	return conf_load_texts(texts, ARRAY_LEN(texts), NULL, 0, warn, c, d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag d;
	struct conf c;
	int err;

	if (size == 0)
		return 0;
	if (data[0] == 'o') {
		char *option = strndup((const char *)data + 1, size - 1);

		err = conf_load_text(SPAN_NONE, "x", (const char *const *)&option, 1, warn, &c, &d);
		free(option);
	} else if (data[0] == 'd') {
		err = load_two(data + 1, size - 1, &c, &d);
	} else {
		err = conf_load_text(span_of(data + 1, size - 1), "x", NULL, 0, warn, &c, &d);
	}
	must(err <= 0 && (err == 0 || d.message[0] != '\0'));
	if (err == 0) {
		check(&c);
		conf_release(&c);
	}
	return 0;
}
