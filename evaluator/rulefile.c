/* SPDX-License-Identifier: Apache-2.0
 *
 * rulefile.c -- files to trees through libyaml, trees to the loader.
 */
#include "rulefile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line_file.h"
#include "log.h"
#include "rule_schema.h"
#include "ytree_read.h"

/* ---- bytes ---- */

/* The whole file, from the loader's pool.  Negative errno. */
static int read_file(const char *path, struct pool *pool, struct span *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	struct stat st;
	uint8_t *bytes;
	size_t n = 0;

	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == -1)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	else if (st.st_size > (off_t)RULEFILE_MAX_BYTES)
		err = -EFBIG;
	bytes = err < 0 ? NULL : pool_get(pool, (size_t)st.st_size + 1);
	if (err == 0 && bytes == NULL)
		err = -ENOMEM;
	while (err == 0 && n < (size_t)st.st_size) {
		ssize_t got = read(fd, bytes + n, (size_t)st.st_size - n);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			err = -errno;
		if (got <= 0)
			break; /* shorter than it was: what is there counts */
		n += (size_t)got;
	}
	close(fd);
	if (err == 0)
		*ret = span_of(bytes, n);
	return err;
}

/* ---- one file ---- */

static struct yfile *file_new(struct rule_loader *l, const char *name)
{
	struct yfile *f = pool_get(rule_loader_pool(l), sizeof(*f));

	if (f != NULL)
		f->name = (const char *)pool_copy(rule_loader_pool(l), span_str(name)).p;
	return f == NULL || f->name == NULL ? NULL : f;
}

static uint32_t offset_of(const struct yfile *f, const struct diag *diag)
{
	uint32_t line = diag->line <= f->nlines ? f->lines[diag->line - 1] : 0;

	return line + diag->column - 1;
}

/* A problem with F as a whole, or at a place in it. */
static int file_problem(struct rulefile_load *load, enum rule_problem_code code,
			const struct yfile *f, const struct diag *diag)
{
	struct rule_context context[2] = { { "rules content", SPAN_NONE, { 0, 0, 0 }, f } };
	unsigned n = 1;

	if (diag->line > 0 && diag->column > 0)
		context[n++] = (struct rule_context){
			"value for",
			SPAN_NONE,
			{ diag->line - 1, diag->column - 1, offset_of(f, diag) },
			f,
		};
	return rule_problem_add(rule_loader_problems(load->loader), code,
				(struct origin){ f, diag->line, diag->column }, context, n, "%s",
				diag->message);
}

/* F's bytes to its documents. */
static int parse_yaml(struct rulefile_load *load, struct yfile *f)
{
	struct diag diag = { .message = "" };

	if (ytree_read(f, rule_loader_pool(load->loader), &diag) == 0)
		return 0;
	return file_problem(load, PROBLEM_LOAD_ERR_YAML_PARSE, f, &diag);
}

static int check_schema(struct rulefile_load *load, const struct yfile *f,
			struct rulefile_result *result)
{
	struct pool *pool = rule_loader_pool(load->loader);
	struct pool_vec words = { 0 }, of_rules = { 0 };

	if (!load->report)
		return 0;
	if (!rule_schema_check(f, RULE_SCHEMA_ALL, pool, &words) ||
	    !rule_schema_check(f, RULE_SCHEMA_BUT_TESTS, pool, &of_rules))
		return -ENOMEM;
	result->schema_checked = true;
	result->nschema = words.n;
	result->schema = words.items;
	result->nschema_rules = of_rules.n;
	result->schema_rules = of_rules.items;
	return 0;
}

/* Take F's definitions and compile all that is there. */
static int load_bytes(struct rulefile_load *load, struct yfile *f, struct rulefile_result *result)
{
	struct ruleset *rules = NULL;
	int err = parse_yaml(load, f);

	if (err == 0)
		err = check_schema(load, f, result);
	if (err == 0)
		err = rule_loader_read(load->loader, f);
	if (err == 0)
		err = rule_loader_compile(load->loader, &rules);
	if (err < 0)
		return err;
	ruleset_free(load->rules);
	load->rules = rules;
	return 0;
}

