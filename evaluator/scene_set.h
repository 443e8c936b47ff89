/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_set.h -- between scene_field.c, which knows what a field means, and the
 * files that put what is said into the scene.  Nobody else includes it.
 */
#ifndef MEWS_SCENE_SET_H
#define MEWS_SCENE_SET_H

#include "scene_value.h"

#define SHOW(s) (int)((s).n < 100 ? (s).n : 100), (const char *)(s).p

/* Which process a field speaks of. */
enum said_who {
	WHO_SELF,
	WHO_PARENT,
	WHO_ANCESTOR, /* [N] */
	WHO_SESSION,
	WHO_VGROUP,
	WHO_GROUP,
};

/* How the value is read before the setter sees it. */
enum said_form { SAID_TEXT, SAID_NUMBER, SAID_BOOL, SAID_ANY, SAID_NAME };

/* What rows tell their setters. */
enum { ACCOUNT_NAME, ACCOUNT_HOME, ACCOUNT_SHELL, ACCOUNT_LOGIN, ACCOUNT_GROUP };
enum { END_CLIENT, END_SERVER, END_LOCAL, END_REMOTE };
enum { DEV_WHOLE, DEV_MAJOR, DEV_MINOR, DEV_INODE };
enum { RIDES_FDS, RIDES_THREADS, RIDES_OTHERS };
enum { EVENT_NUM, EVENT_CPU, EVENT_HOST };

enum told_object {
	TOLD_CONTAINER,
	TOLD_POD,
	TOLD_NS,
	TOLD_DEPLOYMENT,
	TOLD_RS,
	TOLD_RC,
	TOLD_SERVICE,
};
enum told_part {
	TOLD_NAME,
	TOLD_UID,
	TOLD_IP,
	TOLD_IMAGE,
	TOLD_IMAGE_ID,
	TOLD_REPOSITORY,
	TOLD_TAG,
	TOLD_DIGEST,
	TOLD_CNI,
	TOLD_SANDBOX,
	TOLD_PRIVILEGED, /* true or false, up to */
	TOLD_HOST_PID,
	TOLD_HOST_NETWORK,
	TOLD_HOST_IPC, /* here */
	TOLD_LABEL,
	TOLD_POD_LABEL, /* the runtime's word of a pod's */
	TOLD_MOUNT,
	TOLD_PART_COUNT,
	/* Labels that have fields of their own. */
	TOLD_POD_NAME = TOLD_PART_COUNT,
	TOLD_POD_NAMESPACE,
	TOLD_POD_UID,
};
#define TOLD(object, part) (TOLD_##object << 8 | TOLD_##part)
#define TOLD_OBJECT(what)  ((unsigned)(what) >> 8)
#define TOLD_PART(what)	   ((unsigned)(what)&0xff)
#define TOLD_SERVICES	   16

struct said {
	struct scene *s;
	const struct said_row *row;
	const struct field_ref *ref;
	const struct ynode *value;
	struct span text;	 /* a scalar's */
	int64_t number;		 /* of numbers and booleans */
	struct scene_process *p; /* of the process that the field speaks of */
	struct diag *diag;
};

typedef int said_setter(struct said *x);

struct said_row {
	uint16_t id; /* enum field_id */
	uint8_t order, form, who;
	uint16_t what;
	said_setter *set;
};

said_setter said_set_account;
said_setter said_set_address;
said_setter said_set_age;
said_setter said_set_arg;
said_setter said_set_args;
said_setter said_set_buffer;
said_setter said_set_capabilities;
said_setter said_set_cgroup;
said_setter said_set_container_full_id;
said_setter said_set_container_id;
said_setter said_set_container_type;
said_setter said_set_cwd;
said_setter said_set_device;
said_setter said_set_env;
said_setter said_set_event;
said_setter said_set_exe_flag;
said_setter said_set_failed;
said_setter said_set_fd_name;
said_setter said_set_fd_nameraw;
said_setter said_set_fd_resolved;
said_setter said_set_fd_num;
said_setter said_set_fd_type;
said_setter said_set_file_flag;
said_setter said_set_host_name;
said_setter said_set_l4;
said_setter said_set_leads;
said_setter said_set_line;
said_setter said_set_loginuid;
said_setter said_set_name;
said_setter said_set_number;
said_setter said_set_open_exec;
said_setter said_set_truncated;
said_setter said_set_open_flag;
said_setter said_set_path;
said_setter said_set_pid;
said_setter said_set_port;
said_setter said_set_result;
said_setter said_set_rides;
said_setter said_set_stdio;
said_setter said_set_strings;
said_setter said_set_text;
said_setter said_set_tid;
said_setter said_set_time;
said_setter said_set_told;
said_setter said_set_told_labels;
said_setter said_set_told_mounts;
said_setter said_set_told_services;

/* "'FIELD' WHY" is what is wrong; -EINVAL. */
int said_refuse(struct said *x, const char *why);

#endif
