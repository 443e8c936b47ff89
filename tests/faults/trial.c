/* SPDX-License-Identifier: Apache-2.0
 *
 * trial.c -- see trial.h.
 */
#include "trial.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "log.h"
#include "span.h"

enum {
	LASTS_MS = 150,
	PATIENCE_MS = 10000,
	SHOWN = 12,
	FIRST_CALLS = 2,
	TRIES = 3,
	LINES = 40,
	FEW = 4,
	MANY = 40
};

struct fault_page *trial_page;
static int page_fd;

/* ---- one run ---- */

/* What lasts, lasts for a while. */
static void tick(void)
{
	static struct mono since;

	if (atomic_load(&trial_page->fired) == 0)
		since = mono_now();
	else if (mono_since(since, mono_now()) > LASTS_MS * NS_PER_MSEC)
		atomic_store(&trial_page->lifted, 1);
}

void trial_phase(struct trial_run *r, unsigned phase)
{
	r->at = phase;
	atomic_store(&trial_page->phase, phase);
}

bool trial_ask(struct neighbours *nb, struct control_answer *ret)
{
	for (unsigned i = 0; i < 3 && nb->pid != 0; i++) {
		if (neighbours_ask(nb, CONTROL_STATUS, "", ret) == 0 &&
		    (ret->has_status || ret->nsupervised > 0))
			return true;
		neighbours_wait(nb, neighbours_never, LASTS_MS);
	}
	return false;
}

int trial_reload(struct neighbours *nb, unsigned ms)
{
	static struct control_answer a;
	char ticket[16] = "";
	struct mono begun = mono_now();

	kill(nb->pid, SIGHUP);
	neighbours_wait(nb, neighbours_never, 5);
	do {
		neighbours_wait(nb, neighbours_never, 2);
		if (neighbours_ask(nb, CONTROL_RELOAD, ticket, &a) < 0)
			continue;
		if (a.result != -EINPROGRESS)
			return a.result;
		snprintf(ticket, sizeof(ticket), "%.15s", a.text);
	} while (nb->pid != 0 && mono_since(begun, mono_now()) < ms * NS_PER_MSEC);
	return -ETIME;
}

void trial_look_at_fds(struct trial_run *r, struct neighbours *nb)
{
	for (unsigned i = 0; i < 20; i++) {
		neighbours_wait(nb, neighbours_never, r->good != NULL ? 5 : 20);
		r->fds = neighbours_fds(nb);
		if (r->good != NULL && r->fds <= r->good->fds)
			return;
	}
	r->leaks_fds = r->good != NULL;
}

bool trial_once(const struct trial *t, const struct trial_run *good, struct trial_run *r)
{
	struct neighbours nb;

	*r = (struct trial_run){ .good = good };
	atomic_store(&trial_page->at_site, 0);
	atomic_store(&trial_page->fired, 0);
	atomic_store(&trial_page->lifted, 0);
	trial_phase(r, TRIAL_START);
	t->p->page_fd = page_fd;
	if (!neighbours_begin(&nb, t->p))
		return false;
	if (t->live(t->ctx, &nb, r)) {
		trial_phase(r, t->stop);
		kill(nb.pid, SIGTERM);
		(void)neighbours_wait(&nb, neighbours_has_ended, PATIENCE_MS);
	}
	r->hung = nb.pid != 0;
	neighbours_kill(&nb);
	r->status = nb.status;
	r->words = neighbours_words(&nb);
	if (t->after != NULL)
		t->after(t->ctx, &nb);
	neighbours_end(&nb);
	return true;
}

/* ---- what is to be said of it ---- */

unsigned trial_count(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		n++;
	return n;
}

bool trial_says_more(const struct trial_run *r)
{
	return trial_count(r->words, "error: ") > trial_count(r->good->words, "error: ") ||
	       trial_count(r->words, "warning: ") > trial_count(r->good->words, "warning: ") ||
	       strstr(r->words, " lines let go) ") != NULL;
}

