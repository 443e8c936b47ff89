#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Streams are not told of when they are made, unless a rule may match then: what later events say of them is the
# same in every field, whatever becomes of them; and rules that look at sockets miss none.
. "$(dirname -- "$0")/../support/pipeline.sh"
. "$(dirname -- "$0")/../support/status.sh"
need_live
command -v python3 >/dev/null || skip_all "no python3"

cat >"$work/life.py" <<'END'
import os, socket, sys
mark, own = sys.argv[1], sys.argv[2]
STREAM = socket.SOCK_STREAM
def tcp(family=socket.AF_INET):
    s = socket.socket(family, STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0") # no port stays behind
    return s
def ends(at):
    try:
        at()
    except OSError:
        pass
if mark == "many":
    for _ in range(int(own)):
        socket.socket(socket.AF_INET, STREAM).close()
    sys.exit()
door = tcp()
door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
door.bind(("127.0.0.2", 0))
door.listen(3)
to = door.getsockname()
client = tcp()
client.connect(to)
server = door.accept()[0]
client.send(b"question")
server.recv(10)
server.sendmsg([b"answer"])
client.recv(10)
twin = os.dup(client.fileno())
os.dup2(client.fileno(), 77)
client.shutdown(socket.SHUT_RDWR)
server.close()
client.close()
late = tcp()                       # on a number that was another's
late.setblocking(False)
ends(lambda: late.connect(to))
server = door.accept()[0]
late.send(b"x")
late.close(), server.close(), door.close()
for family, address in ((socket.AF_INET, to), (socket.AF_INET6, ("::1", 1)), (socket.AF_UNIX, own + "/none")):
    s = tcp(family) if family != socket.AF_UNIX else socket.socket(family, STREAM)
    ends(lambda: s.connect(address))    # nobody is there
    s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
    os.dup2(s.fileno(), 78)
    s.close()
s = tcp(socket.AF_INET6)
s.bind(("::1", 0))
s.listen(1)
s.close()
s = tcp()
ends(lambda: s.send(b"to nobody"))
s.bind(("127.0.0.1", 0))
s.close()
door = socket.socket(socket.AF_UNIX, STREAM)
door.bind(own + "/door")
door.listen(1)
client = socket.socket(socket.AF_UNIX, STREAM)
client.connect(own + "/door")
server = door.accept()[0]
client.send(b"x")
server.recv(1)
given = tcp()                      # the child's, from before it was used
if os.fork() == 0:
    ends(lambda: given.connect(to))
    os._exit(0)
os.wait()
END
# rules CONDITION: the second one's.
rules() {
	cat >"$work/rules.yaml" <<-END
		- rule: Used
		  desc: x
		  condition: >
		    evt.type in (connect, bind, listen, accept, accept4, sendto, sendmsg, recvfrom, recvmsg, shutdown, setsockopt,
		    getsockopt, getsockname, dup, dup2, dup3) and proc.cmdline contains "life.py life"
		  output: >
		    %evt.type %evt.res fd %fd.num type %fd.type %fd.typechar proto %fd.l4proto name %fd.name client %fd.cip server %fd.sip
		    listens %fd.is_server connected %fd.connected changed %fd.name_changed family %fd.sockfamily
		    local %fd.lip remote %fd.rip
		  priority: INFO
		- rule: Made
		  desc: x
		  condition: evt.type = socket and $1
		  output: "made %evt.args by %proc.cmdline"
		  priority: INFO
		- rule: Probe
		  desc: is all there
		  condition: evt.type in (open, openat) and fd.name = /etc/shadow
		  output: "%proc.cmdline"
		  priority: INFO
	END
}
seen() { counter run collector seen; }
# told MARK STREAMS: how many more events there are for so many streams that are made.
told() {
	local before
	before=$(seen)
	python3 "$work/life.py" many "$2"
	"$trigger" read /etc/shadow "many-$1"
	wait_for 5 grep -q "many-$1" "$work/alerts"
	echo $(($(seen) - before))
}
# lived NAME: what is said of a life, in $work/NAME; the kernel chooses ports and addresses.
lived() {
	rm -f "$work/door"
	python3 "$work/life.py" life "$work"
	"$trigger" read /etc/shadow "lived-$1"
	wait_for 5 grep -q "lived-$1" "$work/alerts" || return 1
	jq -r 'select(.rule == "Used") | .output' "$work/alerts" |
		sed -E 's/^[^ ]+ //; s/:[0-9]{4,5}/:PORT/g; s/[0-9a-f]{12,}/SOCKET/g' >"$work/$1"
	[ "$(wc -l <"$work/$1")" -gt 30 ]
}

rules "evt.arg.domain contains AF_PACKET"
start_mews -r "$work/rules.yaml" -o json_output=true -o rule_matching=all
check "what becomes of streams is told" lived spared
few=$(told spared 50000)
stop_mews
rules "proc.name = nobody"
start_mews -r "$work/rules.yaml" -o json_output=true -o rule_matching=all
check "and where each is told of when it is made" lived whole
all=$(told whole 50000)
stop_mews
check "in the same words" diff "$work/whole" "$work/spared"
# Whatever else the host did meanwhile: if each were told of, there would be as many events.
check "that 50,000 were made is no 50,000 events" sh -c "[ $few -lt 50000 ] && [ $all -ge 50000 ] || { echo $few of $all; false; }"

rules "evt.arg.domain contains AF_PACKET"
start_mews -r "$work/rules.yaml" -o json_output=true
packets() { python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'; grep -q "made .*AF_PACKET" "$work/alerts"; }
check "a rule for packet sockets sees each" wait_for 5 packets
rules "evt.arg.domain contains AF_INET and proc.cmdline contains 'life.py many'"
"$mews" reload --run-dir "$work/run" >/dev/null
made() { grep -c "made .*life.py many" "$work/alerts"; }
told all 300 >/dev/null
check "one for streams that is loaded later, too, from the first on" [ "$(made)" = 300 ]
stop_mews
