/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of descriptors, events and paths: missing, empty, or something.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "support/field_kit.h"

static struct kit kit;

/* ---- descriptors ---- */

Test(field_event, an_event_without_a_descriptor_has_no_fd_fields)
{
	kit_family(&kit, EVENT_SYSCALL_MKDIR_2_X);
	KIT_CHECK(&kit, { "fd.num", NULL }, { "fd.name", NULL }, { "fd.typechar", NULL },
		  { "fd.uid", NULL }, { "fd.types", NULL }, { "fd.containername", NULL });
}

Test(field_event, a_file_has_a_name_a_directory_and_an_inode)
{
	struct file_info *f;

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	f = kit_own_file(&kit, 255, FILE_REGULAR, "/opt/demo/a.sh");
	f->name_raw = span_str("./a.sh");
	f->ino = 11043646;
	f->dev = 0xfe00;
	f->flags = FILE_NAME_CHANGED | FILE_UPPER_LAYER;
	KIT_CHECK(&kit, { "fd.num", "255" }, { "fd.type", "file" }, { "fd.typechar", "f" },
		  { "fd.name", "/opt/demo/a.sh" }, { "fd.directory", "/opt/demo" },
		  { "fd.filename", "a.sh" }, { "fd.nameraw", "./a.sh" }, { "fd.ino", "11043646" },
		  { "fd.dev", "FE00" }, { "fd.dev.major", "254" }, { "fd.dev.minor", "0" },
		  { "fd.uid", "60255" }, { "fd.containername", ":/opt/demo/a.sh" },
		  { "fd.containerdirectory", ":/opt/demo" }, { "fd.l4proto", "<NA>" },
		  { "fd.sockfamily", NULL }, { "fd.is_server", "false" },
		  { "fd.connected", "false" }, { "fd.name_changed", "true" },
		  { "fd.is_upper_layer", "true" }, { "fd.is_lower_layer", "false" },
		  { "fd.sip", NULL }, { "fd.sport", NULL }, { "fd.sproto", NULL },
		  { "fd.cip.name", NULL });
	f->name = span_str("/x");
	cr_assert_str_eq(kit_text(&kit, "fd.directory"), "/");
	cr_assert_str_eq(kit_text(&kit, "fd.filename"), "x");
	f->name = span_str("/"); /* opened without O_DIRECTORY */
	KIT_CHECK(&kit, { "fd.directory", "/" }, { "fd.filename", "/" });
	f->name = span_str("<UNKNOWN>x");
	KIT_CHECK(&kit, { "fd.directory", "/" }, { "fd.filename", "/" });
	f->name = span_str("x");
	f->type = FILE_DIRECTORY;
	KIT_CHECK(&kit, { "fd.type", "directory" }, { "fd.directory", "x" },
		  { "fd.filename", NULL });
	f->type = FILE_FIFO;
	f->name = span_str("");
	KIT_CHECK(&kit, { "fd.type", "pipe" }, { "fd.name", "" }, { "fd.directory", NULL },
		  { "fd.filename", NULL }, { "fd.containerdirectory", NULL },
		  { "fd.containername", ":" });
	f->type = FILE_UNKNOWN;
	KIT_CHECK(&kit, { "fd.type", "<NA>" }, { "fd.typechar", "o" });
}

Test(field_event, a_descriptor_that_is_not_in_the_table_is_told_by_the_event)
{
	static const uint8_t v4[] = { 2, 1, 2, 3, 4, 5, 0, 6, 7, 8, 9, 10, 0 };

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	kit_int(&kit, -9);
	kit_int(&kit, 4);
	kit.ev.fd = 4;
	KIT_CHECK(&kit, { "fd.num", "4" }, { "fd.name", "" }, { "fd.nameraw", "" },
		  { "fd.directory", "/" }, { "fd.filename", NULL }, { "fd.type", NULL },
		  { "fd.typechar", "o" }, { "fd.containername", ":" },
		  { "fd.containerdirectory", ":/" }, { "fd.uid", "604" }, { "fd.ino", NULL },
		  { "fd.is_server", NULL }, { "fd.l4proto", NULL }, { "fd.connected", NULL });
	kit_family(&kit, EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, -2);
	kit_int(&kit, -100);
	kit_str(&kit, "../etc/shadow");
	kit.ev.fd = -1;
	KIT_CHECK(&kit, { "fd.num", "-1" }, { "fd.name", "/etc/shadow" },
		  { "fd.directory", "/etc" }, { "fd.nameraw", "../etc/shadow" },
		  { "fd.typechar", "f" }, { "fd.filename", NULL }, { "fd.type", NULL },
		  { "fd.uid", "60-1" });
	kit.ev.params[2].s = span_str("..//x///shadow/");
	KIT_CHECK(&kit, { "fd.name", "/x/shadow" }, { "fd.nameraw", "../x/shadow/" });
	kit.ev.params[2].kind = PARAM_EMPTY;
	KIT_CHECK(&kit, { "fd.name", NULL }, { "fd.directory", NULL },
		  { "fd.containername", NULL });
	kit_family(&kit, EVENT_SYSCALL_OPEN_X);
	kit_int(&kit, -2);
	kit_str(&kit, "x");
	kit.ev.fd = -1;
	KIT_CHECK(&kit, { "fd.name", "/srv/x" }, { "fd.typechar", "o" });
	kit_family(&kit, EVENT_SOCKET_CONNECT_X);
	kit_int(&kit, -111);
	kit_bytes(&kit, v4, sizeof(v4));
	kit_int(&kit, 3);
	kit.ev.fd = 3;
	KIT_CHECK(&kit, { "fd.name", "1.2.3.4:5->6.7.8.9:10" }, { "fd.typechar", "o" });
	kit_family(&kit, EVENT_SYSCALL_OPENAT_2_E);
	kit.ev.fd = -1;
	KIT_CHECK(&kit, { "fd.name", NULL }, { "fd.num", "-1" });
}

