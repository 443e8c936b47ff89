/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_samples.c -- the rows of wire_samples.h.  The numbers in the samples are
 * all different, so that two elements that change places are seen.
 */
#include "support/wire_samples.h"

#define S(text) span_of(text, sizeof(text) - 1)

#define WRAP(member)                                                                               \
	static ssize_t encode_##member(uint8_t *buf, size_t cap, const union any_frame *f)         \
	{                                                                                          \
		return wire_encode_##member(buf, cap, &f->member);                                 \
	}                                                                                          \
	static int decode_##member(struct span payload, union any_frame *ret)                      \
	{                                                                                          \
		return wire_decode_##member(payload, &ret->member);                                \
	}

#define WRAP_BOUND(member)                                                                         \
	WRAP(member)                                                                               \
	static size_t bound_##member(const union any_frame *f)                                     \
	{                                                                                          \
		return wire_##member##_bound(&f->member);                                          \
	}

WRAP_BOUND(raw_event)
WRAP_BOUND(task)
WRAP_BOUND(task_file)
WRAP_BOUND(process)
WRAP_BOUND(event)
WRAP_BOUND(host)
WRAP_BOUND(user)
WRAP_BOUND(group)
WRAP_BOUND(container)
WRAP_BOUND(pod)
WRAP_BOUND(address)
WRAP_BOUND(alert)
WRAP_BOUND(capture)
WRAP(process_gone)
WRAP(task_read)
WRAP(gap)

static size_t bound_process_gone(const union any_frame *f)
{
	(void)f;
	return WIRE_PROCESS_GONE_BOUND;
}

static size_t bound_task_read(const union any_frame *f)
{
	(void)f;
	return WIRE_TASK_READ_BOUND;
}

static size_t bound_gap(const union any_frame *f)
{
	return wire_gap_bound(&f->gap);
}

static ssize_t encode_container_gone(uint8_t *buf, size_t cap, const union any_frame *f)
{
	return wire_encode_container_gone(buf, cap, f->container_gone);
}

static int decode_container_gone(struct span payload, union any_frame *ret)
{
	return wire_decode_container_gone(payload, &ret->container_gone);
}

static size_t bound_container_gone(const union any_frame *f)
{
	return f->container_gone.n + 8;
}

static ssize_t encode_pod_gone(uint8_t *buf, size_t cap, const union any_frame *f)
{
	return wire_encode_pod_gone(buf, cap, f->pod_gone);
}

static int decode_pod_gone(struct span payload, union any_frame *ret)
{
	return wire_decode_pod_gone(payload, &ret->pod_gone);
}

static size_t bound_pod_gone(const union any_frame *f)
{
	return f->pod_gone.n + 8;
}

static ssize_t encode_empty(uint8_t *buf, size_t cap, const union any_frame *f)
{
	(void)f;
	return wire_encode_empty(buf, cap);
}

static int decode_empty(struct span payload, union any_frame *ret)
{
	(void)ret;
	return wire_decode_empty(payload);
}

static size_t bound_empty(const union any_frame *f)
{
	(void)f;
	return WIRE_EMPTY_BOUND;
}

/* ---- samples ---- */

static struct param int_param(int64_t i)
{
	return (struct param){ .kind = PARAM_INT, .i = i };
}

static struct param bytes_param(struct span s)
{
	return (struct param){ .kind = PARAM_BYTES, .s = s };
}

static void openat_params(uint8_t *ret_n, struct param *params)
{
	params[0] = int_param(3);
	params[1] = int_param(-100);
	params[2] = bytes_param(S("/etc/shadow"));
	params[3] = int_param(4097);
	params[4] = int_param(0);
	params[5] = int_param(0x800001);
	params[6] = int_param(1234567);
	*ret_n = 7;
}

