#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# state_parity.py -- hold the enricher's state against what Falco said of the same captures.
# Turns a .scap into frames of ring raw, runs them through enrich_pipe, keeps a mirror from the
# frames that come out, and compares what follows from state with expected/NAME.events.txt.gz.
# Usage: state_parity.py PIPE CAPTURES_DIR COMPAT_DIR [NAME...]
import collections, gzip, os, re, struct, subprocess, sys

pipe, captures, compat = sys.argv[1:4]
sys.path.insert(0, compat + '/tools')
import scapread as S
ORIG_NAMES = sys.argv[4:]
sys.argv[1:] = []
import convmodel as C

LEAD = C.LEAD
INT = {'INT8': 1, 'INT16': 2, 'INT32': 4, 'INT64': 8, 'UINT8': 1, 'UINT16': 2, 'UINT32': 4, 'UINT64': 8, 'ERRNO': 8, 'FD': 8, 'PID': 8,
       'SYSCALLID': 2, 'SIGTYPE': 1, 'RELTIME': 8, 'ABSTIME': 8, 'PORT': 2, 'FLAGS8': 1, 'FLAGS16': 2, 'FLAGS32': 4, 'ENUMFLAGS8': 1,
       'ENUMFLAGS16': 2, 'ENUMFLAGS32': 4, 'UID': 4, 'GID': 4, 'MODE': 4, 'SIGSET': 4, 'FD32': 4, 'PID32': 4, 'BOOL': 4, 'DOUBLE': 8}
SIGNED = {'INT8', 'INT16', 'INT32', 'INT64', 'ERRNO', 'FD', 'PID', 'FD32', 'PID32'}
STR = {'CHARBUF', 'FSPATH', 'FSRELPATH'}
BYTES = ['comm', 'exe', 'exepath', 'args', 'env', 'cwd', 'root', 'cgroups', 'container_id']
FIELDS = ('tid pid ptid sid vtid vpid vpgid pgid comm exe exepath args env cwd root cgroups container_id uid gid loginuid tty flags fdlimit '
          'vmsize vmrss vmswap pfmajor pfminor clone_ts lastexec_ts pidns_init_start_ts exe_flags exe_ino exe_ctime exe_mtime '
          'cap_inheritable cap_permitted cap_effective exe_ctime_to_clone').split()
TYPES = {0: '<NA>', 1: 'file', 2: 'directory', 3: 'ipv4', 4: 'ipv6', 5: 'ipv4', 6: 'ipv6', 7: 'pipe', 8: 'unix', 9: 'event', 10: '<NA>',
         11: 'signalfd', 12: 'eventpoll', 13: 'inotify', 14: 'timerfd', 15: 'netlink', 17: 'bpf', 18: 'userfaultfd', 19: 'io_uring',
         20: 'memfd', 21: 'pidfd'}


def pack(v):
    if v is None: return b'\xc0'
    if v is True: return b'\xc3'
    if v is False: return b'\xc2'
    if isinstance(v, int): return b'\xcf' + struct.pack('>Q', v) if v >= 0 else b'\xd3' + struct.pack('>q', v)
    if isinstance(v, bytes): return b'\xc6' + struct.pack('>I', len(v)) + v
    return b'\xdd' + struct.pack('>I', len(v)) + b''.join(pack(x) for x in v)


def unpack(b, p=0):
    c = b[p]; p += 1
    if c < 0x80: return c, p
    if c >= 0xe0: return c - 256, p
    if c == 0xc0: return None, p
    if c in (0xc2, 0xc3): return c == 0xc3, p
    if c in (0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3):
        f = {0xcc: '>B', 0xcd: '>H', 0xce: '>I', 0xcf: '>Q', 0xd0: '>b', 0xd1: '>h', 0xd2: '>i', 0xd3: '>q'}[c]
        return struct.unpack_from(f, b, p)[0], p + struct.calcsize(f)
    if c in (0xc4, 0xc5, 0xc6):
        f = {0xc4: '>B', 0xc5: '>H', 0xc6: '>I'}[c]
        n = struct.unpack_from(f, b, p)[0]; p += struct.calcsize(f)
        return b[p:p + n], p + n
    if c & 0xf0 in (0x90, 0x80) or c in (0xdc, 0xdd):
        pairs = c & 0xf0 == 0x80
        if c == 0xdc: n, p = struct.unpack_from('>H', b, p)[0], p + 2
        elif c == 0xdd: n, p = struct.unpack_from('>I', b, p)[0], p + 4
        else: n = c & 15
        out = []
        for _ in range(n * 2 if pairs else n):
            v, p = unpack(b, p); out.append(v)
        return (dict(zip(out[::2], out[1::2])) if pairs else out), p
    raise Exception('msgpack %x' % c)


