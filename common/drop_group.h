/* SPDX-License-Identifier: Apache-2.0
 *
 * drop_group.h -- which events Falco counts together where it says what was dropped.
 */
#ifndef MEWS_DROP_GROUP_H
#define MEWS_DROP_GROUP_H

/* The order in which they are said. */
enum drop_group {
	DROP_OTHERS, /* in the total alone */
	DROP_CLONE_FORK,
	DROP_EXECVE,
	DROP_CONNECT,
	DROP_OPEN,
	DROP_DIR_FILE,
	DROP_OTHER_INTEREST,
	DROP_CLOSE,
	DROP_PROC,
	DROP_GROUPS
};

/* Of the event CODE; DROP_OTHERS for what is none. */
enum drop_group drop_group(unsigned code);

/* "clone_fork"; the field of the alert: "n_drops_buffer_clone_fork_exit".  "" for DROP_OTHERS. */
const char *drop_group_name(unsigned group);
const char *drop_group_field(unsigned group);

#endif
