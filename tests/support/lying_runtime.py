#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# lying_runtime.py -- what a container runtime's socket may do to whoever asks: hang, talk nonsense, never
# come to an end, hang up.  What it does stands in a file and is read at every request; "good" is a Docker
# with one container.
#
#   lying_runtime.py SOCKET MODE-FILE
import json
import os
import socketserver
import sys
import time

CONTAINER = "0123456789abcdef" * 4
INSPECT = {"Id": CONTAINER, "Name": "/honest", "Image": "sha256:" + CONTAINER, "Config": {"Image": "bb:1", "Labels": {}},
           "HostConfig": {}, "NetworkSettings": {}, "Mounts": []}


def body_of(path):
    if path.startswith("/containers/json"):
        return [{"Id": CONTAINER}]
    if path.startswith("/containers/"):
        return INSPECT
    return {"RepoTags": ["bb:1"], "RepoDigests": []}


class Handler(socketserver.StreamRequestHandler):
    def send(self, data):
        self.wfile.write(data)
        self.wfile.flush()

    def head(self, status="200 OK", more="Transfer-Encoding: chunked\r\n"):
        self.send(("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + more + "\r\n").encode())

    def chunk(self, data):
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def answer(self, data):
        self.head(more="Content-Length: %d\r\n" % len(data))
        self.send(data)

    def mode(self):
        with open(sys.argv[2]) as f:
            return f.read().strip()

    # A stream of events that says nothing, and ends when what is done changes.
    def events(self, mode):
        self.head()
        while self.mode() == mode:
            if mode == "bad-events":
                self.chunk(b"{]\n" + b"x" * 100000 + b"\n")
            time.sleep(0.2)
        self.chunk(b"")

    def handle(self):
        while True:
            line = self.rfile.readline().split()
            if len(line) < 2:
                return
            while self.rfile.readline() not in (b"\r\n", b""):
                pass
            path, mode = line[1].decode(), self.mode()
            if mode == "hang":
                time.sleep(60)
                return
            if mode == "noise":
                self.send(os.urandom(4096))
                return
            if mode == "deny":
                self.head("500 Internal Server Error", "Content-Length: 0\r\n")
            elif path.startswith("/events"):
                self.events(mode)
                return
            elif mode == "endless":
                self.head()
                for _ in range(1000):
                    self.chunk(b"[" + b" " * 99999)
            elif mode == "garbage":
                self.answer(b"[" * 5000)
            elif mode == "half":
                self.head(more="Content-Length: 1000\r\n")
                self.send(b"[{")
                return
            elif mode == "deep" and not path.startswith("/containers/json"):
                self.answer(b'{"a":' * 10000)
            else:
                self.answer(json.dumps(body_of(path)).encode())


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


with Server(sys.argv[1], Handler) as server:
    os.chmod(sys.argv[1], 0o660)
    server.serve_forever()
