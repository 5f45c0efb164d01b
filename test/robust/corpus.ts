/** Requests that a fuzzer begins with, and edits drawn from the models: good ones, and ones that are wrong in some way. */
import { BASE } from '../netconf/support/client.js'
import { pick, type Roll } from './dice.js'

const IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
const monitoring = 'urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring'
const partial = 'urn:ietf:params:xml:ns:netconf:partial-lock:1.0'
const compare = 'urn:ietf:params:xml:ns:yang:ietf-nmda-compare'
const nmda = 'urn:ietf:params:xml:ns:yang:ietf-netconf-nmda'
const ds = 'urn:ietf:params:xml:ns:yang:ietf-datastores'
const stores = ['running', 'candidate', 'intended', 'operational', 'startup', 'none']
const history = 'urn:weft:params:xml:ns:yang:weft-history'

const paths = [
  '/if:interfaces',
  '//if:interface[if:name="a"]',
  '/if:interfaces/if:interface[position() &lt; 3]/if:name',
  '//*[count(*) > 2]',
  'count(//*)',
  '/if:interfaces/if:interface[if:name=../../if:interface/if:name]',
  '/',
  '//@*',
  '/if:interfaces[',
  'nope:thing',
]

/** An element of the models with content that fits, or does not quite. */
export function someConfig(roll: Roll): string {
  const one = (...from: string[]): string => pick(roll, from) ?? ''
  const operation = (): string =>
    roll(3) === 0
      ? ` xmlns:nc="${BASE}" nc:operation="${one('merge', 'create', 'delete', 'remove', 'replace', 'none', 'x', '')}"`
      : ''
  const leaf = (name: string, ...values: string[]): string =>
    roll(2) === 0 ? `<${name}${operation()}>${one(...values)}</${name}>` : ''
  const address = (): string =>
    roll(2) === 0
      ? ''
      : `<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"${operation()}>${leaf('mtu', '1500', '10', '70000', 'x')}` +
        `<address${operation()}>${leaf('ip', '192.0.2.1', '192.0.2.2', '1.2.3', '')}${leaf('prefix-length', '24', '33', '-1')}</address></ipv4>`
  const type = one(
    '<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:softwareLoopback</type>',
    '<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:softwareLoopback</type>',
    '<type>none</type>',
    '',
  )
  const entry = (): string =>
    `<interface${operation()}>${leaf('name', 'a', 'b', 'c', '&lt;', '', `a'b"c]/[.`, 'a\r\nb', '\uffff')}${leaf('description', 'd', '😀', '&#x9;', '\r', 'a]]>b', '\ufffe', 'x'.repeat(300))}` +
    `${leaf('enabled', 'true', 'false', '1', 'yes')}${leaf('oper-status', 'up')}${type}${address()}</interface>`
  return `<interfaces xmlns="${one(IF, IF, IF, IF, 'urn:none', '')}"${operation()}>${Array.from({ length: roll(4) }, entry).join('')}</interfaces>`
}

