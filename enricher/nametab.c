/* SPDX-License-Identifier: Apache-2.0
 *
 * nametab.c -- see nametab.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "nametab.h"

int nametab_init(struct nametab *nt, struct slab *slab)
{
	*nt = (struct nametab){ .slab = slab };
	nt->names = calloc(HOST_NAMES_MAX, sizeof(*nt->names));
	return nt->names == NULL ? -ENOMEM : 0;
}

/* The slab goes with all that is in it. */
void nametab_release(struct nametab *nt)
{
	free(nt->names);
	*nt = (struct nametab){ 0 };
}

struct named *nametab_find(const struct nametab *nt, struct span name)
{
	for (unsigned i = 0; i < nt->count; i++)
		if (blob_is(nt->names[i].name, name))
			return &nt->names[i];
	return NULL;
}

struct named *nametab_add(struct nametab *nt, struct span name)
{
	struct blob *own = nt->count < HOST_NAMES_MAX ? blob_new(nt->slab, name, NULL) : NULL;

	if (own == NULL)
		return NULL;
	nt->names[nt->count] = (struct named){ .name = own };
	return &nt->names[nt->count++];
}

void nametab_remove(struct nametab *nt, struct named *n)
{
	blob_drop(nt->slab, n->name);
	blob_drop(nt->slab, n->addresses);
	*n = nt->names[--nt->count];
	nt->names[nt->count] = (struct named){ 0 };
}

void nametab_frame(const struct nametab *nt, struct span address, struct address_frame *ret)
{
	ret->address = address;
	ret->nnames = 0;
	for (unsigned i = 0; i < nt->count && ret->nnames < ADDRESS_MAX_NAMES; i++)
		if (named_has(blob_span(nt->names[i].addresses), address))
			ret->names[ret->nnames++] = blob_span(nt->names[i].name);
}
