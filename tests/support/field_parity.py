#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# field_parity.py -- hold the evaluator's fields against what Falco printed for the same captures.
# A .scap becomes frames of ring raw (state_parity.py), goes through enrich_pipe and field_pipe,
# and each field of each event is compared with expected/NAME.events.txt.gz (73 fields as text) or
# NAME.fields.jsonl.gz (263 fields, typed).
# Usage: field_parity.py BUILD_DIR CAPTURES_DIR COMPAT_DIR text|json [NAME...]
import collections, gzip, json, os, re, struct, subprocess, sys, tempfile

build, captures, compat, mode = sys.argv[1:5]
names = sys.argv[5:]
sys.argv[1:] = [build + '/tests/support/enrich_pipe', captures, compat]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import state_parity as P

SHOW = int(os.environ.get('SHOW', '15'))
# A count of extractions, and types in the order of a hash.
SKIP = {'util.cnt', 'fd.types'}


def is_known(k, ours, theirs, event):
    """What differs on purpose."""
    # What lay in Falco's memory before an empty buffer.
    if k == 'evt.buffer' and ours == 'NULL' and str(theirs).startswith('NULL'): return True
    # A path relative to the working directory is known to us.
    return k == 'fs.path.name' and event == 'unlinkat' and str(theirs).startswith('<UNKNOWN>')


def output_of(yaml):
    return re.search(r'output: "(.*)"', open(yaml).read())[1]


def run(name, output):
    blob = b''.join(struct.pack('<HI', t, len(P.pack(v))) + P.pack(v) for t, v in P.frames('%s/%s.scap' % (captures, name)))
    enriched = subprocess.run([build + '/tests/support/enrich_pipe'], input=blob, capture_output=True, check=True).stdout
    with tempfile.NamedTemporaryFile('w') as f:
        f.write(output); f.flush()
        r = subprocess.run([build + '/tests/support/field_pipe', mode, f.name], input=enriched, capture_output=True, check=True)
    if r.stderr: print(r.stderr.decode()[:500])
    return r.stdout


def rows_text(name):
    fields = re.findall(r'%(\S+)', output_of(captures + '/event_fields.yaml'))
    def rows(lines):
        out = {}
        for l in lines:
            cells = l.rstrip('\n').split(' | ')
            if len(cells) == len(fields): out[int(cells[0])] = dict(zip(fields, cells))
        return out
    ours = run(name, ' | '.join('%' + f for f in fields)).decode('latin-1')
    theirs = gzip.open('%s/expected/%s.events.txt.gz' % (captures, name), 'rt', encoding='latin-1', newline='\n')
    # Falco's lines are escaped as JSON strings are.
    unescape = lambda l: re.sub(r'\\(u[0-9a-f]{4}|.)', lambda m: m[1] if m[1] in '"\\' else '.', l)
    return rows(ours.split('\n')), rows(map(unescape, theirs))


def rows_json(name):
    out = output_of(captures + '/all_fields.yaml')
    fields = out.split()
    ours = {}
    for i in range(0, len(fields), 100):
        for l in run(name, ' '.join(fields[i:i + 100] + ['%evt.num', '%evt.time'])).decode('latin-1').split('\n'):
            if l:
                o = json.loads(l); ours.setdefault(o['evt.num'], {}).update(o)
    theirs = {}
    for l in gzip.open('%s/expected/%s.fields.jsonl.gz' % (captures, name), 'rt'):
        o = json.loads(l); o = o.get('output_fields', o); theirs[o['evt.num']] = o
    return ours, theirs


def main():
    suffix = '.events.txt.gz' if mode == 'text' else '.fields.jsonl.gz'
    todo = names or sorted(f[:-len(suffix)] for f in os.listdir(captures + '/expected') if f.endswith(suffix))
    total = 0
    for name in todo:
        ours, theirs = (rows_text if mode == 'text' else rows_json)(name)
        bad = collections.Counter(); first = {}; compared = 0
        for num, t in theirs.items():
            o = ours.get(num)
            if o is None: bad['event missing', ''] += 1; first.setdefault(('event missing', ''), (num, '', '', '')); continue
            for k, v in t.items():
                if k in SKIP: continue
                compared += 1
                if o.get(k, 'absent') != v and not is_known(k, o.get(k), v, t['evt.type']):
                    key = (k, t['evt.type']); bad[key] += 1
                    first.setdefault(key, (num, o.get(k, 'absent'), v, str(t['evt.args'])[:160]))
        print('%s: %d events, %d values compared, %d differ' % (name, len(theirs), compared, sum(bad.values())))
        for k, c in bad.most_common(SHOW): print('   ', c, k, 'event %d: ours %.200r theirs %.200r in %s' % first[k])
        total += sum(bad.values())
    return 1 if total else 0


sys.exit(main())
