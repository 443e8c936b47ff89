/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_counts.c -- see rule_counts.h.
 */
#include "rule_counts.h"

#include <stdlib.h>
#include <string.h>

#include "jout.h"

static bool is_same(const struct ruleset_rule *a, const struct ruleset_rule *b)
{
	return span_eq(a->name, b->name) && span_eq(a->source, b->source);
}

static struct rule_count count_of(const struct rule_counts *c, const struct ruleset_rule *rule)
{
	return rule->ordinal < c->n ? c->of[rule->ordinal] : (struct rule_count){ 0 };
}

static bool is_nothing(struct rule_count count)
{
	return count.matches == 0 && count.looks == 0;
}

/* Mostly the same rules in the same order: look behind the last one that was found first. */
static void carry(struct rule_counts *fresh, const struct ruleset *rules,
		  const struct rule_counts *old, const struct ruleset *old_rules)
{
	unsigned guess = 0, count = ruleset_count(rules);

	for (unsigned i = 0; i < ruleset_count(old_rules); i++) {
		const struct ruleset_rule *rule = ruleset_rule(old_rules, i);

		if (is_nothing(count_of(old, rule)))
			continue;
		for (unsigned k = 0; k < count; k++) {
			const struct ruleset_rule *other = ruleset_rule(rules, (guess + k) % count);

			if (!is_same(rule, other))
				continue;
			fresh->of[other->ordinal] = count_of(old, rule);
			guess = guess + k + 1;
			break;
		}
	}
}

void rule_counts_follow(struct rule_counts *c, const struct ruleset *old,
			const struct ruleset *fresh)
{
	struct rule_counts next = { .weight = c->weight, .clock_ns = c->clock_ns };

	for (unsigned i = 0; i < ruleset_count(fresh); i++)
		if (ruleset_rule(fresh, i)->ordinal >= next.n)
			next.n = ruleset_rule(fresh, i)->ordinal + 1;
	if (next.n > 0 && (next.of = calloc(next.n, sizeof(next.of[0]))) == NULL)
		next.n = 0;
	if (old != NULL && next.n > 0)
		carry(&next, fresh, c, old);
	free(c->of);
	*c = next;
}

void rule_counts_release(struct rule_counts *c)
{
	free(c->of);
	*c = (struct rule_counts){ 0 };
}

void rule_counts_took(void *counts, const struct ruleset_rule *rule, uint64_t ns)
{
	struct rule_counts *c = counts;
	struct rule_count *of;

	if (rule->ordinal >= c->n)
		return;
	of = &c->of[rule->ordinal];
	of->looks += c->weight;
	if (ns > c->clock_ns)
		of->ns += c->weight * (ns - c->clock_ns);
}

static ssize_t write_one(const struct ruleset_rule *rule, struct rule_count count, uint8_t *buf,
			 size_t cap)
{
	struct line line;
	struct jout j;

	line_init(&line, buf, cap);
	jout_init(&j, &line);
	jout_object(&j, NULL);
	jout_string(&j, "rule", rule->name);
	jout_string(&j, "source", rule->source);
	jout_uint(&j, "priority", rule->priority);
	jout_array(&j, "tags");
	for (unsigned i = 0; i < rule->ntags; i++)
		jout_string(&j, NULL, rule->tags[i]);
	jout_end(&j);
	jout_uint(&j, "matches", count.matches);
	jout_uint(&j, "looks", count.looks);
	jout_uint(&j, "ns", count.ns);
	jout_end(&j);
	line_put_char(&line, '\n');
	return line_length(&line);
}

size_t rule_counts_page(const struct rule_counts *c, const struct ruleset *rs, uint64_t *from,
			uint8_t *buf, size_t cap)
{
	size_t n = 0;

	for (; *from < ruleset_count(rs); ++*from) {
		const struct ruleset_rule *rule = ruleset_rule(rs, (unsigned)*from);
		ssize_t len;

		if (is_nothing(count_of(c, rule)))
			continue;
		len = write_one(rule, count_of(c, rule), buf + n, cap - n);
		if (len < 0 && n > 0)
			return n;
		if (len > 0) /* else: longer than a page, nobody can be told */
			n += (size_t)len;
	}
	*from = 0;
	return n;
}
