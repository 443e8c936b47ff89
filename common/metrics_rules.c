/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_rules.c -- metrics of rules.
 */
#include <stdio.h>

#include "jread.h"
#include "metrics_rows.h"

void collect_MATCHES(const struct metrics_view *v, struct metric_out *out)
{
	metric_plain_counter(out, v, STAGE_EVALUATOR, EVALUATOR_MATCHES);
}

#define RULE_TAGS 64
#define TAG_NAME  64

/* What is behind the fixed labels: tag_<name>="true", each once, in order. */
static void label_tags(struct metric_sample *s, struct span tags, char names[RULE_TAGS][TAG_NAME])
{
	struct jread_walk w = jread_begin(tags);
	unsigned from = s->nlabels, n = 0;
	struct span key, value, text;
	uint8_t buf[TAG_NAME];

	while (n < RULE_TAGS && jread_next(&w, &key, &value)) {
		char clean[TAG_NAME - 4];
		unsigned at = from;

		if (value.n > sizeof(buf) || !jread_string(value, buf, &text))
			continue;
		metric_clean_name(text, clean, sizeof(clean));
		for (char *c = clean; *c != '\0'; c++)
			*c = *c == ':' ? '_' : *c; /* not in a label's name */
		snprintf(names[n], TAG_NAME, "tag_%s", clean);
		while (at < s->nlabels && strcmp(s->label[at].name, names[n]) < 0)
			at++;
		if (at < s->nlabels && strcmp(s->label[at].name, names[n]) == 0)
			continue;
		memmove(&s->label[at + 1], &s->label[at], (s->nlabels - at) * sizeof(s->label[0]));
		s->label[at] = (struct metric_label){ names[n++], span_str("true") };
		s->nlabels++;
	}
}

static void take_rule(struct span line, struct metric_out *out)
{
	uint8_t name_buf[1024], source_buf[64];
	char names[RULE_TAGS][TAG_NAME], priority[24];
	struct span name = jread_member(line, "rule"), source = jread_member(line, "source");
	struct metric_sample s = metric_sample();
	uint64_t matches, level;

	if (name.n > sizeof(name_buf) || !jread_string(name, name_buf, &name) ||
	    source.n > sizeof(source_buf) || !jread_string(source, source_buf, &source) ||
	    !jread_uint(jread_member(line, "matches"), &matches) ||
	    !jread_uint(jread_member(line, "priority"), &level) || matches == 0)
		return;
	snprintf(priority, sizeof(priority), "%llu", (unsigned long long)level);
	metric_label(&s, "priority", priority);
	s.label[s.nlabels++] = (struct metric_label){ "rule_name", name };
	s.label[s.nlabels++] = (struct metric_label){ "source", source };
	label_tags(&s, jread_member(line, "tags"), names);
	metric_take_uint(out, &s, matches);
}

static void each_rule(const struct metrics_view *v, struct metric_out *out,
		      void (*of)(struct span line, struct metric_out *out))
{
	struct span rest = v->rules;

	while (rest.n > 0) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end == NULL ? rest.n : (size_t)(end - rest.p);

		of(span_of(rest.p, n), out);
		n += end != NULL;
		rest = span_of(rest.p + n, rest.n - n);
	}
}

void collect_RULE_MATCHES(const struct metrics_view *v, struct metric_out *out)
{
	each_rule(v, out, take_rule);
}

/* What a rule costs, and the sample that says so. */
struct rule_cost {
	uint64_t looks, ns;
	struct metric_sample s;
	uint8_t name_buf[1024], source_buf[64];
};

/* False: it was not measured. */
static bool read_cost(struct span line, struct rule_cost *ret)
{
	struct span name = jread_member(line, "rule"), source = jread_member(line, "source");

	ret->s = metric_sample();
	if (name.n > sizeof(ret->name_buf) || !jread_string(name, ret->name_buf, &name) ||
	    source.n > sizeof(ret->source_buf) || !jread_string(source, ret->source_buf, &source) ||
	    !jread_uint(jread_member(line, "looks"), &ret->looks) ||
	    !jread_uint(jread_member(line, "ns"), &ret->ns) || ret->looks == 0)
		return false;
	ret->s.label[ret->s.nlabels++] = (struct metric_label){ "rule_name", name };
	ret->s.label[ret->s.nlabels++] = (struct metric_label){ "source", source };
	return true;
}

static void take_looks(struct span line, struct metric_out *out)
{
	struct rule_cost cost;

	if (read_cost(line, &cost))
		metric_take_uint(out, &cost.s, cost.looks);
}

void collect_RULE_LOOKS(const struct metrics_view *v, struct metric_out *out)
{
	each_rule(v, out, take_looks);
}

static void take_seconds(struct span line, struct metric_out *out)
{
	struct rule_cost cost;

	if (read_cost(line, &cost))
		metric_take_real(out, &cost.s, (double)cost.ns / NS_PER_S);
}

void collect_RULE_SECONDS(const struct metrics_view *v, struct metric_out *out)
{
	each_rule(v, out, take_seconds);
}
