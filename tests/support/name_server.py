# SPDX-License-Identifier: Apache-2.0
#
# name_server.py ADDRESS LOG NAME=A,A...|FAIL...: a DNS server for a few names, over UDP.  It answers A with the addresses, AAAA with
# none, names that it does not know with NXDOMAIN, those that FAIL with SERVFAIL; LOG gets a line for each question.
import socket
import struct
import sys


def name_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), at + 1


def answer(query, names):
    name, end = name_of(query)
    (kind,) = struct.unpack_from(">H", query, end)
    addresses = names.get(name)
    code = 3 if addresses is None else 2 if addresses == ["FAIL"] else 0
    found = addresses if code == 0 and kind == 1 else []
    head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(found), 0, 0)
    records = b"".join(
        b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 5, 4) + socket.inet_aton(a) for a in found
    )
    return name, kind, head + query[12 : end + 4] + records


def main():
    names = {k: v.split(",") for k, v in (a.split("=") for a in sys.argv[3:])}
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((sys.argv[1], 53))
    with open(sys.argv[2], "w", buffering=1) as log:
        while True:
            query, who = s.recvfrom(512)
            name, kind, reply = answer(query, names)
            log.write(f"{name} {kind}\n")
            s.sendto(reply, who)


main()
