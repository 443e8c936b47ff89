/* SPDX-License-Identifier: Apache-2.0
 *
 * field_path.c -- paths in events: what a relative one means, fs.path.*, and
 * evt.abspath.
 */
#include "field_class.h"

/* ---- shared with the other classes ---- */

const struct file_info *field_event_file(const struct field_event *e, int64_t fd)
{
	const struct file_info *files = event_files(e);

	for (unsigned i = 0; i < e->ev->nfiles && i < EVENT_MAX_FILES; i++)
		if (files[i].fd == fd)
			return &files[i];
	return NULL;
}

struct span field_cwd(const struct field_event *e)
{
	const struct mirror_process *p;

	if (e->process == NULL)
		return span_str("");
	p = mirror_main(e->mirror, e->process);
	return p->info.tid == p->info.pid ? p->info.cwd : span_str("./");
}

struct span field_join_path(const struct field_event *e, struct span dir, struct span name)
{
	uint8_t *out;

	if (path_is_plain(name))
		return name;
	out = arena_get(e->arena, PATH_CAP);
	return out != NULL ? span_of(out, path_concat(out, PATH_CAP, dir, name)) : span_str("");
}

static struct span add_slash(struct span name, uint8_t buf[PATH_CAP])
{
	if (name.n >= PATH_CAP)
		return name;
	if (name.n > 0)
		memcpy(buf, name.p, name.n);
	buf[name.n] = '/';
	return span_of(buf, name.n + 1);
}

/* NAME as the directory before a relative path. */
static struct span with_slash(struct span name, uint8_t buf[PATH_CAP])
{
	return name.n > 0 && name.p[name.n - 1] == '/' ? name : add_slash(name, buf);
}

bool field_param_path(const struct field_event *e, int index, struct span *ret)
{
	const struct event_param *info;
	uint8_t buf[PATH_CAP];
	struct span name, dir;
	int64_t dirfd;

	if (index < 0 || index >= e->info->nparams || !event_param_span(e, index, &name))
		return false;
	if (path_is_plain(name)) { /* mostly */
		*ret = name;
		return true;
	}
	info = &e->info->params[index];
	dir = field_cwd(e);
	if (info->type == PT_FSRELPATH && name.n > 0 && name.p[0] != '/') {
		if (!event_param_int(e, info->dirfd, &dirfd))
			return false;
		dir = field_dirfd_text(e, dirfd, buf);
	}
	*ret = field_join_path(e, dir, name);
	return true;
}

struct span field_dirfd_text(const struct field_event *e, int64_t dirfd, uint8_t buf[PATH_CAP])
{
	const struct file_info *f;

	if (dirfd == AT_FDCWD_PPM)
		return field_cwd(e);
	f = field_event_file(e, dirfd);
	return f != NULL ? with_slash(f->name, buf) : span_str("<UNKNOWN>");
}

/* ---- fs.path ---- */

/* What a relative path is seen from. */
enum from {
	FROM_CWD,
	FROM_OPENED, /* nothing: the name of the file that was opened is the answer */
	FROM_DIRFD,  /* a directory in the table, or it is unknown */
	FROM_NOWHERE,
	FROM_FD, /* no path: the descriptor's name */
};

enum which { WHICH_NAME, WHICH_SOURCE, WHICH_TARGET };

struct path_row {
	uint16_t code;
	uint8_t which; /* enum which */
	int8_t param;
	uint8_t from; /* enum from */
};

