/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_files.c -- the files that `config_files` names, merged as Falco does: files, or
 * directories, whose regular files are taken in the order of their names, not what
 * lies below; what is not there is passed over.  A file of these cannot name others.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf_files.h"
#include "conf_value.h"

enum { MAX_FILE_BYTES = 1024 * 1024, MAX_ENTRIES = 64 };

struct entry {
	char *path;
	enum conf_strategy strategy;
};

struct merge {
	struct conf_doc *d;
	const char *main_file;
	struct conf_list *read;
	struct bundle *keep;
	struct diag *diag;
	unsigned n;
	struct entry entry[MAX_ENTRIES];
};

int conf_read_file(const char *path, uint8_t **ret_bytes, size_t *ret_count)
{
	FILE *f = fopen(path, "re");
	uint8_t *bytes = NULL;
	size_t n;
	int err = 0;

	if (f == NULL)
		return -errno;
	bytes = malloc(MAX_FILE_BYTES + 1);
	n = bytes == NULL ? 0 : fread(bytes, 1, MAX_FILE_BYTES + 1, f);
	if (bytes == NULL)
		err = -ENOMEM;
	else if (ferror(f))
		err = -EIO;
	else if (n > MAX_FILE_BYTES)
		err = -EFBIG;
	fclose(f);
	if (err < 0) {
		free(bytes);
		return err;
	}
	*ret_bytes = bytes;
	*ret_count = n;
	return 0;
}

/* ---- what the key says ---- */

static int read_path(struct conf_reader *r, const yaml_node_t *node)
{
	return conf_read_text(r, node, &((struct entry *)r->at)->path);
}

/* As in Falco, a word that is none of these means the first. */
static int read_strategy(struct conf_reader *r, const yaml_node_t *node)
{
	static const struct {
		const char *word;
		enum conf_strategy strategy;
	} words[] = {
		{ "append", CONF_STRATEGY_APPEND },
		{ "override", CONF_STRATEGY_OVERRIDE },
		{ "add-only", CONF_STRATEGY_ADD_ONLY },
	};
	struct entry *e = r->at;
	bool known = false;
	char *word;
	int err = conf_read_text(r, node, &word);

	if (err < 0)
		return err;
	for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		known = true;
		e->strategy = words[i].strategy;
	}
	if (!known && r->warn != NULL) {
		r->diag->kind = CONF_FOUND_OTHER;
		diag_set(
			r->diag,
			"config_files: '%.64s' is no strategy (append, override, add-only): append",
			word);
		r->warn(r->diag);
		r->diag->kind = CONF_FOUND_WRONG;
	}
	free(word);
	return 0;
}

static int read_entry(struct conf_reader *r, const yaml_node_t *node)
{
	static const struct conf_key keys[] = {
		{ "path", read_path },
		{ "strategy", read_strategy },
	};
	const struct entry *e = r->at;
	int err;

	if (node->type == YAML_SCALAR_NODE)
		return read_path(r, node);
	err = conf_read_map(r, node, keys, ARRAY_LEN(keys));
	if (err < 0 || e->path != NULL)
		return err;
	conf_reader_place(r, node);
	return conf_refuse(r, "a path is missing here");
}

/* One text is a list of one. */
static int count_entries(struct conf_reader *r, const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? 1 : conf_count_items(r, node, MAX_ENTRIES);
}

static const yaml_node_t *entry_node(struct conf_reader *r, const yaml_node_t *node, int i)
{
	return node->type == YAML_SCALAR_NODE ? node : conf_item(r, node, i);
}

/* All of them, before anything is merged: nodes move when others come. */
static int read_entries(struct merge *m)
{
	struct conf_reader r = { .doc = &m->d->yaml, .diag = m->diag, .key = "config_files" };
	const yaml_node_pair_t *p = conf_doc_find(m->d, 1, "config_files");
	const yaml_node_t *node = p == NULL ? NULL : conf_doc_node(m->d, p->value);
	int n, err = 0;

	if (node == NULL || conf_is_nothing(node))
		return 0;
	n = count_entries(&r, node);
	for (int i = 0; err == 0 && i < n; i++) {
		r.at = &m->entry[m->n++];
		err = read_entry(&r, entry_node(&r, node, i));
	}
	return n < 0 ? n : err;
}

