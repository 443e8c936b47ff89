/* SPDX-License-Identifier: Apache-2.0
 *
 * web.h -- the web server: health, versions, metrics and the web page, for whoever is let in by the address that it
 * listens at.  Its socket and certificate are opened with privilege, its threads run behind the jail
 * and have nothing to do with alerts.  Shell.
 */
#ifndef MEWS_WEB_H
#define MEWS_WEB_H

#include "conf.h"
#include "page_serve.h"
#include "readings.h"

struct web;

/* Before the jail.  PAGE, which lives longer, may be NULL.  Where another listens it goes on, and is tried
 * again.  0 with *RET; -EINVAL: the settings are wrong; other negative errno: it cannot be.  What is
 * wrong was said. */
int web_open(const struct conf *conf, struct readings *readings, struct page *page,
	     struct web **ret);

/* It will have to listen behind the jail. */
bool web_waits(const struct web *w);

/* Behind the jail. */
int web_start(struct web *w);

/* Now and then: if nobody else listens there any more, do.  True: it does since now. */
bool web_tick(struct web *w, struct mono now);

void web_close(struct web *w);

#endif