static struct file_info *socket_of(unsigned type, uint16_t flags)
{
	static const uint8_t sip[4] = { 10, 0, 0, 1 }, dip[4] = { 93, 184, 216, 34 };
	struct file_info *f;

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	f = kit_own_file(&kit, 3, type, "10.0.0.1:40000->93.184.216.34:80");
	memcpy(f->sip, sip, 4);
	memcpy(f->dip, dip, 4);
	f->sport = 40000;
	f->dport = 80;
	f->l4proto = L4_TCP;
	f->flags = flags;
	return f;
}

Test(field_event, a_connection_has_a_client_a_server_and_a_local_end)
{
	socket_of(FILE_IPV4, FILE_ROLE_CLIENT | FILE_CONNECTED | FILE_SIP_LOCAL);
	KIT_CHECK(&kit, { "fd.type", "ipv4" }, { "fd.cip", "10.0.0.1" },
		  { "fd.sip", "93.184.216.34" }, { "fd.cport", "40000" }, { "fd.sport", "80" },
		  { "fd.lip", "10.0.0.1" }, { "fd.lport", "40000" }, { "fd.rip", "93.184.216.34" },
		  { "fd.rport", "80" }, { "fd.cproto", "40000" }, { "fd.sproto", "80" },
		  { "fd.lproto", "40000" }, { "fd.rproto", "80" }, { "fd.l4proto", "tcp" },
		  { "fd.sockfamily", "ip" }, { "fd.is_server", "false" },
		  { "fd.connected", "true" });
	socket_of(FILE_IPV4, FILE_ROLE_SERVER | FILE_DIP_LOCAL);
	KIT_CHECK(&kit, { "fd.lip", "93.184.216.34" }, { "fd.lport", "80" },
		  { "fd.rip", "10.0.0.1" }, { "fd.is_server", "true" });
}

Test(field_event, a_socket_without_a_role_has_no_ends_but_either_of_them)
{
	struct value out[FIELD_ANY_MAX];
	struct field_ref ref = kit_ref("fd.ip");

	socket_of(FILE_IPV4, 0);
	KIT_CHECK(&kit, { "fd.sip", NULL }, { "fd.cip", NULL }, { "fd.lip", NULL },
		  { "fd.rip", NULL }, { "fd.sport", NULL }, { "fd.lport", NULL },
		  { "fd.sproto", NULL }, { "fd.cproto", NULL },
		  { "fd.name", "10.0.0.1:40000->93.184.216.34:80" });
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 2));
	cr_assert(eq(u8, out[0].type, PT_IPADDR));
	cr_assert(eq(u8, out[0].ip.family, 4));
	cr_assert(eq(u8, out[1].ip.addr[0], 93));
	ref = kit_ref("fd.net");
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 2));
	cr_assert(eq(u8, out[0].type, PT_IPNET));
	ref = kit_ref("fd.port");
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 2));
	cr_assert(eq(u64, out[0].u, 40000));
	cr_assert(eq(u64, out[1].u, 80));
}

Test(field_event, a_listening_socket_has_its_bound_address)
{
	struct value out[FIELD_ANY_MAX];
	struct field_ref ref = kit_ref("fd.ip");

	socket_of(FILE_IPV4_SERVER, FILE_ROLE_SERVER);
	KIT_CHECK(&kit, { "fd.sip", "93.184.216.34" }, { "fd.sport", "80" }, { "fd.cip", NULL },
		  { "fd.cport", NULL }, { "fd.lip", NULL }, { "fd.lport", NULL },
		  { "fd.rip", NULL }, { "fd.sproto", "" }, { "fd.cproto", "" },
		  { "fd.lproto", NULL }, { "fd.rproto", NULL }, { "fd.is_server", "true" },
		  { "fd.type", "ipv4" });
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 1));
	cr_assert(eq(u8, out[0].ip.addr[0], 93));
	socket_of(FILE_IPV4_SERVER, 0);
	KIT_CHECK(&kit, { "fd.sip", NULL }, { "fd.sport", "80" });
}

Test(field_event, either_end_of_a_file_is_there_but_has_no_value)
{
	struct value out[FIELD_ANY_MAX];
	struct field_ref ref = kit_ref("fd.ip");

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	kit_own_file(&kit, 3, FILE_REGULAR, "/x");
	cr_assert(kit_has(&kit, "fd.ip"));
	cr_assert(kit_has(&kit, "fd.net"));
	cr_assert_not(kit_has(&kit, "fd.port"));
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), 0));
	kit.ev.fd_file = -1;
	cr_assert_not(kit_has(&kit, "fd.ip"));
}

/* All values of a field, with blanks between; "-": none. */
static const char *any_of(const char *name)
{
	static char text[4096];
	struct value out[FIELD_ANY_MAX];
	struct field_ref ref = kit_ref(name);
	unsigned n = field_get_any(&ref, &kit.e, out);

	snprintf(text, sizeof(text), "%s", n == 0 ? "-" : "");
	for (unsigned i = 0; i < n; i++) {
		size_t at = strlen(text);

		snprintf(text + at, sizeof(text) - at, "%s%.*s", i > 0 ? " " : "", (int)out[i].s.n,
			 (const char *)out[i].s.p);
	}
	return text;
}