void wire_sample_openat(struct raw_event *ev)
{
	*ev = (struct raw_event){
		.code = EVENT_SYSCALL_OPENAT_2_X,
		.cpu = 5,
		.flags = EVENT_TRUNCATED,
		.ts_ns = UINT64_C(1700000000123456789),
		.num = 70000,
		.tid = 4243,
		.pid = 4242,
		.has_kernel = true,
		.start_ns = 998877665544,
		.cgroup_id = 3141,
		.uid = 1000,
		.gid = 1001,
		.has_file = true,
		.file = {
			.fd = 3,
			.mode = 0100640,
			.dev = 0x800001,
			.ino = 1234567,
			.mnt_id = 29,
			.path = S("/etc/shadow"),
			.nlink = 2,
		},
	};
	openat_params(&ev->nparams, ev->params);
}

static void fill_raw_event(union any_frame *f)
{
	wire_sample_openat(&f->raw_event);
}

/* A capture's event: nothing of the kernel, an empty parameter, negative and
 * huge numbers, a socket. */
static void fill_raw_connect(union any_frame *f)
{
	f->raw_event = (struct raw_event){
		.code = EVENT_SOCKET_CONNECT_X,
		.ts_ns = 1,
		.num = 2,
		.tid = 3,
		.pid = -1,
		.nparams = 5,
		.params = {
			int_param(-115),
			bytes_param(S("\x02\x7f\0\0\x01\x1f\x90\x7f\0\0\x01\0\x35")),
			int_param(-9),
			{ .kind = PARAM_EMPTY },
			int_param(-1), /* beyond the table: not signed */
		},
	};
}

static void fill_process_info(struct process_info *info)
{
	int64_t i = 100;

	memset(info, 0, sizeof(*info));
#define PROC_I64(member, text)	 info->member = i++;
#define PROC_U64(member, text)	 info->member = (uint64_t)i++;
#define PROC_BYTES(member, text) info->member = span_str(#member);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	info->ptid = -1;
	info->args = S("a\0b\0");
	info->container_id = SPAN_NONE;
	info->cap_effective = UINT64_MAX;
}

static void fill_task(union any_frame *f)
{
	f->task.start_ns = 11;
	f->task.cgroup_id = 12;
	fill_process_info(&f->task.info);
}

static const struct file_info shadow = {
	.fd = 3,
	.type = FILE_REGULAR_V2,
	.flags = FILE_NAME_CHANGED | FILE_CLOEXEC,
	.open_flags = 4097,
	.dev = 0x800001,
	.ino = 1234567,
	.name = { (const uint8_t *)"/etc/shadow", 11 },
	.name_raw = { (const uint8_t *)"shadow", 6 },
	.mnt_id = 29,
};

static const struct file_info socket_file = {
	.fd = 7,
	.type = FILE_IPV4,
	.l4proto = L4_TCP,
	.flags = FILE_CONNECTED | FILE_SIP_LOCAL,
	.name = { (const uint8_t *)"10.0.0.1:5000->1.1.1.1:443", 26 },
	.sip = { 10, 0, 0, 1 },
	.dip = { 1, 1, 1, 1 },
	.sport = 5000,
	.dport = 443,
	.source = 0xffff888000000000,
	.dest = 17,
};

static void fill_task_file(union any_frame *f)
{
	f->task_file.tid = 4243;
	f->task_file.file = socket_file;
}

static void fill_process(union any_frame *f)
{
	memset(&f->process, 0, sizeof(f->process));
	f->process.key = 9;
	f->process.version = 2;
	f->process.base = 8;
	f->process.mask = PROCESS_BIT(ptid) | PROCESS_BIT(comm) | PROCESS_BIT(cap_effective);
	f->process.info.ptid = -1;
	f->process.info.comm = S("cat");
	f->process.info.cap_effective = 4096;
}

static void fill_process_gone(union any_frame *f)
{
	f->process_gone.key = 300;
}

