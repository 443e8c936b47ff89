/* SPDX-License-Identifier: Apache-2.0
 *
 * Outputs: text with fields in it, filled in as text and as typed values.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "output.h"
#include "support/field_kit.h"

static struct kit kit;

static void cat(void)
{
	kit_begin(&kit, EVENT_SYSCALL_OPENAT_2_X);
	kit_process(&kit, 1,
		    (struct process_info){ .tid = 100,
					   .pid = 100,
					   .ptid = 1,
					   .comm = span_str("cat"),
					   .args = span_of("/etc/shadow", 12),
					   .cwd = span_str("/root/"),
					   .loginuid = UINT32_MAX });
	kit_is(&kit, 1);
	kit_int(&kit, 3);
	kit_int(&kit, -100);
	kit_str(&kit, "/etc/shadow");
	kit_int(&kit, 1);
	kit_own_file(&kit, 3, FILE_REGULAR, "/etc/shadow")->dev = 0xfe00;
}

static struct output *parsed(const char *text)
{
	struct output *o;
	struct diag diag = { 0 };

	cr_assert(output_parse(span_str(text), &o, &diag) == 0, "%s: %s", text, diag.message);
	return o;
}

static void message_is(const char *text, const char *message)
{
	struct output *o = parsed(text);
	struct span s;

	arena_clear(&kit.arena);
	s = output_message(o, &kit.e);
	cr_assert(span_is(s, message), "'%s' is '%.*s', not '%s'", text, (int)s.n,
		  (const char *)s.p, message);
	output_free(o);
}

Test(output, fields_are_filled_in)
{
	cat();
	message_is("", "");
	message_is("plain text, 100", "plain text, 100");
	message_is("%proc.name", "cat");
	message_is("file=%fd.name by %proc.name (%proc.cmdline)",
		   "file=/etc/shadow by cat (cat /etc/shadow)");
	message_is("*%proc.name", "cat");
	message_is("%proc.aname[2]|%proc.args[0]|%proc.env[X]|", "<NA>|/etc/shadow||");
	message_is("%evt.arg.name %evt.arg[0] %evt.args",
		   "/etc/shadow <f>/etc/shadow fd=3(<f>/etc/shadow) dirfd=-100(AT_FDCWD) "
		   "name=/etc/shadow flags=1(O_RDONLY)");
	message_is("%proc.name%proc.pid", "cat100");
	message_is("%evt.time.iso8601", "2026-11-23T19:35:19.444612290+0000");
}

Test(output, a_field_is_the_longest_name_that_reads)
{
	cat();
	message_is("%proc.namefoo", "catfoo");
	message_is("%proc.name.", "cat.");
	message_is("%proc.name...", "cat...");
	message_is("%proc.name[0]", "cat[0]");
	message_is("(%proc.name)", "(cat)");
	message_is("%evt.time.st", "19:35:19t");
	message_is("%fd.name_changed", "true");
	message_is("%fd.name_chang", "/etc/shadow_chang");
	message_is("%proc.aname[0", "<NA>[0");
}

Test(output, a_width_pads_and_cuts)
{
	cat();
	message_is("%5proc.name|", "cat  |");
	message_is("%2proc.name|", "ca|");
	message_is("%3proc.name|", "cat|");
	message_is("%1proc.sname|", " |");
}

Test(output, transformers_change_the_text_and_not_the_field)
{
	static struct alert_frame alert;
	struct output *o = parsed("%toupper(proc.name) %len(proc.name)");

	cat();
	message_is("%toupper(proc.name)!", "CAT!");
	message_is("%tolower( toupper(basename(fd.name)) )x", "shadowx");
	message_is("%len(fd.name)", "11");
	message_is("%5toupper(proc.name)|", "CAT  |");
	message_is("%toupper(proc.pname)", "<NA>");
	message_is("%tolower(tolower(tolower(tolower(toupper(proc.name)))))", "cat");
	message_is("%join(\"->\", (proc.name, fd.name, proc.pid)).", "cat->/etc/shadow->100.");
	message_is("%concat(proc.name, \"=\", toupper(proc.args[0]))", "cat=/ETC/SHADOW");
	message_is("%7concat(proc.name, proc.name)|", "catcat |");
	message_is("%concat(proc.name, proc.pname)", "<NA>");
	message_is("%concat(proc.name, proc.env[\"X\"])", "cat");
	alert.nfields = 0;
	output_alert_fields(o, &kit.e, &alert);
	cr_assert(eq(u16, alert.nfields, 1));
	cr_assert(span_is(alert.fields[0].name, "proc.name"));
	cr_assert(span_is(alert.fields[0].value.s, "cat"));
	output_free(o);
	o = parsed("%join(\"-\", (proc.pid, basename(fd.name))) %proc.name");
	alert.nfields = 0;
	output_alert_fields(o, &kit.e, &alert);
	cr_assert(eq(u16, alert.nfields, 3));
	cr_assert(span_is(alert.fields[0].name, "proc.pid"));
	cr_assert(span_is(alert.fields[1].name, "fd.name"));
	output_free(o);
}

Test(output, transformers_see_what_an_output_shows)
{
	kit_begin(&kit, EVENT_SOCKET_SENDTO_X);
	kit_int(&kit, 5);
	kit_bytes(&kit, "\0\1ab\377", 5);
	kit.context.buffer_base64 = true;
	message_is("%evt.arg.data %toupper(evt.arg.data)", "AAFhYv8= AAFHYV8=");
	kit.context.buffer_base64 = false;
	message_is("%evt.arg.data %toupper(evt.arg.data)", "..ab. ..AB.");
}

Test(output, what_is_no_field_is_an_error_with_its_place)
{
	static const struct {
		const char *text;
		int err;
		uint32_t column;
		const char *message;
	} cases[] = {
		{ "a %", -EINVAL, 3, "a % must be followed by a field" },
		{ "a %10", -EINVAL, 3, NULL },
		{ "100% sure", -ENOENT, 4, NULL },
		{ "%%proc.name", -ENOENT, 1, NULL },
		{ "x %proc.nme y", -ENOENT, 3,
		  "filter_check called with nonexistent field proc.nme, did you mean "
		  "'proc.name'?" },
		{ "by %proc.nmae.", -ENOENT, 4,
		  "filter_check called with nonexistent field proc.nmae., did you mean "
		  "'proc.name'?" },
		{ "%proc.anmae[1]", -ENOENT, 1,
		  "filter_check called with nonexistent field proc.anmae[1], did you mean "
		  "'proc.aname'?" },
		{ "%toupper(proc.nmae)", -ENOENT, 1,
		  "filter_check called with nonexistent field proc.nmae, did you mean "
		  "'proc.name'?" },
		{ "%foo", -ENOENT, 1, "filter_check called with nonexistent field foo" },
		{ "%proc.name %fd.ip", -ENOENT, 12,
		  "fd.ip is filter only and cannot be used as a display field" },
		{ "%evt.arg", -ENOENT, 1, "field 'evt.arg' needs an argument" },
		{ "%nosuch[1]", -ENOENT, 1,
		  "filter_check called with nonexistent field nosuch[1]" },
		{ "%99999proc.name", -EINVAL, 1, NULL },
		{ "%toupper(proc.name", -ENOENT, 1, NULL },
		{ "%toupper(proc.pid)", -ENOENT, 1, NULL },
		{ "%toupper(proc.aname)", -ENOENT, 1,
		  "field 'proc.aname' does not support transformers" },
		{ "%toupper(", -ENOENT, 1, NULL },
		{ "%join(proc.name)", -ENOENT, 1, NULL },
		{ "%concat(proc.name)", -ENOENT, 1, NULL },
		{ "%join(\"-\", (proc.name, fd.types))", -ENOENT, 1, NULL },
		{ "%join(\"-\", (fd.ip, proc.name))", -ENOENT, 1,
		  "fd.ip is filter only and cannot be used as a display field" },
		{ "%nosuch(proc.name)", -ENOENT, 1, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct output *o = NULL;
		struct diag diag = { 0 };

		cr_assert(eq(int, output_parse(span_str(cases[i].text), &o, &diag), cases[i].err),
			  "%s", cases[i].text);
		cr_assert_null(o);
		cr_assert(eq(u32, diag.column, cases[i].column), "%s", cases[i].text);
		if (cases[i].message != NULL)
			cr_assert_str_eq(diag.message, cases[i].message);
	}
	output_free(NULL);
}

Test(output, it_keeps_a_copy_of_the_text_and_knows_its_fields)
{
	char text[] = "%proc.name x %fd.name %proc.name";
	struct output *o = parsed(text);
	const struct field_ref *refs;

	memset(text, '#', sizeof(text) - 1);
	cr_assert(eq(uint, output_fields(o, &refs), 3));
	cr_assert(span_is(refs[0].text, "proc.name"));
	cr_assert(eq(uint, refs[1].id, FIELD_fd_name));
	output_free(o);
}

static const struct alert_value *field_named(const struct alert_frame *a, const char *name)
{
	for (unsigned i = 0; i < a->nfields; i++)
		if (span_is(a->fields[i].name, name))
			return &a->fields[i].value;
	return NULL;
}

Test(output, fields_that_are_added_are_in_the_alert_and_not_in_the_text)
{
	static struct alert_frame alert;
	struct output *o = parsed("%proc.name by %proc.pid");
	const struct field_ref *refs;
	struct diag diag;

	cat();
	cr_assert(eq(int, output_add_text(o, "who", "%proc.name/%fd.name", &diag), 0));
	cr_assert(eq(int, output_add_field(o, "fd.num", &diag), 0));
	cr_assert(eq(int, output_add_text(o, "proc.name", "replaced", &diag), 0));
	cr_assert(eq(uint, output_fields(o, &refs), 5));
	arena_clear(&kit.arena);
	cr_assert(span_is(output_message(o, &kit.e), "cat by 100"));
	alert.nfields = 0;
	output_alert_fields(o, &kit.e, &alert);
	cr_assert(eq(u16, alert.nfields, 4));
	cr_assert(span_is(field_named(&alert, "who")->s, "cat//etc/shadow"));
	cr_assert(eq(i64, field_named(&alert, "fd.num")->i, 3));
	cr_assert(span_is(field_named(&alert, "proc.name")->s, "replaced"));
	output_free(o);
}

Test(output, what_is_no_field_cannot_be_added)
{
	static const char *const names[] = { "", "proc.nam", "proc.name x", "toupper(proc.name)" };
	struct output *o = parsed("x");

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		struct diag diag = { .message = "" };

		cr_assert(eq(int, output_add_field(o, names[i], &diag) < 0, 1), "%s", names[i]);
		cr_assert(ne(chr, diag.message[0], '\0'), "%s", names[i]);
	}
	output_free(o);
}

Test(output, alerts_carry_each_field_once_with_its_type)
{
	static struct alert_frame alert;
	struct output *o = parsed(
		"%proc.name %proc.pid %user.loginuid %evt.time %evt.time.iso8601 %fd.dev %fd.sip "
		"%proc.is_exe_writable %proc.fdusage %fd.types %proc.name %evt.rawtime.ns %evt.cpu "
		"%proc.aname[1] %5evt.num %evt.reltime %evt.type.is.307 %evt.res");
	const struct alert_value *v;

	cat();
	wire_extra_put_fd_types(&kit.x, 1 << FILE_REGULAR | 1 << FILE_FIFO);
	wire_extra_put_fd_count(&kit.x, 6);
	kit.ev.extra = wire_extra_end(&kit.x);
	alert = (struct alert_frame){ .nfields = 0 };
	output_alert_fields(o, &kit.e, &alert);
	cr_assert(eq(u16, alert.nfields, 17), "proc.name is there once");
	v = field_named(&alert, "proc.name");
	cr_assert(v->kind == ALERT_STRING && span_is(v->s, "cat"));
	v = field_named(&alert, "proc.pid");
	cr_assert(v->kind == ALERT_INT && v->i == 100);
	v = field_named(&alert, "user.loginuid");
	cr_assert(v->kind == ALERT_INT && v->i == -1);
	v = field_named(&alert, "evt.time");
	cr_assert(v->kind == ALERT_UINT && v->u == 1795462519444612290);
	v = field_named(&alert, "evt.time.iso8601");
	cr_assert(v->kind == ALERT_UINT && v->u == 1795462519444612290);
	v = field_named(&alert, "fd.dev");
	cr_assert(v->kind == ALERT_STRING && span_is(v->s, "FE00"));
	cr_assert(eq(u8, field_named(&alert, "fd.sip")->kind, ALERT_NULL));
	v = field_named(&alert, "proc.is_exe_writable");
	cr_assert(v->kind == ALERT_BOOL && !v->b);
	v = field_named(&alert, "proc.fdusage");
	cr_assert(v->kind == ALERT_DOUBLE && v->d == 0.0);
	v = field_named(&alert, "fd.types");
	cr_assert(eq(u8, v->kind, ALERT_LIST));
	cr_assert(eq(sz, v->s.n, 13));
	cr_assert_eq(memcmp(v->s.p, "\x92\xc4\4file\xc4\4pipe", 13), 0);
	v = field_named(&alert, "evt.rawtime.ns");
	cr_assert(v->kind == ALERT_UINT && v->u == 444612290);
	v = field_named(&alert, "evt.num");
	cr_assert(v->kind == ALERT_UINT && v->u == 600);
	v = field_named(&alert, "evt.type.is.307");
	cr_assert(v->kind == ALERT_UINT && v->u == 1);
	cr_assert(eq(u8, field_named(&alert, "proc.aname[1]")->kind, ALERT_NULL));
	cr_assert(lt(i64, 0, (int64_t)wire_encode_alert(kit.frame, sizeof(kit.frame), &alert)));
	output_free(o);
}

Test(output, an_alert_that_is_full_takes_no_more)
{
	static struct alert_frame alert;
	struct output *o = parsed("%proc.name");

	cat();
	alert = (struct alert_frame){ .nfields = ALERT_MAX_FIELDS };
	output_alert_fields(o, &kit.e, &alert);
	cr_assert(eq(u16, alert.nfields, ALERT_MAX_FIELDS));
	output_free(o);
}