/* Of any program in any run; NULL: it is as it should be. */
static const char *judge_end(const struct trial_run *r)
{
	static char text[96];
	int code = WEXITSTATUS(r->status);

	if (strstr(r->words, "Sanitizer") != NULL || strstr(r->words, "runtime error") != NULL)
		return strstr(r->words, "detected memory leaks") != NULL
			       ? "leaks"
			       : "is ended by a sanitizer";
	if (r->hung)
		return "hangs";
	if (WIFSIGNALED(r->status))
		return strsignal(WTERMSIG(r->status));
	if (code != EXIT_OK && code != EXIT_INPUT && code != EXIT_HOST && code != EXIT_STAGE) {
		snprintf(text, sizeof(text), "ends with %d", code);
		return text;
	}
	/* What is wrong with rules is said in another form. */
	if (code != EXIT_OK &&
	    trial_count(r->words, "error: ") + trial_count(r->words, "[LOAD_ERR_") == 0)
		return "ends and does not say why";
	return NULL;
}

static const char *verdict(const struct trial *t, const struct trial_run *r)
{
	const char *how = judge_end(r);
	bool is_good = WEXITSTATUS(r->status) == EXIT_OK;

	if (how == NULL && t->judge_rest != NULL)
		how = t->judge_rest(t->ctx, r);
	if (how != NULL)
		return how;
	if (r->leaks_fds)
		return "keeps descriptors open";
	if (r->good == NULL)
		return t->judge_good(t->ctx, r);
	if (is_good && r->at != t->stop && !t->ends)
		return "ends as if all were done";
	if (!is_good)
		return r->at == TRIAL_START || t->ends ? NULL : "does not go on";
	return t->judge(t->ctx, r);
}

/* ---- all of them ---- */

struct tally {
	const struct trial *t;
	const struct trial_options *o;
	struct trial_run good; /* when nothing fails */
	unsigned points, sites, bad, unfired, gave_up;
};

static void show(const struct trial *t, const struct fault_site *s, const char *how,
		 const struct trial_run *r)
{
	char *line = r->words;

	fprintf(stderr, "# %s %s when call %u fails with %s%s while %s: ", t->name, how,
		trial_page->plan.nth + 1, strerror((int)trial_page->plan.error),
		trial_page->plan.lasts ? " and all of its kind after it" : "",
		t->phases[s->phase - TRIAL_START]);
	fault_site_print(s, t->p->program, stderr);
	fprintf(stderr, "\n#   it ended in phase %u, with %s %d\n", r->at,
		WIFSIGNALED(r->status) ? "signal" : "code",
		WIFSIGNALED(r->status) ? WTERMSIG(r->status) : WEXITSTATUS(r->status));
	for (unsigned i = 0; i < LINES && line != NULL && *line != 0; i++) {
		fprintf(stderr, "#   | %.*s\n", (int)strcspn(line, "\n"), line);
		line = strchr(line, '\n');
		line += line != NULL;
	}
}

static const char *said_of(const char *how, const struct trial_run *r)
{
	if (how != NULL)
		return how;
	if (atomic_load(&trial_page->fired) == 0)
		return "did not come about";
	return WEXITSTATUS(r->status) != 0 ? "ends with an error" : "goes on";
}

/* Which calls are made goes by chance, too: what does not come about is tried again. */
static bool try_plan(const struct tally *y, struct trial_run *r, const char **ret_how)
{
	for (unsigned left = TRIES;; left--) {
		if (!trial_once(y->t, &y->good, r))
			return false;
		*ret_how = verdict(y->t, r);
		if (*ret_how != NULL || atomic_load(&trial_page->fired) > 0 || left == 1)
			return true;
		free(r->words);
	}
}

static void try_point(struct tally *y, const struct fault_site *s, unsigned nth, unsigned error,
		      bool lasts)
{
	struct trial_run r;
	const char *how;

	if (fault_row_error(s->row, error) == 0)
		return;
	trial_page->plan = (struct fault_plan){ .site = atomic_load(&s->name),
						.nth = nth,
						.error = (uint32_t)fault_row_error(s->row, error),
						.lasts = lasts };
	y->points++;
	if (!try_plan(y, &r, &how)) {
		y->bad++;
		fprintf(stderr, "# %s cannot be started: %s\n", y->t->name, strerror(errno));
		return;
	}
	y->unfired += atomic_load(&trial_page->fired) == 0;
	y->gave_up += WIFEXITED(r.status) && WEXITSTATUS(r.status) != 0;
	printf("# tried %" PRIx64 " %s%s%s call %u error %u%s while %s: %s\n",
	       trial_page->plan.site, fault_row_name(s->row), s->what[0] != 0 ? " " : "", s->what,
	       nth + 1, trial_page->plan.error, lasts ? " and after it" : "",
	       y->t->phases[s->phase - TRIAL_START], said_of(how, &r));
	if (how != NULL && ++y->bad <= SHOWN)
		show(y->t, s, how, &r);
	free(r.words);
}

