#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# hard_rules.py -- rule files for hard_rules.sh, into the current directory, and `index`: of each the
# name, the exit code of `mews validate`, words that it says, and what it is.  With the argument
# "full" as large as they may be, else a tenth.
import random, sys

FULL = 30 << 20
SIZE = FULL if sys.argv[1:] == ['full'] else FULL // 10
random.seed(7)
index = open('index', 'w')


def make(what, status, words, *parts):
    name = what.replace(' ', '_').replace(',', '') + '.yaml'
    with open(name, 'wb') as f:
        for p in parts:
            f.write(p if isinstance(p, bytes) else p.encode())
    index.write('\t'.join((name, str(status), words or ('too large' if status else ': Ok'), what)) + '\n')


def rule(condition, more='', name='r'):
    return '- rule: %s\n  desc: d\n  output: o\n  priority: INFO\n  condition: %s\n%s' % (name, condition, more)


def many(text, size=None):
    """TEXT with a number in place of %d, again and again, up to SIZE bytes."""
    n = (size or SIZE) // (len(text) + 4)
    return ''.join(text % i for i in range(n)) if '%' in text else text * ((size or SIZE) // len(text))


HEAD = rule('').rstrip('\n') + ' '

# bytes
make('garbage', 1, 'LOAD_ERR_YAML_PARSE', random.randbytes(SIZE))
make('printable garbage', 1, 'LOAD_ERR_YAML', bytes(random.choices(range(32, 127), k=SIZE)))
make('a file of 100 MB', 1, 'LOAD_ERR_FILE_READ.*too large', b'- list: a\n  items: [', b'x,' * (50 << 20), b'y]\n')
make('100 MB of nested lists', 1, 'LOAD_ERR_FILE_READ.*too large', b'[' * (100 << 20))
make('a scalar of 100 MB', 1, 'LOAD_ERR_FILE_READ.*too large', b'- list: ', b'x' * (100 << 20))
# YAML
make('nested lists', 1, 'LOAD_ERR_YAML_PARSE.*nested too deeply', '[' * SIZE)
make('nested mappings', 1, 'LOAD_ERR_YAML_PARSE.*nested too deeply', '{a: ' * (SIZE // 4))
make('nested blocks', 1, 'LOAD_ERR_YAML_PARSE.*nested too deeply', '- ' * (SIZE // 2))
make('aliases of aliases', 1, 'LOAD_ERR_YAML_PARSE.*aliases', '- &a0 [x,x,x,x,x,x,x,x,x]\n',
     *('- &a%d [%s]\n' % (i, ','.join(['*a%d' % (i - 1)] * 9)) for i in range(1, 40)))
make('an alias in itself', 1, 'LOAD_ERR_YAML_PARSE.*stands in', '- &a [*a]\n')
make('a wide alias many times', 1, 'LOAD_ERR_YAML_PARSE.*aliases', '- list: l\n  items: &a [%s]\n' % ','.join(['x'] * 100000),
     *('- list: l%d\n  items: *a\n' % i for i in range(1000)))
make('directives', 1, 'LOAD_ERR_YAML_PARSE.*directives', many('%%TAG !a%d! x\n'), '--- []\n')
make('a long scalar', 0, '', '- list: a\n  items: [', 'x' * SIZE, ']\n')
make('empty lines', 0, ': Ok', '\n' * SIZE)
make('empty documents', 1 if SIZE == FULL else 0, '', '---\n' * (SIZE // 4))
make('elements of no kind', 1 if SIZE == FULL else 0, '', '- x: 1\n' * (SIZE // 7))
make('unknown keys', 1 if SIZE == FULL else 0, '', '- list: a\n  items: []\n', many('  k%d: 1\n'))
# conditions
make('deep parentheses', 1, 'depth limit', HEAD, '"' + '(' * (SIZE // 2) + 'evt.type = open' + ')' * (SIZE // 2) + '"\n')
make('deep transformers', 1, 'depth limit', HEAD, '"' + 'tolower(' * (SIZE // 9) + 'proc.name' + ')' * (SIZE // 9) + ' = a"\n')
make('not not not', 0, ': Ok', HEAD, '"' + 'not ' * (SIZE // 8 * 2) + 'evt.type = open"\n')
make('a condition of many lines', 1 if SIZE == FULL else 0, '', HEAD, '>\n', '     proc.name = a or\n' * (SIZE // 22), '     evt.type = open\n')
make('a long constant', 1, 'too long', HEAD, 'evt.type = open and proc.name = ' + 'x' * SIZE + '\n')
make('constants that are fields', 1 if SIZE == FULL else 0, '', HEAD, 'evt.type = open and proc.name in (', 'proc.name, ' * (SIZE // 11), 'x)\n')
make('many paths', 1 if SIZE == FULL else 0, '', HEAD, 'evt.type = open and fd.name pmatch (', many('/a/b%d/c, '), '/x)\n')
make('an expression that explodes', 1, 'regex', HEAD, '"evt.type = open and proc.name regex \'' + '(' * 500 + 'a' + '{0,100})' * 500 + '\'"\n')
# macros, lists, rules
make('a macro of itself', 1, 'Undefined macro', '- macro: a\n  condition: a\n', rule('a'))
make('macros in a circle', 1, 'reference loop', '- macro: a\n  condition: evt.type = open\n- macro: b\n  condition: a\n',
     '- macro: a\n  condition: b\n', rule('a and evt.type = open'))
make('macros that double', 1, 'too large', '- macro: m0\n  condition: (proc.name = a or fd.name = b)\n',
     *('- macro: m%d\n  condition: (m%d and m%d)\n' % (i, i - 1, i - 1) for i in range(1, 64)), rule('evt.type = open and m63'))
make('a long chain of macros', 1, 'nested too deeply', '- macro: m0\n  condition: (proc.name = a or fd.name = b)\n',
     *('- macro: m%d\n  condition: (m%d and proc.name = x)\n' % (i, i - 1) for i in range(1, 100000)), rule('evt.type = open and m99999'))
make('lists that double', 1, 'too large', *('- list: l%d\n  items: [l%d, l%d]\n' % (i, i + 1, i + 1) for i in range(60)),
     '- list: l60\n  items: [a]\n', rule('evt.type=open and proc.name in (l0)'))
make('a long list in many rules', 1, 'too large', '- list: big\n  items: [%s]\n' % ','.join('x%d' % i for i in range(SIZE // 16)),
     *(rule('evt.type = open and proc.name in (big)', name='r%d' % i) for i in range(10000)))
make('a million exceptions', 1, 'too large', rule('evt.type = open', '  exceptions:\n'),
     *('    - {name: e%d, fields: proc.name, values: [a]}\n' % i for i in range(1000000 if SIZE == FULL else 600000)))
make('a million values of an exception', 1 if SIZE == FULL else 0, '', rule('evt.type = open', '  exceptions:\n   - name: e\n     fields: [proc.name, fd.name]\n     values:\n'),
     many('      - [a%d, b]\n'))
make('appended exceptions', 1 if SIZE == FULL else 0, '', rule('evt.type = open'),
     many('- rule: r\n  exceptions:\n   - {name: e%d, fields: proc.name, values: [a]}\n  override: {exceptions: append}\n'))
make('appended values', 1 if SIZE == FULL else 0, '', rule('evt.type = open', '  exceptions:\n   - {name: e, fields: proc.name, values: [a]}\n'),
     many('- rule: r\n  exceptions:\n   - {name: e, values: [a%d]}\n  override: {exceptions: append}\n'))
make('appended conditions', 0, '', rule('evt.type = open'), many('- rule: r\n  condition: and proc.name = a%d\n  override: {condition: append}\n'))
make('appended descriptions', 1, 'too large', rule('evt.type = open'), many('- rule: r\n  desc: a rather long description that grows\n  override: {desc: append}\n'))
make('alternatives of a plugin', 1, 'at most', '- required_plugin_versions:\n   - name: container\n     version: 0.1.0\n     alternatives:\n',
     many('      - {name: p%d, version: 0.1.0}\n'))
make('many outputs', 1, 'at most', '- rule: r\n  desc: d\n  priority: INFO\n  condition: evt.type = open\n  output: "', '%proc.name ' * (SIZE // 11), '"\n')
make('an output with a long name', 0, '', '- rule: r\n  desc: d\n  priority: INFO\n  condition: evt.type = open\n  output: "%proc.name', 'x' * SIZE, '"\n')