static void fill_event(union any_frame *f)
{
	static uint8_t extra[256];
	struct wire_extra x;

	f->event = (struct event_frame){
		.code = EVENT_SYSCALL_OPENAT_2_X,
		.cpu = 1,
		.flags = EVENT_COMPAT32,
		.ts_ns = UINT64_C(1700000000123456789),
		.num = 70000,
		.origin_generation = 5000000000,
		.origin_seq = 65536,
		.process = 9,
		.version = 2,
		.tid = 4243,
		.fd = 3,
		.fd_file = 0,
		.nfiles = 2,
		.files = { shadow, socket_file },
	};
	wire_extra_begin(&x, extra, sizeof(extra));
	wire_extra_put_fd_count(&x, 19);
	wire_extra_put_threads(&x, 4, 3);
	f->event.extra = wire_extra_end(&x);
	openat_params(&f->event.nparams, f->event.params);
}

static void fill_event_bare(union any_frame *f)
{
	f->event = (struct event_frame){ .code = 1, .tid = -1, .fd = FD_NONE, .fd_file = -1 };
}

static void fill_task_read(union any_frame *f)
{
	f->task_read = (struct task_read_frame){ 4243, -2, true };
}

static void fill_gap(union any_frame *f)
{
	f->gap = (struct gap_frame){ .cause = GAP_RESTART,
				     .from_ns = 1000,
				     .to_ns = 70000,
				     .count = 3,
				     .events = 200,
				     .ntypes = 2,
				     .ncpus = 1,
				     .types = { { 307, 2 }, { GAP_OTHERS, 1 } },
				     .cpus = { { 1, 3 } },
				     .doubt = true };
}

static void fill_host(union any_frame *f)
{
	f->host = (struct host_frame){
		.hostname = S("perch"),
		.boot_ts_ns = 1700000000000000000,
		.memory_bytes = 8589934592,
		.num_cpus = 2,
		.naddrs = 2,
		.first_event_ns = 1700000000000000001,
		.addrs = {
			{ false, { 10, 0, 0, 1 }, { 255, 0, 0, 0 }, S("eth0") },
			{ true, "AAAABBBBCCCCDDD", "aaaabbbbccccddd", S("lo") },
		},
	};
	f->host.addrs[1].addr[15] = 'D';
	f->host.addrs[1].mask[15] = 'd';
}

static void fill_user(union any_frame *f)
{
	f->user = (struct user_frame){ SPAN_NONE,      1000,	       1001, S("ann"),
				       S("/home/ann"), S("/bin/bash"), false };
}

static void fill_group(union any_frame *f)
{
	f->group = (struct group_frame){ S("0123456789ab"), 7, S("lp"), true };
}

static void fill_container(union any_frame *f)
{
	f->container = (struct container_frame){ S("0123456789ab"), S("0123456789abcdef"), 7, true,
						 S("{}"),	    CONTAINER_AWAITED };
}

static void fill_container_gone(union any_frame *f)
{
	f->container_gone = S("0123456789ab");
}

static void fill_pod(union any_frame *f)
{
	f->pod = (struct pod_frame){ S("4348581d-93ad-4c9c-93fd-c71bd2cb4d20"),
				     S("{\"name\":\"web\"}"), CONTAINER_UNANSWERED };
}

static void fill_pod_gone(union any_frame *f)
{
	f->pod_gone = S("4348581d-93ad-4c9c-93fd-c71bd2cb4d20");
}

static void fill_address(union any_frame *f)
{
	f->address = (struct address_frame){ S("\x0a\x60\x01\x02"), 2, { S("a.example"), S("b") } };
}

static void fill_empty(union any_frame *f)
{
	memset(f, 0, sizeof(f->gap));
}

