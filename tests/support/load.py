# SPDX-License-Identifier: Apache-2.0
#
# load.py -- what a host may do, for tests/long:
#
#    load.py mix SECONDS          programs, files and connections, paced: some 30, 1,000 and 40 a second
#    load.py forks COUNT          COUNT processes that do nothing, at most 500 of them at once
#    load.py files COUNT DIR      COUNT files open at once, of long names below DIR, by processes of 10,000 each; then
#                                 "open", and when its input ends they are closed
import os
import resource
import socket
import sys
import threading
import time


def reap(most):
    """Waits until at most MOST children are left."""
    while len(reap.pids) > most:
        pid, _ = os.wait()
        reap.pids.discard(pid)


reap.pids = set()


def take_connections(listener):
    while True:
        try:
            listener.accept()[0].close()
        except OSError:
            return


def mix(seconds):
    listener = socket.create_server(('127.0.0.1', 0), backlog=64)
    threading.Thread(target=take_connections, args=(listener,), daemon=True).start()
    datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    counts = [0, 0, 0]
    end = time.monotonic() + seconds
    tick = time.monotonic()
    while tick < end:
        for _ in range(100):
            os.close(os.open('/etc/hostname', os.O_RDONLY))
        for _ in range(4):
            socket.create_connection(listener.getsockname()).close()
            datagram.sendto(b'x', ('127.0.0.1', 9))
        for _ in range(3):
            reap.pids.add(os.posix_spawn('/bin/true', ['true', 'of', 'the', 'mix'], {}))
        for at, n in enumerate((100, 8, 3)):
            counts[at] += n
        reap(20)
        tick += 0.1
        time.sleep(max(0, tick - time.monotonic()))
    reap(0)
    print('%d opens, %d connections and datagrams, %d programs' % tuple(counts))


def forks(count):
    made = 0
    begun = time.monotonic()
    while made < count:
        try:
            pid = os.fork()
        except BlockingIOError:  # the limit of somebody else's
            reap(len(reap.pids) // 2)
            continue
        if pid == 0:
            os._exit(0)
        reap.pids.add(pid)
        made += 1
        if len(reap.pids) == 500:
            reap(250)
    reap(0)
    print('%d processes in %.1f s' % (made, time.monotonic() - begun))


def hold_files(count, path):
    names = [os.path.join(path, 'a name that is long enough to cost something' * 4 + str(i)) for i in range(100)]
    for name in names:
        os.close(os.open(name, os.O_RDONLY | os.O_CREAT, 0o600))
    for i in range(count):
        os.open(names[i % len(names)], os.O_RDONLY)


def files(count, path):
    each = 10000
    resource.setrlimit(resource.RLIMIT_NOFILE, (each + 1000, max(each + 1000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    done, said = os.pipe()
    wait, go = os.pipe()
    for _ in range(0, count, each):
        pid = os.fork()
        if pid == 0:
            os.close(go)
            hold_files(min(each, count), path)
            os.write(said, b'x')
            os.read(wait, 1)
            os._exit(0)
        reap.pids.add(pid)
    for _ in reap.pids:
        if os.read(done, 1) != b'x':
            sys.exit('some could not be opened')
    print('open', flush=True)
    sys.stdin.read()
    os.close(go)
    reap(0)


if sys.argv[1] == 'mix':
    mix(float(sys.argv[2]))
elif sys.argv[1] == 'forks':
    forks(int(sys.argv[2]))
else:
    files(int(sys.argv[2]), sys.argv[3])
