/* SPDX-License-Identifier: Apache-2.0
 *
 * labels.c -- see labels.h.  Names are what both Prometheus and Loki take.
 */
#include "labels.h"

#include <errno.h>

static bool may_begin(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool may_follow(uint8_t c)
{
	return may_begin(c) || (c >= '0' && c <= '9');
}

static bool is_name(struct span s)
{
	if (s.n == 0 || !may_begin(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!may_follow(s.p[i]))
			return false;
	return true;
}

bool labels_have(const struct labels *l, const char *name)
{
	for (unsigned i = 0; i < l->count; i++)
		if (strcmp(l->label[i].name, name) == 0)
			return true;
	return false;
}

int labels_add(struct labels *l, struct span item, struct diag *diag)
{
	const uint8_t *is = item.n == 0 ? NULL : memchr(item.p, '=', item.n);
	struct label *label = &l->label[l->count];
	struct span name, value;

	if (l->count == LABELS_MAX) {
		diag_set(diag, "there are more than %u labels", LABELS_MAX);
		return -EINVAL;
	}
	if (is == NULL) {
		diag_set(diag, "a label is 'name=value'");
		return -EINVAL;
	}
	name = span_of(item.p, (size_t)(is - item.p));
	value = span_of(is + 1, item.n - name.n - 1);
	if (!is_name(name) || name.n >= sizeof(label->name)) {
		diag_set(diag, "a label's name has letters, digits and _ only, and %zu at most",
			 sizeof(label->name) - 1);
		return -EINVAL;
	}
	memcpy(label->name, name.p, name.n);
	label->name[name.n] = '\0';
	if (labels_have(l, label->name)) {
		diag_set(diag, "label '%s' is there twice", label->name);
		return -EINVAL;
	}
	if (template_parse(value, &label->value, diag) < 0)
		return -EINVAL;
	l->count++;
	return 0;
}

bool labels_value(const struct labels *l, unsigned i, const struct format *f,
		  const struct alert_frame *a, uint8_t *buf, size_t cap, struct span *ret)
{
	struct line t;
	bool good;

	line_init(&t, buf, cap);
	good = template_put(&t, &l->label[i].value, f, a, TEMPLATE_PLAIN);
	*ret = span_of(buf, (size_t)(t.p - t.start));
	return good;
}

bool labels_put(const struct labels *l, struct jout *j, const struct format *f,
		const struct alert_frame *a)
{
	uint8_t buf[LABELS_VALUE_MAX];
	struct span value;

	for (unsigned i = 0; i < l->count; i++) {
		if (!labels_value(l, i, f, a, buf, sizeof(buf), &value))
			return false;
		jout_string(j, l->label[i].name, value);
	}
	return true;
}

void labels_put_own(const struct labels *l, struct jout *j, const char *name, struct span value)
{
	if (value.n > 0 && !labels_have(l, name))
		jout_string(j, name, value);
}

void labels_put_name(char *buf, size_t cap, struct span field)
{
	size_t n = 0;

	if (field.n > 0 && !may_begin(field.p[0]) && n + 1 < cap)
		buf[n++] = '_';
	for (size_t i = 0; i < field.n && n + 1 < cap; i++) {
		char c = may_follow(field.p[i]) ? (char)field.p[i] : '_';

		if (c != '_' || n == 0 || buf[n - 1] != '_')
			buf[n++] = c;
	}
	while (n > 1 && buf[n - 1] == '_')
		n--;
	buf[n] = '\0';
}
