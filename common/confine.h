/* SPDX-License-Identifier: Apache-2.0
 *
 * confine.h -- the few directories that are left of the file system, by Landlock: what
 * no row names can neither be read, written, made, removed nor executed, and no TCP
 * port opened, whatever the user's rights are; nor a signal sent to, or an abstract socket reached
 * of, a process that is not under it.  It lies on top of the jail, which must have been
 * entered (no_new_privs), and holds for a process with one thread.  Shell.
 *
 * Descriptors that are open already, memfds and sockets that somebody else made are
 * not touched by it.
 */
#ifndef MEWS_CONFINE_H
#define MEWS_CONFINE_H

enum confine_use {
	CONFINE_NONE,
	CONFINE_READ,	 /* read what is beneath */
	CONFINE_SOCKETS, /* make and remove sockets */
	CONFINE_FILES,	 /* make files and write them; not read, not remove */
	CONFINE_OWN,	 /* make, read, write and remove files; not by a symbolic link */
	CONFINE_TCP,	 /* of no path: TCP ports may be opened */
};

struct confine_place {
	const char *path; /* a directory; one that is not there is passed over; NULL: none */
	enum confine_use use;
};

/* The version of Landlock that this kernel has; -EOPNOTSUPP: none. */
int confine_version(void);

/* For good.  -EOPNOTSUPP: this kernel cannot; other negative errno: it failed, and nothing
 * is confined. */
int confine_enter(const struct confine_place *places, unsigned n);

#endif
