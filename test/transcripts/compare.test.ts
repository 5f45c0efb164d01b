import test from 'ava'
import { differences } from './support/compare.js'
import { Placeholders } from './support/placeholders.js'

const same = (expected: string, actual: string, known = new Placeholders()): boolean =>
  differences(expected, actual, known).length === 0

test('prefixes, white space and the order of elements do not matter; names, namespaces and values do', (t) => {
  const expected = '<a xmlns="urn:a" xmlns:b="urn:b">\n  <x>1</x>\n  <b:y k="v"> 2 </b:y>\n</a>'
  t.true(
    same(expected, '<p:a xmlns="urn:a" xmlns:p="urn:a" xmlns:b="urn:b"><b:y k="v">2</b:y><p:x>1</p:x></p:a>'),
  )
  t.false(same(expected, '<a xmlns="urn:a" xmlns:b="urn:b"><x>1</x><y k="v">2</y></a>'))
  t.false(same(expected, '<a xmlns="urn:a" xmlns:b="urn:b"><x>3</x><b:y k="v">2</b:y></a>'))
  t.false(same(expected, '<a xmlns="urn:a" xmlns:b="urn:b"><x>1</x><b:y>2</b:y></a>'))
  t.false(same(expected, '<a xmlns="urn:a" xmlns:b="urn:b"><x z="1">1</x><b:y k="v">2</b:y></a>'))
  t.false(same(expected, '<a xmlns="urn:a" xmlns:b="urn:b"><x>1</x></a>'))
  t.false(same(expected, '<a xmlns="urn:a" xmlns:b="urn:b"><x>1</x><x>1</x><b:y k="v">2</b:y></a>'))
  t.false(same(expected, '<a xmlns="urn:a"><x>1</x><b:y xmlns:b="urn:b" k="v">2</b:y></a>'))
  t.false(same(expected, '<a xmlns="urn:a">'))
})

test('entries are the same in any order, unless it is kept; more may come where that is said', (t) => {
  const list = '<l><e><k>1</k></e><e><k>2</k></e></l>'
  const kept = list.replace('<l>', '<l xmlns:t="urn:weft:transcript" t:ordered="yes">')
  const more = list.replace('<l>', '<l xmlns:t="urn:weft:transcript" t:more="yes">')
  t.true(same(list, '<l><e><k>2</k></e><e><k>1</k></e></l>'))
  t.false(same(kept, '<l><e><k>2</k></e><e><k>1</k></e></l>'))
  t.true(same(kept, list))
  t.false(same(list, '<l><e><k>1</k></e><e><k>3</k></e><e><k>2</k></e></l>'))
  t.true(same(more, '<l><e><k>1</k></e><e><k>3</k></e><e><k>2</k></e></l>'))
  t.false(same(more, '<l><e><k>1</k></e><e><k>3</k></e></l>'))
})

test('paths and identities mean their namespaces', (t) => {
  const path = (prefix: string, key: string): string =>
    `<p xmlns:${prefix}="urn:a">/${prefix}:x[${prefix}:k='${key}']/${prefix}:y</p>`
  const inside = (text: string): string => `<r>${text}</r>`
  t.true(same(inside(path('a', 'k')), inside(path('other', 'k'))))
  t.false(same(inside(path('a', 'k')), inside(path('other', 'l'))))
  t.false(same(inside(path('a', 'k')), inside(path('a', 'k').replace('urn:a', 'urn:b'))))
  t.true(same(inside('<i xmlns:a="urn:a">a:eth</i>'), inside('<i xmlns:b="urn:a">b:eth</i>')))
})

test('the message of an error is compared where it is given', (t) => {
  const error = (message: string): string =>
    `<rpc-error xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><error-tag>in-use</error-tag>${message}</rpc-error>`
  const one = error('<error-message>one</error-message>')
  t.true(same(error(''), one))
  t.true(same(one, one))
  t.false(same(error('<error-message>two</error-message>'), one))
})

test('a placeholder matches its kind, remembers its value, and is filled in', (t) => {
  const known = new Placeholders()
  known.session('alice', 7)
  t.true(same('<a>{number}</a>', '<a>12</a>', known))
  t.false(same('<a>{number}</a>', '<a>twelve</a>', known))
  t.true(same('<a>at {time}.</a>', '<a>at 2026-01-01T00:00:00Z.</a>', known))
  t.false(same('<a><b>{number:n}</b><c>x</c></a>', '<a><b>5</b><c>y</c></a>', known))
  t.throws(() => known.fill('{number:n}'), { message: /nothing is known/ })
  t.true(same('<a><b>{number:n}</b><c>{number:n}</c></a>', '<a><b>5</b><c>5</c></a>', known))
  t.false(same('<a>{number:n}</a>', '<a>6</a>', known))
  t.false(same('<a>{session-id:bob}</a>', '<a>7</a>', known))
  t.is(known.fill('{session-id:alice} {number:n} {x}'), '7 5 {x}')
})
