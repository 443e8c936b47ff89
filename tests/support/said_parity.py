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
top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
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


# ---- list ----

def at(value, path):
    for step in path:
        value = value[int(step) if isinstance(value, list) else step]
    return str(len(value)) if isinstance(value, list) else value


def loader_differs(c):
    """What a case asserts of the schema, of warnings, and of the description."""
    with open('rules.yaml', 'w') as f:
        f.write(c['yaml'])
    result = json.loads(run('validate', 'rules.yaml', '--json')[1])['falco_load_results'][0]
    for a in c['asserts']:
        if a.get('type') == 'schema_validation' and result['schema_valid'] != (a['value'] == 'ok'):
            return 'schema: %s' % result['schema_warnings']
        if a.get('type') == 'has_warnings' and bool(result['warnings']) != a['value']:
            return 'warnings: %s' % result['warnings']
        if a.get('type') != 'describe_rule':
            continue
        got = at(json.loads(run('list', 'rules', '--json', '-r', 'rules.yaml')[1]), a['path'])
        want = {'true': True, 'false': False, '0u': 0}.get(a['value'], a['value'])
        if got != want:
            return '%s: %s' % (a['path'], got)
    return None


def loader():
    path = os.path.join(cases, 'rule_loader_cases.jsonl')
    if not os.path.exists(path):
        return skip('cases mews_rule_loader', 'no ' + path)
    with open(path) as f, tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        asked = [c for c in map(json.loads, f) if {a.get('type') for a in c['asserts']} & {'schema_validation', 'has_warnings', 'describe_rule'}]
        suite('mews_rule_loader', [(c['id'], loader_differs(c)) for c in asked])
        os.chdir('/')


# What is a set in Falco's description: its order there is that of a hash.
SETS = {'condition_fields', 'condition_operators', 'events', 'exception_fields', 'exception_names', 'exception_operators',
        'lists', 'macros', 'plugins'}


def by_value(definition):
    return {**definition, 'details': {k: sorted(v) if k in SETS else v for k, v in definition['details'].items()}}


def described():
    path = os.path.join(compat, 'oracles', 'official-rules.described.json.gz')
    if not os.path.exists(path):
        return skip('cases mews_list_rules', 'no ' + path)
    with gzip.open(path) as f:
        want = json.load(f)
    status, out, err = run('list', 'rules', '--json', *itertools.chain(*(('-r', f) for f in THREE)))
    ours = json.loads(out) if status == 0 else {}
    verdict(status == 0, 'the official rules are described', err)
    verdict(ours.keys() == want.keys(), 'the description has the same keys', ours.keys() ^ want.keys())
    for key in sorted(ours.keys() & want.keys()):
        if not (isinstance(want[key], list) and want[key] and 'info' in want[key][0]):
            verdict(ours[key] == want[key], key, ours[key])
            continue
        pairs = []
        for a, b in itertools.zip_longest(ours[key], want[key]):
            a, b = a and by_value(a), b and by_value(b)
            why = None if a == b else a is None or b is None or \
                {(part, k): (a[part].get(k), b[part].get(k)) for part in b for k in a[part].keys() | b[part].keys() if a[part].get(k) != b[part].get(k)}
            pairs.append(((b or a)['info']['name'], why))
        suite('mews_list_' + key, pairs)


def rows(name):
    with open(os.path.join(compat, name)) as f:
        return list(csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE))


def words(cell):
    return set(filter(None, cell.replace('-', '').split('|')))


def fields():
    if not os.path.exists(os.path.join(compat, 'fields.tsv')):
        return skip('cases mews_list_fields', 'no fields.tsv')
    ours = {f['name']: (c, f) for c in json.loads(run('list', 'fields', '--json', '--all')[1])['fieldclasses'] for f in c['fields']}
    pairs = []
    for row in rows('fields.tsv'):
        flags = words(row['flags'])
        args = {'required': 'ARG_REQUIRED' in flags, 'type': [k for k in ('INDEX', 'KEY') if 'ARG_' + k in flags]}
        c, f = ours.pop(row['field'], ({}, {}))
        got = (f.get('type'), set(f.get('flags', [])), f.get('print'), c.get('class'), bool(f.get('desc')), f.get('is_list'), f.get('argument'))
        want = (row['type'], flags, row['print'], row['class'], True, 'IS_LIST' in flags,
                args if flags & {'ARG_REQUIRED', 'ARG_ALLOWED'} else None)
        pairs.append((row['field'], None if got == want else '%s, not %s' % (got, want)))
    # Fields of our own say so, and stand in the page of differences.
    differences = open(os.path.join(top, 'docs/falco-differences.md')).read()
    for name, (_, f) in ours.items():
        known = f.get('desc', '').endswith('Falco has no such field.') and '| %s |' % name in differences
        pairs.append((name, None if known else 'nobody knows it'))
    suite('mews_list_fields', pairs)


def events():
    if not os.path.exists(os.path.join(compat, 'events.tsv')):
        return skip('cases mews_list_events', 'no events.tsv')
    groups = json.loads(run('list', 'events', '--json', '--all')[1])
    tables = collections.defaultdict(set)
    for row in rows('flags.tsv'):
        tables[row['table']].add(row['name'])
    alone = {row['name']: row for row in rows('events.tsv')}
    ours, generic, pairs = {}, collections.defaultdict(set), []
    for group, list_of in groups.items():
        for e in list_of if group != 'schema_version' else []:
            if group == 'Syscall events' and e['code'] in (0, 1):
                generic[e['name']].add((e['dir'], e['code']))
            else:
                ours[e['code']] = (group, e)
    for row in rows('events.tsv'):
        flags = words(row['flags'])
        if 'UNUSED' in flags or row['ppme'] == 'PPME_GENERIC_X':
            continue
        group, e = ours.pop(int(row['code']), (None, {}))
        source = {'SYSCALL': 'Syscall events', 'TRACEPOINT': 'Tracepoint events', 'PLUGIN': 'Plugin events', 'ITER': 'Iterator events'}
        params = [(p.split(':') + [None])[:4] for p in row['params(name:type:format[:table])'].split()]
        got = (group, e.get('name'), e.get('dir'), e.get('category'), set(e.get('flags', [])),
               [(p['name'], p['type'], p['format'], set(p.get('flags', []))) for p in e.get('params', [])])
        want = ('Old events' if 'OLD_VERSION' in flags else source.get(row['source'], 'Metaevents'), row['name'],
                {'enter': '>', 'exit': '<'}[row['direction']], row['category'], flags,
                [(n, t, f, tables.get(table, set())) for n, t, f, table in params])
        pairs.append((row['ppme'], None if got == want else '%s, not %s' % (got, want)))
    pairs += [(code, 'nobody knows it') for code in ours]
    for row in rows('syscalls.tsv'):
        if row['exit_event'] == 'PPME_GENERIC_X':
            pairs.append((row['name'], None if generic[row['name']] == {('>', 0), ('<', 1)} else 'it is not listed'))
    suite('mews_list_events', pairs)


validate()
loader()
official()
described()
fields()
events()
print('1..%d' % number)
sys.exit(failed > 0)
