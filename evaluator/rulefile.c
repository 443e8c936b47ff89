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
#include <yaml.h>

#include "log.h"

enum { MAX_NESTING = 64 }; /* of a rules file; the language needs five */

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

static bool index_lines(struct yfile *f, struct pool *pool)
{
	uint32_t *lines;
	unsigned n = 1;

	for (size_t i = 0; i < f->bytes.n; i++)
		n += f->bytes.p[i] == '\n';
	lines = pool_array(pool, n, sizeof(*lines));
	if (lines == NULL)
		return false;
	f->nlines = n;
	f->lines = lines;
	*lines++ = 0;
	for (size_t i = 0; i < f->bytes.n; i++)
		if (f->bytes.p[i] == '\n')
			*lines++ = (uint32_t)i + 1;
	return true;
}

/* ---- YAML ---- */

struct converter {
	yaml_document_t *doc;
	struct pool *pool;
	struct ynode **made; /* by node number: anchors give one node several parents */
	int err;
};

static struct yplace place_of(const yaml_mark_t *m)
{
	return (struct yplace){ (uint32_t)m->line, (uint32_t)m->column, (uint32_t)m->index };
}

static bool is_null(const yaml_node_t *y)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };
	struct span s = span_of(y->data.scalar.value, y->data.scalar.length);

	if (y->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (span_is(s, words[i]))
			return true;
	return false;
}

static void convert_scalar(struct converter *c, const yaml_node_t *y, struct ynode *n)
{
	n->kind = YNODE_SCALAR;
	switch (y->data.scalar.style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		n->style = YSTYLE_SINGLE;
		break;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		n->style = YSTYLE_DOUBLE;
		break;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		n->style = YSTYLE_BLOCK;
		break;
	default:
		n->style = YSTYLE_PLAIN;
		break;
	}
	n->null = is_null(y);
	n->text = pool_copy(c->pool, span_of(y->data.scalar.value, y->data.scalar.length));
	if (n->text.p == NULL)
		c->err = -ENOMEM;
}

static struct ynode *convert(struct converter *c, int number, unsigned depth);

static void convert_children(struct converter *c, const yaml_node_t *y, struct ynode *n,
			     unsigned depth)
{
	bool mapping = y->type == YAML_MAPPING_NODE;
	size_t count =
		mapping ? (size_t)(y->data.mapping.pairs.top - y->data.mapping.pairs.start)
			: (size_t)(y->data.sequence.items.top - y->data.sequence.items.start);

	n->kind = mapping ? YNODE_MAPPING : YNODE_SEQUENCE;
	n->n = (unsigned)count;
	n->items = pool_array(c->pool, count * (mapping ? 2 : 1), sizeof(*n->items));
	if (n->items == NULL)
		c->err = -ENOMEM;
	for (size_t i = 0; c->err == 0 && i < count; i++) {
		if (mapping) {
			const yaml_node_pair_t *pair = &y->data.mapping.pairs.start[i];

			n->items[2 * i] = convert(c, pair->key, depth + 1);
			n->items[2 * i + 1] = convert(c, pair->value, depth + 1);
		} else {
			n->items[i] = convert(c, y->data.sequence.items.start[i], depth + 1);
		}
	}
}

/* Node NUMBER.  NULL after an error only. */
static struct ynode *convert(struct converter *c, int number, unsigned depth)
{
	yaml_node_t *y = yaml_document_get_node(c->doc, number);
	struct ynode *n;

	if (c->err == 0 && (y == NULL || depth > MAX_NESTING))
		c->err = -ELOOP;
	if (c->err < 0)
		return NULL;
	if (c->made[number] != NULL)
		return c->made[number];
	n = pool_get(c->pool, sizeof(*n));
	if (n == NULL) {
		c->err = -ENOMEM;
		return NULL;
	}
	n->from = place_of(&y->start_mark);
	n->to = place_of(&y->end_mark);
	if (y->type == YAML_SCALAR_NODE)
		convert_scalar(c, y, n);
	else
		convert_children(c, y, n, depth);
	c->made[number] = n;
	return n;
}

