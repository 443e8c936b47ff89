#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# rule_parity.py -- hold alerts against what Falco gave for the same captures and rules.  A .scap
# becomes frames of ring raw (state_parity.py), goes through enrich_pipe and rule_pipe, and each
# alert's rule, time, message, fields and tags is compared, in order, with
# expected/NAME.{stable,all,allenabled,allenabled.matchall}.jsonl.
# Usage: rule_parity.py BUILD_DIR CAPTURES_DIR COMPAT_DIR RULES_DIR [NAME...]
import difflib, json, os, struct, subprocess, sys

build, captures, compat, rules = sys.argv[1:5]
names = sys.argv[5:]
sys.argv[1:] = [build + '/tests/support/enrich_pipe', captures, compat]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import state_parity as P

three = [rules + '/falco_rules.yaml', rules + '/falco-incubating_rules.yaml', rules + '/falco-sandbox_rules.yaml']
SETS = [('stable', [rules + '/falco_rules.yaml']), ('all', three), ('allenabled', three + [captures + '/enable_all.yaml']),
        ('allenabled.matchall', ['all'] + three + [captures + '/enable_all.yaml'])]
PRIORITY = ['Emergency', 'Alert', 'Critical', 'Error', 'Warning', 'Notice', 'Informational', 'Debug']


def same_bytes(s):
    """Falco's text as bytes once were, as far as they were UTF-8."""
    return s.encode('latin-1').decode('utf-8', 'replace')


def ours_of(line):
    a = json.loads(line)
    f = {k: same_bytes(v) if isinstance(v, str) else v for k, v in a['fields'].items()}
    return (a['ts'], a['rule'], PRIORITY[a['priority']], same_bytes(a['message']), json.dumps(f, sort_keys=True), tuple(sorted(a['tags'])))


def theirs_of(line):
    a = json.loads(line); f = dict(a['output_fields'])
    t = f.pop('evt.time.iso8601', f.get('evt.time'))
    return (t, a['rule'], a['priority'], a['output'].split(': ', 1)[1].split(' ', 1)[1], json.dumps(f, sort_keys=True), tuple(a['tags']))


def main():
    todo = names or sorted(f[:-len('.stable.jsonl')] for f in os.listdir(captures + '/expected') if f.endswith('.stable.jsonl'))
    total = alerts = 0
    for name in todo:
        if not os.path.exists('%s/%s.scap' % (captures, name)): continue
        blob = b''.join(struct.pack('<HI', t, len(P.pack(v))) + P.pack(v) for t, v in P.frames('%s/%s.scap' % (captures, name)))
        enriched = subprocess.run([P.pipe], input=blob, capture_output=True, check=True).stdout
        for suffix, args in SETS:
            path = '%s/expected/%s.%s.jsonl' % (captures, name, suffix)
            if not os.path.exists(path): continue
            r = subprocess.run([build + '/tests/support/rule_pipe'] + args, input=enriched, capture_output=True)
            if r.returncode != 0: print(name, suffix, r.stderr.decode()[:1500]); return 1
            ours = [ours_of(l) for l in r.stdout.split(b'\n') if l]
            theirs = [theirs_of(l) for l in open(path) if l.strip()]
            alerts += len(theirs)
            if ours == theirs: continue
            bad = 0
            for op, i1, i2, j1, j2 in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
                if op == 'equal': continue
                bad += max(i2 - i1, j2 - j1)
                for a in ours[i1:i2][:2]: print('    ours  ', *[str(x)[:260] for x in a[:5]])
                for a in theirs[j1:j2][:2]: print('    theirs', *[str(x)[:260] for x in a[:5]])
            print('%s.%s: %d of %d alerts differ' % (name, suffix, bad, len(theirs)))
            total += bad
    print('%d alerts, %d differ' % (alerts, total))
    return 1 if total else 0


sys.exit(main())
