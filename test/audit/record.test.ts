/** What a record looks like, whatever is put into it. */
import test from 'ava'
import { touched } from '../../src/audit/paths.js'
import { format, hostName, type AuditEvent } from '../../src/audit/record.js'
import { field, parse } from './parse.js'

const originator = { host: 'box', process: 7 }
const time = new Date('2026-11-21T10:00:00.120Z')

function event(fields: AuditEvent['fields'], text = 'a text'): AuditEvent {
  return { id: 'rpc', severity: 'info', time, fields, text }
}

test('a record is one line of RFC 5424', (t) => {
  const fields: AuditEvent['fields'] = [
    ['user', 'admin'],
    ['target', undefined],
    ['session', 3],
    ['delivered', false],
  ]
  t.is(
    format(event(fields), originator, 12),
    '<110>1 2026-11-21T10:00:00.120Z box weftd 7 rpc [meta sequenceId="12"]' +
      '[weft@32473 user="admin" session="3" delivered="false"] a text',
  )
})

for (const hostile of [
  'eve\n<110>1 2026-11-21T10:00:00.120Z box weftd 7 login [meta sequenceId="1"][weft@32473 user="admin"] ok',
  'a"] [weft@32473 user="admin"',
  'a\\"] x="y',
  'ends with a backslash\\',
  '\u0000\u001b[2J\u007f\u0085\u2028\u202eab\ufeff',
  '\ud800 alone',
  'größer ✓ 名前',
]) {
  test(`nothing that a client sends forges a field or a line: ${JSON.stringify(hostile)}`, (t) => {
    const line = format(
      event(
        [
          ['user', hostile],
          ['method', 'password'],
        ],
        hostile,
      ),
      originator,
      1,
    )
    // eslint-disable-next-line no-control-regex
    t.notRegex(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
    const record = parse(line)
    t.deepEqual(
      record.fields.map(([name]) => name),
      ['user', 'method'],
    )
    const shown = (field(record, 'user') as string).replace(
      /\\(?:u\{([\da-f]+)\}|\\)/g,
      (_all, code?: string) => (code === undefined ? '\\' : String.fromCodePoint(parseInt(code, 16))),
    )
    t.is(shown, hostile)
    t.is(record.text.startsWith('\ufeff'), /[^ -~]/.test(record.text))
  })
}

test('a long value is cut', (t) => {
  const value = field(parse(format(event([['user', 'x'.repeat(5000)]]), originator, 1)), 'user')
  t.is(value, `${'x'.repeat(512)}…`)
})

test('sequence numbers start again after the last one', (t) => {
  const sequence = (number: number) => parse(format(event([]), originator, number)).sequence
  t.deepEqual([1, 2 ** 31 - 1, 2 ** 31].map(sequence), [1, 2 ** 31 - 1, 1])
})

test('a host name that the header cannot hold is left out', (t) => {
  t.is(parse(format(event([]), { host: hostName(' \n'), process: 7 }, 1)).host, '-')
})

for (const [line, deed, path] of [
  ['+ /a:b/c = secret', 'created', '/a:b/c'],
  ["+ /a:b/user[name='x = y']/password = $6$secret", 'created', "/a:b/user[name='x = y']/password"],
  ["~ /a:b/c[k=\"it's\"][l='2']/d secret → other", 'changed', "/a:b/c[k=\"it's\"][l='2']/d"],
  [`+ /a:b/c[k=concat('a',"'",'b"]/')]/d = secret`, 'created', `/a:b/c[k=concat('a',"'",'b"]/')]/d`],
  ['- /a:b/d:c', 'removed', '/a:b/d:c'],
  ["+ /a:b/tokens[.='secret']", 'created', '/a:b/tokens'],
  ["~ /a:b/l[k='2'] → after l[k='1']", 'changed', "/a:b/l[k='2']"],
  ['+ /a:b/c = /a:b/secret', 'created', '/a:b/c'],
  ['+ /a:b/l[k="both \' and " quotes"]/c = secret', 'created', '/a:b/l'],
] as const) {
  test(`of a change only the path is told: ${line}`, (t) => {
    t.deepEqual(touched(line), { deed, path })
  })
}