int conf_files_read(yaml_document_t *doc, const yaml_node_t *node, void *at, struct diag *diag,
		    void (*warn)(const struct diag *))
{
	struct entry e;
	struct conf_reader r = {
		.doc = doc, .diag = diag, .warn = warn, .key = "config_files", .at = &e
	};
	int n = count_entries(&r, node), err = 0;

	for (int i = 0; err == 0 && i < n; i++) {
		e = (struct entry){ .path = NULL };
		err = read_entry(&r, entry_node(&r, node, i));
		if (err == 0)
			err = conf_list_add(at, e.path);
		free(e.path);
	}
	return n < 0 ? n : err;
}

void conf_files_clear(void *at)
{
	conf_list_clear(at);
}

/* ---- the files ---- */

static bool is_main(const struct merge *m, const struct stat *st)
{
	struct stat main;

	return m->main_file != NULL && stat(m->main_file, &main) == 0 &&
	       main.st_dev == st->st_dev && main.st_ino == st->st_ino;
}

static int refuse_file(struct merge *m, const char *path, const char *why)
{
	*m->diag = (struct diag){ .line = 0 };
	snprintf(m->diag->file, sizeof(m->diag->file), "%s", path);
	diag_set(m->diag, "%s", why);
	return -EINVAL;
}

static int merge_file(struct merge *m, const char *path, const struct stat *st,
		      enum conf_strategy strategy)
{
	uint8_t *bytes;
	size_t n;
	int err;

	if (is_main(m, st))
		return refuse_file(m, path, "'config_files' names the file that it stands in");
	if (m->read->count == CONF_MAX_LIST)
		return refuse_file(m, path, "'config_files' are too many files");
	err = conf_read_file(path, &bytes, &n);
	if (err < 0)
		return refuse_file(m, path, strerror(-err));
	err = conf_doc_merge(m->d, path, span_of(bytes, n), strategy, m->diag);
	if (err == 0 && m->keep != NULL)
		err = bundle_add(m->keep, &(struct bundle_item){ .kind = BUNDLE_SETTINGS,
								 .strategy = (uint8_t)strategy,
								 .name = span_str(path),
								 .text = span_of(bytes, n) });
	free(bytes);
	if (err < 0)
		return err;
	m->read->item[m->read->count] = strdup(path);
	return m->read->item[m->read->count++] == NULL ? -ENOMEM : 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int merge_directory(struct merge *m, const struct entry *e)
{
	struct dirent **names;
	int n = scandir(e->path, &names, NULL, by_name), err = 0;

	if (n == -1)
		return refuse_file(m, e->path, strerror(errno));
	for (int i = 0; i < n; i++) {
		char *path = NULL;
		struct stat st;

		if (err == 0 && asprintf(&path, "%s/%s", e->path, names[i]->d_name) == -1)
			err = -ENOMEM;
		if (err == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			err = merge_file(m, path, &st, e->strategy);
		free(path);
		free(names[i]);
	}
	free(names);
	return err;
}

static int merge_entry(struct merge *m, const struct entry *e)
{
	struct stat st;

	if (stat(e->path, &st) == -1)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : refuse_file(m, e->path, strerror(errno));
	return S_ISDIR(st.st_mode) ? merge_directory(m, e)
				   : merge_file(m, e->path, &st, e->strategy);
}

int conf_files_merge(struct conf_doc *d, const char *main_file, struct conf_list *read,
		     struct bundle *keep, struct diag *diag)
{
	struct merge m = {
		.d = d, .main_file = main_file, .read = read, .keep = keep, .diag = diag
	};
	int err = read_entries(&m);

	for (unsigned i = 0; err == 0 && i < m.n; i++)
		err = merge_entry(&m, &m.entry[i]);
	for (unsigned i = 0; i < m.n; i++)
		free(m.entry[i].path);
	return err;
}