static unsigned any_error(unsigned row)
{
	unsigned n = 1;

	while (fault_row_error(row, n) != 0)
		n++;
	return (unsigned)random() % n;
}

static void try_site(struct tally *y, const struct fault_site *s)
{
	unsigned count = atomic_load(&s->count), share = y->o->share, errors = y->o->errors;

	y->sites++;
	for (unsigned n = 0; n < count && n < FIRST_CALLS; n++)
		for (unsigned e = 0; e < errors; e++)
			if ((unsigned)random() % 100 < share)
				try_point(y, s, n, errors == 1 ? any_error(s->row) : e, false);
	if (fault_row_lasts(s->row) && (unsigned)random() % 100 < share)
		try_point(y, s, 0, 0, true);
}

/* Of few points most may be calls that are made by chance: of many that is a driver that does not do all. */
static bool misses_too_many(const struct tally *y)
{
	if (y->points >= MANY)
		return y->unfired > 2 + y->points / 4;
	return y->points >= FEW && y->unfired == y->points;
}

bool trial_all(const struct trial *t, const struct trial_options *o)
{
	static struct fault_site seen[FAULT_SITES];
	struct tally y = { .t = t, .o = o };
	const char *how;
	bool is_good;

	memset(trial_page, 0, sizeof(*trial_page));
	if (!trial_once(t, NULL, &y.good)) {
		printf("not ok - %s cannot be started: %s\n", t->name, strerror(errno));
		return false;
	}
	memcpy(seen, trial_page->sites, sizeof(seen));
	how = verdict(t, &y.good);
	if (how != NULL)
		fprintf(stderr, "# %s %s when nothing fails, in phase %u\n%s\n", t->name, how,
			y.good.at, y.good.words);
	for (unsigned i = 0; how == NULL && i < FAULT_SITES; i++)
		if (atomic_load(&seen[i].count) > 0 && seen[i].name % o->parts == o->part)
			try_site(&y, &seen[i]);
	is_good = how == NULL && y.bad == 0 && !misses_too_many(&y);
	printf("%sok - %s: %u points at %u sites, %u ended it with an error, %u did not come about\n",
	       is_good ? "" : "not ", t->name, y.points, y.sites, y.gave_up, y.unfired);
	if (y.bad > SHOWN)
		fprintf(stderr, "# and %u more\n", y.bad - SHOWN);
	free(y.good.words);
	return is_good;
}

int trial_options(int argc, char **argv, const char *words, int least, struct trial_options *ret)
{
	unsigned seed = (unsigned)time(NULL);
	const struct {
		const char *word;
		unsigned *value;
	} options[] = { { "--share", &ret->share },
			{ "--seed", &seed },
			{ "--errors", &ret->errors },
			{ "--part", &ret->part },
			{ "--parts", &ret->parts } };
	int at = 1;

	*ret = (struct trial_options){ .share = 100, .errors = 1, .parts = 1 };
	for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
		unsigned value = (unsigned)strtoul(argv[at + 1], NULL, 10);

		for (unsigned i = 0; i < ARRAY_LEN(options); i++)
			if (strcmp(argv[at], options[i].word) == 0)
				*options[i].value = value;
	}
	if (argc - at < least) {
		fprintf(stderr,
			"usage: %s [--share PERCENT] [--seed N] [--errors 1|3] [--parts N --part I] %s\n",
			argv[0], words);
		exit(2);
	}
	if (ret->parts == 0)
		ret->parts = 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	srandom(seed);
	log_open("drive", LOG_LEVEL_ERROR);
	neighbours_tick = tick;
	trial_page = fault_page_new(&page_fd);
	if (trial_page == NULL)
		exit(EXIT_FAILURE);
	printf("# seed %u, %u points of 100\n", seed, ret->share);
	return at;
}

char *trial_program(const char *directory, const char *prefix, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s%s", directory, prefix, name) == -1)
		exit(EXIT_FAILURE);
	return path;
}
