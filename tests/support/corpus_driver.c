/* SPDX-License-Identifier: Apache-2.0
 *
 * corpus_driver.c -- runs a fuzz target over files instead of libFuzzer, so that
 * every build tries the inputs that once were interesting.  One TAP line per
 * file; an input that does harm ends the program, and with it the test.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of just the file's size: a sanitizer sees a read behind its end. */
static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;

	if (f != NULL && fseek(f, 0, SEEK_END) == 0)
		size = ftell(f);
	if (size >= 0 && fseek(f, 0, SEEK_SET) == 0)
		data = malloc(size > 0 ? (size_t)size : 1);
	if (data == NULL || fread(data, 1, (size_t)size, f) != (size_t)size)
		size = -1;
	else
		(void)LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	if (f != NULL)
		fclose(f);
	return size < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		const char *base = strrchr(argv[i], '/');

		base = base != NULL ? base + 1 : argv[i];
		if (run_file(argv[i]) == 0) {
			printf("ok %d - %s\n", i, base);
		} else {
			printf("not ok %d - %s cannot be read\n", i, base);
			failed = 1;
		}
		fflush(stdout); /* what was done is seen when the next one crashes */
	}
	return failed;
}
