#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# lying_runtime.py -- what container runtimes' sockets may do to whoever asks: hang, talk nonsense, never
# come to an end, hang up.  What one does stands in a file beside it and is read at every request; "good" is
# a runtime with one container.
#
#   lying_runtime.py KIND:SOCKET...    KIND is rest or grpc; the file is SOCKET.mode
#
# HTTP/2 is spoken by hand, as little as libcurl needs, so that nothing corrects what is wrong on purpose.
import json
import os
import socketserver
import struct
import sys
import threading
import time

CONTAINER = "0123456789abcdef" * 4
INSPECT = {"Id": CONTAINER, "Name": "/honest", "Image": "sha256:" + CONTAINER, "Config": {"Image": "bb:1", "Labels": {}},
           "HostConfig": {}, "NetworkSettings": {}, "Mounts": []}
DEEP = b'{"a":' * 10000
CHUNK = b"[" + b" " * 99999


class Liar(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        self.lock = threading.Lock()

    def send(self, data):
        with self.lock:
            self.wfile.write(data)
            self.wfile.flush()

    def mode(self):
        with open(self.server.server_address + ".mode") as f:
            return f.read().strip()

    # Lies that need no protocol; True: that was it.
    def lied(self, mode):
        if mode == "hang":
            while self.mode() == mode:
                time.sleep(0.2)
        elif mode == "noise":
            self.send(os.urandom(4096))
        return mode in ("hang", "noise")


# ---- Docker's and Podman's ----


def body_of(path):
    if path.startswith("/containers/json"):
        return [{"Id": CONTAINER}]
    if path.startswith("/containers/"):
        return INSPECT
    return {"RepoTags": ["bb:1"], "RepoDigests": []}


class Rest(Liar):
    def head(self, status="200 OK", more="Transfer-Encoding: chunked\r\n"):
        self.send(("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + more + "\r\n").encode())

    def chunk(self, data):
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def answer(self, data):
        self.head(more="Content-Length: %d\r\n" % len(data))
        self.send(data)

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
            if self.lied(mode):
                return
            if mode == "deny":
                self.head("500 Internal Server Error", "Content-Length: 0\r\n")
            elif path.startswith("/events"):
                self.events(mode)
                return
            elif mode == "endless":
                self.head()
                for _ in range(1000):
                    self.chunk(CHUNK)
            elif mode == "garbage":
                self.answer(b"[" * 5000)
            elif mode == "half":
                self.head(more="Content-Length: 1000\r\n")
                self.send(b"[{")
                return
            elif mode == "deep" and not path.startswith("/containers/json"):
                self.answer(DEEP)
            else:
                self.answer(json.dumps(body_of(path)).encode())


# ---- the CRI, and containerd's own ----


def varint(n):
    return varint_more(n) if n > 127 else bytes([n])


def varint_more(n):
    return bytes([n & 127 | 128]) + varint(n >> 7)


# A message of protobuf: texts and messages by their numbers.
def pack(*fields):
    out = b""
    for number, value in fields:
        value = value.encode() if isinstance(value, str) else value
        out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def message_of(path, mode):
    if path.endswith("/Version"):
        return pack((2, "cri-o"))
    if path.endswith("/ListContainers"):
        return pack((1, pack((1, CONTAINER))))
    if path.endswith("/ContainerStatus"):
        info = DEEP if mode == "deep" else b"{}"
        return pack((1, pack((1, CONTAINER), (2, pack((1, "honest"))))), (2, pack((1, "info"), (2, info))))
    if path.endswith("Namespaces/List"):
        return pack((1, pack((1, "default"))))
    return b""


DATA, HEADERS, SETTINGS, PING, WINDOW = 0, 1, 4, 6, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
# Letters by the bits of their codes, in order: all that paths have (RFC 7541, appendix B).
CODES = {5: "012aceiost", 6: " %-./3456789=A_bdfghlmnpru", 7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz", 8: "&*,;XZ"}


def unhuff(data):
    out, code, n, first = "", 0, 0, {5: 0, 6: 20, 7: 92, 8: 248}
    for byte in data:
        for bit in range(7, -1, -1):
            code, n = code << 1 | byte >> bit & 1, n + 1
            if n in CODES and 0 <= code - first[n] < len(CODES[n]):
                out, code, n = out + CODES[n][code - first[n]], 0, 0
    return out


# The path, which is never in the table of those that came before.
def path_of(block):
    at = 0

    def number(bits):
        nonlocal at
        n, at, shift = block[at] & (1 << bits) - 1, at + 1, 0
        if n == (1 << bits) - 1:
            while True:
                n, shift, at = n + ((block[at] & 127) << shift), shift + 7, at + 1
                if block[at - 1] < 128:
                    break
        return n

    def text():
        nonlocal at
        huff = block[at] & 128
        n = number(7)
        at += n
        return unhuff(block[at - n:at]) if huff else block[at - n:at].decode()

    while at < len(block):
        if block[at] & 128:
            number(7)
        elif block[at] & 224 == 32:
            number(5)
        else:
            name = number(6 if block[at] & 64 else 4)
            name = text() if name == 0 else name
            value = text()
            if name in (4, 5, ":path"):
                return value
    return ""


def header(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


class Grpc(Liar):
    def frame(self, kind, flags, stream, payload=b""):
        self.send(struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload)

    def read_frame(self):
        head = self.rfile.read(9)
        if len(head) < 9:
            raise EOFError
        return head[3], head[4], struct.unpack(">I", head[5:])[0], self.rfile.read(int.from_bytes(head[:3], "big"))

    # What has nothing to do with requests.
    def housekeeping(self, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & ACK:
            self.frame(SETTINGS, ACK, 0)
            for at in range(0, len(payload), 6):
                if struct.unpack(">H", payload[at:at + 2])[0] == 4:
                    self.initial = struct.unpack(">I", payload[at + 2:at + 6])[0]
        elif kind == PING and not flags & ACK:
            self.frame(PING, ACK, 0, payload)
        elif kind == WINDOW:
            self.window[stream] = self.window.get(stream, self.initial) + struct.unpack(">I", payload)[0]

    def begin(self, stream):
        self.frame(HEADERS, END_HEADERS, stream, b"\x88" + header(b"content-type", b"application/grpc"))

    def end(self, stream, status):
        self.frame(HEADERS, END_HEADERS | END_STREAM, stream, header(b"grpc-status", b"%d" % status))

    def message(self, stream, data):
        self.frame(DATA, 0, stream, b"\0" + struct.pack(">I", len(data)) + data)

    # As far as the other side has room.
    def endless(self, stream):
        self.begin(stream)
        self.frame(DATA, 0, stream, b"\0" + struct.pack(">I", 100 << 20))
        for _ in range(6400):
            while min(self.window[0], self.window.get(stream, self.initial)) < 32768:
                self.housekeeping(*self.read_frame())
            self.frame(DATA, 0, stream, b"x" * 16384)
            self.window[0] -= 16384
            self.window[stream] = self.window.get(stream, self.initial) - 16384

    # It ends, with all that is on this connection, when what is done changes.
    def events(self, stream, mode):
        try:
            while self.mode() == mode:
                if mode == "bad-events":
                    self.message(stream, b"\xff" * 50)
                time.sleep(0.2)
            self.connection.shutdown(2)
        except OSError:
            pass

    # False: that was all that there is on this connection.
    def answer(self, stream, path):
        mode = self.mode()
        if self.lied(mode):
            return False
        if mode == "deny":
            self.begin(stream)
            self.end(stream, 13)
        elif path.endswith(("/Subscribe", "/GetContainerEvents")):
            self.begin(stream)
            threading.Thread(target=self.events, args=(stream, mode), daemon=True).start()
        elif mode == "endless":
            self.endless(stream)
        elif mode == "half":
            self.begin(stream)
            self.frame(DATA, 0, stream, b"\0\0\0\0\x40\x0a")
            self.connection.shutdown(1)
            return False
        else:
            self.begin(stream)
            self.message(stream, b"\xff" * 5000 if mode == "garbage" else message_of(path, mode))
            self.end(stream, 0)
        return True

    def handle(self):
        self.window, self.initial = {0: 65535}, 65535
        if self.lied(self.mode()) or len(self.rfile.read(24)) < 24:
            return
        self.frame(SETTINGS, 0, 0)
        asked = {}
        try:
            while True:
                kind, flags, stream, payload = self.read_frame()
                if kind == HEADERS:
                    asked[stream] = path_of(payload)
                else:
                    self.housekeeping(kind, flags, stream, payload)
                # As gRPC's servers do: when all that is asked is said.
                if kind in (DATA, HEADERS) and flags & END_STREAM and not self.answer(stream, asked[stream]):
                    return
        except EOFError:
            pass


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


threads = []
for word in sys.argv[1:]:
    kind, path = word.split(":", 1)
    server = Server(path, Rest if kind == "rest" else Grpc)
    os.chmod(path, 0o660)
    threads.append(threading.Thread(target=server.serve_forever, daemon=True))
    threads[-1].start()
for thread in threads:
    thread.join()
