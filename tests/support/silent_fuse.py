# SPDX-License-Identifier: Apache-2.0
#
# silent_fuse.py DIR -- a file system at DIR, for whoever wants to reach it, that does not answer any more; a process runs a
# program of it and holds it open (the name of "sleep", descriptor 9).  Needs root, and a mount namespace of its own.
#
# It says the number of its connection and the process when it is silent, and ends with its input, or after a minute: then
# whoever waits for it gets an error.
import ctypes, os, shutil, signal, struct, subprocess, sys

GETATTR, LOOKUP, FORGET, OPEN, READ, RELEASE, FLUSH, INIT, INTERRUPT, BATCH_FORGET = 3, 1, 2, 14, 15, 18, 25, 26, 36, 42
ROOT, FILE = 1, 2
ENOSYS = 38
content = open(shutil.which("sleep"), "rb").read()
silent = False

def attributes(node):
    mode, size = (0o40755, 4096) if node == ROOT else (0o100755, len(content))
    return struct.pack("<6Q10I", node, size, 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

def answer(op, node, body): # None: there is none to this
    if op == INIT:
        return struct.pack("<IIIIHHIIHHI7I", 7, 31, 65536, 0, 16, 12, 65536, 1, 256, 0, 0, *[0] * 7)[:64]
    if op == GETATTR:
        return struct.pack("<QII", 0, 0, 0) + attributes(node) # to be asked for again each time
    if op == LOOKUP:
        return struct.pack("<QQQQII", FILE, 1, 0, 0, 0, 0) + attributes(FILE)
    if op == OPEN:
        return struct.pack("<QII", 0, 0, 0)
    if op == READ:
        offset, size = struct.unpack("<8xQI", body[:20])
        return content[offset:offset + size]
    if op in (RELEASE, FLUSH):
        return b""
    return None

def be_silent(*_):
    global silent
    silent = True

def serve(device):
    signal.signal(signal.SIGUSR1, be_silent)
    signal.alarm(60)
    while True:
        request = os.read(device, 1 << 20)
        op, unique, node = struct.unpack("<4xIQQ", request[:24])
        if silent or op in (FORGET, BATCH_FORGET, INTERRUPT):
            continue
        data = answer(op, node, request[40:])
        error = -ENOSYS if data is None else 0
        data = data or b""
        os.write(device, struct.pack("<IiQ", 16 + len(data), error, unique) + data)

top = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)
device = os.open("/dev/fuse", os.O_RDWR)
if libc.mount(b"silent", top.encode(), b"fuse", 0, b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % device) != 0:
    sys.exit("cannot mount: " + os.strerror(ctypes.get_errno()))
server = os.fork()
if server == 0:
    serve(device)
os.close(device) # it is the server's alone: the kernel lets go of all who wait when that ends
try:
    file = os.open(top + "/sleep", os.O_RDONLY)
    connection = os.minor(os.fstat(file).st_dev)
    os.dup2(file, 9)
    holder = subprocess.Popen([top + "/sleep", "60"], pass_fds=[9], stdin=subprocess.DEVNULL)
    os.kill(server, signal.SIGUSR1)
    print(connection, holder.pid, flush=True)
    sys.stdin.read()
finally:
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
holder.kill()
holder.wait()
