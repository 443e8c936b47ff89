#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# conversion_parity.py -- captures made here, with every event that there ever was: of each version and
# number of parameters that has a conversion, with and without its enter event, in blocks of each
# version.  The collector's frames of them are held against those of the models.  TAP.
# Usage: conversion_parity.py BUILD_DIR COMPAT_DIR
import gzip, json, os, re, struct, subprocess, sys, tempfile

build, compat = sys.argv[1:3]
sys.argv[1:] = [build, '-', compat]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import replay_parity as R
P = R.P
C, S = P.C, P.S

P.INT['IPV4ADDR'] = 4  # no capture of the others has one
LARGE = {c for c, e in S.EV.items() if 'LARGE_PAYLOAD' in e[2]}


def block(ty, body):
    body += b'\0' * (-len(body) % 4)
    n = struct.pack('<I', len(body) + 12)
    return struct.pack('<I', ty) + n + body + n


def value(ptype, i):
    if ptype in P.STR: return b'text %d\0' % i
    if ptype not in C.VAR: return (0x81 + i).to_bytes(C.SZ.get(ptype, 4), 'little')
    if ptype == 'SOCKADDR': return bytes([2, 127, 0, 0, 1, 80, i])
    if ptype == 'SOCKTUPLE': return bytes([2, 127, 0, 0, 1, 80, 0, 127, 0, 0, 2, 90, i])
    return b'bytes %d' % i


def event(code, params, tid, v2=True, flags=None):
    """A block with one event; FLAGS: of those that have them."""
    w = 'I' if code in LARGE else 'H'
    lens = b''.join(struct.pack('<' + w, len(p)) for p in params)
    data = lens + b''.join(params)
    head = struct.pack('<QQIH', 1700000000000000000 + tid, tid, (26 if v2 else 22) + len(data), code)
    if v2: head += struct.pack('<I', len(params))
    elif S.EV[code][0] in ('PPME_NOTIFICATION_E', 'PPME_INFRASTRUCTURE_EVENT_E'):
        head = head[:16] + struct.pack('<I', 22 + len(data) + 3) + head[20:]
    kind = {(0, 0): 0x204, (0, 1): 0x208, (1, 0): 0x216, (1, 1): 0x217}[v2, flags is not None]
    if v2 and code in LARGE: kind += 0x221 - 0x216
    return block(kind, struct.pack('<H', tid % 8) + (b'' if flags is None else struct.pack('<I', flags)) + head + data)


def params_of(code, n):
    types = [x[1] for x in C.PAR[code]]
    return [value(types[i] if i < len(types) else 'BYTEBUF', i) for i in range(n)]


def converts(code, n, tid):
    """Does the model know what to do with it?"""
    kept = dict(C.STORE)
    ps = params_of(code, n)
    try:
        for _ in range(50):
            o = C.step(code, ps, tid, 0)
            if o is None or o[0] == 'pass': return True
            _, code, ps = o
    except Exception: return False
    finally: C.STORE.clear(); C.STORE.update(kept)
    return False


def events():
    """(code, number of parameters), and those that stand before it."""
    for code in S.EV:
        for n in range(S.EV[code][3] + 1):
            if (code, n) in C.CV or n == S.EV[code][3]: yield [(code, n)]
            if code % 2 and (code, n) in C.CV:
                for m in range(S.EV[code - 1][3] + 1):
                    if C.CV.get((code - 1, m), ('',))[0].startswith('STORE'): yield [(code - 1, m), (code, n)]


def taken_back(code, values):
    """What an event of today was before its last conversion: (code, params) of the enter and the exit event."""
    for (c, n), (action, to, steps) in C.CV.items():
        if (C.BYNAME[to] if action == 'CHANGE_TYPE' else c) != code or action not in ('ADD_PARAMS', 'CHANGE_TYPE'): continue
        old, enter = [None] * n, [None] * len(C.PAR.get(c - 1, []))
        if action == 'ADD_PARAMS': old = list(values[:n])
        made = values[n if action == 'ADD_PARAMS' else 0:]
        if len(made) != len(steps): continue
        for v, step in zip(made, steps):
            m = re.match(r'(old|enter)\[(\d+)\]', step.split('<-')[1])
            if m and int(m[2]) < len(old if m[1] == 'old' else enter): (old if m[1] == 'old' else enter)[int(m[2])] = v
            elif v is not None: break
        else:
            kept = C.CV.get((c - 1, len(enter)), ('',))[0].startswith('STORE')
            if None in old or None in enter or not (kept or not enter): continue
            if kept or 'enter' not in ' '.join(steps): yield ([(c - 1, enter)] if kept else []) + [(c, old)]


