/* SPDX-License-Identifier: Apache-2.0
 *
 * empty_program.h -- a program that does nothing where ours looks at each system call: what the
 * kernel's way there costs, with whatever program at its end.
 */
#ifndef MEWS_EMPTY_PROGRAM_H
#define MEWS_EMPTY_PROGRAM_H

/* Attach it: a descriptor, which holds it until it is closed, or -errno. */
int empty_program_attach(void);

#endif