def param(ptype, b):
    if len(b) == 0: return None
    if ptype in INT:
        if len(b) != INT[ptype]: return None
        return int.from_bytes(b, 'little', signed=ptype in SIGNED)
    return b.split(b'\0')[0] if ptype in STR else b


def fd_entries(body, v2):
    r = S.R(body); tid = r.u('Q')
    while r.left() >= 4:
        st = r.p; sub = r.u('I') if v2 else 0
        fd, ino, ty = r.u('qQB')
        o = dict(fd=fd, type=ty, flags=0, oflags=0, dev=0, ino=ino, name=b'', l4=0, sip=b'', dip=b'', sport=0, dport=0, src=0, dst=0)
        if ty in (1, 2, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21): o['name'] = r.str16(1024)
        elif ty == 3: o['sip'], o['dip'] = r.raw(4), r.raw(4); o['sport'], o['dport'], o['l4'] = r.u('HHB')
        elif ty == 4: o['sip'], o['dip'] = r.raw(16), r.raw(16); o['sport'], o['dport'], o['l4'] = r.u('HHB')
        elif ty == 5: o['sip'], o['dip'] = b'\0' * 4, r.raw(4); o['dport'], o['l4'] = r.u('HB')
        elif ty == 6: o['sip'], o['dip'] = b'\0' * 16, r.raw(16); o['dport'], o['l4'] = r.u('HB')
        elif ty == 8: o['src'], o['dst'] = r.u('QQ'); o['name'] = r.str16()
        elif ty == 16:
            o['oflags'] = r.u('I'); o['name'] = r.str16(1024)
            if sub and r.p + 4 <= st + sub: o['dev'] = r.u('I')
        if sub: r.p = st + sub
        yield tid, [o['fd'], o['type'], o['flags'], o['oflags'], o['dev'], o['ino'], o['name'] or None, None, 0, None, o['l4'],
                    o['sip'] or None, o['dip'] or None, o['sport'], o['dport'], o['src'], o['dst']]


def frames(path):
    data = open(path, 'rb').read()
    if data[:2] == b'\x1f\x8b': data = gzip.decompress(data)
    p = 0; C.STORE.clear(); begun = False; num = 0; host = [b'', 0, 0, 0, []]; started = False
    while p + 12 <= len(data):
        bt, bl = struct.unpack_from('<II', data, p); body = data[p + 8:p + bl - 4]; p += bl
        if bt in (0x201, 0x8002ABCD):
            ncpu, mem, maxpid = struct.unpack_from('<IQQ', body); name = body[20:148].split(b'\0')[0]
            boot = struct.unpack_from('<Q', body, 148)[0]
            host[:4] = [name, boot, mem, ncpu]
        elif bt in S.IL:
            r = S.R(body)
            while r.left() >= 4:
                if S.IL[bt] == 2: r.u('I')
                ty, nl = r.u('HH')
                n = 4 if ty in (1, 3) else 16
                a, m = r.raw(n), r.raw(n); r.raw(n)
                if ty in (1, 2): r.u('Q')
                host[4].append([r.raw(nl), a, m])
        elif bt in S.UL:
            r = S.R(body)
            while r.left() >= 4:
                if S.UL[bt] == 2: r.u('I')
                if r.u('B') == 0:
                    uid, gid = r.u('II'); yield 12, [None, uid, gid, r.str16(), r.str16(), r.str16(), False]
                else: gid = r.u('I'); yield 13, [None, gid, r.str16(), False]
        elif bt in S.PL:
            th = []; S.plist(body, S.PL[bt], th)
            if not begun: yield 11, host; yield 8, []; begun = True
            for t in th:
                vm = t.get('vm', (0, 0, 0)); pf = t.get('pf', (0, 0)); vt = t.get('vt', (-1, -1))
                flag = (1 if t.get('exe_writable') else 0) | (2 if t.get('upper') else 0) | (4 if t.get('memfd') else 0) | (8 if t.get('lower') else 0)
                s = lambda v: v - (1 << 64) if v >= 1 << 63 else v
                yield 2, [0, 0, [s(t['tid']), s(t['pid']), s(t['ptid']), s(t.get('sid', (1 << 64) - 1)), vt[0], vt[1], s(t.get('vpgid', (1 << 64) - 1)), t.get('pgid', -1),
                                 t['comm'], t['exe'], t.get('exepath', b''), t['args'], t.get('env', b''), t['cwd'], t.get('root', b''), t.get('cgroups', b''), None,
                                 t['uid'], t['gid'], t.get('loginuid', 0xffffffff), t.get('tty', 0), t['flags'], t['fdlimit'], vm[0], vm[1], vm[2], pf[0], pf[1],
                                 0, 0, t.get('pidns', 0), flag, t.get('ino', 0), t.get('ctime', 0), t.get('mtime', 0), t.get('cap_i', 0), t.get('cap_p', 0), t.get('cap_e', 0)]]
        elif bt in S.FDL:
            for tid, rec in fd_entries(body, S.FDL[bt] == 2): yield 3, [tid, rec]
        if bt not in S.EVB: continue
        if begun: yield 9, []; begun = False
        elif not started: yield 11, host
        started = True
        fl, v2 = S.EVB[bt]; r = S.R(body); cpu = r.u('H'); dump = r.u('I') if fl else 0
        ts, tid, ln, ty = r.u('QQIH')
        if ty not in S.EV: continue
        nm, name, flags, np = S.EV[ty]; large = 'LARGE_PAYLOAD' in flags; w = 'I' if large else 'H'; ws = 4 if large else 2
        if v2: n = r.u('I'); lens = [r.u(w) for _ in range(n)]
        else:
            if nm in ('PPME_NOTIFICATION_E', 'PPME_INFRASTRUCTURE_EVENT_E'): ln -= 3
            for n in range(np, -1, -1):
                q = S.R(body); q.p = r.p
                try: lens = [q.u(w) for _ in range(n)]
                except struct.error: continue
                if 22 + ws * n + sum(lens) == ln: break
            r.p = q.p
        ps = [r.raw(x) for x in lens]
        for _ in range(50):
            o = C.step(ty, ps, tid, ts)
            if o is None: break
            k, ty, ps = o
            if k == 'pass': break
        if o is None: continue
        num += 1
        types = [x[1] for x in C.PAR[ty]]
        if tid >= 1 << 63: tid -= 1 << 64
        yield 1, [ty, cpu, dump & 1, ts, num, tid, -1, None, [param(t, b) for t, b in zip(types, ps)]]


