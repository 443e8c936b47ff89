/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_append.c -- what the settings add to a rule's output: text behind it, and
 * fields of alerts.  Entries count in their order.
 */
#include "rule_defs.h"

/* The fields that Falco's container plugin suggests. */
static const char suggested[] = " container_id=%container.id container_name=%container.name"
				" container_image_repository=%container.image.repository"
				" container_image_tag=%container.image.tag"
				" k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name";

static bool has_tag(const struct rule_def *d, const char *tag)
{
	for (unsigned i = 0; i < d->tags.n; i++)
		if (span_is(((const struct span *)d->tags.items)[i], tag))
			return true;
	return false;
}

static bool is_for(const struct append_entry *e, const struct rule_def *d)
{
	if (e->source != NULL && *e->source != '\0' && !span_is(d->source, e->source))
		return false;
	if (e->rule != NULL && *e->rule != '\0' && !span_is(d->name, e->rule))
		return false;
	for (unsigned i = 0; i < e->ntags; i++)
		if (!has_tag(d, e->tags[i]))
			return false;
	return true;
}

void append_text(const struct append_list *list, const struct rule_def *d, struct pool_text *to)
{
	for (unsigned i = 0; list != NULL && i < list->count; i++) {
		const struct append_entry *e = &list->entry[i];

		if (!is_for(e, d))
			continue;
		if (e->extra_output != NULL) {
			pool_text_str(to, " ");
			pool_text_str(to, e->extra_output);
		}
		if (e->suggested_output && span_is(d->source, "syscall"))
			pool_text_str(to, suggested);
	}
}

static int add_fields(const struct append_entry *e, bool with_format, struct output *to,
		      struct diag *diag)
{
	for (unsigned i = 0; i < e->nfields; i++) {
		const struct append_field *f = &e->fields[i];
		int err;

		if ((f->format != NULL) != with_format)
			continue;
		err = f->format != NULL ? output_add_text(to, f->name, f->format, diag)
					: output_add_field(to, f->name, diag);
		if (err < 0)
			return err;
	}
	return 0;
}

int append_fields(const struct append_list *list, const struct rule_def *d, struct output *to,
		  struct diag *diag)
{
	int err = 0;

	for (unsigned i = 0; list != NULL && err == 0 && i < list->count; i++) {
		if (!is_for(&list->entry[i], d))
			continue;
		err = add_fields(&list->entry[i], true, to, diag);
		if (err == 0)
			err = add_fields(&list->entry[i], false, to, diag);
	}
	return err;
}
