# SPDX-License-Identifier: Apache-2.0
#
# name_server.py ADDRESS LOG NAME=[TCP,]A,A...|FAIL...: a DNS server for a few names.  It answers A with the addresses, AAAA with none, names
# that it does not know with NXDOMAIN, those that FAIL with SERVFAIL; those with TCP are too long for a datagram.  LOG gets a line
# for each question.
import socket
import struct
import sys
import threading

TRUNCATED = 0x0200


def name_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), at + 1


def answer(query, names, in_datagram):
    name, end = name_of(query)
    (kind,) = struct.unpack_from(">H", query, end)
    addresses = names.get(name)
    flags = 3 if addresses is None else 2 if addresses == ["FAIL"] else 0
    found = [a for a in addresses if a != "TCP"] if flags == 0 and kind == 1 else []
    if in_datagram and addresses and addresses[0] == "TCP":
        flags, found = TRUNCATED, []
    head = query[:2] + struct.pack(">HHHHH", 0x8180 | flags, 1, len(found), 0, 0)
    records = b"".join(
        b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 5, 4) + socket.inet_aton(a) for a in found
    )
    how = "" if in_datagram else " tcp"
    return f"{name} {kind}{how}\n", head + query[12 : end + 4] + records


def take_connections(listener, names, log):
    while True:
        with listener.accept()[0] as s, s.makefile("rb") as f:
            while len(size := f.read(2)) == 2:
                line, reply = answer(f.read(struct.unpack(">H", size)[0]), names, False)
                log.write(line)
                s.sendall(struct.pack(">H", len(reply)) + reply)


def main():
    names = {k: v.split(",") for k, v in (a.split("=") for a in sys.argv[3:])}
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((sys.argv[1], 53))
    listener = socket.create_server((sys.argv[1], 53))
    with open(sys.argv[2], "w", buffering=1) as log:
        threading.Thread(target=take_connections, args=(listener, names, log), daemon=True).start()
        while True:
            query, who = s.recvfrom(512)
            line, reply = answer(query, names, True)
            log.write(line)
            s.sendto(reply, who)


main()