class Mirror:
    def __init__(self): self.by_key = {}; self.users = {}; self.groups = {}
    def process(self, f):
        key, version, base, mask, vals = f
        info = dict(self.by_key[base][1]) if base else {}
        it = iter(vals)
        for i, name in enumerate(FIELDS):
            if mask >> i & 1:
                v = next(it); info[name] = (v or b'') if name in BYTES else v
        assert all(n in info for n in FIELDS)
        if key in self.by_key: assert version > self.by_key[key][0]
        self.by_key[key] = (version, info)
    def find(self, tid):
        for v, i in self.by_key.values():
            if i['tid'] == tid: return i
    def tids(self):
        return {i['tid']: i for v, i in self.by_key.values()}


def text(b): return ''.join(chr(c) if 32 <= c < 127 else '.' for c in b) if not isinstance(b, str) else b


def addr(b, v6):
    import socket
    return socket.inet_ntop(socket.AF_INET6, b) if v6 else '.'.join(str(x) for x in b[:4])


def expect_fields(m, ev):
    """What follows from state for this event, by field name."""
    code, cpu, flags, ts, num, gen, seq, key, version, tid, fd, fd_file, files, extra, params = ev
    out = {}
    if key and key in m.by_key:
        assert m.by_key[key][0] == version, ('version', m.by_key[key][0], version)
        i = m.by_key[key][1]; t = m.tids()
        main = i if i['tid'] == i['pid'] else t.get(i['pid'])
        src = i
        args = [a for a in src['args'].split(b'\0')]
        if args and args[-1] == b'': args.pop()
        joined = b' '.join(args); cmd = src['comm'] + (b' ' + joined if joined else b'')
        out['proc.name'] = text(src['comm']); out['proc.pid'] = str(i['pid']); out['proc.cmdline'] = text(cmd)
        out['proc.exepath'] = text(src['exepath']); out['proc.exe'] = text(src['exe']); out['proc.args'] = text(b' '.join(args))
        if main: out['proc.cwd'] = text(main['cwd'])
        out['proc.tty'] = str(i['tty']); out['user.uid'] = str(i['uid']); out['group.gid'] = str(i['gid'])
        out['user.loginuid'] = str(-1 if i['loginuid'] == 0xffffffff else i['loginuid'])
        out['container.id'] = text(i['container_id']) or 'host'
        out['proc.is_exe_writable'] = str(bool(i['exe_flags'] & 1)).lower()
        out['proc.is_exe_upper_layer'] = str(bool(i['exe_flags'] & 2)).lower()
        out['proc.is_exe_from_memfd'] = str(bool(i['exe_flags'] & 4)).lower()
        out['thread.tid'] = str(i['tid']); out['thread.vtid'] = str(i['vtid']) if i['vtid'] != -1 else '<NA>'
        if i['vpid'] != -1: out['proc.vpid'] = str(i['vpid'])
        out['proc.sid'] = str(i['sid']); out['proc.pgid'] = str(i['pgid']); out['proc.vpgid'] = str(i['vpgid'])
        par = t.get(main['ptid']) if main else None
        if par: par = par if par['tid'] == par['pid'] else t.get(par['pid'])
        out['proc.ppid'] = str(par['pid']) if par else '<NA>'
        out['proc.pname'] = text(par['comm']) if par else '<NA>'
        out['proc.pvpid'] = str(par['vpid']) if par else '<NA>'
        a = main
        for n in (1, 2, 3):
            a = t.get(a['ptid']) if a else None
            if a: a = a if a['tid'] == a['pid'] else t.get(a['pid'])
            if n > 1: out['proc.aname[%d]' % n] = text(a['comm']) if a else '<NA>'
        out['proc.fdopencount'] = str(extra[0]); out['proc.nthreads'] = str(extra[4][0])
    if fd is not None: out['fd.num'] = str(fd)
    if fd_file >= 0:
        f = files[fd_file]
        f = f + [0, None, None, 0, 0, 0, 0] if len(f) == 10 else f
        ffd, ty, fl, ofl, dev, ino, name, raw, mnt, res, l4, sip, dip, sport, dport, a, b = f
        out['fd.type'] = TYPES[ty]; out['fd.name'] = text(name or b'')
        out['fd.ino'] = str(ino); out['fd.dev'] = '%X' % dev
        out['fd.nameraw'] = text(raw or b'')
        if ty in (3, 4, 5, 6):
            v6 = ty in (4, 6)
            role = fl & 3
            out['fd.l4proto'] = {2: 'tcp', 3: 'udp', 4: 'icmp', 5: 'raw'}.get(l4, '<NA>') if role or l4 == 5 else '<NA>'
            if role:
                out['fd.sip'] = addr(dip, v6); out['fd.sport'] = str(dport)
                if ty in (3, 4):
                    out['fd.cip'] = addr(sip, v6); out['fd.cport'] = str(sport)
                    loc = fl >> 8 & 1
                    out['fd.lip'] = addr(sip if loc else dip, v6); out['fd.rip'] = addr(dip if loc else sip, v6)
                    out['fd.lport'] = str(sport if loc else dport); out['fd.rport'] = str(dport if loc else sport)
            out['fd.is_server'] = str(ty in (5, 6) or bool(fl >> 9 & 1)).lower()
    elif fd is not None: out['fd.type'] = '<NA>'
    return out


