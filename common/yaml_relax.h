/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml_relax.h -- what yaml-cpp, Falco's reader of YAML, takes and libyaml refuses, so
 * written that libyaml takes it: a second chance for a text that it refused.  Each
 * character stays one character on its line, so that all places remain what they are.
 *
 *	[::1, x]	a ":" that begins a text in a flow list
 *	-\ta		tabs where blanks may stand
 *	caf\xe9		bytes that are no UTF-8, and characters that are no YAML or end lines
 *	"it\'s"		\' in double quotes
 *	...\n- x	a document behind the end of another, without "---"
 *
 * What libyaml must not see becomes a character of a private window of Unicode that
 * the text does not use, and is turned back in the texts that come of it.  Core.
 */
#ifndef MEWS_YAML_RELAX_H
#define MEWS_YAML_RELAX_H

#include "span.h"

struct yaml_relaxed {
	struct span text;
	uint32_t window; /* its first character; 0: none, nothing is turned back */
};

/* How much room the relaxed TEXT needs at most. */
size_t yaml_relax_room(struct span text);

/* TEXT, relaxed, in ROOM.  False: there is nothing that would help. */
bool yaml_relax(struct span text, uint8_t *room, struct yaml_relaxed *ret);

/* Turn the N bytes at TEXT, a scalar that was read from R, back where they are; their
 * number then, at most N. */
size_t yaml_unrelax(const struct yaml_relaxed *r, uint8_t *text, size_t n);

/* How many of the N > 0 bytes at P are one character where columns are counted: one if
 * they are no UTF-8. */
size_t yaml_character(const uint8_t *p, size_t n);

#endif
