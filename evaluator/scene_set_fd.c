/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_set_fd.c -- what is said of the descriptor.
 */
#include <errno.h>

#include "scene_set.h"

/* ---- the descriptor ---- */

static void say_fd(struct said *x, uint32_t what)
{
	x->s->file_said |= what;
}

int said_set_fd_num(struct said *x)
{
	x->s->file.fd = x->number;
	say_fd(x, SAID_FD_NUM);
	return 0;
}

/* By its name, or by the letter; several names mean two types: the first counts. */
int said_set_fd_type(struct said *x)
{
	static const struct {
		const char *name;
		char letter;
		uint8_t type;
	} types[] = {
		{ "file", 'f', FILE_REGULAR },
		{ "directory", 'd', FILE_DIRECTORY },
		{ "ipv4", '4', FILE_IPV4 },
		{ "ipv6", '6', FILE_IPV6 },
		{ "pipe", 'p', FILE_FIFO },
		{ "unix", 'u', FILE_UNIX },
		{ "event", 'e', FILE_EVENT },
		{ "signalfd", 's', FILE_SIGNALFD },
		{ "eventpoll", 'l', FILE_EVENTPOLL },
		{ "inotify", 'i', FILE_INOTIFY },
		{ "timerfd", 't', FILE_TIMERFD },
		{ "netlink", 'n', FILE_NETLINK },
		{ "bpf", 'b', FILE_BPF },
		{ "userfaultfd", 0, FILE_USERFAULTFD },
		{ "io_uring", 'r', FILE_IO_URING },
		{ "memfd", 'm', FILE_MEMFD },
		{ "pidfd", 'P', FILE_PIDFD },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (x->row->what == 0 ? !span_is(x->text, types[i].name)
				      : x->text.n != 1 || x->text.p[0] != types[i].letter)
			continue;
		x->s->file.type = types[i].type;
		say_fd(x, SAID_FD_TYPE);
		return 0;
	}
	return said_refuse(x, x->row->what == 0
				      ? "takes file, directory, ipv4, ipv6, pipe, unix, ..."
				      : "takes f, d, 4, 6, p, u, ...");
}

int said_set_fd_name(struct said *x)
{
	if (x->value->null) {
		say_fd(x, SAID_FD_NONE);
		return 0;
	}
	x->s->file.name = x->text;
	say_fd(x, SAID_FD_NAME);
	return 0;
}

int said_set_fd_nameraw(struct said *x)
{
	x->s->file.name_raw = x->text;
	say_fd(x, SAID_FD_NAMERAW);
	return 0;
}

int said_set_fd_resolved(struct said *x)
{
	x->s->file.resolved = x->text;
	say_fd(x, SAID_FD_OTHER);
	return 0;
}

/* The two ends of a connection: source is the client.  WHAT tells which. */
static bool is_source(const struct said *x)
{
	switch (x->row->what) {
	case END_CLIENT:
		return true;
	case END_SERVER:
		return false;
	default:
		return (x->row->what == END_LOCAL) != scene_is_serving(x->s);
	}
}

/* Who speaks of local and remote knows which end is here, even in a container. */
static void say_near(struct said *x)
{
	if (x->row->what != END_LOCAL && x->row->what != END_REMOTE)
		return;
	x->s->file.flags |= scene_is_serving(x->s) ? FILE_DIP_LOCAL : FILE_SIP_LOCAL;
	x->s->flags_said |= FILE_DIP_LOCAL | FILE_SIP_LOCAL;
}

int said_set_address(struct said *x)
{
	struct file_info *f = &x->s->file;
	bool source = is_source(x);
	struct ip_addr ip;
	uint8_t type;

	if (!scene_ip(x->text, &ip))
		return said_refuse(x, "takes an IP address");
	type = ip.family == 4 ? FILE_IPV4 : FILE_IPV6;
	if ((x->s->file_said & SAID_FD_TYPE) != 0 && f->type != type &&
	    f->type != (ip.family == 4 ? FILE_IPV4_SERVER : FILE_IPV6_SERVER))
		return said_refuse(x, "is an address of another family than the descriptor");
	if ((x->s->file_said & SAID_FD_TYPE) == 0)
		f->type = type;
	say_fd(x, SAID_FD_TYPE | (source ? SAID_FD_SIP : SAID_FD_DIP));
	say_near(x);
	memcpy(source ? f->sip : f->dip, ip.addr, ip.family == 4 ? 4 : 16);
	return 0;
}

/* Of the address that is there in the end, said or not; who has a name is at an end of a connection. */
int said_set_host_name(struct said *x)
{
	struct scene *s = x->s;
	struct scene_names *names = is_source(x) ? &s->source_names : &s->dest_names;

	if (!is_host_name(x->text))
		return said_refuse(x, "takes the name of a host");
	if ((s->file_said & (SAID_FD_TYPE | SAID_FD_NAME)) == 0) {
		s->file.type = FILE_IPV4;
		say_fd(x, SAID_FD_TYPE);
	}
	say_near(x);
	if (names->n > 0 && span_eq(names->name[0], x->text))
		return 0;
	if (names->n == ARRAY_LEN(names->name))
		return said_refuse(x, "is of an end that has two names already");
	names->name[names->n++] = x->text;
	return 0;
}

int said_set_port(struct said *x)
{
	int64_t port;

	if (!scene_number(x->text, PT_PORT, &port))
		return said_refuse(x, "takes a port's number");
	if (is_source(x))
		x->s->file.sport = (uint16_t)port;
	else
		x->s->file.dport = (uint16_t)port;
	say_fd(x, is_source(x) ? SAID_FD_SPORT : SAID_FD_DPORT);
	say_near(x);
	return 0;
}

int said_set_l4(struct said *x)
{
	static const char *const names[] = {
		[L4_TCP] = "tcp", [L4_UDP] = "udp", [L4_ICMP] = "icmp", [L4_RAW] = "raw"
	};

	for (uint8_t l4 = L4_TCP; l4 < ARRAY_LEN(names); l4++)
		if (span_is(x->text, names[l4])) {
			x->s->file.l4proto = l4;
			say_fd(x, SAID_FD_L4);
			return 0;
		}
	return said_refuse(x, "takes tcp, udp, icmp or raw");
}

/* WHAT is a bit of the file's flags. */
int said_set_file_flag(struct said *x)
{
	x->s->file.flags &= (uint16_t)~x->row->what;
	if (x->number != 0)
		x->s->file.flags |= x->row->what;
	x->s->flags_said |= x->row->what;
	say_fd(x, SAID_FD_OTHER);
	return 0;
}

int said_set_device(struct said *x)
{
	struct file_info *f = &x->s->file;
	uint32_t n = (uint32_t)x->number;

	say_fd(x, SAID_FD_OTHER);
	switch (x->row->what) {
	case DEV_WHOLE:
		f->dev = n;
		return 0;
	case DEV_MAJOR:
		f->dev = (f->dev & ~0xfff00u) | (n & 0xfff) << 8;
		return 0;
	case DEV_MINOR:
		f->dev = (f->dev & 0xfff00) | (n & 0xff) | (n & 0xfff00) << 12;
		return 0;
	default:
		f->ino = (uint64_t)x->number;
		return 0;
	}
}