static const uint8_t client_ip[4] = { 10, 0, 0, 1 }, server_ip[4] = { 93, 184, 216, 34 };
static const char *const two_names[] = { "www.example", "example" }, *const one_name[] = { "me" };

Test(field_event, an_end_of_a_connection_has_the_names_of_its_address)
{
	socket_of(FILE_IPV4, FILE_ROLE_CLIENT | FILE_SIP_LOCAL);
	KIT_CHECK(&kit, { "fd.cip.name", NULL }, { "fd.sip.name", NULL }, { "fd.lip.name", NULL },
		  { "fd.rip.name", NULL });
	cr_assert_str_eq(any_of("fd.sip.name"), "", "no name, and \"!=\" is true");
	kit_names(&kit, server_ip, 4, two_names, 2);
	KIT_CHECK(&kit, { "fd.cip.name", NULL }, { "fd.sip.name", "www.example" },
		  { "fd.lip.name", NULL }, { "fd.rip.name", "www.example" });
	cr_assert_str_eq(any_of("fd.sip.name"), "www.example example");
	cr_assert_str_eq(any_of("fd.rip.name"), "www.example example");
	cr_assert_str_eq(any_of("fd.cip.name"), "");
	cr_assert_str_eq(any_of("fd.lip.name"), "");
	kit_names(&kit, client_ip, 4, one_name, 1);
	KIT_CHECK(&kit, { "fd.cip.name", "me" }, { "fd.lip.name", "me" });
	socket_of(FILE_IPV4, FILE_ROLE_SERVER | FILE_DIP_LOCAL);
	cr_assert_str_eq(any_of("fd.lip.name"), "www.example example");
	cr_assert_str_eq(any_of("fd.rip.name"), "me");
	kit_names(&kit, server_ip, 4, NULL, 0);
	KIT_CHECK(&kit, { "fd.sip.name", NULL });
	cr_assert_str_eq(any_of("fd.sip.name"), "");
}

