/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of a capture are, byte for byte, what the format says; what does not fit
 * leaves nothing behind; what is too long is cut or refused.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>

#include "scap_write.h"

static uint8_t memory[SCAP_ENTRY_BOUND];

static struct scap_buf empty_buf(void)
{
	memset(memory, 0xaa, sizeof(memory));
	return (struct scap_buf){ memory, 0, sizeof(memory) };
}

/* The N bytes at AT. */
static uint64_t number(size_t at, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, memory + at, n);
	return v;
}

/* WANT: hexadecimal digits, spaces between. */
static void bytes_are(const struct scap_buf *b, const char *want)
{
	static uint8_t bytes[4096];
	size_t n = 0;

	for (const char *p = want; *p != '\0';) {
		unsigned v;

		while (*p == ' ')
			p++;
		if (*p == '\0')
			break;
		cr_assert(sscanf(p, "%2x", &v) == 1);
		bytes[n++] = (uint8_t)v;
		p += 2;
	}
	for (size_t i = 0; i < n && i < b->n; i++)
		cr_assert(b->p[i] == bytes[i], "byte %zu is %02x, not %02x", i, b->p[i], bytes[i]);
	cr_assert(eq(sz, b->n, n));
}

Test(scap_write, a_section)
{
	struct scap_buf b = empty_buf();

	cr_assert(eq(int, scap_write_section(&b), 0));
	bytes_are(&b, "0a0d0d0a 1c000000 4d3c2b1a 0100 0200 ffffffffffffffff 1c000000");
}

Test(scap_write, a_machine_is_192_bytes)
{
	struct host_frame h = { .hostname = span_str("box"),
				.boot_ts_ns = 0x0102030405060708,
				.memory_bytes = 4096,
				.num_cpus = 2 };
	struct scap_buf b = empty_buf();

	cr_assert(eq(int, scap_write_machine(&b, &h, 32768), 0));
	cr_assert(eq(sz, b.n, 192));
	b.n = 32;
	bytes_are(&b, "01020000 c0000000 02000000 0010000000000000 0080000000000000 626f7800");
	cr_assert(eq(u64, number(8 + 20 + 128, 8), h.boot_ts_ns));
	for (unsigned i = 31; i < 8 + 20 + 128; i++)
		cr_assert(eq(u8, memory[i], 0));
}

Test(scap_write, interfaces_of_both_families)
{
	struct host_frame h = { .naddrs = 2 };
	struct scap_buf b = empty_buf();

	h.addrs[0] = (struct interface_addr){ .addr = { 10, 1, 2, 3 },
					      .mask = { 255, 255, 0, 0 },
					      .name = span_str("eth0") };
	h.addrs[1] = (struct interface_addr){
		.is_ipv6 = true, .addr = { [15] = 1 }, .mask = { [0] = 0xff }, .name = span_str("l")
	};
	cr_assert(eq(int, scap_write_interfaces(&b, &h), 0));
	bytes_are(&b, "19020000 70000000"
		      "1c000000 0100 0400 0a010203 ffff0000 0a01ffff 0000000000000000 65746830"
		      "3d000000 0200 0100 00000000000000000000000000000001"
		      "ff000000000000000000000000000000 00000000000000000000000000000000"
		      "0000000000000000 6c"
		      "000000 70000000");
}

Test(scap_write, a_list_of_people)
{
	struct user_frame u = { .uid = 0,
				.gid = 5,
				.name = span_str("root"),
				.home = span_str("/"),
				.shell = span_str("sh") };
	struct group_frame g = { .gid = 42, .name = span_str("shadow") };
	struct scap_buf b = empty_buf();
	size_t start;

	cr_assert(eq(int, scap_begin_list(&b, SCAP_BLOCK_USERS, &start), 0));
	cr_assert(eq(int, scap_write_user(&b, &u), 0));
	cr_assert(eq(int, scap_write_group(&b, &g), 0));
	cr_assert(eq(int, scap_end_list(&b, start), 0));
	bytes_are(&b, "20020000 38000000"
		      "1a000000 00 00000000 05000000 0400 726f6f74 0100 2f 0200 7368"
		      "11000000 01 2a000000 0600 736861646f77"
		      "00 38000000");
}

