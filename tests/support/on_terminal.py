#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# on_terminal.py KEYS SECONDS PROGRAM [WORD]...: runs PROGRAM on a terminal of 40 lines and 120 columns, types KEYS
# after SECONDS, prints what it wrote there, and ends as it ended.
import fcntl, os, pty, select, struct, sys, termios, time

keys, seconds, words = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(words[0], words)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
typed = False
begin = time.monotonic()
while time.monotonic() < begin + seconds + 20:
    if select.select([fd], [], [], 0.1)[0]:
        try:
            said = os.read(fd, 65536)
        except OSError:
            break
        if not said:
            break
        sys.stdout.buffer.write(said)
    if not typed and time.monotonic() > begin + seconds:
        os.write(fd, keys.encode())
        typed = True
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