def case_value(ptype, v):
    """A value of the cases: bytes as in a capture.  KeyError: it is C++ that we cannot read."""
    if isinstance(v, dict):
        b = v['bytes']
        if not b.startswith('{'): return b.encode('latin-1')
        return bytes(ord(c) if c else int(x, 0) for c, x in re.findall(r"'(.)'|(\w+)", b))
    if ptype in P.STR: return v.encode() + b'\0'
    if ptype in C.VAR: raise KeyError(ptype)
    return (int(v, 0) & (1 << 8 * C.SZ.get(ptype, 4)) - 1).to_bytes(C.SZ.get(ptype, 4), 'little')


def check_cases(number, header):
    """The events that Falco's own tests expect of old captures, made of what they must have been."""
    bad = done = left = 0
    for line in open(compat + '/cases/scap_converter_expectations.jsonl'):
        case = json.loads(line)
        if 'event' not in case: continue
        ts, tid, name, n, *values = case['event']
        code = C.BYNAME[name] if name in C.BYNAME else None
        try: values = [case_value(t[1], v) for t, v in zip(C.PAR[code], values)]
        except (KeyError, ValueError): left += 1; continue
        ways = list(taken_back(code, values)) if len(values) == int(n) else []
        if not ways: left += 1; continue
        done += 1
        for way in ways:
            with tempfile.NamedTemporaryFile(suffix='.scap') as f:
                f.write(header + b''.join(event(c, ps, int(tid), False) for c, ps in way)); f.flush()
                r = subprocess.run([build + '/tests/support/scap_pipe', f.name], capture_output=True)
            got = [v for ty, v in R.frames_of(r.stdout) if ty == 1]
            want = [P.param(t[1], v) for t, v in zip(C.PAR[code], values)]
            if r.returncode or len(got) != 1 or got[0][0] != code or got[0][5] != int(tid) or got[0][8][:int(n)] != want:
                bad += 1; print('# %s: %r, and not %r %s' % (case['id'], got, want, r.stderr.decode()))
    print('%sok %d - events that old captures must give' % ('not ' if bad or done < 10 else '', number))
    print('cases scap_converter_expectations: %d of %d agree, %d are of captures that are not here' % (done - bad, done, left))
    return bad or done < 10


def main():
    header = block(0x0A0D0D0A, struct.pack('<IHHQ', 0x1A2B3C4D, 1, 2, (1 << 64) - 1))
    rows = set(); number = bad = 0
    # What the model does not make.
    container = b'{"id":"text 0","type":130,"name":"text 2","image":"text 3"}'
    step = C.step
    def with_json(*a):
        o = step(*a)
        if o and b'?cb' in o[2]: o = (o[0], o[1], [container + b'\0' if p == b'?cb' else p for p in o[2]])
        return o
    C.step = with_json
    for kind, v2, flags, pack in (('v2', True, None, bytes), ('v1', False, None, bytes), ('v2 with flags', True, 1, gzip.compress),
                                  ('v1 with flags', False, 0, gzip.compress)):
        out = [header]; tid = 100; count = 0
        for group in events():
            tid += 1
            C.STORE.clear()
            if not all(converts(c, n, tid) for c, n in group): continue
            for c, n in group:
                out.append(event(c, params_of(c, n), tid, v2, flags)); rows.add((c, n)); count += 1
        with tempfile.NamedTemporaryFile(suffix='.scap') as f:
            f.write(pack(b''.join(out))); f.flush()
            n, why = R.compare(f.name)
        number += 1
        print('%sok %d - blocks %s: %d events, %d frames' % ('not ' if why or n < 400 else '', number, kind, count, n))
        if why or n < 400: bad = 1; print('# %s' % why)
    left = [r for r in C.CV if r not in rows]
    number += 1
    print('%sok %d - all %d conversions were met' % ('not ' if left else '', number, len(C.CV)))
    if left: bad = 1; print('# not met: %s' % left[:20])
    return bad or check_cases(number + 1, header)


if __name__ == '__main__': sys.exit(main())
