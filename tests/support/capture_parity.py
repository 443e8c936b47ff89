#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# capture_parity.py -- `mews replay` of each capture, held against what Falco printed of it: alerts as
# text, byte for byte, and as JSON, by value, for each set of rules; and all fields of each event.
# One line of TAP for each file of expected/; what differs on purpose is in KNOWN.
# Usage: capture_parity.py MEWS CAPTURES_DIR RULES_DIR [NAME...]
import collections, concurrent.futures, gzip, json, os, re, subprocess, sys

mews, captures, rules = sys.argv[1:4]
names = sys.argv[4:]
expected = captures + '/expected'
STABLE = ['falco_rules.yaml']
ALL = STABLE + ['falco-incubating_rules.yaml', 'falco-sandbox_rules.yaml']
SETS = {'stable': STABLE, 'all': ALL, 'allenabled': ALL}
JSON = ['json_output=true']
FIELDS = JSON + ['json_include_output_property=false', 'json_include_tags_property=false', 'base_syscalls.all=true']

# Fields whose value Falco does not take from the event: a count of its own extractions, and types in
# the order of a hash.
SKIP = {'util.cnt'}
UNORDERED = {'fd.types'}


def is_known(field, ours, theirs, fields):
    """docs/falco-differences.md has the reasons."""
    # What lay in Falco's memory before an empty buffer.
    if field == 'evt.buffer' and ours == 'NULL' and str(theirs).startswith('NULL'): return True
    # A path that is relative to the working directory is known to us.
    return field == 'fs.path.name' and fields.get('evt.type') == 'unlinkat' and str(theirs).startswith('<UNKNOWN>')


def replay(capture, rule_files, options):
    words = [mews, 'replay', capture]
    for r in rule_files: words += ['-r', r]
    for o in options: words += ['-o', o]
    env = dict(os.environ, TZ='UTC', FALCO_HOSTNAME='demo-host')
    r = subprocess.run(words, capture_output=True, env=env, stdin=subprocess.DEVNULL)
    if r.returncode != 0: raise Exception('exit code %d: %s' % (r.returncode, r.stderr.decode(errors='replace')[-400:]))
    return r.stdout


def read(path):
    return (gzip.open if path.endswith('.gz') else open)(path, 'rb').read()


def lines_of(data):
    return data.split(b'\n')[:-1] if data.endswith(b'\n') else data.split(b'\n') if data else []


def first_difference(ours, theirs):
    """What to say of two lists of lines; None if they are the same."""
    for i, (a, b) in enumerate(zip(ours, theirs)):
        if a != b: return 'line %d: ours   %s\n# line %d: theirs %s' % (i + 1, str(a)[:600], i + 1, str(b)[:600])
    if len(ours) != len(theirs): return '%d lines, theirs has %d' % (len(ours), len(theirs))


def same_text(path, ours):
    return first_difference(lines_of(ours), lines_of(read(path)))


def same_json(path, ours):
    load = lambda data: [json.loads(l) for l in lines_of(data)]
    return first_difference(load(ours), load(read(path)))


def differing(fields):
    """FIELDS: for each event, (name, ours, theirs) of those that are not equal; as one message."""
    bad = collections.Counter(); first = {}
    for where, name, a, b in fields:
        bad[name] += 1
        first.setdefault(name, (where, a, b))
    if not bad: return None
    return '\n# '.join('%s: %d differ, first at event %s: ours %.200r, theirs %.200r' % ((n, c) + first[n])
                       for n, c in bad.most_common(12))


def compare_fields(ours, theirs):
    for o, t in zip(ours, theirs):
        for k in t.keys() | o.keys():
            a, b = o.get(k, 'absent'), t.get(k, 'absent')
            if k in UNORDERED and isinstance(a, list) and isinstance(b, list): a, b = sorted(a), sorted(b)
            if k not in SKIP and a != b and not is_known(k, a, b, t): yield t.get('evt.num'), k, a, b
    if len(ours) != len(theirs): yield 'all', 'events', len(ours), len(theirs)


def same_fields(path, ours):
    return differing(compare_fields([json.loads(l)['output_fields'] for l in lines_of(ours)],
                                    [json.loads(l) for l in lines_of(read(path))]))


def event_names():
    return re.findall(r'%(\S+)', re.search(r'output: "(.*)"', open(captures + '/event_fields.yaml').read())[1])


def same_events(path, ours):
    """73 fields in a line; where a line has other text than Falco's it is taken apart."""
    names = event_names()
    cut = [l.split(b' Debug ', 1)[1] for l in lines_of(ours)]
    theirs = lines_of(read(path))
    def differences():
        for a, b in zip(cut, theirs):
            if a == b: continue
            a, b = a.decode('latin-1').split(' | '), b.decode('latin-1').split(' | ')
            if len(a) != len(names) or len(b) != len(names):
                yield b[0], 'line', ' | '.join(a), ' | '.join(b)
                continue
            t = dict(zip(names, b))
            for k, x, y in zip(names, a, b):
                if x != y and not is_known(k, x, y, t): yield b[0], k, x, y
        if len(cut) != len(theirs): yield 'all', 'events', len(cut), len(theirs)
    return differing(differences())


def kind_of(suffix):
    """What to run for a file of expected/: rule files, options, comparison.  None: not one of ours."""
    iso = ['time_format_iso_8601=true']
    if suffix == 'events.txt.gz': return [captures + '/event_fields.yaml'], iso + ['base_syscalls.all=true'], same_events
    if suffix == 'fields.jsonl.gz': return [captures + '/all_fields.yaml'], FIELDS, same_fields
    m = re.fullmatch(r'(stable|all|allenabled)(\.matchall)?\.(txt|jsonl)', suffix)
    if m is None: return None
    files = [rules + '/' + f for f in SETS[m[1]]] + ([captures + '/enable_all.yaml'] if m[1] == 'allenabled' else [])
    options = iso + (JSON if m[3] == 'jsonl' else []) + (['rule_matching=all'] if m[2] else [])
    return files, options, same_text if m[3] == 'txt' else same_json


def verdict(job):
    capture, path, (files, options, same) = job
    try:
        return same(path, replay(capture, files, options))
    except Exception as e:
        return '%s: %s' % (type(e).__name__, e)


def jobs():
    for where, wanted in ((expected, captures), (captures + '/large', captures + '/large')):
        for f in sorted(os.listdir(where)) if os.path.isdir(where) else []:
            capture = max((n for n in os.listdir(wanted) if n.endswith('.scap') and f.startswith(n[:-5] + '.') and f != n), key=len, default=None)
            if capture is None or (names and capture[:-5] not in names): continue
            kind = kind_of(f[len(capture) - 4:])
            if kind: yield wanted + '/' + capture, where + '/' + f, kind


def main():
    todo = list(jobs()); good = 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for n, (job, why) in enumerate(zip(todo, pool.map(verdict, todo)), 1):
            print('%s %d - %s' % ('not ok' if why else 'ok', n, os.path.basename(job[1])))
            if why: print('# ' + why)
            sys.stdout.flush()
            good += not why
    print('captures: %d of %d identical' % (good, len(todo)))
    print('1..%d' % len(todo))
    return 0 if good == len(todo) and todo else 1


sys.exit(main())
