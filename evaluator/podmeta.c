/* SPDX-License-Identifier: Apache-2.0
 *
 * podmeta.c -- see podmeta.h.
 */
#include "podmeta.h"

void podmeta_names_read(struct podmeta_names *n, struct span object)
{
	struct jread_walk w = jread_begin(object);
	struct span key, value;

	*n = (struct podmeta_names){ 0 };
	while (w.is_object && jread_next(&w, &key, &value)) {
		if (jread_is(key, span_str("name")))
			n->name = value;
		else if (jread_is(key, span_str("uid")))
			n->uid = value;
		else if (jread_is(key, span_str("labels")))
			n->labels = value;
	}
}

void podmeta_read(struct podmeta *m, struct span json)
{
	static const char *const members[PODMETA_THING_COUNT] = {
		[PODMETA_NS] = "ns",
		[PODMETA_DEPLOYMENT] = "deployment",
		[PODMETA_RS] = "rs",
		[PODMETA_RC] = "rc",
	};
	struct span top = jread_value(json);

	*m = (struct podmeta){ 0 };
	podmeta_names_read(&m->things[PODMETA_POD], top);
	for (unsigned i = PODMETA_POD + 1; i < PODMETA_THING_COUNT; i++)
		podmeta_names_read(&m->things[i], jread_member(top, members[i]));
	m->ip = jread_member(top, "ip");
	m->services = jread_member(top, "svc");
}
