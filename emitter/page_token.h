/* SPDX-License-Identifier: Apache-2.0
 *
 * page_token.h -- the web page's token: a file's, or one made by lot that lasts as long as the run
 * directory's files do, so that a browser need not be told another when the emitter starts again.
 * Where the page is, with the token, is left in the run directory for whoever may read it: root, or
 * who runs the pipeline without.  Shell.
 */
#ifndef MEWS_PAGE_TOKEN_H
#define MEWS_PAGE_TOKEN_H

#include "conf.h"
#include "page_gate.h"

/* With privilege.  -EINVAL: the setting's file is none that will do, which was said; other negative
 * errno. */
int page_token_open(const struct conf *conf, const char *run_dir, char ret[PAGE_TOKEN_MOST + 1]);

#endif
