/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_names.c -- which names addresses have: of those that rules ask for, as a resolver says.  Who
 * evaluates is told by address, since that is what he meets.
 */
#include "enrich_core.h"

/* N has ADDRESS no more.  A reader that starts further back meets events of then, and is told what held there. */
static void tell_lost(struct enrich *en, const struct named *n, struct span address)
{
	struct address_frame f;
	unsigned left;
	ssize_t len;

	nametab_frame(&en->nametab, address, &f);
	left = f.nnames;
	if (f.nnames < ADDRESS_MAX_NAMES)
		f.names[f.nnames++] = blob_span(n->name);
	len = wire_encode_address(en->scratch, WIRE_MAX_PAYLOAD, &f);
	if (len > 0)
		past_gone(&en->past, FRAME_ADDRESS, span_of(en->scratch, (size_t)len));
	f.nnames = left;
	emit_address(en, &f);
}

static void replace(struct enrich *en, struct named *n, struct blob *new)
{
	struct blob *old = n->addresses;
	struct span left = blob_span(old), address;

	n->addresses = new;
	while ((address = named_next(&left)).n > 0)
		if (!named_has(blob_span(new), address))
			tell_lost(en, n, address);
	left = blob_span(new);
	while ((address = named_next(&left)).n > 0) {
		struct address_frame f;

		if (named_has(blob_span(old), address))
			continue;
		nametab_frame(&en->nametab, address, &f);
		emit_address(en, &f);
	}
	blob_drop(&en->slab, old);
}

static bool has(const struct host_names *names, struct span name)
{
	for (unsigned i = 0; i < names->n; i++)
		if (span_eq(names->name[i], name))
			return true;
	return false;
}

void enrich_want_names(struct enrich *en, const struct host_names *names)
{
	struct nametab *nt = &en->nametab;

	for (unsigned i = 0; i < nt->count;) {
		struct named *n = &nt->names[i];

		if (has(names, blob_span(n->name))) {
			i++;
			continue;
		}
		replace(en, n, NULL);
		nametab_remove(nt, n);
	}
	for (unsigned i = 0; i < names->n; i++)
		if (nametab_find(nt, names->name[i]) == NULL)
			nametab_add(nt, names->name[i]);
}

void enrich_name(struct enrich *en, struct span name, struct span addresses)
{
	struct named *n = nametab_find(&en->nametab, name);
	struct blob *new;

	if (n == NULL || addresses.n > NAMED_MAX_BYTES)
		return;
	new = blob_new(&en->slab, addresses, NULL);
	if (new == NULL && addresses.n > 0)
		return; /* no room: what was known holds */
	replace(en, n, new);
}