Test(field_event, where_there_is_no_end_there_is_no_name)
{
	static const char *const names[] = { "fd.cip.name", "fd.sip.name", "fd.lip.name",
					     "fd.rip.name" };

	socket_of(FILE_IPV4, 0);
	kit_names(&kit, server_ip, 4, two_names, 2);
	kit_names(&kit, client_ip, 4, one_name, 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		cr_assert_str_eq(any_of(names[i]), "-", "%s without a role", names[i]);
	KIT_CHECK(&kit, { "fd.sip.name", NULL }, { "fd.rip.name", NULL });
	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	kit_own_file(&kit, 3, FILE_REGULAR, "/x");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		cr_assert_str_eq(any_of(names[i]), "-", "%s of a file", names[i]);
	kit.ev.fd_file = -1;
	cr_assert_str_eq(any_of("fd.sip.name"), "-");
	socket_of(FILE_IPV4, FILE_ROLE_CLIENT);
	kit.ev.code = EVENT_SYSCALL_MKDIR_2_X;
	kit.e.info = event_info(kit.ev.code);
	cr_assert_str_eq(any_of("fd.sip.name"), "-", "an event without a descriptor");
}

Test(field_event, a_listening_socket_has_the_names_of_its_bound_address)
{
	socket_of(FILE_IPV4_SERVER, FILE_ROLE_SERVER);
	kit_names(&kit, server_ip, 4, two_names, 2);
	KIT_CHECK(&kit, { "fd.sip.name", "www.example" }, { "fd.cip.name", NULL },
		  { "fd.lip.name", NULL }, { "fd.rip.name", NULL });
	cr_assert_str_eq(any_of("fd.cip.name"), "-");
	cr_assert_str_eq(any_of("fd.lip.name"), "-");
	socket_of(FILE_IPV4_SERVER, 0);
	cr_assert_str_eq(any_of("fd.sip.name"), "-");
}

Test(field_event, ipv6_addresses_have_names_of_their_own)
{
	static const uint8_t six[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	struct file_info *f = socket_of(FILE_IPV6, FILE_ROLE_CLIENT);

	memcpy(f->dip, six, 16);
	kit_names(&kit, six, 4, one_name, 1);
	cr_assert_str_eq(any_of("fd.sip.name"), "", "not by the first four bytes");
	kit_names(&kit, six, 16, two_names, 2);
	KIT_CHECK(&kit, { "fd.sip.name", "www.example" });
}

Test(field_event, of_an_address_with_most_names_all_are_there)
{
	static char names[ADDRESS_MAX_NAMES][8];
	const char *list[ADDRESS_MAX_NAMES];
	struct value out[FIELD_ANY_MAX];
	struct field_ref ref = kit_ref("fd.sip.name");

	for (unsigned i = 0; i < ADDRESS_MAX_NAMES; i++) {
		snprintf(names[i], sizeof(names[i]), "n%u", i);
		list[i] = names[i];
	}
	socket_of(FILE_IPV4, FILE_ROLE_CLIENT);
	kit_names(&kit, server_ip, 4, list, ADDRESS_MAX_NAMES);
	cr_assert(eq(uint, field_get_any(&ref, &kit.e, out), ADDRESS_MAX_NAMES));
	cr_assert(span_is(out[ADDRESS_MAX_NAMES - 1].s, "n63"));
}

Test(field_event, ipv6_prints_without_brackets)
{
	struct file_info *f = socket_of(FILE_IPV6, FILE_ROLE_CLIENT);

	memset(f->sip, 0, 16);
	memset(f->dip, 0, 16);
	cr_assert_str_eq(kit_text(&kit, "fd.is_server"), "true");
	f->sip[15] = 1;
	f->dip[0] = 0x20;
	f->dip[1] = 1;
	KIT_CHECK(&kit, { "fd.cip", "::1" }, { "fd.sip", "2001::" }, { "fd.type", "ipv6" },
		  { "fd.typechar", "6" }, { "fd.is_server", "false" });
}

/* ---- events ---- */

Test(field_event, an_event_tells_its_kind_and_result)
{
	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	kit_int(&kit, -9);
	kit_int(&kit, 4);
	kit.ev.cpu = 3;
	KIT_CHECK(&kit, { "evt.num", "600" }, { "evt.type", "close" }, { "syscall.type", "close" },
		  { "evt.dir", "<" }, { "evt.cpu", "3" }, { "evt.source", "syscall" },
		  { "evt.res", "EBADF" }, { "evt.rawres", "-9" }, { "evt.failed", "true" },
		  { "evt.category", "unknown" }, { "evt.is_io", "false" }, { "evt.io_dir", NULL },
		  { "evt.is_wait", "false" }, { "evt.is_async", "false" },
		  { "evt.asynctype", NULL }, { "evt.count", "1" }, { "evt.count.error", "1" },
		  { "evt.count.error.file", NULL }, { "evt.count.error.other", "1" },
		  { "evt.count.exit", "1" }, { "evt.buflen", NULL }, { "evt.buffer", NULL },
		  { "evt.pluginname", NULL }, { "evt.latency", "0" },
		  { "evt.latency.human", "0ns" }, { "evt.hostname", NULL },
		  { "evt.is_syslog", "false" });
	kit.ev.params[0].i = 0;
	kit_own_file(&kit, 4, FILE_REGULAR, "/x");
	KIT_CHECK(&kit, { "evt.res", "SUCCESS" }, { "evt.rawres", "0" }, { "evt.failed", "false" },
		  { "evt.category", "file" }, { "evt.count.error", "0" },
		  { "evt.count.error.file", "0" }, { "evt.count.error.net", NULL },
		  { "evt.buflen", "0" }, { "evt.buflen.file", "0" }, { "evt.buflen.in", NULL });
	kit.ev.params[0].i = -4000;
	KIT_CHECK(&kit, { "evt.res", "-4000" });
	kit.ev.params[0].kind = PARAM_EMPTY;
	KIT_CHECK(&kit, { "evt.res", NULL }, { "evt.rawres", NULL }, { "evt.failed", NULL },
		  { "evt.count.error", NULL });
}

Test(field_event, an_error_of_memory_counts_whatever_the_file_is)
{
	static const struct {
		uint8_t type;
		const char *group;
	} cases[] = {
		{ FILE_REGULAR, "evt.count.error.file" },
		{ FILE_IPV4, "evt.count.error.net" },
		{ FILE_MEMFD, "evt.count.error.memory" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		kit_family(&kit, EVENT_SYSCALL_MMAP_X);
		kit_int(&kit, -12);
		kit_own_file(&kit, 3, cases[i].type, "/x");
		cr_assert_str_eq(kit_text(&kit, cases[i].group), "1");
		KIT_CHECK(&kit, { "evt.count.error.memory", "1" },
			  { "evt.count.error.other", NULL });
	}
	kit_family(&kit, EVENT_SYSCALL_MMAP_X);
	kit_int(&kit, 0);
	KIT_CHECK(&kit, { "evt.count.error.memory", "0" }, { "evt.count.error.file", NULL },
		  { "evt.count.error.other", NULL });
}

Test(field_event, the_category_of_reading_and_writing_is_the_files)
{
	static const struct {
		uint8_t type;
		const char *category;
	} cases[] = {
		{ FILE_REGULAR, "file" },     { FILE_DIRECTORY, "file" },  { FILE_IPV4, "net" },
		{ FILE_IPV6_SERVER, "net" },  { FILE_FIFO, "ipc" },	   { FILE_UNIX, "ipc" },
		{ FILE_EVENT, "ipc" },	      { FILE_NETLINK, "unknown" }, { FILE_BPF, "unknown" },
		{ FILE_IO_URING, "unknown" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		kit_family(&kit, EVENT_SYSCALL_WRITE_X);
		kit_int(&kit, 15);
		kit_bytes(&kit, "this is a test\n", 15);
		kit_own_file(&kit, 1, cases[i].type, "/dev/log");
		cr_assert_str_eq(kit_text(&kit, "evt.category"), cases[i].category);
		KIT_CHECK(&kit, { "evt.buflen", "15" }, { "evt.buflen.out", "15" },
			  { "evt.buflen.in", NULL }, { "evt.io_dir", "write" },
			  { "evt.is_io_write", "true" }, { "evt.is_io_read", "false" },
			  { "evt.is_syslog", "true" }, { "evt.buffer", "this is a test." });
	}
	kit_family(&kit, EVENT_SYSCALL_PIPE2_X);
	cr_assert_str_eq(kit_text(&kit, "evt.category"), "IPC");
}

Test(field_event, events_that_are_no_system_calls)
{
	kit_family(&kit, EVENT_PROCEXIT_1_E);
	kit_int(&kit, 0);
	KIT_CHECK(&kit, { "evt.type", "procexit" }, { "syscall.type", NULL }, { "evt.dir", ">" },
		  { "evt.res", NULL }, { "evt.failed", NULL }, { "evt.category", "process" },
		  { "evt.count.exit", NULL });
	kit_family(&kit, EVENT_PROCINFO_E);
	KIT_CHECK(&kit, { "evt.type", "procinfo" }, { "evt.category", "internal" },
		  { "evt.is_async", "true" }, { "evt.asynctype", "procinfo" },
		  { "syscall.type", NULL }, { "thread.cpu", "0.0" }, { "evt.count.procinfo", "1" },
		  { "evt.count.threadinfo", "1" });
	kit_family(&kit, EVENT_ASYNCEVENT_E);
	kit_int(&kit, 1);
	kit_str(&kit, "container");
	KIT_CHECK(&kit, { "evt.type", "container" }, { "evt.asynctype", "container" });
	kit_family(&kit, EVENT_GENERIC_X);
	kit_int(&kit, SC_getpid);
	kit_int(&kit, 39);
	KIT_CHECK(&kit, { "evt.type", "getpid" }, { "syscall.type", "getpid" }, { "evt.args", "" },
		  { "evt.res", NULL });
}

Test(field_event, old_captures_tell_of_docker_in_a_text)
{
	static const struct {
		const char *text, *image;
	} images[] = {
		{ "Image: busybox@sha256:0123", "busybox" },
		{ "Image: host:5000/busybox:1", "host" },
		{ "Image: sha256:0123", "sha256:0123" },
		{ "Image:", "" },
	};

	kit_begin(&kit, EVENT_INFRASTRUCTURE_EVENT_E);
	kit_str(&kit, "docker");
	kit_str(&kit, "x");
	kit_str(&kit, "Event: start; ID: 0123456789abcdef0123; Image: busybox:latest ;name:  web");
	KIT_CHECK(&kit, { "evt.infra.docker.name", "start" },
		  { "evt.infra.docker.container.id", "0123456789ab" },
		  { "evt.infra.docker.container.name", "web" },
		  { "evt.infra.docker.container.image", "busybox" });
	kit.ev.params[2].s = span_str(";; ID: abc;Name: x;no name: x;name;Event:");
	KIT_CHECK(&kit, { "evt.infra.docker.name", "" }, { "evt.infra.docker.container.id", "abc" },
		  { "evt.infra.docker.container.name", NULL },
		  { "evt.infra.docker.container.image", NULL });
	for (size_t i = 0; i < ARRAY_LEN(images); i++) {
		kit.ev.params[2].s = span_str(images[i].text);
		cr_assert_str_eq(kit_text(&kit, "evt.infra.docker.container.image"),
				 images[i].image);
	}
	kit.ev.params[2].kind = PARAM_EMPTY;
	KIT_CHECK(&kit, { "evt.infra.docker.container.id", NULL });
	kit_family(&kit, EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, 3);
	kit_int(&kit, -100);
	kit_str(&kit, "Event: start");
	KIT_CHECK(&kit, { "evt.infra.docker.name", NULL });
}

Test(field_event, evt_type_is_compares_codes)
{
	kit_family(&kit, EVENT_SYSCALL_OPEN_X);
	KIT_CHECK(&kit, { "evt.type.is.open", "1" }, { "evt.type.is.3", "1" },
		  { "evt.type.is.2", "0" }, { "evt.type.is.close", "0" });
}

Test(field_event, opens_say_what_they_are_for)
{
	static const struct {
		uint16_t code;
		int64_t res;
		uint32_t flags, mode;
		bool read, write, exec, create;
	} cases[] = {
		{ EVENT_SYSCALL_OPEN_X, 3, 0x1, 0, true, false, false, false },
		{ EVENT_SYSCALL_OPEN_X, -2, 0x2, 0, false, true, false, false },
		{ EVENT_SYSCALL_OPEN_X, 3, 0x3, 0111, true, true, false, false },
		{ EVENT_SYSCALL_OPEN_X, 3, 0x6, 0755, false, true, true, false },
		{ EVENT_SYSCALL_OPEN_X, 3, 0x4006, 0644, false, true, false, true },
		{ EVENT_SYSCALL_OPEN_X, 3, 0x2002, 0100, false, true, true, true },
		{ EVENT_SYSCALL_OPEN_X, -1, 0x2002, 0644, false, true, false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		kit_family(&kit, cases[i].code);
		kit_int(&kit, cases[i].res);
		kit_str(&kit, "/x");
		kit_int(&kit, cases[i].flags);
		kit_int(&kit, cases[i].mode);
		cr_assert_eq(kit_text(&kit, "evt.is_open_read")[0] == 't', cases[i].read, "%zu", i);
		cr_assert_eq(kit_text(&kit, "evt.is_open_write")[0] == 't', cases[i].write, "%zu",
			     i);
		cr_assert_eq(kit_text(&kit, "evt.is_open_exec")[0] == 't', cases[i].exec, "%zu", i);
		cr_assert_eq(kit_text(&kit, "evt.is_open_create")[0] == 't', cases[i].create, "%zu",
			     i);
	}
	kit_family(&kit, EVENT_SYSCALL_CREAT_X);
	kit_int(&kit, 3);
	kit_str(&kit, "/x");
	kit_int(&kit, 0755);
	KIT_CHECK(&kit, { "evt.is_open_exec", "true" }, { "evt.is_open_write", "false" },
		  { "evt.is_open_create", "false" });
	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	KIT_CHECK(&kit, { "evt.is_open_read", "false" }, { "evt.is_open_create", "false" });
}

static void bangkok(uint64_t epoch_s, struct tm *ret)
{
	*ret = (struct tm){ .tm_year = 126,
			    .tm_mon = 10,
			    .tm_mday = 24,
			    .tm_hour = (int)((epoch_s / 3600 + 7) % 24),
			    .tm_min = (int)(epoch_s / 60 % 60),
			    .tm_sec = (int)(epoch_s % 60) };
}

Test(field_event, times_print_local_and_utc)
{
	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	cr_assert_str_eq(kit_text(&kit, "evt.reltime"), "1795462519444612290");
	kit_host(&kit, (struct host_frame){ .first_event_ns = kit.ev.ts_ns - 144800447 });
	KIT_CHECK(&kit, { "evt.time", "19:35:19.444612290" }, { "evt.time.s", "19:35:19" },
		  { "evt.time.iso8601", "2026-11-23T19:35:19.444612290+0000" },
		  { "evt.datetime", "2026-11-23 19:35:19.444612290" },
		  { "evt.datetime.s", "2026-11-23 19:35:19" },
		  { "evt.outputtime", "19:35:19.444612290" },
		  { "evt.rawtime", "1795462519444612290" }, { "evt.rawtime.s", "1795462519" },
		  { "evt.rawtime.ns", "444612290" }, { "evt.reltime", "144800447" },
		  { "evt.reltime.s", "0" }, { "evt.reltime.ns", "144800447" },
		  { "evt.deltatime", "0" });
	kit.context.local = bangkok;
	KIT_CHECK(&kit, { "evt.time.s", "02:35:19" }, { "evt.datetime.s", "2026-11-24 02:35:19" },
		  { "evt.time.iso8601", "2026-11-23T19:35:19.444612290+0000" });
	kit.ev.ts_ns = 951782400000000007; /* 2000-02-29 */
	KIT_CHECK(&kit, { "evt.time.iso8601", "2000-02-29T00:00:00.000000007+0000" },
		  { "evt.rawtime.ns", "000000007" });
	kit.ev.ts_ns = 0;
	cr_assert_str_eq(kit_text(&kit, "evt.time.iso8601"), "1970-01-01T00:00:00.000000000+0000");
}

Test(field_event, deltas_are_counted_by_each_reference_for_itself)
{
	struct field_ref a = kit_ref("evt.deltatime"), b = kit_ref("evt.deltatime.s");
	struct value v;

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	kit.context = (struct field_context){ 0 };
	kit.ev.ts_ns = 5000000000;
	cr_assert(field_get(&a, &kit.e, &v));
	cr_assert(eq(u64, v.u, 0));
	kit.ev.ts_ns = 7000000001;
	cr_assert(field_get(&a, &kit.e, &v));
	cr_assert(eq(u64, v.u, 2000000001));
	cr_assert(field_get(&b, &kit.e, &v));
	cr_assert(eq(u64, v.u, 0));
	kit.ev.ts_ns = 9000000001;
	cr_assert(field_get(&b, &kit.e, &v));
	cr_assert(eq(u64, v.u, 2));
	cr_assert(field_get(&a, &kit.e, &v));
	cr_assert(eq(u64, v.u, 2000000000));
}

static void switch_at(uint16_t cpu, uint64_t ts_ns)
{
	kit.ev.cpu = cpu;
	kit.ev.ts_ns = ts_ns;
}

Test(field_event, a_thread_has_run_since_the_last_switch_on_its_cpu)
{
	kit_family(&kit, EVENT_SCHEDSWITCH_6_E);
	switch_at(3, 5000000000);
	KIT_CHECK(&kit, { "thread.exectime", "0" });
	switch_at(4, 5000000100);
	KIT_CHECK(&kit, { "thread.exectime", "0" });
	switch_at(3, 5000000250);
	KIT_CHECK(&kit, { "thread.exectime", "250" }, { "thread.exectime", "250" });
	switch_at(3, 5000000260);
	KIT_CHECK(&kit, { "thread.exectime", "10" });
	switch_at(3, 5000000255);
	KIT_CHECK(&kit, { "thread.exectime", "0" });
	switch_at(UINT16_MAX, 5000000270);
	KIT_CHECK(&kit, { "thread.exectime", "0" });
	kit_begin(&kit, EVENT_SYSCALL_CLOSE_X);
	switch_at(3, 5000000300);
	KIT_CHECK(&kit, { "thread.exectime", "0" });
}

Test(field_event, raw_arguments_keep_their_type)
{
	struct value v;

	kit_family(&kit, EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, -2);
	kit_int(&kit, -100);
	kit_bytes(&kit, "x", 2);
	kit_int(&kit, 1);
	cr_assert(kit_get(&kit, "evt.rawarg.fd", &v));
	cr_assert(v.kind == VALUE_INT && v.i == -2 && v.type == PT_FD);
	cr_assert(kit_get(&kit, "evt.rawarg.flags", &v));
	cr_assert(v.kind == VALUE_UINT && v.u == 1 && v.type == PT_FLAGS32);
	cr_assert(kit_get(&kit, "evt.rawarg.name", &v));
	cr_assert(v.kind == VALUE_STRING && span_is(v.s, "x"));
	cr_assert_not(kit_get(&kit, "evt.rawarg.res", &v));
	cr_assert_not(kit_get(&kit, "evt.rawarg.mode", &v), "it is not in this event");
	kit.ev.params[2].kind = kit.ev.params[3].kind = PARAM_EMPTY;
	cr_assert_not(kit_get(&kit, "evt.rawarg.flags", &v));
	cr_assert(kit_get(&kit, "evt.rawarg.name", &v), "a string is never missing");
	cr_assert(v.kind == VALUE_STRING && span_is(v.s, "<NA>"));
}

Test(field_event, raw_arguments_print_in_the_form_of_their_event)
{
	struct alert_value json;
	struct field_ref flags = kit_ref("evt.rawarg.flags");

	kit_family(&kit, EVENT_SYSCALL_SIGNALFD4_X);
	kit_int(&kit, -1);
	kit_int(&kit, 512);
	kit_int(&kit, 9);
	kit_int(&kit, 0);
	KIT_CHECK(&kit, { "evt.rawarg.flags", "200" }, { "evt.rawarg.fd", "9" },
		  { "evt.rawarg.res", "-1" });
	field_alert_value(&flags, &kit.e, &json);
	cr_assert(json.kind == ALERT_STRING && span_is(json.s, "200"));
}

Test(field_event, what_plugins_made_is_of_no_source_of_ours)
{
	kit_family(&kit, EVENT_ASYNCEVENT_E);
	kit_int(&kit, 0);
	kit_str(&kit, "container");
	kit_empty(&kit);
	KIT_CHECK(&kit, { "evt.source", "syscall" }, { "evt.type", "container" });
	kit.ev.params[0].i = 7;
	KIT_CHECK(&kit, { "evt.source", NULL }, { "evt.asynctype", "container" });
	kit_family(&kit, EVENT_PLUGINEVENT_E);
	kit_int(&kit, 7);
	kit_empty(&kit);
	KIT_CHECK(&kit, { "evt.source", NULL }, { "evt.is_async", "false" });
}

Test(field_event, around_is_a_distance_in_milliseconds)
{
	struct value v;

	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	kit.ev.ts_ns = 5000000000;
	cr_assert(kit_get(&kit, "evt.around[5000000000]", &v));
	cr_assert(eq(u64, v.u, 0));
	cr_assert(kit_get(&kit, "evt.around[5000000001]", &v));
	cr_assert(eq(u64, v.u, 1));
	cr_assert(kit_get(&kit, "evt.around[4000000000]", &v));
	cr_assert(eq(u64, v.u, 1000));
}

/* ---- paths ---- */

Test(field_event, fs_path_is_there_for_calls_that_succeeded)
{
	kit_family(&kit, EVENT_SYSCALL_UNLINKAT_2_X);
	kit_int(&kit, 0);
	kit_int(&kit, 4);
	kit_str(&kit, "zz");
	kit_file(&kit, 4, FILE_DIRECTORY, "/host");
	KIT_CHECK(&kit, { "fs.path.name", "/host/zz" }, { "fs.path.nameraw", "zz" },
		  { "fs.path.source", NULL }, { "fs.path.target", NULL },
		  { "evt.abspath", "/host/zz" });
	kit.ev.files[0].type = FILE_REGULAR;
	KIT_CHECK(&kit, { "fs.path.name", "<UNKNOWN>zz" }, { "evt.abspath", "/host/zz" });
	kit.ev.nfiles = 0;
	KIT_CHECK(&kit, { "fs.path.name", "<UNKNOWN>zz" }, { "evt.abspath", "<UNKNOWN>/zz" });
	kit.ev.params[1].i = -100;
	KIT_CHECK(&kit, { "fs.path.name", "/srv/zz" }, { "evt.abspath", "/srv/zz" });
	kit.ev.params[0].i = -2;
	KIT_CHECK(&kit, { "fs.path.name", NULL }, { "fs.path.nameraw", NULL },
		  { "evt.abspath", "/srv/zz" });
}

Test(field_event, fs_path_of_an_open_is_the_name_of_what_was_opened)
{
	kit_family(&kit, EVENT_SYSCALL_OPENAT_2_X);
	kit_int(&kit, 3);
	kit_int(&kit, 4);
	kit_str(&kit, "lib");
	kit_own_file(&kit, 3, FILE_REGULAR, "/usr/lib");
	KIT_CHECK(&kit, { "fs.path.name", "/usr/lib" }, { "fs.path.nameraw", "lib" });
	kit.ev.params[2].s = span_str("/usr/../etc");
	KIT_CHECK(&kit, { "fs.path.name", "/etc" });
	kit.ev.params[0].i = -2;
	KIT_CHECK(&kit, { "fs.path.name", "/etc" });
	kit.ev.fd_file = -1;
	kit.ev.params[2].s = span_str("lib");
	KIT_CHECK(&kit, { "fs.path.name", "<UNKNOWN>" });
	kit.ev.params[0].i = -1;
	KIT_CHECK(&kit, { "fs.path.name", NULL });
}

Test(field_event, calls_with_two_paths_have_a_source_and_a_target)
{
	kit_family(&kit, EVENT_SYSCALL_RENAMEAT2_X);
	kit_int(&kit, 0);
	kit_int(&kit, -100);
	kit_str(&kit, "a");
	kit_int(&kit, -100);
	kit_str(&kit, "/b/./c");
	KIT_CHECK(&kit, { "fs.path.source", "/srv/a" }, { "fs.path.sourceraw", "a" },
		  { "fs.path.target", "/b/c" }, { "fs.path.targetraw", "/b/./c" },
		  { "fs.path.name", NULL }, { "evt.abspath", "/srv/a" },
		  { "evt.abspath.src", "/srv/a" }, { "evt.abspath.dst", "/b/c" });
	kit_family(&kit, EVENT_SYSCALL_LINK_2_X);
	kit_int(&kit, 0);
	kit_str(&kit, "/old");
	kit_str(&kit, "new");
	KIT_CHECK(&kit, { "fs.path.source", "/srv/new" }, { "fs.path.target", "/old" },
		  { "evt.abspath", NULL });
	kit_family(&kit, EVENT_SYSCALL_SYMLINKAT_X);
	kit_int(&kit, 0);
	kit_str(&kit, "to");
	kit_int(&kit, -100);
	kit_str(&kit, "ln");
	KIT_CHECK(&kit, { "fs.path.source", "/srv/ln" }, { "fs.path.target", "<UNKNOWN>to" },
		  { "evt.abspath", "/srv/ln" }, { "evt.abspath.src", "/srv/ln" },
		  { "evt.abspath.dst", "/srv/ln" });
	kit_family(&kit, EVENT_SYSCALL_MOUNT_X);
	kit_int(&kit, 0);
	kit_str(&kit, "/dev/vda");
	kit_str(&kit, "/mnt");
	KIT_CHECK(&kit, { "fs.path.source", "/dev/vda" }, { "fs.path.target", "/mnt" });
	kit_family(&kit, EVENT_SYSCALL_FCHMOD_X);
	kit_int(&kit, 0);
	kit_int(&kit, 3);
	kit_own_file(&kit, 3, FILE_REGULAR, "/x/y");
	KIT_CHECK(&kit, { "fs.path.name", "/x/y" });
}

Test(field_event, abspath_puts_a_slash_behind_each_directory_and_the_root)
{
	kit_family(&kit, EVENT_SYSCALL_MKDIRAT_X);
	kit_int(&kit, 0);
	kit_int(&kit, 4);
	kit_str(&kit, "foo");
	KIT_CHECK(&kit, { "evt.abspath", "<UNKNOWN>/foo" });
	kit_file(&kit, 4, FILE_DIRECTORY, "/");
	KIT_CHECK(&kit, { "evt.abspath", "//foo" }, { "fs.path.name", "/foo" },
		  { "evt.arg.path", "/foo" });
	kit.ev.files[0].name = span_str("/etc");
	KIT_CHECK(&kit, { "evt.abspath", "/etc/foo" });
	kit.ev.params[1].i = -100;
	KIT_CHECK(&kit, { "evt.abspath", "/srv/foo" });
	kit.ev.params[2].s = span_str("/foo");
	KIT_CHECK(&kit, { "evt.abspath", "/foo" });
}

Test(field_event, abspath_of_calls_with_one_path_is_the_same_on_either_side)
{
	static const uint16_t codes[] = {
		EVENT_SYSCALL_OPENAT_2_X, EVENT_SYSCALL_OPENAT2_X,  EVENT_SYSCALL_UNLINKAT_2_X,
		EVENT_SYSCALL_MKDIRAT_X,  EVENT_SYSCALL_FCHMODAT_X, EVENT_SYSCALL_FCHOWNAT_X,
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		kit_family(&kit, codes[i]);
		kit_int(&kit, 0);
		kit_int(&kit, -100);
		kit_str(&kit, "foo");
		KIT_CHECK(&kit, { "evt.abspath", "/srv/foo" }, { "evt.abspath.src", "/srv/foo" },
			  { "evt.abspath.dst", "/srv/foo" });
	}
}

Test(field_event, abspath_of_a_handle_needs_the_file_open)
{
	kit_family(&kit, EVENT_SYSCALL_OPEN_BY_HANDLE_AT_X);
	kit_int(&kit, 4);
	kit_int(&kit, 3);
	kit_int(&kit, 3);
	kit_str(&kit, "/tmp/x");
	KIT_CHECK(&kit, { "evt.abspath", "/tmp/x" }, { "evt.abspath.dst", "/tmp/x" });
	kit.ev.params[0].i = -1;
	KIT_CHECK(&kit, { "evt.abspath", NULL }, { "evt.abspath.dst", NULL });
	kit.ev.params[0].i = 0;
	KIT_CHECK(&kit, { "evt.abspath", NULL });
}

Test(field_event, a_full_arena_cuts_and_never_overruns)
{
	kit_family(&kit, EVENT_SYSCALL_CLOSE_X);
	for (size_t cap = 0; cap < 64; cap++) {
		for (unsigned id = FIELD_NONE + 1; id < FIELD_COUNT; id++) {
			struct field_ref ref = { .id = id, .type = field_info(id)->type };
			struct alert_value v;

			memset(kit.block + cap, 0x5a, 64);
			arena_init(&kit.arena, kit.block, cap);
			field_text(&ref, &kit.e);
			field_alert_value(&ref, &kit.e, &v);
			for (unsigned i = 0; i < 64; i++)
				cr_assert(eq(u8, kit.block[cap + i], 0x5a), "%s",
					  field_info(id)->name);
		}
	}
	arena_init(&kit.arena, kit.block, 28);
	struct field_ref cmdline = kit_ref("proc.cmdline");
	struct span s = field_text(&cmdline, &kit.e);

	cr_assert(span_is(s, "ssh -o BatchMode=yes 127...."));
}