Test(scap_write, a_task_with_every_field)
{
	struct process_info p = {
		.tid = 2,
		.pid = 1,
		.ptid = -1,
		.sid = 3,
		.vpgid = 4,
		.comm = span_str("c"),
		.exe = span_str("e"),
		.exepath = span_str("/e"),
		.args = span_of("a\0b\0", 4),
		.cwd = span_str("/w/"),
		.fdlimit = 1024,
		.flags = 0x11,
		.uid = 5,
		.gid = 6,
		.vmsize = 7,
		.vmrss = 8,
		.vmswap = 9,
		.pfmajor = 10,
		.pfminor = 11,
		.env = span_of("X=1\0", 4),
		.vtid = 12,
		.vpid = 13,
		.cgroups = span_of("cpu=/\0", 6),
		.root = span_str("/"),
		.pidns_init_start_ts = 14,
		.tty = 15,
		.loginuid = UINT32_MAX,
		.exe_flags = SCAP_EXE_WRITABLE | SCAP_EXE_LOWER_LAYER,
		.cap_inheritable = 16,
		.cap_permitted = 17,
		.cap_effective = 18,
		.exe_ino = 19,
		.exe_ctime = 20,
		.exe_mtime = 21,
		.pgid = 22,
	};
	struct scap_buf b = empty_buf();

	cr_assert(eq(int, scap_write_task(&b, &p), 0));
	bytes_are(&b, "de000000 0200000000000000 0100000000000000 ffffffffffffffff"
		      "0300000000000000 0400000000000000 0100 63 0100 65 0200 2f65"
		      "0400 61006200 0300 2f772f 0004000000000000 11000000 05000000 06000000"
		      "07000000 08000000 09000000 0a00000000000000 0b00000000000000"
		      "0400 583d3100 0c00000000000000 0d00000000000000 0600 6370753d2f00 0100 2f"
		      "0e00000000000000 0f000000 ffffffff 01 1000000000000000 1100000000000000"
		      "1200000000000000 00 1300000000000000 1400000000000000 1500000000000000"
		      "00 01 1600000000000000");
}

Test(scap_write, open_files_of_each_form)
{
	static const struct file_info files[] = {
		{ .fd = 3,
		  .type = FILE_REGULAR,
		  .ino = 9,
		  .open_flags = 1,
		  .dev = 8,
		  .name = { (const uint8_t *)"/f", 2 } },
		{ .fd = 4,
		  .type = FILE_IPV4,
		  .sip = { 1, 2, 3, 4 },
		  .dip = { 5, 6, 7, 8 },
		  .sport = 0x1234,
		  .dport = 80,
		  .l4proto = L4_TCP },
		{ .fd = 5,
		  .type = FILE_IPV6_SERVER,
		  .dip = { [15] = 1 },
		  .dport = 53,
		  .l4proto = L4_UDP },
		{ .fd = 6,
		  .type = FILE_UNIX,
		  .source = 1,
		  .dest = 2,
		  .name = { (const uint8_t *)"/s", 2 } },
		{ .fd = 7, .type = FILE_FIFO, .name = { (const uint8_t *)"p", 1 } },
		{ .fd = 8, .type = FILE_UNKNOWN },
	};
	struct scap_buf b = empty_buf();
	size_t start;

	cr_assert(eq(int, scap_begin_files(&b, 77, &start), 0));
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		cr_assert(eq(int, scap_write_file(&b, &files[i]), 0));
	cr_assert(eq(int, scap_end_list(&b, start), 0));
	bytes_are(&b, "18020000 c0000000 4d00000000000000"
		      "21000000 0300000000000000 0900000000000000 10 01000000 0200 2f66 08000000"
		      "22000000 0400000000000000 0000000000000000 03 01020304 05060708 3412 5000 02"
		      "28000000 0500000000000000 0000000000000000 06"
		      "00000000000000000000000000000001 3500 03"
		      "29000000 0600000000000000 0000000000000000 08"
		      "0100000000000000 0200000000000000 0200 2f73"
		      "18000000 0700000000000000 0000000000000000 07 0100 70"
		      "c0000000");
}

static struct raw_event an_openat(void)
{
	struct raw_event ev = { .code = EVENT_SYSCALL_OPENAT_2_X,
				.cpu = 5,
				.ts_ns = 0x1122334455667788,
				.num = 9,
				.tid = 4243,
				.pid = 4242,
				.nparams = 7 };

	ev.params[0] = (struct param){ .kind = PARAM_INT, .i = 3 };
	ev.params[1] = (struct param){ .kind = PARAM_INT, .i = -100 };
	ev.params[2] = (struct param){ .kind = PARAM_BYTES, .s = span_str("/x") };
	ev.params[3] = (struct param){ .kind = PARAM_INT, .u = 0x1001 };
	ev.params[4] = (struct param){ .kind = PARAM_EMPTY };
	ev.params[5] = (struct param){ .kind = PARAM_INT, .u = 8 };
	ev.params[6] = (struct param){ .kind = PARAM_INT, .u = 99 };
	return ev;
}