/* The next document; 1: it is in *RET (NULL: empty), 0: no more. */
static int next_document(yaml_parser_t *parser, struct pool *pool, struct ynode **ret)
{
	yaml_document_t doc;
	struct converter c = { .doc = &doc, .pool = pool };
	size_t nodes;

	if (yaml_parser_load(parser, &doc) == 0)
		return -EINVAL;
	if (yaml_document_get_root_node(&doc) == NULL) {
		bool end = parser->state == YAML_PARSE_END_STATE || parser->stream_end_produced;

		yaml_document_delete(&doc);
		*ret = NULL;
		return end ? 0 : 1;
	}
	nodes = (size_t)(doc.nodes.top - doc.nodes.start);
	c.made = pool_array(pool, nodes + 1, sizeof(*c.made));
	if (c.made == NULL)
		c.err = -ENOMEM;
	*ret = convert(&c, 1, 0);
	yaml_document_delete(&doc);
	return c.err < 0 ? c.err : 1;
}

static int yaml_problem(struct rule_loader *l, const struct yfile *f, const yaml_parser_t *parser,
			int err)
{
	struct origin where = { f, (uint32_t)parser->problem_mark.line + 1,
				(uint32_t)parser->problem_mark.column + 1 };
	struct rule_context context = { "rules content", SPAN_NONE, { 0, 0, 0 } };
	const char *why = parser->problem != NULL ? parser->problem : "not YAML";

	if (err == -ENOMEM)
		why = "the file is too large";
	if (err == -ELOOP)
		why = "nested too deeply";
	return rule_problem_add(rule_loader_problems(l), PROBLEM_LOAD_ERR_YAML_PARSE, where,
				&context, 1, "%s%s%s", why, parser->context != NULL ? ", " : "",
				parser->context != NULL ? parser->context : "");
}

/* F's bytes to its documents. */
static int parse_yaml(struct rule_loader *l, struct yfile *f)
{
	struct pool *pool = rule_loader_pool(l);
	struct pool_vec documents = { 0 };
	struct ynode *root, **slot;
	yaml_parser_t parser;
	int got;

	if (yaml_parser_initialize(&parser) == 0)
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, f->bytes.p, f->bytes.n);
	while ((got = next_document(&parser, pool, &root)) == 1) {
		slot = pool_push(pool, &documents, sizeof(*slot));
		if (slot == NULL) {
			got = -ENOMEM;
			break;
		}
		*slot = root;
	}
	f->n = documents.n;
	f->documents = documents.items;
	if (got < 0)
		got = yaml_problem(l, f, &parser, got);
	yaml_parser_delete(&parser);
	return got;
}

/* ---- one file ---- */

static struct yfile *file_new(struct rule_loader *l, const char *name)
{
	struct yfile *f = pool_get(rule_loader_pool(l), sizeof(*f));

	if (f != NULL)
		f->name = (const char *)pool_copy(rule_loader_pool(l), span_str(name)).p;
	return f == NULL || f->name == NULL ? NULL : f;
}