static const struct path_row path_rows[] = {
	{ EVENT_SYSCALL_OPEN_X, WHICH_NAME, 1, FROM_CWD },
	{ EVENT_SYSCALL_OPENAT_2_X, WHICH_NAME, 2, FROM_OPENED },
	{ EVENT_SYSCALL_OPENAT2_X, WHICH_NAME, 2, FROM_OPENED },
	{ EVENT_SYSCALL_MKDIR_2_X, WHICH_NAME, 1, FROM_CWD },
	{ EVENT_SYSCALL_MKDIRAT_X, WHICH_NAME, 2, FROM_DIRFD },
	{ EVENT_SYSCALL_RMDIR_2_X, WHICH_NAME, 1, FROM_CWD },
	{ EVENT_SYSCALL_UNLINK_2_X, WHICH_NAME, 1, FROM_CWD },
	{ EVENT_SYSCALL_UNLINKAT_2_X, WHICH_NAME, 2, FROM_DIRFD },
	{ EVENT_SYSCALL_CHMOD_X, WHICH_NAME, 1, FROM_CWD },
	{ EVENT_SYSCALL_FCHMODAT_X, WHICH_NAME, 2, FROM_DIRFD },
	{ EVENT_SYSCALL_FCHMOD_X, WHICH_NAME, 1, FROM_FD },
	{ EVENT_SYSCALL_CHOWN_X, WHICH_NAME, 1, FROM_CWD },
	{ EVENT_SYSCALL_LCHOWN_X, WHICH_NAME, 1, FROM_CWD },
	{ EVENT_SYSCALL_FCHOWN_X, WHICH_NAME, 1, FROM_FD },
	{ EVENT_SYSCALL_FCHOWNAT_X, WHICH_NAME, 2, FROM_DIRFD },
	{ EVENT_SYSCALL_QUOTACTL_X, WHICH_NAME, 1, FROM_CWD },
	{ EVENT_SYSCALL_UMOUNT_1_X, WHICH_NAME, 1, FROM_CWD },
	{ EVENT_SYSCALL_UMOUNT2_X, WHICH_NAME, 1, FROM_CWD },
	{ EVENT_SYSCALL_RENAME_X, WHICH_SOURCE, 1, FROM_CWD },
	{ EVENT_SYSCALL_RENAME_X, WHICH_TARGET, 2, FROM_CWD },
	{ EVENT_SYSCALL_RENAMEAT_X, WHICH_SOURCE, 2, FROM_CWD },
	{ EVENT_SYSCALL_RENAMEAT_X, WHICH_TARGET, 4, FROM_CWD },
	{ EVENT_SYSCALL_RENAMEAT2_X, WHICH_SOURCE, 2, FROM_DIRFD },
	{ EVENT_SYSCALL_RENAMEAT2_X, WHICH_TARGET, 4, FROM_DIRFD },
	{ EVENT_SYSCALL_LINK_2_X, WHICH_SOURCE, 2, FROM_CWD },
	{ EVENT_SYSCALL_LINK_2_X, WHICH_TARGET, 1, FROM_CWD },
	{ EVENT_SYSCALL_LINKAT_2_X, WHICH_SOURCE, 4, FROM_CWD },
	{ EVENT_SYSCALL_LINKAT_2_X, WHICH_TARGET, 2, FROM_CWD },
	{ EVENT_SYSCALL_SYMLINK_X, WHICH_SOURCE, 2, FROM_CWD },
	{ EVENT_SYSCALL_SYMLINK_X, WHICH_TARGET, 1, FROM_CWD },
	{ EVENT_SYSCALL_SYMLINKAT_X, WHICH_SOURCE, 3, FROM_DIRFD },
	{ EVENT_SYSCALL_SYMLINKAT_X, WHICH_TARGET, 1, FROM_NOWHERE },
	{ EVENT_SYSCALL_MOUNT_X, WHICH_SOURCE, 1, FROM_CWD },
	{ EVENT_SYSCALL_MOUNT_X, WHICH_TARGET, 2, FROM_CWD },
};

static const struct path_row *path_row(unsigned code, enum which which)
{
	for (size_t i = 0; i < ARRAY_LEN(path_rows); i++)
		if (path_rows[i].code == code && path_rows[i].which == which)
			return &path_rows[i];
	return NULL;
}

static bool succeeded(const struct field_event *e)
{
	int64_t res;

	if (!field_event_result(e, &res))
		return false;
	/* As in Falco: an open has failed with -1, EPERM, only. */
	return e->info->flags & EF_CREATES_FD ? res != -1 : res == 0;
}

