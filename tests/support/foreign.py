# SPDX-License-Identifier: Apache-2.0
"""foreign.py -- two stages that were written from docs/wire.md and nothing else.

    foreign.py collector RUN_DIR WIRE_MD COUNT    the document's example event, COUNT times
    foreign.py evaluator RUN_DIR                  an alert for each openat that it reads

Own enricher and emitter stand between and behind them.  Nobody sleeps for its peer here: the
document allows looking again and again.
"""
import fcntl
import mmap
import os
import re
import socket
import struct
import sys
import time

RING, CURSOR, DOOR = (int.from_bytes(text, "little") for text in (b"mewsring", b"mewscurs", b"mewsdoor"))
HELLO, OFFER, TAKE, BUSY = 1, 2, 3, 4
HAS_COUNTS, HAS_CURSOR, HAS_SNAPSHOT, SKIP, KEPT = 1, 2, 4, 8, 16
END, EVENT, RAW_EVENT, ALERT = 14, 20, 1, 32
OPENAT = 307
ABI = 6
PAGE = max(4096, mmap.PAGESIZE)
CURSOR_SIZE = -(-(4096 + 16384) // PAGE) * PAGE
SIZE = 65536
SHEETS = 32768
DATA = PAGE + SHEETS
ADD_SEALS, GET_SEALS, SEALS = 1033, 1034, 0x01 | 0x02 | 0x04 | 0x10
DEADLINE = time.monotonic() + 60


def pause():
    assert time.monotonic() < DEADLINE, "nothing comes"
    time.sleep(0.001)


# ---- memory ----


class Page:
    """The 64-bit words of a header or cursor page."""

    def __init__(self, memory):
        self.words = memoryview(memory)[:PAGE].cast("Q")

    def position(self):
        word = self.words[16]
        assert word & 6 == 0
        return word & ~7

    def kept(self):
        return self.words[17]

    def move(self, position, seq, counts, keeps=False):
        """Fill the slot that is not in force, then put it in force; a cursor keeps nothing behind it."""
        which = self.words[16] & 1
        turn = self.words[64 + 70 * which] + 1
        which ^= 1
        at = 64 + 70 * which
        self.words[at] = turn
        self.words[at + 1] = position
        self.words[at + 2] = seq
        for i, count in enumerate(counts):
            self.words[at + 5 + i] = count
        if keeps:
            self.words[at + 3], self.words[at + 4] = position, seq
        self.words[at + 69] = turn
        self.words[16] = position | which
        if keeps:
            self.words[17] = position

    def want(self, code):
        self.words[224] = 1
        self.words[225 + code // 64] = 1 << code % 64
        self.words[242] = 1

    def is_wanted(self, code):
        return self.words[225 + code // 64] >> code % 64 & 1 == 1


def make(size, magic, generation):
    fd = os.memfd_create("foreign", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.fchmod(fd, 0o600)
    assert os.pwrite(fd, bytes(size), 0) == size  # what nobody has touched is a hole
    memory = mmap.mmap(fd, size)
    fcntl.fcntl(fd, ADD_SEALS, SEALS)
    handed = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)
    os.close(fd)
    page = Page(memory)
    page.words[0], page.words[1], page.words[2], page.words[3] = magic, ABI, SIZE, generation
    return handed, memory, page


def take(fd, magic, size, generation):
    st = os.fstat(fd)
    assert st.st_uid == os.geteuid() and st.st_mode & 0o777 == 0o600 and st.st_size == size
    assert fcntl.fcntl(fd, GET_SEALS) & SEALS == SEALS
    memory = mmap.mmap(fd, size, prot=mmap.PROT_READ)
    page = Page(memory)
    assert page.words[0] == magic and page.words[1] == ABI and page.words[3] == generation
    return memory, page


# ---- doors ----


def message(kind, flags=0, generation=0, size=0, position=0, seq=0):
    return struct.pack("<QIIQQQQQ", DOOR, 3, kind, flags, generation, size, position, seq) + bytes(48 * 8)


def hear(sock):
    text, fds, _, _ = socket.recv_fds(sock, 512, 3)
    assert len(text) == 440
    magic, protocol, *rest = struct.unpack_from("<QIIQQQQQ", text)
    assert magic == DOOR and protocol == 3
    return rest, fds


def ring(sock):
    """Wake who may sleep at the other end; one that does not listen has enough of them."""
    try:
        sock.send(b"\0", socket.MSG_DONTWAIT)
    except BlockingIOError:
        pass


class Writer:
    def __init__(self, path):
        self.generation = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.fd, self.memory, self.page = make(DATA + SIZE, RING, self.generation)
        self.head, self.seq, self.counts = 0, 1, [0] * 48
        self.page.move(0, 1, self.counts)
        door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        door.bind(path)
        os.chmod(path, 0o660)
        door.listen()
        self.door = door

    def meet(self):
        while True:
            self.peer, _ = self.door.accept()
            (kind, _, _, _, _, _), _ = hear(self.peer)
            assert kind == HELLO
            socket.send_fds(self.peer, [message(OFFER, 0, self.generation, SIZE, 0, 1)], [self.fd])
            (kind, _, generation, _, _, _), fds = hear(self.peer)
            if kind == TAKE and generation == self.generation:
                self.cursor_memory, self.cursor = take(fds[0], CURSOR, CURSOR_SIZE, self.generation)
                return

    def write(self, kind, payload):
        frame = struct.pack("<IHHQ", len(payload), kind, 0, self.seq) + payload
        frame += bytes(-len(frame) % 8)
        while self.head + len(frame) - self.cursor.kept() > SIZE:
            pause()
        at = self.head % SIZE
        first = frame[: SIZE - at]
        self.memory[DATA + at : DATA + at + len(first)] = first
        self.memory[DATA : DATA + len(frame) - len(first)] = frame[len(first) :]
        self.head += len(frame)
        self.seq += 1
        self.page.move(self.head, self.seq, self.counts)
        ring(self.peer)

    def outstay(self):
        while self.cursor.position() < self.head:
            pause()


class Reader:
    def __init__(self, path, wanted):
        while True:
            self.peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                self.peer.connect(path)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                pause()
        self.peer.send(message(HELLO))
        (kind, flags, generation, size, self.tail, self.seq), fds = hear(self.peer)
        assert kind == OFFER and flags & (HAS_CURSOR | KEPT) == 0, "the first reader gets a ring to read from its start"
        self.size = size
        self.memory, self.page = take(fds[0], RING, DATA + size, generation)
        fd, self.own_memory, self.own = make(CURSOR_SIZE, CURSOR, generation)
        self.own.words[2] = size
        self.own.want(wanted)
        self.own.move(self.tail, self.seq, [], keeps=True)
        socket.send_fds(self.peer, [message(TAKE, 0, generation)], [fd])

    def bytes_at(self, position, n):
        at = position % self.size
        first = self.memory[DATA + at : DATA + min(at + n, self.size)]
        return first + self.memory[DATA : DATA + n - len(first)]

    def read(self):
        while self.tail == self.page.position():
            pause()
        length, kind, _, seq = struct.unpack("<IHHQ", self.bytes_at(self.tail, 16))
        assert seq == self.seq and length <= 262144
        payload = self.bytes_at(self.tail + 16, length)
        self.tail += 16 + length + -length % 8
        self.seq += 1
        return kind, payload

    def commit(self):
        self.own.move(self.tail, self.seq, [], keeps=True)
        ring(self.peer)


# ---- msgpack, as much of it as frames have ----

NUMBERS = {0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q", 0xCB: ">d"}


def unpack(b, at=0):
    first = b[at]
    at += 1
    if first < 0x80 or first >= 0xE0:
        return first - 256 * (first >= 0xE0), at
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], at
    if first in NUMBERS:
        form = NUMBERS[first]
        return struct.unpack_from(form, b, at)[0], at + struct.calcsize(form)
    if first in (0xC4, 0xC5, 0xC6):
        width = 1 << first - 0xC4
        n = int.from_bytes(b[at : at + width], "big")
        return bytes(b[at + width : at + width + n]), at + width + n
    if 0x80 <= first < 0xA0 or first in (0xDC, 0xDD):
        n = first & 15
        if first >= 0xDC:
            width = 2 << first - 0xDC
            n = int.from_bytes(b[at : at + width], "big")
            at += width
        values = []
        for _ in range(n if first >= 0x90 else 2 * n):
            value, at = unpack(b, at)
            values.append(value)
        return (values if first >= 0x90 else dict(zip(values[::2], values[1::2]))), at
    raise ValueError(f"a frame has no {first:#x}")


def pack(value):
    if value is None:
        return b"\xc0"
    if isinstance(value, int):
        return b"\xcf" + value.to_bytes(8, "big")
    if isinstance(value, bytes):
        return b"\xc6" + len(value).to_bytes(4, "big") + value
    return b"\xdc" + len(value).to_bytes(2, "big") + b"".join(map(pack, value))


# ---- the stages ----


def example(document):
    """The bytes of the example: the block behind its heading, the first column of each line."""
    block = open(document).read().split("## An example")[1].split("```")[1]
    return bytes.fromhex("".join(re.findall(r"^ {0,4}((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2}|$)", block, re.M)))


def collector(run_dir, document, count):
    event = bytearray(example(document))
    out = Writer(run_dir + "/raw.door")
    out.meet()
    while not out.cursor.is_wanted(OPENAT):
        pause()
    for number in range(1, int(count) + 1):
        event[22:30] = number.to_bytes(8, "big")  # num: behind 9 elements' array, code, cpu, flags, ts_ns
        out.counts[0] = out.counts[3] = out.counts[6] = number  # SEEN, TAKEN, OUT
        out.write(RAW_EVENT, bytes(event))
    out.write(END, pack([]))
    out.outstay()


def evaluator(run_dir):
    out = Writer(run_dir + "/alerts.door")
    source = Reader(run_dir + "/enriched.door", OPENAT)
    out.meet()
    kind = None
    while kind != END:
        kind, payload = source.read()
        value, end = unpack(payload)
        assert end == len(payload)
        if kind == EVENT and value[0] == OPENAT:
            text = b"number %d opened %s" % (value[4], value[14][2])
            out.write(ALERT, pack([value[5], value[6], 0, 4, value[3], b"Foreign", b"syscall", text, [], []]))
        if kind == END:
            out.write(END, pack([]))
        source.commit()
    out.outstay()


if __name__ == "__main__":
    {"collector": collector, "evaluator": evaluator}[sys.argv[1]](*sys.argv[2:])