def main():
    names = [l.strip() for l in open(os.path.join(captures, 'README.md')).read().split('```')[1].replace('\n', ' ').split('|')]
    todo = NAMES or sorted(f[:-len('.events.txt.gz')] for f in os.listdir(captures + '/expected') if f.endswith('.events.txt.gz'))
    total_bad = 0
    for name in todo:
        blob = b''.join(struct.pack('<HI', t, len(pack(v))) + pack(v) for t, v in frames('%s/%s.scap' % (captures, name)))
        r = subprocess.run([pipe], input=blob, capture_output=True)
        if r.returncode != 0: print(name, 'enrich_pipe failed', r.returncode, r.stderr[-2000:]); total_bad += 1; continue
        want = {}
        for line in gzip.open('%s/expected/%s.events.txt.gz' % (captures, name), 'rt', errors='replace', newline='\n'):
            cells = line.rstrip('\n').split(' | ')
            if len(cells) == len(names): want[int(cells[0])] = dict(zip(names, cells))
        m = Mirror(); p = 0; bad = collections.Counter(); first = {}; seen = 0; compared = 0; state = 0
        data = r.stdout
        while p < len(data):
            ty, n = struct.unpack_from('<HI', data, p); f, _ = unpack(data[p + 6:p + 6 + n]); p += 6 + n
            if ty != 20: state += 1
            if ty == 16: m.process(f)
            elif ty == 17: del m.by_key[f[0]]
            elif ty == 20:
                seen += 1; w = want.get(f[4])
                if w is None: continue
                for k, v in expect_fields(m, f).items():
                    compared += 1
                    if w[k] != v and re.sub(r'\\(.)', lambda x: x[1] if x[1] in '\\"' else '.', w[k]) != v:
                        key = (k, w['evt.type']); bad[key] += 1
                        first.setdefault(key, (f[4], v, w[k], w['evt.args'][:200]))
        print('%s: %d events, %d state frames, %d fields compared, %d differ%s' % (
            name, seen, state, compared, sum(bad.values()), '' if not r.stderr.strip() or b'error' not in r.stderr else ' ' + r.stderr.decode()[:300]))
        for k, c in bad.most_common(SHOW): print('   ', c, k, 'event %d: ours %r theirs %r in %s' % first[k])
        total_bad += sum(bad.values())
    return 1 if total_bad else 0


if __name__ == '__main__':
    SHOW = int(os.environ.get('SHOW', '12'))
    NAMES = ORIG_NAMES
    sys.exit(main())
