# SPDX-License-Identifier: Apache-2.0
#
# nats_client.py -- just enough of NATS' protocol to look at what was published.  A module.
import json, socket, ssl, threading


class Client:
    def __init__(self, port, tls=None, **connect):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        first = self.socket.makefile("rb", 0).readline()
        assert first.startswith(b"INFO "), first
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.file = self.socket.makefile("rb")
        self.messages, self.lock, self.answered = [], threading.Lock(), threading.Event()
        self.send("CONNECT " + json.dumps({"verbose": False, "headers": True, **connect}))
        threading.Thread(target=self.read, daemon=True).start()
        self.subscribe(f"_INBOX.{id(self)}", 99)

    def send(self, line, body=None):
        data = line.encode() + b"\r\n" + (body.encode() + b"\r\n" if body is not None else b"")
        with self.lock:
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
        try:
            while line := self.file.readline():
                words = line.decode().split()
                if words and words[0] == "PING":
                    self.send("PONG")
                elif words and words[0] == "PONG":
                    self.answered.set()
                elif words and words[0] in ("MSG", "HMSG"):
                    header = int(words[-2]) if words[0] == "HMSG" else 0
                    data = self.file.read(int(words[-1]) + 2)
                    self.messages.append({"subject": words[1], "header": data[:header].decode(),
                                          "body": data[header:-2].decode()})
        except OSError:
            pass
