/* SPDX-License-Identifier: Apache-2.0
 *
 * doctor.h -- what `mews doctor` found: a line for each thing that was looked at.  Who
 * looks: doctor_host.c at the host, doctor_kernel.c, by way of the collector's own
 * loading, at the kernel side.  Nothing that they do stays behind.
 */
#ifndef MEWS_DOCTOR_H
#define MEWS_DOCTOR_H

#include "launch.h"

enum finding_state {
	FINDING_OK,
	FINDING_LIMITED, /* less is seen or known than could be */
	FINDING_MISSING, /* live events cannot be had like this */
};

#define FINDINGS_MAX 192

struct finding {
	enum finding_state state;
	const char *area;
	char name[48];
	char found[320];
	char advice[192]; /* "": nothing is to be done */
	char *log;	  /* all that the verifier said; NULL */
};

struct findings {
	unsigned n;
	struct finding at[FINDINGS_MAX];
};

/* The new one, for a log; more than FINDINGS_MAX end in the last one. */
struct finding *finding_add(struct findings *f, const char *area, const char *name,
			    enum finding_state state, const char *advice, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

void doctor_host(struct findings *f, const struct launch *l);
void doctor_kernel(struct findings *f, const struct launch *l);

#endif