/** The content of an `<rpc>`. */
export function someRequest(roll: Roll): string {
  const one = (...from: string[]): string => pick(roll, from) ?? ''
  const store = (): string =>
    one('<running/>', '<candidate/>', '<candidate/>', '<startup/>', '<url>x</url>', '')
  const filter = (): string =>
    one(
      '',
      `<filter>${someConfig(roll)}</filter>`,
      `<filter xmlns:if="${IF}" type="xpath" select='${one(...paths)}'/>`,
      `<filter type="${one('subtree', 'xpath', 'y')}"/>`,
    )
  const option = (name: string, ...values: string[]): string =>
    roll(3) === 0 ? `<${name}>${one(...values)}</${name}>` : ''
  const edit = (): string =>
    `<edit-config><target>${one('<candidate/>', '<candidate/>', store())}</target>` +
    option('default-operation', 'merge', 'replace', 'none', 'all') +
    option('test-option', 'set', 'test-only', 'test-then-set') +
    option('error-option', 'stop-on-error', 'continue-on-error', 'rollback-on-error') +
    `<config>${someConfig(roll)}${roll(6) === 0 ? someConfig(roll) : ''}</config></edit-config>`
  const requests: (() => string)[] = [
    edit,
    edit,
    edit,
    edit,
    () => `<get-config><source>${store()}</source>${filter()}</get-config>`,
    () => `<get>${filter()}</get>`,
    () => '<commit/>',
    () => '<commit/>',
    () =>
      `<commit>${option('confirmed', '')}${option('confirm-timeout', '1', '0', '600')}${option('persist-id', 'x')}</commit>`,
    () => '<cancel-commit/>',
    () => '<discard-changes/>',
    () => `<validate><source>${one(store(), `<config>${someConfig(roll)}</config>`)}</source></validate>`,
    () =>
      `<copy-config><target>${store()}</target><source>${one(store(), `<config>${someConfig(roll)}</config>`)}</source></copy-config>`,
    () => `<delete-config><target>${store()}</target></delete-config>`,
    () => `<lock><target>${store()}</target></lock>`,
    () => `<unlock><target>${store()}</target></unlock>`,
    () => `<unlock><target><candidate/></target></unlock>`,
    () =>
      `<partial-lock xmlns="${partial}" xmlns:if="${IF}"><select>${one(...paths)}</select></partial-lock>`,
    () => `<partial-unlock xmlns="${partial}"><lock-id>${1 + roll(9)}</lock-id></partial-unlock>`,
    () =>
      `<kill-session><session-id>${one('0', '4294967295', '4294967296', 'x')}</session-id></kill-session>`,
    () =>
      `<get-schema xmlns="${monitoring}"><identifier>${one('ietf-ip', 'nope', '')}</identifier>${option('version', '2018-02-22', 'x')}</get-schema>`,
    () =>
      `<compare xmlns="${history}"><source>${one('<commit>1</commit>', '<running/>', '<commit>99999</commit>')}</source></compare>`,
    () =>
      `<compare xmlns="${compare}" xmlns:ds="${ds}"><source>ds:${one(...stores)}</source><target>ds:${one(...stores)}</target>` +
      `${option('all', '')}${option('report-origin', '')}${one('', `<subtree-filter>${someConfig(roll)}</subtree-filter>`, `<xpath-filter xmlns:if="${IF}">${one(...paths)}</xpath-filter>`)}</compare>`,
    () =>
      `<get-data xmlns="${nmda}" xmlns:ds="${ds}"><datastore>ds:${one(...stores)}</datastore>${one('', `<subtree-filter>${someConfig(roll)}</subtree-filter>`)}` +
      `${option('config-filter', 'true', 'false', 'x')}${option('max-depth', '1', '3', 'unbounded', '0')}${option('with-origin', '')}</get-data>`,
    () =>
      `<edit-data xmlns="${nmda}" xmlns:ds="${ds}"><datastore>ds:${one(...stores)}</datastore><config>${someConfig(roll)}</config></edit-data>`,
    () => `<rollback xmlns="${history}"><back>${roll(4)}</back></rollback>`,
    () => `<commit-configuration xmlns="${history}"><dry-run/></commit-configuration>`,
    () => `<${one('reboot', 'get', 'lock')} xmlns="${one('urn:none', IF, BASE)}"/>`,
  ]
  return pick(roll, requests)?.() ?? ''
}

export const rpcOf = (id: string, content: string): string =>
  `<rpc xmlns="${BASE}" message-id="${id}">${content}</rpc>`

const tokens = [
  '<',
  '>',
  '</',
  '/>',
  '&',
  '&lt;',
  '&#0;',
  '&#xD800;',
  '&nope;',
  ']]>',
  ']]>]]>',
  '<![CDATA[',
  '<!--',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '<?xml version="1.0"?>',
  '<?pi?>',
  '\0',
  '\u0001',
  '\ufffe',
  '\uffff',
  '\r',
  '\r\n',
  '&#13;',
  '&#xFFFF;',
  '\u007f',
  '\u{10ffff}',
  '"',
  "'",
  ' xmlns=""',
  ' xmlns:a="urn:a"',
  ' message-id="2"',
  '<a>'.repeat(600),
  '\n#5\n',
  '\n##\n',
  'é',
]

/** An octet of any kind, a surrogate, a character that is longer than it needs to be, one that Unicode does not have. */
const notUtf8: readonly ((roll: Roll) => Buffer)[] = [
  (roll) => Buffer.from([0x80 + roll(128)]),
  (roll) => Buffer.from([0xed, 0xa0 + roll(32), 0x80 + roll(64)]),
  () => Buffer.from([0xc0, 0xaf]),
  () => Buffer.from([0xf4, 0x90, 0x80, 0x80]),
]

/** A message with some of its octets deleted, doubled, moved or replaced. */
export function mutated(roll: Roll, message: string): Buffer {
  let text = message
  const at = (): number => roll(text.length + 1)
  for (let changes = 1 + roll(3); changes > 0; changes--) {
    const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number]
    const some = text.slice(from, Math.min(to, from + 40))
    const ways = [
      () => text.slice(0, from) + text.slice(from + some.length),
      () => text.slice(0, from) + some + text.slice(from),
      () => text.slice(0, from) + (pick(roll, tokens) ?? '') + text.slice(from),
      () => text.slice(0, to) + some + text.slice(to),
      () => text.slice(0, from),
      () => text.replace(/<\/?[\w-]+/, pick(roll, ['<x', '</x', '<rpc', '</rpc']) ?? ''),
    ]
    text = pick(roll, ways)?.() ?? text
  }
  const bytes = Buffer.from(text)
  if (bytes.length === 0 || roll(8) > 0) return bytes
  const offset = roll(bytes.length)
  return Buffer.concat([
    bytes.subarray(0, offset),
    pick(roll, notUtf8)?.(roll) ?? bytes,
    bytes.subarray(offset),
  ])
}