/* Put what came of file F, and ERR, into the list of files. */
static int note_result(struct rulefile_load *load, const struct yfile *f, int err,
		       struct rulefile_result result)
{
	struct rule_problems *problems = rule_loader_problems(load->loader);
	struct rulefile_result *files = reallocarray(load->files, load->nfiles + 1, sizeof(*files));

	if (files == NULL)
		return -ENOMEM;
	load->files = files;
	result.name = strdup(f->name);
	result.file = f;
	result.path = load->path;
	result.successful = err == 0;
	result.nproblems = problems->list.n;
	result.problems = problems->list.items;
	result.left_out =
		problems->warnings > RULE_PROBLEMS_MAX ? problems->warnings - RULE_PROBLEMS_MAX : 0;
	files[load->nfiles] = result;
	if (result.name == NULL)
		return -ENOMEM;
	load->nfiles++;
	return err;
}

static int load_file(struct rulefile_load *load, const char *path)
{
	unsigned known = rule_loader_requirements(load->loader, NULL);
	struct yfile *f = file_new(load->loader, path);
	struct rulefile_result result = { .successful = false };
	int err;

	rule_loader_next_file(load->loader);
	if (f == NULL)
		return -ENOMEM;
	err = read_file(path, rule_loader_pool(load->loader), &f->bytes);
	if (err < 0) {
		struct diag diag = { .line = 0 };

		diag_set(&diag, "cannot read the file: %s", strerror(-err));
		err = file_problem(load, PROBLEM_LOAD_ERR_FILE_READ, f, &diag);
	} else if (load->keep != NULL) {
		err = bundle_add(load->keep, &(struct bundle_item){ .kind = BUNDLE_RULES,
								    .name = span_str(path),
								    .text = f->bytes });
	} else {
		err = load_bytes(load, f, &result);
		if (rule_requirements_meet(load->loader, known) < 0 && err == 0)
			err = -EINVAL;
	}
	return note_result(load, f, err, result);
}

/* ---- directories ---- */

/* A directory of that name, or a link to nowhere, is none. */
static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int is_rules_name(const struct dirent *d)
{
	struct span name = span_str(d->d_name);

	return name.n > 0 && name.p[0] != '.' &&
	       (span_ends(name, span_str(".yaml")) || span_ends(name, span_str(".yml")));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* After ERR: is there any sense in the next file? */
static bool goes_on(const struct rulefile_load *load, int err)
{
	return err == 0 || (load->report && err == -EINVAL);
}

static int worse(int err, int next)
{
	return next == 0 ? err : next;
}

static int load_directory(struct rulefile_load *load, const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, is_rules_name, by_name), err = 0;

	if (n == -1 && errno == ENOMEM)
		return -ENOMEM;
	if (n == -1)
		return load_file(load, path); /* which says why */
	for (int i = 0; i < n; i++) {
		char *full = NULL;

		if (goes_on(load, err) && asprintf(&full, "%s/%s", path, names[i]->d_name) == -1)
			err = -ENOMEM;
		if (goes_on(load, err) && is_file(full))
			err = worse(err, load_file(load, full));
		free(full);
		free(names[i]);
	}
	free(names);
	return err;
}

static int load_path(struct rulefile_load *load, const char *path)
{
	struct stat st;

	if (load->nfiles >= RULEFILE_MAX_FILES)
		return -E2BIG;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return load_directory(load, path);
	return load_file(load, path);
}

/* What is wrong is not in the files, if there was no memory for them. */
static int settle(const struct rulefile_load *load, int err)
{
	return err == -EINVAL && rule_loader_is_starved(load->loader) ? -ENOMEM : err;
}

static int load_all(const struct conf_list *paths, const struct rule_extras *extras,
		    struct rulefile_load *ret)
{
	int err = rule_loader_new(&ret->loader);

	if (err < 0)
		return err;
	rule_loader_extras(ret->loader, extras);
	for (unsigned i = 0; goes_on(ret, err) && i < paths->count; i++) {
		ret->path = i;
		err = worse(err, load_path(ret, paths->item[i]));
	}
	if (err == 0 && ret->rules == NULL) /* no file at all: no rules */
		err = rule_loader_compile(ret->loader, &ret->rules);
	if (err < 0) {
		ruleset_free(ret->rules);
		ret->rules = NULL;
	}
	return settle(ret, err);
}

