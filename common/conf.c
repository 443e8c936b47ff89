/* SPDX-License-Identifier: Apache-2.0
 *
 * conf.c -- loading as a whole: defaults, files, options, the document.
 *
 * The files are the administrator's and are read before the jail; still, their size,
 * their depth and the length of every list are bounded.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "conf_files.h"
#include "conf_loader.h"
#include "conf_value.h"

#define CONF_STANDARD_FILE "/etc/mews/mews.yaml"

static int load_standards(struct loader *ld)
{
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);
	int err = n > MAX_ROWS ? -E2BIG : 0;

	for (unsigned i = 0; err == 0 && i < n; i++)
		err = loader_set_standard(ld, &rows[i], ld->conf);
	return err;
}

/* The options that say which files there are count before these are read; all others behind
 * them. */
static int set_options(struct loader *ld, const char *const *options, unsigned n, bool of_files)
{
	int err = 0;

	for (unsigned i = 0; err == 0 && i < n; i++)
		if (conf_option_is(options[i], "config_files") == of_files)
			err = loader_settle(ld, conf_doc_option(&ld->doc, options[i], ld->diag));
	return err;
}

/* What stands in the document, to ld->conf. */
static int take_document(struct loader *ld)
{
	int err;

	*ld->diag = (struct diag){ 0 };
	err = loader_settle(ld, loader_walk(ld, yaml_document_get_root_node(&ld->doc.yaml), "", 0));
	return err < 0 ? err : loader_check(ld);
}

static int load_begin(struct loader *ld)
{
	int err = load_standards(ld);

	return err < 0 ? err : conf_doc_init(&ld->doc);
}

/* What all loads end with, when their files are in the document or it went wrong (ERR); the result. */
static int load_end(struct loader *ld, int err, const char *const *options, unsigned noptions,
		    struct conf *ret)
{
	if (err == 0)
		err = set_options(ld, options, noptions, false);
	if (err == 0)
		err = take_document(ld);
	conf_doc_release(&ld->doc);
	if (err < 0 && ld->diag->message[0] == '\0')
		diag_set(ld->diag, "%s", strerror(-err));
	if (err < 0 || ret == NULL) {
		conf_release(ld->conf);
		return err;
	}
	*ret = *ld->conf;
	return 0;
}

int conf_load_texts(const struct conf_text *texts, unsigned ntexts, const char *const *options,
		    unsigned noptions, void (*warn)(const struct diag *), struct conf *ret,
		    struct diag *diag)
{
	struct conf conf = { 0 };
	struct loader ld = { .conf = &conf, .warn = warn, .diag = diag };
	int err;

	*diag = (struct diag){ 0 };
	err = load_begin(&ld);
	for (unsigned i = 0; err == 0 && i < ntexts; i++)
		err = conf_doc_merge(&ld.doc, texts[i].name, texts[i].text, texts[i].strategy,
				     diag);
	if (err == 0)
		err = set_options(&ld, options, noptions, true);
	return load_end(&ld, err, options, noptions, ret);
}

/* The files of a bundle, in its order. */
static int merge_bundle(struct loader *ld, struct span bundle)
{
	struct bundle_item item;
	int err = 0, more;

	while (err == 0 && (more = bundle_next(&bundle, &item)) != 0) {
		char name[4096];

		if (more < 0)
			return more;
		if (item.kind != BUNDLE_SETTINGS)
			continue;
		snprintf(name, sizeof(name), "%.*s",
			 (int)(item.name.n < sizeof(name) ? item.name.n : sizeof(name)),
			 (const char *)item.name.p);
		err = conf_doc_merge(&ld->doc, name, item.text, (enum conf_strategy)item.strategy,
				     ld->diag);
	}
	return err;
}