/* Take F's definitions and compile all that is there. */
static int load_bytes(struct rulefile_load *load, struct yfile *f)
{
	struct ruleset *rules = NULL;
	int err;

	if (!index_lines(f, rule_loader_pool(load->loader)))
		return -ENOMEM;
	err = parse_yaml(load->loader, f);
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

/* Run LOAD_ONE's result into the list of files. */
static int note_result(struct rulefile_load *load, const char *name, int err)
{
	struct rule_problems *problems = rule_loader_problems(load->loader);
	struct rulefile_result *files = reallocarray(load->files, load->nfiles + 1, sizeof(*files));

	if (files == NULL)
		return -ENOMEM;
	load->files = files;
	files[load->nfiles] = (struct rulefile_result){
		.name = strdup(name),
		.successful = err == 0,
		.nproblems = problems->list.n,
		.problems = problems->list.items,
	};
	if (files[load->nfiles].name == NULL)
		return -ENOMEM;
	load->nfiles++;
	return err;
}

static int load_file(struct rulefile_load *load, const char *path)
{
	struct yfile *f = file_new(load->loader, path);
	int err;

	rule_loader_next_file(load->loader);
	if (f == NULL)
		return -ENOMEM;
	err = read_file(path, rule_loader_pool(load->loader), &f->bytes);
	if (err < 0) {
		struct rule_context context = { "rules content", SPAN_NONE, { 0, 0, 0 } };

		err = rule_problem_add(rule_loader_problems(load->loader),
				       PROBLEM_LOAD_ERR_FILE_READ, (struct origin){ f, 0, 0 },
				       &context, 1, "cannot read the file: %s", strerror(-err));
	} else {
		err = load_bytes(load, f);
	}
	return note_result(load, path, err);
}

/* ---- directories ---- */

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

static int load_directory(struct rulefile_load *load, const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, is_rules_name, by_name), err = 0;

	if (n == -1)
		return load_file(load, path); /* which says why */
	for (int i = 0; i < n; i++) {
		char *full = NULL;

		if (err == 0 && asprintf(&full, "%s/%s", path, names[i]->d_name) == -1)
			err = -ENOMEM;
		if (err == 0)
			err = load_file(load, full);
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

int rulefile_load(const struct conf_list *paths, struct rulefile_load *ret)
{
	int err;

	*ret = (struct rulefile_load){ .loader = NULL };
	err = rule_loader_new(&ret->loader);
	for (unsigned i = 0; err == 0 && i < paths->count; i++)
		err = load_path(ret, paths->item[i]);
	if (err == 0 && ret->rules == NULL) /* no file at all: no rules */
		err = rule_loader_compile(ret->loader, &ret->rules);
	if (err < 0) {
		ruleset_free(ret->rules);
		ret->rules = NULL;
	}
	return err;
}

int rulefile_load_text(const char *name, struct span text, struct rulefile_load *ret)
{
	struct yfile *f;
	int err;

	*ret = (struct rulefile_load){ .loader = NULL };
	err = rule_loader_new(&ret->loader);
	if (err < 0)
		return err;
	f = file_new(ret->loader, name);
	if (f == NULL)
		return -ENOMEM;
	f->bytes = pool_copy(rule_loader_pool(ret->loader), text);
	if (f->bytes.p == NULL)
		return -ENOMEM;
	return note_result(ret, name, load_bytes(ret, f));
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

/* Bytes of a file cannot move the cursor or forge a line. */
static void print_escaped(struct span s, FILE *to)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (c == '\n' || c == '\t' || (c >= ' ' && c < 0x7f) || c >= 0xa0)
			putc(c, to);
		else
			fprintf(to, "\\x%02x", c);
	}
}

static void print_problem(const struct rule_problem *p, FILE *to)
{
	char line[sizeof(p->diag.file) + sizeof(p->diag.message) + 32];

	diag_format(&p->diag, line, sizeof(line));
	for (char *c = line; *c != '\0'; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	print_escaped(span_str(line), to);
	fprintf(to, " [%s]\n", rule_problem_name(p->code));
	print_escaped(p->snippet, to);
}

void rulefile_print(const struct rulefile_load *load, bool warnings, FILE *to)
{
	for (unsigned i = 0; i < load->nfiles; i++)
		for (unsigned j = 0; j < load->files[i].nproblems; j++) {
			const struct rule_problem *p = &load->files[i].problems[j];

			if (warnings || rule_problem_is_error(p->code))
				print_problem(p, to);
		}
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

int rules_check(const struct conf_list *files, FILE *err)
{
	struct conf_list defaults = { .count = 0 };
	struct rulefile_load load;
	int failed;

	if (files->count == 0) {
		if (rules_default_paths(&defaults) < 0) {
			fprintf(err, "no rules: none given, and there is no /etc/mews/rules.d\n");
			return EXIT_INPUT;
		}
		files = &defaults;
	}
	failed = rulefile_load(files, &load);
	rulefile_print(&load, false, err);
	if (failed < 0 && failed != -EINVAL)
		fprintf(err, "cannot load the rules: %s\n", strerror(-failed));
	rulefile_release(&load);
	if (defaults.count > 0)
		free(defaults.item[0]);
	return failed < 0 ? EXIT_INPUT : 0;
}
