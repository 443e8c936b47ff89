/* SPDX-License-Identifier: Apache-2.0
 *
 * template.h -- a text with places for what an alert holds: the body of a webhook, a
 * label's value, a subject, an index.
 *
 *	%{NAME}       a field of the alert's output (proc.name), or one of
 *		      rule priority output message source hostname time time_ns date uuid tags
 *	%{json:NAME}  the same as a JSON value: a number stays one, null for what is missing, tags
 *		      as an array; and %{json:alert}, the whole object
 *	%%{	      is %{; any other % is itself
 *
 * What is missing is <NA>, as in outputs.  The text is the administrator's; the alert's parts
 * are an attacker's, and get out of no string of JSON and make no second line.  Core.
 */
#ifndef MEWS_TEMPLATE_H
#define MEWS_TEMPLATE_H

#include "diag.h"
#include "format_parts.h"

#define TEMPLATE_MAX_PARTS 64

/* How %{NAME} is put. */
enum template_use {
	TEMPLATE_PLAIN, /* as it is, controls escaped */
	TEMPLATE_JSON,	/* the template is JSON: escaped as the inside of a string */
	TEMPLATE_TOKEN, /* small letters and digits, _ for all else: no part of it is more than
			 * one token of a subject */
};

struct template_part {
	struct span text; /* to be put as it stands, or a name */
	uint8_t known;	  /* which of the names above; 0: a field */
	bool is_name, is_json;
};

struct template
{
	unsigned count;
	struct template_part part[TEMPLATE_MAX_PARTS];
};

/* TEXT must live as long as RET.  -EINVAL with DIAG's message and column. */
int template_parse(struct span text, struct template *ret, struct diag *diag);

/* False: the alert cannot be said. */
bool template_put(struct line *t, const struct template *tm, const struct format *f,
		  const struct alert_frame *a, enum template_use use);

/* The rendered text in BUF: its length, -ENOSPC or -EPROTO. */
ssize_t template_render(const struct template *tm, const struct format *f,
			const struct alert_frame *a, enum template_use use, uint8_t *buf,
			size_t cap);

#endif
