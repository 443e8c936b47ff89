/* SPDX-License-Identifier: Apache-2.0
 *
 * page_token.c -- see page_token.h.  Other stages may make files in the run directory: what lies
 * there is believed only if it is our own and nobody else's to read or write.
 */
#include "page_token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "rundir.h"

#define MADE_BYTES  32
#define ADDRESS_MAX 512
#define MARK	    "#token="

static struct span first_line(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\n' || text.p[i] == '\r')
			return span_of(text.p, i);
	return text;
}

static bool take(struct span token, char ret[PAGE_TOKEN_MOST + 1])
{
	if (!page_gate_is_token(token))
		return false;
	memcpy(ret, token.p, token.n);
	ret[token.n] = '\0';
	return true;
}

/* All of a small file that nobody else may read.  How much; -EPERM: others may, or it is no file. */
static ssize_t read_private(const char *path, int flags, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
	struct stat st;
	ssize_t n;

	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == -1)
		n = -errno;
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
		n = -EPERM;
	else if ((flags & O_NOFOLLOW) != 0 && st.st_uid != geteuid())
		n = -EPERM;
	else if ((n = read(fd, buf, cap)) == -1)
		n = -errno;
	close(fd);
	return n;
}

static int read_given(const char *path, char ret[PAGE_TOKEN_MOST + 1])
{
	char text[PAGE_TOKEN_MOST + 3];
	ssize_t n = read_private(path, 0, text, sizeof(text));

	if (n >= 0 && take(first_line(span_of(text, (size_t)n)), ret))
		return 0;
	log_error("webserver.page.token_file: '%s' %s", path,
		  n == -EPERM ? "is no file of its owner alone (mode 0600)"
		  : n < 0     ? strerror((int)-n)
			      : "is not one line of 16 to 256 letters, digits and -._");
	return -EINVAL;
}

/* What a predecessor of the same run left. */
static bool read_left(const char *path, char ret[PAGE_TOKEN_MOST + 1])
{
	char text[ADDRESS_MAX];
	ssize_t n = read_private(path, O_NOFOLLOW, text, sizeof(text) - 1);
	const char *at;

	if (n < 0)
		return false;
	text[n] = '\0';
	at = strstr(text, MARK);
	return at != NULL && take(first_line(span_str(at + sizeof(MARK) - 1)), ret);
}

static int make(char ret[PAGE_TOKEN_MOST + 1])
{
	uint8_t lot[MADE_BYTES];

	if (getrandom(lot, sizeof(lot), 0) != (ssize_t)sizeof(lot))
		return -EIO;
	for (size_t i = 0; i < sizeof(lot); i++)
		snprintf(ret + 2 * i, 3, "%02x", lot[i]);
	return 0;
}

/* As a browser on this host calls it. */
static const char *host_of(const char *address, char buf[64])
{
	if (strcmp(address, "0.0.0.0") == 0)
		return "127.0.0.1";
	if (strchr(address, ':') == NULL)
		return address;
	snprintf(buf, 64, "[%.45s]", strcmp(address, "::") == 0 ? "::1" : address);
	return buf;
}

static int leave(const struct conf *conf, const char *path, const char *token)
{
	char text[ADDRESS_MAX], buf[64];
	int n = snprintf(text, sizeof(text), "%s://%s:%u/page/" MARK "%s\n",
			 conf->web_tls ? "https" : "http", host_of(conf->web_address, buf),
			 (unsigned)conf->web_port, token);
	int fd, err = 0;

	if (n < 0 || (size_t)n >= sizeof(text))
		return -ENAMETOOLONG;
	if (unlink(path) == -1 && errno != ENOENT)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -errno;
	if (write(fd, text, (size_t)n) != n)
		err = -EIO;
	close(fd);
	return err;
}

int page_token_open(const struct conf *conf, const char *run_dir, char ret[PAGE_TOKEN_MOST + 1])
{
	char path[RUN_DIR_PATH_MAX];
	int err = 0;

	run_dir_path(path, run_dir, PAGE_ADDRESS, "");
	if (conf->page_token_file[0] != '\0')
		err = read_given(conf->page_token_file, ret);
	else if (!read_left(path, ret))
		err = make(ret);
	return err < 0 ? err : leave(conf, path, ret);
}
