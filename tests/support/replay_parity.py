#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# replay_parity.py -- hold the frames that the collector makes of a capture against those that the
# models of the format make (state_parity.py): the same frames, in order, equal by value.  TAP.
# Usage: replay_parity.py BUILD_DIR CAPTURES_DIR COMPAT_DIR [NAME...]
import os, struct, subprocess, sys

build, captures, compat = sys.argv[1:4]
names = sys.argv[4:]
sys.argv[1:] = ['-', captures, compat]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import state_parity as P


def frames_of(data):
    p = 0
    while p < len(data):
        ty, n = struct.unpack_from('<HI', data, p); p += 6
        yield ty, P.unpack(data, p)[0]; p += n


def plain(v):
    """Of state, what is nil, empty, false or 0 says the same: the default."""
    if isinstance(v, list): return [plain(x) for x in v]
    return v or 0


def normal(ty, v):
    if ty == 1: return v  # of an event, each parameter is exact
    v = plain(v)
    if ty == 2: v[2] += [0] * (39 - len(v[2]))  # fields that the models do not know
    if ty == 3:
        v[1] += [0] * (17 - len(v[1]))  # no socket
        if v[1][1] == 16: v[1][1] = 1  # the wire has one number for regular files
    while v and v[-1] == 0: v.pop()  # elements that the models do not know
    return v


def compare(path):
    r = subprocess.run([build + '/tests/support/scap_pipe', path], capture_output=True)
    if r.returncode != 0: return 0, 'scap_pipe: %d %s' % (r.returncode, r.stderr.decode()[-300:])
    n = 0
    ours = frames_of(r.stdout)
    for ty, v in P.frames(path):
        o = next(ours, None)
        if o is None: return n, 'frame %d is missing: %d %r' % (n, ty, v)
        n += 1
        if o[0] != ty or normal(*o) != normal(ty, v): return n, 'frame %d: ours %d %.900r theirs %d %.900r' % (n, *o, ty, v)
    o = next(ours, None)
    return n, o and 'one frame too many: %d %.300r' % o


def main():
    todo = names or sorted(f[:-5] for f in os.listdir(captures) if f.endswith('.scap'))
    bad = 0
    for i, name in enumerate(todo):
        n, why = compare('%s/%s.scap' % (captures, name))
        print('%sok %d - %s: %d frames' % ('not ' if why else '', i + 1, name, n))
        if why: print('# ' + why); bad += 1
    return 1 if bad or not todo else 0


if __name__ == '__main__': sys.exit(main())
