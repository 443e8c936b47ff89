/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot_file.h -- one open descriptor of a process, as Falco's descriptor
 * table has it, from its link, its fdinfo and its inode.  Shell.
 */
#ifndef MEWS_SNAPSHOT_FILE_H
#define MEWS_SNAPSHOT_FILE_H

#include <limits.h>
#include <sys/stat.h>

#include "sockets.h"
#include "unread.h"
#include "wire.h"

/* Texts that a file_info's spans point into. */
struct snapshot_file_texts {
	char link[PATH_MAX + 1];
	char name[128];
};

/* What is at NAME below DIR, as the kernel has it.  Its server is not asked, as stat() would: these are files that
 * anybody may hold open, of any file system, and one that does not answer must not keep us.  Negative errno. */
int snapshot_stat(int dir, const char *name, struct statx *ret);

/* The descriptor NAME (a number as text) of the process at PID_DIR, whose fd/ is
 * FD_DIR.  RET's spans point into TEXTS and SOCKETS.  Negative errno: it is gone, or
 * cannot be read. */
int snapshot_file(int pid_dir, int fd_dir, const char *name, struct sockets *sockets,
		  struct snapshot_file_texts *texts, struct unread *unread, struct file_info *ret);

#endif
