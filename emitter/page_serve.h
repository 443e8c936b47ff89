/* SPDX-License-Identifier: Apache-2.0
 *
 * page_serve.h -- the web page: its files for everybody who calls it by a name that is ours, alerts and
 * the pipeline's state for who has the token.  docs/web-page.md says what is asked for and answered.
 * Its threads are the web server's; the event loop shares the youngest alerts with them and nothing
 * else.  Shell.
 */
#ifndef MEWS_PAGE_SERVE_H
#define MEWS_PAGE_SERVE_H

#include "conf.h"
#include "format.h"
#include "mhd_calls.h"
#include "readings.h"
#include "recent.h"

struct page;

/* With privilege.  FORMAT and READINGS live longer.  0; -EINVAL: the settings are wrong, which was
 * said; other negative errno. */
int page_open(const struct conf *conf, const char *run_dir, const struct format *format,
	      struct readings *readings, struct page **ret);
void page_close(struct page *p);

/* Where alerts are to be put for it. */
struct recent *page_recent(struct page *p);

/* Is PATH one of its own? */
bool page_has(const char *path);

/* Answer; from any thread. */
enum MHD_Result page_answer(struct page *p, struct MHD_Connection *c, const char *path);

#endif
