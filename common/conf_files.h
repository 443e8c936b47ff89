/* SPDX-License-Identifier: Apache-2.0
 *
 * conf_files.h -- the setting `config_files`.  Between conf.c and conf_files.c; nobody
 * else includes it.
 */
#ifndef MEWS_CONF_FILES_H
#define MEWS_CONF_FILES_H

#include "bundle.h"
#include "conf_doc.h"
#include "conf_node.h"

/* Merge the files that D's config_files names.  MAIN_FILE is the one that was merged first; the name
 * of each that is read is put at the end of READ, its text at that of KEEP, if it is not NULL. */
int conf_files_merge(struct conf_doc *d, const char *main_file, struct conf_list *read,
		     struct bundle *keep, struct diag *diag);

/* The paths of NODE, the key's value, to AT, a struct conf_list: for who watches them. */
int conf_files_read(yaml_document_t *doc, const yaml_node_t *node, void *at, struct diag *diag,
		    void (*warn)(const struct diag *));
void conf_files_clear(void *at);

/* All of a file that is not too long; RET is the caller's to free. */
int conf_read_file(const char *path, uint8_t **ret_bytes, size_t *ret_count);

#endif
