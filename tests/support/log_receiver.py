#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""log_receiver.py PORT FILE [slow | deaf]: syslog over TCP, framed by octet counting, a message a
line into FILE.  slow: 10 kB/s; deaf: takes connections, and never reads."""
import socket
import sys
import threading
import time

port, path = int(sys.argv[1]), sys.argv[2]
manner = sys.argv[3] if len(sys.argv) > 3 else ""
out = open(path, "ab", buffering=0)
lock = threading.Lock()


def serve(c):
    held = b""
    while manner == "deaf":
        time.sleep(1)
    while True:
        if manner == "slow":
            time.sleep(0.01)
        got = c.recv(100 if manner == "slow" else 65536)
        if not got:
            return
        held += got
        while b" " in held:
            count, rest = held.split(b" ", 1)
            count = int(count)
            if len(rest) < count:
                break
            with lock:
                out.write(rest[:count] + b"\n")
            held = rest[count:]


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", port))
if manner:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.listen(8)
print("ready", flush=True)
while True:
    c, _ = s.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()