Test(scap_write, an_event)
{
	struct raw_event ev = an_openat();
	struct scap_buf b = empty_buf();

	cr_assert(eq(int, scap_write_event(&b, &ev), 0));
	bytes_are(&b, "16020000 5c000000 0500 8877665544332211 9310000000000000 4b000000 3301"
		      "07000000 0800 0800 0300 0400 0000 0400 0800"
		      "0300000000000000 9cffffffffffffff 2f7800 01100000 08000000 6300000000000000"
		      "000000 5c000000");
}

Test(scap_write, an_event_of_state_only_says_so)
{
	struct raw_event ev = an_openat();
	struct scap_buf b = empty_buf();

	ev.flags = EVENT_STATE_ONLY;
	ev.nparams = 1;
	cr_assert(eq(int, scap_write_event(&b, &ev), 0));
	bytes_are(&b, "17020000 38000000 0500 01000000 8877665544332211 9310000000000000"
		      "24000000 3301 01000000 0800 0300000000000000 0000 38000000");
}

Test(scap_write, an_event_with_a_large_payload_has_wide_lengths)
{
	struct raw_event ev = { .code = EVENT_CONTAINER_JSON_2_E, .nparams = 1 };
	struct scap_buf b = empty_buf();

	ev.params[0] = (struct param){ .kind = PARAM_BYTES, .s = span_str("{}") };
	cr_assert(eq(int, scap_write_event(&b, &ev), 0));
	cr_assert(eq(u32, (uint32_t)number(0, 4), SCAP_BLOCK_LARGE_EVENT));
	/* header, cpu, the event's header: then 4 bytes of length, and the text with its NUL */
	cr_assert(eq(sz, b.n, 8 + 2 + 26 + 4 + 3 + 1 + 4));
	cr_assert(eq(u32, (uint32_t)number(36, 4), 3));
	cr_assert(eq(int, memcmp(memory + 40, "{}", 3), 0));
}

Test(scap_write, what_does_not_fit_leaves_nothing)
{
	struct raw_event ev = an_openat();
	struct process_info p = { .comm = span_str("c") };
	struct scap_buf b = empty_buf();
	size_t whole;

	cr_assert(eq(int, scap_write_event(&b, &ev), 0));
	whole = b.n;
	for (size_t cap = 0; cap < whole; cap++) {
		b = empty_buf();
		b.cap = cap;
		cr_assert(eq(int, scap_write_event(&b, &ev), -ENOSPC));
		cr_assert(eq(sz, b.n, 0));
		cr_assert(eq(u8, memory[cap], 0xaa));
	}
	b.cap = 100;
	cr_assert(eq(int, scap_write_task(&b, &p), -ENOSPC));
	cr_assert(eq(sz, b.n, 0));
}

Test(scap_write, an_event_that_is_too_long_is_refused)
{
	static uint8_t text[70000];
	struct raw_event ev = an_openat();
	struct scap_buf b = empty_buf();

	ev.params[2].s = span_of(text, 65535); /* and its NUL: one more than a length can say */
	cr_assert(eq(int, scap_write_event(&b, &ev), -EMSGSIZE));
	ev.params[2].s =
		span_of(text, 65500); /* as a block that is one byte longer than one may be */
	cr_assert(eq(int, scap_write_event(&b, &ev), -EMSGSIZE));
	cr_assert(eq(sz, b.n, 0));
	ev.params[2].s = span_of(text, 65000);
	cr_assert(eq(int, scap_write_event(&b, &ev), 0));
}

Test(scap_write, a_parameter_of_another_kind_is_refused)
{
	struct raw_event ev = an_openat();
	struct scap_buf b = empty_buf();

	ev.params[0] = (struct param){ .kind = PARAM_BYTES, .s = span_str("x") };
	cr_assert(eq(int, scap_write_event(&b, &ev), -EINVAL));
	ev = an_openat();
	ev.params[2] = (struct param){ .kind = PARAM_INT, .u = 1 };
	cr_assert(eq(int, scap_write_event(&b, &ev), -EINVAL));
	ev = an_openat();
	ev.nparams = 8;
	cr_assert(eq(int, scap_write_event(&b, &ev), -EINVAL));
	ev.code = EVENT_CODE_COUNT;
	cr_assert(eq(int, scap_write_event(&b, &ev), -EINVAL));
	cr_assert(eq(sz, b.n, 0));
}

Test(scap_write, texts_are_cut_at_the_formats_bounds)
{
	static uint8_t text[5000];
	struct process_info p = { .args = span_of(text, 5000), .comm = span_of(text, 2000) };
	struct process_info none = { 0 };
	struct scap_buf b = empty_buf();
	size_t least;

	cr_assert(eq(int, scap_write_task(&b, &none), 0));
	least = b.n;
	b = empty_buf();
	cr_assert(eq(int, scap_write_task(&b, &p), 0));
	cr_assert(eq(sz, b.n, least + 4096 + 1024));
}