static void fill_alert(union any_frame *f)
{
	f->alert = (struct alert_frame){
		.origin_generation = 5000000000,
		.origin_seq = 65536,
		.rule_index = 12,
		.priority = 4,
		.ts_ns = UINT64_C(1700000000123456789),
		.rule = S("Read sensitive file"),
		.source = S("syscall"),
		.message = S("file=/etc/shadow"),
		.ntags = 2,
		.nfields = 7,
		.tags = { S("host"), S("T1555") },
		.fields = {
			{ S("fd.name"), { .kind = ALERT_STRING, .s = S("/etc/shadow") } },
			{ S("proc.pid"), { .kind = ALERT_UINT, .u = 4242 } },
			{ S("evt.rawres"), { .kind = ALERT_INT, .i = -2 } },
			{ S("evt.failed"), { .kind = ALERT_BOOL, .b = true } },
			{ S("container.id"), { .kind = ALERT_NULL } },
			{ S("x"), { .kind = ALERT_DOUBLE, .d = 0.5 } },
			{ S("fd.types"), { .kind = ALERT_LIST, .s = S("\x92\xc4\x01y\x05") } },
		},
		.ruleset = S("0123456789abcdef0123456789abcdef"),
	};
}

static void fill_alert_lineage(union any_frame *f)
{
	f->alert = (struct alert_frame){
		.rule = S("r"),
		.nlineage = 2,
		.lineage = {
			{ 4242, 33, S("cat"), S("/usr/bin/cat"), S("cat /etc/shadow") },
			{ 1, 0, S("systemd"), S(""), S("systemd") },
		},
		.nplace = 1,
		.place = { { S("container.id"), { .kind = ALERT_STRING, .s = S("host") } } },
	};
}

static void fill_capture(union any_frame *f)
{
	f->capture = (struct capture_frame){ UINT64_C(1700000000123456789), 70000, 4243,
					     UINT64_C(5000000000), S("Read sensitive file") };
}

#define ROW(name, type, member, fill, seen)                                                        \
	{                                                                                          \
		name, FRAME_##type, encode_##member, decode_##member, bound_##member, fill, seen   \
	}

#define PROCESS_SEEN                                                                               \
	"[100, 101, -1, 103, 104, 105, 106, 107, \"comm\", \"exe\", \"exepath\", \"a\\x00b\\x00\"" \
	", \"env\", \"cwd\", \"root\", \"cgroups\", nil, 108, 109, 110, 111, 112, 113, 114, 115, " \
	"116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 18446744073709551615, 129]"
#define SHADOW_SEEN "[3, 1, 72, 4097, 8388609, 1234567, \"/etc/shadow\", \"shadow\", 29, nil]"
#define SOCKET_SEEN                                                                                \
	"[7, 3, 260, 0, 0, 0, \"10.0.0.1:5000->1.1.1.1:443\", nil, 0, nil, 2, "                    \
	"\"\\x0a\\x00\\x00\\x01\", \"\\x01\\x01\\x01\\x01\", 5000, 443, 18446612682070032384, 17]"
#define OPENAT_SEEN "[3, -100, \"/etc/shadow\", 4097, 0, 8388609, 1234567]"

