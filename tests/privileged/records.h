/* SPDX-License-Identifier: Apache-2.0
 *
 * records.h -- what the parts of test_records share.  Each part makes system calls
 * whose outcome it knows and compares the records; the rig wants every event.
 */
#ifndef MEWS_RECORDS_H
#define MEWS_RECORDS_H

#include <sys/types.h>

#include "rig.h"
#include "tap.h"

/* Forget what came until now. */
void records_restart(struct rig *rig);

/* Take what came, and find the first record of CODE by TID since the restart; a failed test if
 * there is none, and then an empty record, so that the checks on it fail too. */
const struct rig_record *records_one(struct rig *rig, unsigned code, pid_t tid);

/* The directory that tests may write to; it has no symbolic link in its path. */
const char *records_dir(void);

/* Device and inode of what is open at FD, as events have them. */
uint32_t records_dev(int fd);
uint64_t records_ino(int fd);

/* Parameter I of R is the number / text WANT; WHAT is the test's name. */
void is_number(const struct rig_record *r, unsigned i, long long want, const char *what);
void is_text(const struct rig_record *r, unsigned i, const char *want, const char *what);
void is_bytes(const struct rig_record *r, unsigned i, const void *want, size_t n, const char *what);

/* The first record of CODE by TID since the restart has these parameters, one letter each:
 *   n  a number (long long)     t  a text (const char *)     b  bytes (const void *, size_t)
 *   e  empty                    *  anything
 *   v  three parameters, the sizes of memory: the first is a number (long long) of kB
 * WHAT is the test's name. */
void records_expect(struct rig *rig, pid_t tid, unsigned code, const char *what,
		    const char *letters, ...);

/* TID made the system call SC, without an event of its own, and NR is the number told. */
void records_generic(struct rig *rig, pid_t tid, unsigned sc, long long nr);

/* Run CALLS in a process of its own, whose records are no others'; its number.  What it writes to
 * *SAID the caller can read. */
struct said {
	long long n[64];
	char text[8][256];
	uint8_t bytes[4096];
};
pid_t records_in_child(struct rig *rig, void (*calls)(struct said *), struct said **ret);

/* The control groups of this process as events have them, in TEXT of 4096 bytes; how many. */
size_t records_cgroups(char *text);

/* Kilobytes of memory that this process has mapped. */
long long records_own_kb(void);

/* Parameter I of R lies in LOW ... HIGH. */
void is_between(const struct rig_record *r, unsigned i, long long low, long long high,
		const char *what);

/* The tuple of what goes from the first to the second end of the pair that R made. */
void records_pair_tuple(const struct rig_record *r, uint8_t tuple[18]);

/* Parameter I of R was compared by other means. */
void records_looked_at(const struct rig_record *r, unsigned i);

/* The record's file is what is open at FD, found at PATH (NULL: not told). */
void is_file(const struct rig_record *r, int fd, const char *path, const char *what);

/* The same of further file I. */
void is_more_file(const struct rig_record *r, unsigned i, int fd, const char *path,
		  const char *what);

void test_files(struct rig *rig);
void test_descriptors(struct rig *rig);
void test_names(struct rig *rig);
void test_data(struct rig *rig);
void test_sockets(struct rig *rig);
void test_processes(struct rig *rig);
void test_credentials(struct rig *rig);
void test_numbers(struct rig *rig);
void test_overlay(struct rig *rig);
void test_memory(struct rig *rig);
void test_asking(struct rig *rig);
void test_structures(struct rig *rig);
void test_messages(struct rig *rig);
void test_options(struct rig *rig);
void test_making(struct rig *rig);
void test_renaming(struct rig *rig);
void test_others(struct rig *rig);
void test_tasks(struct rig *rig);
void test_generic(struct rig *rig);
void test_traces(struct rig *rig);
void test_narrow(struct rig *rig);
void test_x32(struct rig *rig);
void test_mutes(struct rig *rig);

#endif
