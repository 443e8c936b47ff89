/* SPDX-License-Identifier: Apache-2.0
 *
 * ytree.h -- a YAML document as plain data, with the place of each node: what
 * the shell's YAML reader hands to the core.  Anchors are followed already:
 * one node may hang in several places.
 */
#ifndef MEWS_YTREE_H
#define MEWS_YTREE_H

#include "span.h"

enum ynode_kind { YNODE_SCALAR, YNODE_SEQUENCE, YNODE_MAPPING };
enum ynode_style { YSTYLE_PLAIN, YSTYLE_SINGLE, YSTYLE_DOUBLE, YSTYLE_BLOCK };

struct yplace {
	uint32_t line, column; /* from 0, in characters, as YAML counts */
	uint32_t offset;
};

struct ynode {
	uint8_t kind;  /* enum ynode_kind */
	uint8_t style; /* enum ynode_style */
	bool null;
	struct span text; /* SCALAR */
	struct yplace from, to;
	unsigned size;	      /* nodes in and below it, what aliases stand for included */
	unsigned n;	      /* elements, or pairs */
	struct ynode **items; /* MAPPING: key, value, key, value ... */
};

/* One file: its bytes, and its documents. */
struct yfile {
	const char *name;
	struct span bytes;
	unsigned nlines;
	const uint32_t *lines; /* where each line begins in BYTES */
	unsigned n;
	struct ynode **documents; /* NULL elements: empty ones */
};

#endif
