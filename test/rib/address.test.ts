import test from 'ava'
import { isIP } from 'node:net'
import {
  contains,
  formatAddress,
  formatMac,
  formatPrefix,
  kindOf,
  lastOf,
  overlaps,
  parseAddress,
  parseMac,
  parsePrefix,
} from '../../src/rib/index.js'

test('addresses are read and told in their canonical form (RFC 5952)', (t) => {
  for (const [text, told] of [
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['fe80::0202:b3ff:fe1e:8329', 'fe80::202:b3ff:fe1e:8329'],
  ] as const) {
    const address = parseAddress(text)
    t.is(address && formatAddress(address), told, text)
  }
})

test('what is no address is read as none', (t) => {
  const none = [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '1..2.3',
    '1.2.3.',
    'a.b.c.d',
    ':',
    ':::',
    '1:::2',
  ]
  const six = [
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '1:2:',
    ':1:2',
    '::1.2.3',
    '1::1.2.3.4:5',
  ]
  for (const text of [...none, ...six]) t.is(parseAddress(text), undefined, text)
})

test('reading agrees with Node about random texts', (t) => {
  let state = 1
  const next = (bound: number) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % bound
  for (let i = 0; i < 20_000; i++) {
    const alphabet = next(2) ? '0123:ff::' : '0125..1.9'
    const text = Array.from({ length: 3 + next(20) }, () => alphabet[next(alphabet.length)]).join('')
    if (/(^|\.)0\d/.test(text)) continue
    t.is(parseAddress(text) !== undefined, isIP(text) !== 0, text)
  }
})

test('prefixes lose their host bits, contain and overlap', (t) => {
  const p = (text: string) => parsePrefix(text) ?? (t.fail(text) as never)
  t.is(formatPrefix(p('10.1.2.3/20')), '10.1.0.0/20')
  t.is(formatPrefix(p('2001:db8::ffff/33')), '2001:db8::/33')
  t.is(formatPrefix(p('1.2.3.4/0')), '0.0.0.0/0')
  t.is(formatAddress(lastOf(p('10.1.0.0/20'))), '10.1.15.255')
  t.is(formatAddress(lastOf(p('10.1.0.0/24'))), '10.1.0.255')
  for (const text of ['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '::/129', '/8', '10.0.0.0/8a'])
    t.is(parsePrefix(text), undefined, text)
  const inside = parseAddress('10.1.15.255') ?? t.fail()
  t.true(contains(p('10.1.0.0/20'), inside as Uint8Array))
  t.false(contains(p('10.1.0.0/21'), inside as Uint8Array))
  t.false(contains(p('::/0'), inside as Uint8Array))
  t.true(overlaps(p('10.0.0.0/8'), p('10.1.0.0/16')))
  t.true(overlaps(p('10.1.0.0/16'), p('10.0.0.0/8')))
  t.false(overlaps(p('10.0.0.0/9'), p('10.128.0.0/9')))
})

test('kinds of addresses', (t) => {
  const kinds = {
    '0.0.0.0': 'unspecified',
    '127.0.0.1': 'loopback',
    '224.0.0.1': 'multicast',
    '255.255.255.255': 'broadcast',
    '240.0.0.1': 'reserved',
    '169.254.1.1': 'link-local',
    '10.0.0.1': 'unicast',
    '::': 'unspecified',
    '::1': 'loopback',
    'ff02::1': 'multicast',
    'fe80::1': 'link-local',
    '::ffff:10.0.0.1': 'mapped',
    '2001:db8::1': 'unicast',
  }
  for (const [text, kind] of Object.entries(kinds))
    t.is(kindOf(parseAddress(text) ?? new Uint8Array(4)), kind as never, text)
})

test('link-layer addresses', (t) => {
  const mac = parseMac('02:00:5E:10:00:fF')
  t.is(mac && formatMac(mac), '02:00:5e:10:00:ff')
  t.is(parseMac('02:00:5e:10:00'), undefined)
  t.is(parseMac('02-00-5e-10-00-01'), undefined)
})
