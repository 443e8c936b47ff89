/* SPDX-License-Identifier: Apache-2.0
 *
 * watch.h -- hears when a file of settings or rules changes, comes or goes: inotify on
 * the directories that they lie in, so that one that is put in another's place is
 * heard of, too.  Shell.
 */
#ifndef MEWS_WATCH_H
#define MEWS_WATCH_H

#include "conf.h"

struct watch;

/* CONF_FILE: the settings' own; it need not be there. */
int watch_open(struct watch **ret);
void watch_close(struct watch *w);

/* From here on what CONF is from, and nothing else; nothing at all if it says so. */
void watch_follow(struct watch *w, const char *conf_file, const struct conf *conf);

/* Readable when something has happened. */
int watch_fd(const struct watch *w);

/* Has one of the files changed since this was asked last? */
bool watch_heard(struct watch *w);

#endif
