# SPDX-License-Identifier: Apache-2.0
#
# nats_client.py -- just enough of NATS' protocol to look at what was published.  A module.
import json, select, socket, ssl, threading


class Client:
    def __init__(self, port, tls=None, **connect):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        first = self.socket.makefile("rb", 0).readline()
        assert first.startswith(b"INFO "), first
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.messages, self.lock, self.answered = [], threading.Lock(), threading.Event()
        self.send("CONNECT " + json.dumps({"verbose": False, "headers": True, **connect}))
        threading.Thread(target=self.read, daemon=True).start()
        self.subscribe(f"_INBOX.{id(self)}", 99)

    def send(self, line, body=None):
        data = line.encode() + b"\r\n" + (body.encode() + b"\r\n" if body is not None else b"")
        with self.lock:
            self.socket.settimeout(30)
            self.socket.sendall(data)

    def subscribe(self, subject, sid=1):
        # What others publish is for who has subscribed before: it has when a ping behind that is answered.
        self.send(f"SUB {subject} {sid}")
        self.answered.clear()
        self.send("PING")
        assert self.answered.wait(30), "the server does not answer"

    def request(self, subject, body):
        self.send(f"PUB {subject} _INBOX.{id(self)} {len(body)}", body)

    def read(self):
        data = b""
        try:
            while more := self.receive():
                data = self.take(data + more)
        except OSError:
            pass

    def receive(self):
        # Who writes and who reads have the lock by turns: OpenSSL knows no others.
        while True:
            if not (hasattr(self.socket, "pending") and self.socket.pending()):
                select.select([self.socket], [], [])
            with self.lock:
                self.socket.settimeout(0.01)
                try:
                    return self.socket.recv(65536)
                except (TimeoutError, ssl.SSLWantReadError):
                    pass

    def take(self, data):
        """All that is there whole; what is left."""
        while b"\r\n" in data:
            line, rest = data.split(b"\r\n", 1)
            words = line.decode().split()
            if words and words[0] in ("MSG", "HMSG"):
                size = int(words[-1])
                if len(rest) < size + 2:
                    return data
                header = int(words[-2]) if words[0] == "HMSG" else 0
                self.messages.append({"subject": words[1], "header": rest[:header].decode(),
                                      "body": rest[header:size].decode()})
                rest = rest[size + 2:]
            elif words and words[0] == "PING":
                self.send("PONG")
            elif words and words[0] == "PONG":
                self.answered.set()
            data = rest
        return data