/* The directory before a relative path of ROW. */
static struct span base_of(const struct field_event *e, const struct path_row *row,
			   uint8_t buf[PATH_CAP])
{
	const struct file_info *f;
	int64_t dirfd;

	if (row->from == FROM_CWD)
		return field_cwd(e);
	if (row->from != FROM_DIRFD ||
	    !event_param_int(e, e->info->params[row->param].dirfd, &dirfd))
		return span_str("<UNKNOWN>");
	if (dirfd == AT_FDCWD_PPM)
		return field_cwd(e);
	f = field_event_file(e, dirfd);
	return f != NULL && f->type == FILE_DIRECTORY ? with_slash(f->name, buf)
						      : span_str("<UNKNOWN>");
}

bool field_path_get(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	enum which which = ref->id < FIELD_fs_path_source   ? WHICH_NAME
			   : ref->id < FIELD_fs_path_target ? WHICH_SOURCE
							    : WHICH_TARGET;
	bool is_raw = ref->id == FIELD_fs_path_nameraw || ref->id == FIELD_fs_path_sourceraw ||
		      ref->id == FIELD_fs_path_targetraw;
	const struct path_row *row = path_row(e->ev->code, which);
	const struct file_info *f;
	uint8_t buf[PATH_CAP];
	struct span name;
	int64_t fd;

	if (row == NULL || !succeeded(e))
		return false;
	if (row->from == FROM_FD) {
		f = event_param_int(e, row->param, &fd) ? field_event_file(e, fd) : NULL;
		return f != NULL && value_string(ret, f->name);
	}
	if (!event_param_span(e, row->param, &name))
		return false;
	if (is_raw)
		return value_string(ret, name);
	f = event_file(e);
	if (e->files != NULL && f != NULL && (e->info->flags & EF_CREATES_FD))
		return value_string(ret, f->name);
	if (row->from == FROM_OPENED && (name.n == 0 || name.p[0] != '/'))
		return value_string(ret, f != NULL ? f->name : span_str("<UNKNOWN>"));
	return value_string(ret, field_join_path(e, base_of(e, row, buf), name));
}

/* ---- evt.abspath ---- */

/* Which parameter: the path, and the other one of calls with two.  One path is either side's. */
static int abspath_param(unsigned code, bool second)
{
	switch (code) {
	case EVENT_SYSCALL_RENAMEAT_X:
	case EVENT_SYSCALL_RENAMEAT2_X:
	case EVENT_SYSCALL_LINKAT_2_X:
		return second ? 4 : 2;
	case EVENT_SYSCALL_SYMLINKAT_X:
	case EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X:
		return 3;
	case EVENT_SYSCALL_OPENAT_2_X:
	case EVENT_SYSCALL_OPENAT2_X:
	case EVENT_SYSCALL_UNLINKAT_2_X:
	case EVENT_SYSCALL_MKDIRAT_X:
	case EVENT_SYSCALL_FCHMODAT_X:
	case EVENT_SYSCALL_FCHOWNAT_X:
		return 2;
	default:
		return -1;
	}
}

/* As in Falco a slash comes behind each name of a descriptor, behind the root's, too. */
static struct span abspath_dir(const struct field_event *e, int64_t dirfd, uint8_t buf[PATH_CAP])
{
	const struct file_info *f;

	if (dirfd == AT_FDCWD_PPM)
		return field_cwd(e);
	f = field_event_file(e, dirfd);
	return f != NULL ? add_slash(f->name, buf) : span_str("<UNKNOWN>/");
}

bool field_abspath(const struct field_ref *ref, struct field_event *e, struct value *ret)
{
	int param = abspath_param(e->ev->code, ref->has_key && span_is(ref->key, "dst"));
	uint8_t buf[PATH_CAP];
	struct span name, dir;
	int64_t dirfd, fd;

	/* As in Falco: what was not opened has no path, nor has descriptor 0. */
	if (e->ev->code == EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X &&
	    !(event_param_int(e, 0, &fd) && fd > 0))
		return false;
	if (!event_param_span(e, param, &name))
		return false;
	dir = span_str("");
	if (name.n > 0 && name.p[0] != '/') {
		if (!event_param_int(e, e->info->params[param].dirfd, &dirfd))
			return false;
		dir = abspath_dir(e, dirfd, buf);
	}
	return value_string(ret, field_join_path(e, dir, name));
}