int conf_load_bundle(struct span bundle, const char *const *options, unsigned noptions,
		     void (*warn)(const struct diag *), struct conf *ret, struct diag *diag)
{
	struct conf conf = { 0 };
	struct loader ld = { .conf = &conf, .warn = warn, .diag = diag };
	int err;

	*diag = (struct diag){ 0 };
	err = load_begin(&ld);
	if (err == 0)
		err = merge_bundle(&ld, bundle);
	if (err == 0)
		err = set_options(&ld, options, noptions, true);
	return load_end(&ld, err, options, noptions, ret);
}

int conf_load_text(struct span text, const char *name, const char *const *options,
		   unsigned noptions, void (*warn)(const struct diag *), struct conf *ret,
		   struct diag *diag)
{
	struct conf_text one = { .name = name, .text = text };

	return conf_load_texts(&one, 1, options, noptions, warn, ret, diag);
}

/* FILE and all that belongs to it, to the document. */
static int merge_files(struct loader *ld, const char *file, const char *const *options,
		       unsigned noptions)
{
	const char *path = file == NULL ? CONF_STANDARD_FILE : file;
	uint8_t *bytes = NULL;
	size_t n = 0;
	int err = conf_read_file(path, &bytes, &n);

	if (err < 0 && !(file == NULL && err == -ENOENT)) {
		snprintf(ld->diag->file, sizeof(ld->diag->file), "%s", path);
		diag_set(ld->diag, "cannot read the settings: %s", strerror(-err));
		return err;
	}
	err = conf_doc_merge(&ld->doc, path, span_of(bytes, n), CONF_STRATEGY_APPEND, ld->diag);
	if (err == 0 && ld->keep != NULL)
		err = bundle_add(ld->keep, &(struct bundle_item){ .kind = BUNDLE_SETTINGS,
								  .name = span_str(path),
								  .text = span_of(bytes, n) });
	free(bytes);
	if (err == 0 && bytes != NULL)
		err = conf_list_add(&ld->conf->read_files, path);
	if (err == 0)
		err = set_options(ld, options, noptions, true);
	return err < 0 ? err
		       : conf_files_merge(&ld->doc, path, &ld->conf->read_files, ld->keep,
					  ld->diag);
}

static int load(struct loader *ld, const char *file, const char *const *options, unsigned noptions,
		struct conf *ret)
{
	int err;

	*ld->diag = (struct diag){ 0 };
	err = load_begin(ld);
	if (err == 0)
		err = merge_files(ld, file, options, noptions);
	ld->files_told = err == -EINVAL;
	err = loader_settle(ld, err);
	return load_end(ld, err, options, noptions, ret);
}

int conf_load(const char *file, const char *const *options, unsigned noptions,
	      void (*warn)(const struct diag *), struct conf *ret, struct diag *diag)
{
	struct conf conf = { 0 };
	struct loader ld = { .conf = &conf, .warn = warn, .diag = diag };

	return load(&ld, file, options, noptions, ret);
}

int conf_load_keeping(const char *file, const char *const *options, unsigned noptions,
		      void (*warn)(const struct diag *), struct conf *ret, struct diag *diag,
		      struct bundle *keep)
{
	struct conf conf = { 0 };
	struct loader ld = { .conf = &conf, .warn = warn, .diag = diag, .keep = keep };

	return load(&ld, file, options, noptions, ret);
}

unsigned conf_check(const char *file, const char *const *options, unsigned noptions,
		    void (*hear)(const struct diag *))
{
	struct conf conf = { 0 };
	struct diag diag;
	struct loader ld = { .conf = &conf, .warn = hear, .diag = &diag, .all = true };

	if (load(&ld, file, options, noptions, NULL) < 0) {
		hear(&diag);
		ld.errors++;
	}
	return ld.errors;
}

void conf_release(struct conf *c)
{
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);

	if (c == NULL)
		return;
	for (unsigned i = 0; i < n; i++)
		conf_row_release(&rows[i], c);
	conf_output_release(c);
	conf_list_clear(&c->read_files);
}
