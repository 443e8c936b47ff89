/* SPDX-License-Identifier: Apache-2.0
 *
 * attack.h -- what somebody tries who runs code in a stage: stage_jail.c is compiled once more for
 * tests/jail, and calls this behind the jail.
 */
#ifndef MEWS_ATTACK_H
#define MEWS_ATTACK_H

struct stage;

/* $MEWS_ATTACK: the name of one attack, of those that end the process; or "all": the others.  Prints a line
 * for each, "NAME OUTCOME" with "done" or an errno's name, and ends the process. */
void attack_from_inside(struct stage *st);

#endif