int rulefile_load_with(const struct conf_list *paths, const struct rule_extras *extras,
		       struct rulefile_load *ret)
{
	*ret = (struct rulefile_load){ .loader = NULL };
	return load_all(paths, extras, ret);
}

int rulefile_load(const struct conf_list *paths, struct rulefile_load *ret)
{
	return rulefile_load_with(paths, NULL, ret);
}

int rulefile_gather(const struct conf_list *paths, struct bundle *bundle, struct rulefile_load *ret)
{
	*ret = (struct rulefile_load){ .keep = bundle };
	return load_all(paths, NULL, ret);
}

int rulefile_validate(const struct conf_list *paths, struct rulefile_load *ret)
{
	*ret = (struct rulefile_load){ .report = true };
	return load_all(paths, NULL, ret);
}

int rulefile_load_text(const char *name, struct span text, struct rulefile_load *ret)
{
	return rulefile_load_text_with(name, text, NULL, ret);
}

int rulefile_load_text_with(const char *name, struct span text, const struct rule_extras *extras,
			    struct rulefile_load *ret)
{
	int err;

	*ret = (struct rulefile_load){ .loader = NULL };
	err = rule_loader_new(&ret->loader);
	if (err < 0)
		return err;
	rule_loader_extras(ret->loader, extras);
	return rulefile_add_text(ret, name, text);
}

int rulefile_add_text(struct rulefile_load *load, const char *name, struct span text)
{
	struct rulefile_result result = { .successful = false };
	struct yfile *f = file_new(load->loader, name);
	int err;

	rule_loader_next_file(load->loader);
	if (f == NULL)
		return -ENOMEM;
	f->bytes = pool_copy(rule_loader_pool(load->loader), text);
	if (f->bytes.p == NULL)
		return -ENOMEM;
	err = load_bytes(load, f, &result);
	return settle(load, note_result(load, f, err, result));
}

/* The next rules file of *REST: 1; 0: there is none. */
static int add_item(struct rulefile_load *load, struct span *rest)
{
	struct bundle_item item;
	char *name = NULL;
	int err, more;

	while ((more = bundle_next(rest, &item)) == 1 && item.kind != BUNDLE_RULES)
		continue;
	if (more <= 0)
		return more;
	if (asprintf(&name, "%.*s", (int)item.name.n, (const char *)item.name.p) == -1)
		return -ENOMEM;
	err = rulefile_add_text(load, name, item.text);
	free(name);
	return err < 0 ? err : 1;
}

int rulefile_load_bundle(struct span bundle, const struct rule_extras *extras,
			 struct rulefile_load *ret)
{
	int err;

	*ret = (struct rulefile_load){ .loader = NULL };
	err = rule_loader_new(&ret->loader);
	if (err < 0)
		return err;
	rule_loader_extras(ret->loader, extras);
	while ((err = add_item(ret, &bundle)) == 1)
		continue;
	if (err == 0 && ret->rules == NULL) /* no file at all: no rules */
		err = rule_loader_compile(ret->loader, &ret->rules);
	if (err < 0) {
		ruleset_free(ret->rules);
		ret->rules = NULL;
	}
	return settle(ret, err);
}

int rulefile_keep(const struct rulefile_load *load, struct bundle *bundle)
{
	int err = 0;

	for (unsigned i = 0; err == 0 && i < load->nfiles; i++)
		err = bundle_add(bundle,
				 &(struct bundle_item){ .kind = BUNDLE_RULES,
							.name = span_str(load->files[i].name),
							.text = load->files[i].file->bytes });
	return err;
}

void rulefile_release(struct rulefile_load *load)
{
	for (unsigned i = 0; i < load->nfiles; i++)
		free(load->files[i].name);
	free(load->files);
	ruleset_free(load->rules);
	rule_loader_free(load->loader);
	*load = (struct rulefile_load){ .loader = NULL };
}

/* ---- for people ---- */

static void put_problem(struct line *t, const struct rule_problem *p)
{
	char text[sizeof(p->diag.file) + sizeof(p->diag.message) + 32];

	diag_format(&p->diag, text, sizeof(text));
	line_put_visible(t, span_str(text));
	line_puts(t, " [");
	line_puts(t, rule_problem_name(p->code));
	line_puts(t, "]\n");
	line_put_block(t, p->snippet);
}

