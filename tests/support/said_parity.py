#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# said_parity.py -- what `mews validate` and `mews list` say, held against what Falco says: the cases
# of validate (its JSON and its text), the official rules in every order, the description of all their
# rules, the tables of fields and events.  Prints TAP, and "cases NAME: N of M agree".
# Usage: said_parity.py MEWS CASES_DIR
import collections, csv, gzip, itertools, json, os, re, subprocess, sys, tempfile

mews, cases = sys.argv[1:3]
compat = os.path.dirname(os.path.abspath(cases))
rules = os.path.join(os.path.dirname(compat), 'rules')
THREE = [os.path.join(rules, f) for f in ('falco_rules.yaml', 'falco-incubating_rules.yaml', 'falco-sandbox_rules.yaml')]
number = failed = 0


def verdict(good, what, why=''):
    global number, failed
    number += 1
    failed += not good
    print('%s %d - %s' % ('ok' if good else 'not ok', number, what))
    if not good and why:
        print('\n'.join('# ' + line for line in str(why).splitlines()[:12]))


def skip(what, why):
    global number
    number += 1
    print('ok %d - %s # SKIP %s' % (number, what, why))


def run(*words):
    p = subprocess.run([mews, *words], capture_output=True, timeout=120)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def suite(name, pairs):
    """PAIRS: (id, what is different, or nothing)."""
    pairs = list(pairs)
    good = sum(not why for _, why in pairs)
    for i, why in pairs:
        if why:
            print('# %s: %s: %s' % (name, i, str(why)[:300]))
    print('cases %s: %d of %d agree' % (name, good, len(pairs)))
    verdict(pairs and good == len(pairs), 'cases ' + name)


# ---- validate ----

def bare(result):
    """A file's result without what may be worded in another way, and without what only mews says."""
    r = dict(result)
    for kind in 'errors', 'warnings':
        r[kind] = [{'code': p['code'], 'locations': p['context']['locations'], 'field': p.get('deprecated_field')} for p in r[kind]]
    return r


def heads(text):
    """The lines of the text form that have no words of a message and no snippet in them."""
    keep = r"^(\S+: (?:Ok|Invalid).*|\d+ [\w ]+:|(?:In |    ).*\(.*:\d+:\d+\)|failed for .*|LOAD_\w+ \([^)]*\)).*$"
    return [m.group(1) for m in (re.match(keep, line) for line in text.split('\n')) if m]


def differs(c):
    with open('rules.yaml', 'w') as f:
        f.write(c['yaml'])
    status, out, _ = run('validate', 'rules.yaml', '--json')
    if status != c['exit_code']:
        return 'exit code %d' % status
    ours = json.loads(out)['falco_load_results']
    if c['json'] is None:  # Falco ended before it could say more
        return None if not ours[0]['successful'] else 'it is valid'
    for a, b in itertools.zip_longest(ours, c['json']['falco_load_results']):
        if bare(a) != bare(b):
            return '%s, not %s' % (bare(a), bare(b))
    status, out, _ = run('validate', 'rules.yaml')
    if status != c['exit_code']:
        return 'exit code %d of the text form' % status
    if heads(out) != heads(c['text']):
        return 'text: %s, not %s' % (heads(out), heads(c['text']))
    return None


def validate():
    path = os.path.join(cases, 'validate_cases.jsonl')
    if not os.path.exists(path):
        return skip('cases mews_validate', 'no ' + path)
    with open(path) as f, tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        suite('mews_validate', [(c['id'], differs(c)) for c in map(json.loads, f)])
        os.chdir('/')


def official():
    if not all(map(os.path.exists, THREE)):
        return skip('the official rules are valid', 'no ' + rules)
    for n in 1, 2, 3:
        for files in itertools.permutations(THREE, n):
            status, out, err = run('validate', '--json', *files)
            results = json.loads(out)['falco_load_results']
            verdict(status == 0 and [r['name'] for r in results] == list(files) and not any(r['errors'] for r in results),
                    'valid: ' + ' '.join(os.path.basename(f) for f in files), out[:1000])


validate()
official()
print('1..%d' % number)
sys.exit(failed > 0)