const struct wire_sample wire_samples[] = {
	ROW("raw event with all parts", RAW_EVENT, raw_event, fill_raw_event,
	    "[307, 5, 2, 1700000000123456789, 70000, 4243, 4242, [998877665544, 3141, 1000, 1001, "
	    "[3, 33184, 8388609, 1234567, 29, \"/etc/shadow\", nil, 0, 0, 2, 0]], " OPENAT_SEEN
	    "]"),
	ROW("raw event of a capture", RAW_EVENT, raw_event, fill_raw_connect,
	    "[23, 0, 0, 1, 2, 3, -1, nil, [-115, "
	    "\"\\x02\\x7f\\x00\\x00\\x01\\x1f\\x90\\x7f\\x00\\x00\\x01\\x005\", -9, nil, "
	    "18446744073709551615]]"),
	ROW("task", TASK, task, fill_task, "[11, 12, " PROCESS_SEEN "]"),
	ROW("task file", TASK_FILE, task_file, fill_task_file, "[4243, " SOCKET_SEEN "]"),
	ROW("task read", TASK_READ, task_read, fill_task_read, "[4243, -2, true]"),
	ROW("snapshot begin", SNAPSHOT_BEGIN, empty, fill_empty, "[]"),
	ROW("snapshot end", SNAPSHOT_END, empty, fill_empty, "[]"),
	ROW("gap", GAP, gap, fill_gap,
	    "[3, 1000, 70000, 3, 200, [307, 2, 65535, 1], [1, 3], true]"),
	ROW("host", HOST, host, fill_host,
	    "[\"perch\", 1700000000000000000, 8589934592, 2, [[\"eth0\", \"\\x0a\\x00\\x00\\x01\", "
	    "\"\\xff\\x00\\x00\\x00\"], [\"lo\", \"AAAABBBBCCCCDDDD\", \"aaaabbbbccccdddd\"]], 1700000000000000001]"),
	ROW("user", USER, user, fill_user,
	    "[nil, 1000, 1001, \"ann\", \"/home/ann\", \"/bin/bash\", false]"),
	ROW("group", GROUP, group, fill_group, "[\"0123456789ab\", 7, \"lp\", true]"),
	ROW("process", PROCESS, process, fill_process,
	    "[9, 2, 8, 137438953732, [-1, \"cat\", 4096]]"),
	ROW("process gone", PROCESS_GONE, process_gone, fill_process_gone, "[300]"),
	ROW("container", CONTAINER, container, fill_container,
	    "[\"0123456789ab\", \"0123456789abcdef\", 7, true, \"{}\", 1]"),
	ROW("container gone", CONTAINER_GONE, container_gone, fill_container_gone,
	    "[\"0123456789ab\"]"),
	ROW("pod", POD, pod, fill_pod,
	    "[\"4348581d-93ad-4c9c-93fd-c71bd2cb4d20\", \"{\\\"name\\\":\\\"web\\\"}\", 2]"),
	ROW("pod gone", POD_GONE, pod_gone, fill_pod_gone,
	    "[\"4348581d-93ad-4c9c-93fd-c71bd2cb4d20\"]"),
	ROW("address", ADDRESS, address, fill_address,
	    "[\"\\x0a`\\x01\\x02\", [\"a.example\", \"b\"]]"),
	ROW("event with all parts", EVENT, event, fill_event,
	    "[307, 1, 4, 1700000000123456789, 70000, 5000000000, 65536, 9, 2, 4243, 3, 0, "
	    "[" SHADOW_SEEN ", " SOCKET_SEEN "], {0=>19, 4=>[4, 3]}, " OPENAT_SEEN "]"),
	ROW("event with none", EVENT, event, fill_event_bare,
	    "[1, 0, 0, 0, 0, 0, 0, 0, 0, -1, nil, -1, [], nil, []]"),
	ROW("alert", ALERT, alert, fill_alert,
	    "[5000000000, 65536, 12, 4, 1700000000123456789, \"Read sensitive file\", \"syscall\", "
	    "\"file=/etc/shadow\", [\"host\", \"T1555\"], [[\"fd.name\", \"/etc/shadow\"], "
	    "[\"proc.pid\", 4242], [\"evt.rawres\", -2], [\"evt.failed\", true], "
	    "[\"container.id\", nil], [\"x\", 0.500000], [\"fd.types\", [\"y\", 5]]], "
	    "\"0123456789abcdef0123456789abcdef\", nil, nil]"),
	ROW("alert with processes", ALERT, alert, fill_alert_lineage,
	    "[0, 0, 0, 0, 0, \"r\", nil, nil, [], [], nil, "
	    "[[4242, 33, \"cat\", \"/usr/bin/cat\", \"cat /etc/shadow\"], "
	    "[1, 0, \"systemd\", nil, \"systemd\"]], [[\"container.id\", \"host\"]]]"),
	ROW("capture", CAPTURE, capture, fill_capture,
	    "[1700000000123456789, 70000, 4243, 5000000000, \"Read sensitive file\"]"),
	ROW("end", END, empty, fill_empty, "[]"),
};
const unsigned wire_sample_count = ARRAY_LEN(wire_samples);