void rulefile_print_problems(const struct rule_problem *problems, unsigned n, bool warnings,
			     FILE *to)
{
	uint8_t buf[1024];
	struct line t;

	line_init_drained(&t, buf, sizeof(buf), line_to_file, to);
	for (unsigned i = 0; i < n; i++)
		if (warnings || rule_problem_is_error(problems[i].code))
			put_problem(&t, &problems[i]);
	(void)line_finish(&t);
}

void rulefile_print(const struct rulefile_load *load, bool warnings, FILE *to)
{
	for (unsigned i = 0; i < load->nfiles; i++)
		rulefile_print_problems(load->files[i].problems, load->files[i].nproblems, warnings,
					to);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int rules_default_paths(struct conf_list *ret)
{
	static const char *const beside[] = { "../share/mews/rules", "../../rules" };
	char self[4096], *slash, *path;
	ssize_t n;

	ret->count = 0;
	if (is_directory("/etc/mews/rules.d")) {
		ret->item[0] = strdup("/etc/mews/rules.d");
		ret->count = ret->item[0] != NULL;
		return ret->count > 0 ? 0 : -ENOMEM;
	}
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return -ENOENT;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		return -ENOENT;
	*slash = '\0';
	for (unsigned i = 0; i < ARRAY_LEN(beside); i++) {
		if (asprintf(&path, "%s/%s", self, beside[i]) == -1)
			return -ENOMEM;
		if (is_directory(path)) {
			ret->item[0] = path;
			ret->count = 1;
			return 0;
		}
		free(path);
	}
	return -ENOENT;
}

static int load_or_say(const struct conf_list *files, const struct rule_extras *extras,
		       struct rulefile_load *ret, FILE *err)
{
	int failed = rulefile_load_with(files, extras, ret);

	rulefile_print(ret, false, err);
	if (failed < 0 && failed != -EINVAL)
		fprintf(err, "cannot load the rules: %s\n", strerror(-failed));
	return failed == -ENOMEM ? EXIT_HOST : failed < 0 ? EXIT_INPUT : 0;
}

static int load_defaults(const struct rule_extras *extras, struct rulefile_load *ret, FILE *err)
{
	struct conf_list defaults = { .count = 0 };
	int code;

	*ret = (struct rulefile_load){ .loader = NULL };
	if (rules_default_paths(&defaults) < 0) {
		fprintf(err, "no rules: none given, and there is no /etc/mews/rules.d\n");
		return EXIT_INPUT;
	}
	code = load_or_say(&defaults, extras, ret, err);
	free(defaults.item[0]);
	return code;
}

struct rule_extras rules_extras(const struct conf *conf)
{
	return (struct rule_extras){ .append = &conf->append_output,
				     .statics = { conf->static_fields.count,
						  conf->static_fields.item } };
}

int rules_load_with(const struct conf *conf, struct rulefile_load *ret, FILE *err)
{
	struct rule_extras extras = rules_extras(conf);
	struct conf_list present;

	if (conf->rules_files.count == 0)
		return load_defaults(&extras, ret, err);
	conf_rules_present(conf, &present);
	return load_or_say(&present, &extras, ret, err);
}

int rules_check(const struct conf *conf, FILE *err)
{
	struct rulefile_load load;
	int code = rules_load_with(conf, &load, err);

	rulefile_release(&load);
	return code;
}

void rules_digest(const struct rulefile_load *load, unsigned priority, uint8_t ret[SHA256_BYTES])
{
	struct sha256 s;

	sha256_begin(&s);
	for (unsigned i = 0; i < load->nfiles; i++) {
		struct span bytes = load->files[i].file->bytes;
		uint64_t n = bytes.n;

		sha256_add(&s, span_of(&n, sizeof(n)));
		sha256_add(&s, bytes);
	}
	for (unsigned i = 0; i < ruleset_count(load->rules); i++) {
		const struct ruleset_rule *rule = ruleset_rule(load->rules, i);
		uint8_t on = rule_is_in_force(rule, priority);

		sha256_add(&s, span_of(&on, 1));
		if (on && rule->turn > 0) /* it is not where the files have it */
			sha256_add(&s, span_of(&rule->turn, sizeof(rule->turn)));
	}
	sha256_end(&s, ret);
}
