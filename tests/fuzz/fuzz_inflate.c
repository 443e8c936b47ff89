/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that may be gzip: what comes out ends, does not depend on how much is asked for at a
 * time, and is what is in the file if that is no gzip.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inflate.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_OUT = 256 * 1024 }; /* of a bomb we have seen enough then */

/* PIECE bytes at a time; how many came, and what came behind them. */
static size_t read_all(struct inflate *in, size_t piece, uint64_t *ret_hash, int *ret_end)
{
	static uint8_t buf[64 * 1024];
	size_t sum = 0;
	ssize_t n;

	*ret_hash = 0;
	while ((n = inflate_read(in, buf, piece)) > 0 && sum < MAX_OUT) {
		must((size_t)n <= piece);
		for (ssize_t i = 0; i < n; i++)
			*ret_hash = (*ret_hash ^ buf[i]) * UINT64_C(1099511628211);
		sum += (size_t)n;
	}
	*ret_end = n > 0 ? 0 : (int)n;
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC), end, end2;
	struct inflate *in;
	uint64_t hash, hash2;
	size_t n, n2;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	must(inflate_open(fd, &in) == 0);
	n = read_all(in, 64 * 1024, &hash, &end);
	must(end == 0 || end == -EBADMSG || end == -ENODATA);
	if (size < 2 || data[0] != 0x1f || data[1] != 0x8b)
		must(n == size && end == 0);
	must(inflate_rewind(in) == 0);
	n2 = read_all(in, 1 + size % 999, &hash2, &end2);
	/* The library looks ahead: what it gives in front of damage depends on the piece. */
	if (n < MAX_OUT)
		must(end == end2 && (end == -EBADMSG || (n == n2 && hash == hash2)));
	inflate_close(in);
	close(fd);
	return 0;
}
