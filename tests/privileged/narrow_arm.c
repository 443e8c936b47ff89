/* SPDX-License-Identifier: Apache-2.0
 *
 * narrow_arm.c -- a 32-bit ARM program without a C library: makes system calls whose
 * records records_narrow.c looks at, and writes what they returned to descriptor 3.
 */
static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;
	register long r3 __asm__("r3") = d;
	register long r4 __asm__("r4") = e;
	register long r5 __asm__("r5") = f;
	register long r7 __asm__("r7") = nr;

	__asm__ volatile("svc 0"
			 : "+r"(r0)
			 : "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r7)
			 : "memory");
	return r0;
}

static int said[32];
static char passwd[] = "/etc/passwd", none[] = "/none/such", arg0[] = "arg0", arg1[] = "arg one",
	    env[] = "A=B";
static unsigned char bytes[256];
static long words[16];
static int pair[2];

static void call_files(void)
{
	int fd = said[0] = call(5, (long)passwd, 02000000, 0, 0, 0, 0); /* open, O_CLOEXEC */

	said[1] = call(195, (long)passwd, (long)bytes, 0, 0, 0, 0); /* stat64 */
	said[2] = call(140, fd, 1, 2, (long)bytes, 0, 0);	    /* _llseek */
	said[3] = call(180, fd, (long)bytes, 4, 0, 3, 1);	    /* pread64 */
	call(140, fd, 0, 0, (long)bytes, 0, 0);
	words[0] = (long)bytes;
	words[1] = 2;
	words[2] = (long)bytes + 2;
	words[3] = 3;
	said[4] = call(145, fd, (long)words, 2, 0, 0, 0); /* readv */
	said[5] = call(6, fd, 0, 0, 0, 0, 0);		  /* close */
}

static void call_others(void)
{
	said[6] = call(192, 0, 8192, 1, 0x22, -1, 0); /* mmap2 */
	words[0] = 0;
	words[1] = 1000001;
	said[7] = call(162, (long)words, 0, 0, 0, 0, 0);	 /* nanosleep */
	said[8] = call(208, 70001, 70002, 0, 0, 0, 0);		 /* setresuid32 */
	said[9] = call(199, 0, 0, 0, 0, 0, 0);			 /* getuid32 */
	said[10] = call(288, 1, 2, 0, (long)pair, 0, 0);	 /* socketpair */
	said[11] = call(289, pair[0], (long)passwd, 4, 0, 0, 0); /* send */
	said[12] = pair[0];
	said[13] = call(116, (long)bytes, 0, 0, 0, 0, 0); /* sysinfo */
	words[0] = (long)arg0;
	words[1] = (long)arg1;
	words[2] = 0;
	words[3] = (long)env;
	words[4] = 0;
	said[14] = call(11, (long)none, (long)words, (long)(words + 3), 0, 0, 0); /* execve */
}

void _start(void)
{
	call_files();
	call_others();
	call(4, 3, (long)said, sizeof(said), 0, 0, 0);
	call(1, 0, 0, 0, 0, 0, 0);
	for (;;)
		;
}
