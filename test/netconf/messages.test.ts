import test from 'ava'
import {
  isCloseSession,
  MalformedMessage,
  readEnvelope,
  replyTags,
  trimMessage,
} from '../../netconf/envelope.js'
import { ErrorPrinter } from '../../netconf/error.js'
import { HelloError, printHello, readHello } from '../../netconf/hello.js'
import { escapeXml, unescapeXml } from '../../netconf/xml.js'

const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const envelope = (text: string): ReturnType<typeof readEnvelope> => readEnvelope(Buffer.from(text))

test('an envelope gives root, attributes and operation with their namespaces', (t) => {
  const read = envelope(
    `<?xml version="1.0" encoding="utf-8"?>\n<!-- a - >b -->` +
      `<nc:rpc xmlns:nc='${BASE}' message-id = "a&amp;b" xmlns:x="urn:x" x:y=">"><?pi?> <x:do/></nc:rpc>`,
  )
  t.deepEqual(read.root, { prefix: 'nc', local: 'rpc', namespace: BASE })
  t.deepEqual(read.operation, { prefix: 'x', local: 'do', namespace: 'urn:x' })
  t.is(read.attributes.get('message-id'), 'a&b')
  t.is(read.attributes.get('x:y'), '>')
})

test('a reply carries every attribute of the rpc, unmodified', (t) => {
  t.is(
    replyTags(envelope(`<rpc message-id="1&lt;" xmlns="${BASE}" xmlns:e='urn:e' e:a='"'><get/></rpc>`)).open,
    `<rpc-reply message-id="1&lt;" xmlns="${BASE}" xmlns:e='urn:e' e:a='"'>`,
  )
  t.is(
    replyTags(envelope(`<n:rpc xmlns:n="${BASE}" message-id="1"/>`)).open,
    `<rpc-reply xmlns="${BASE}" xmlns:n="${BASE}" message-id="1">`,
  )
  const foreign = replyTags(envelope(`<n:rpc xmlns:n="${BASE}" xmlns="urn:other" message-id="1"/>`))
  t.is(foreign.open, `<n:rpc-reply xmlns:n="${BASE}" xmlns="urn:other" message-id="1">`)
  t.deepEqual([foreign.prefix, foreign.close], ['n:', '</n:rpc-reply>'])
  t.is(replyTags(undefined).open, `<rpc-reply xmlns="${BASE}">`)
})

const malformed = {
  nothing: '',
  text: 'hello there',
  'an unclosed tag': '<rpc message-id="1"',
  'an unquoted attribute': '<rpc message-id=1>',
  'an attribute twice': '<rpc a="1" a="2">',
  'a document type': '<!DOCTYPE rpc [<!ENTITY a "b">]><rpc/>',
  'an undefined entity': '<rpc message-id="&x;">',
  'a lone ampersand': '<rpc message-id="&">',
  'a character reference to NUL': '<rpc message-id="&#0;">',
  'an undeclared prefix': '<nc:rpc/>',
  'an undeclared prefix of an attribute': '<rpc x:a="1"/>',
  'another encoding': '<?xml version="1.0" encoding="ISO-8859-1"?><rpc/>',
  'a broken declaration': '<?xml encoding="UTF-8"?><rpc/>',
  'an end tag': '</rpc>',
  'two colons': `<a:b:c xmlns:a="x"/>`,
}
for (const [name, text] of Object.entries(malformed)) {
  test(`an envelope refuses ${name}`, (t) => {
    t.throws(() => envelope(text), { instanceOf: MalformedMessage })
  })
}

test('line ends and white space in attributes are read as XML says, and go back as they came but for carriage returns', (t) => {
  const read = envelope(`<rpc\r\n xmlns="${BASE}"\rmessage-id="a\tb\nc\r\nd\re&#13;&#10;"/>`)
  t.is(read.attributes.get('message-id'), 'a b c d e\r\n')
  t.is(replyTags(read).open, `<rpc-reply xmlns="${BASE}" message-id="a\tb\nc\nd\ne&#13;&#10;">`)
  t.is(escapeXml('a\rb'), 'a&#13;b')
})

test('an envelope tells of a start tag that is too long, and shows what it found otherwise', (t) => {
  const attributes = (n: number): string => Array.from({ length: n }, (_, i) => ` a${i}=">"`).join('')
  t.throws(() => envelope(`<rpc xmlns="${BASE}"${attributes(100_000)}><get/></rpc>`), {
    message: 'the start tag of <rpc> is too long: it has to end within the first 65536 bytes of the message',
  })
  t.throws(() => envelope(`<rpc xmlns="${BASE}"><get${attributes(100_000)}/></rpc>`), {
    message: /^the start tag of <get> is too long/,
  })
  t.throws(() => envelope(`<rpc a="1" b=c>`), {
    message: `expected the start tag of an element, found '<rpc a="1" b=c>'`,
  })
})

test('white space and a byte order mark before a message are ignored', (t) => {
  t.is(trimMessage(Buffer.from('\ufeff \r\n\t<a/>\n')).toString(), '<a/>\n')
  t.is(trimMessage(Buffer.from(' \n')).length, 0)
})

test('a hostile start tag takes no time', (t) => {
  const began = performance.now()
  t.throws(() => envelope(`<rpc${' a="b"'.repeat(10_000)} ${' '.repeat(20_000)}`), {
    instanceOf: MalformedMessage,
  })
  t.throws(() => envelope(`<!--${'- '.repeat(30_000)}`), { instanceOf: MalformedMessage })
  t.throws(() => envelope(`<rpc ${'a'.repeat(60_000)}`), { instanceOf: MalformedMessage })
  t.true(performance.now() - began < 1_000)
})

test('escaping gives XML that reads back, and leaves no character that XML forbids', (t) => {
  const text = `<a href="x">&amp; ]]> \u0001 \u{1f600} é`
  t.is(unescapeXml(escapeXml(text)), text.replace('\u0001', '\ufffd'))
  t.is(unescapeXml('&#x41;&#66;&apos;'), "AB'")
  t.is(unescapeXml('&#xd800;'), undefined)
})

// hello

const uri = (version: string): string =>
  `<capability>\n  urn:ietf:params:netconf:base:${version} </capability>`
const hello = (inside: string, xmlns = ` xmlns="${BASE}"`): Buffer =>
  Buffer.from(`<hello${xmlns}>${inside}</hello>`)

test('hello: the higher common base version is used', (t) => {
  t.is(readHello(hello(`<capabilities>${uri('1.0')}${uri('1.1')}</capabilities>`)).base, '1.1')
  t.is(readHello(hello(`<capabilities>${uri('1.0')}</capabilities>`)).base, '1.0')
  const prefixed = `<n:hello xmlns:n="${BASE}"><n:capabilities><n:capability>urn:ietf:params:netconf:base:1.1</n:capability></n:capabilities></n:hello>`
  t.is(readHello(Buffer.from(`<?xml version="1.0"?>${prefixed}`)).base, '1.1')
  t.is(
    readHello(
      Buffer.from(
        printHello(['urn:ietf:params:netconf:base:1.1'], 4).replace(/<session-id>.*<\/session-id>/, ''),
      ),
    ).base,
    '1.1',
  )
})

const badHellos: Record<string, [Buffer, RegExp]> = {
  'no common base': [
    hello('<capabilities><capability>urn:x</capability></capabilities>'),
    /no common base version/,
  ],
  'no capabilities': [hello(''), /no common base version/],
  'a session-id': [
    hello(`<capabilities>${uri('1.1')}</capabilities><session-id>4</session-id>`),
    /must not send <session-id>/,
  ],
  'no namespace': [hello(`<capabilities>${uri('1.1')}</capabilities>`, ''), /expected <hello/],
  'capabilities of another namespace': [
    hello(`<capabilities xmlns="urn:x">${uri('1.1')}</capabilities>`),
    /no common base/,
  ],
  'another element': [Buffer.from(`<rpc xmlns="${BASE}"/>`), /expected <hello/],
  'XML that is not well-formed': [Buffer.from('<hello><capabilities></hello>'), /not well-formed/],
  'a document type': [
    Buffer.from(`<!DOCTYPE hello [<!ENTITY a "b">]><hello xmlns="${BASE}">&a;</hello>`),
    /document type/,
  ],
  'bytes that are not UTF-8': [Buffer.from([0x3c, 0xff, 0xfe]), /not UTF-8/],
  nothing: [Buffer.from(''), /hello/],
}
for (const [name, [message, expected]] of Object.entries(badHellos)) {
  test(`hello: refuses ${name}`, (t) => {
    const error = t.throws(() => readHello(message), { instanceOf: HelloError })
    t.regex(error.message, expected)
  })
}

// rpc-error

const module = (name: string, prefix: string): import('libyang-js').ModuleInfo => ({
  name,
  prefix,
  namespace: `urn:${name}`,
  revision: undefined,
  implemented: true,
  features: [],
  deviations: [],
  submodules: [],
})
const printer = new ErrorPrinter([
  module('ietf-interfaces', 'if'),
  module('ietf-ip', 'ip'),
  module('other', 'if'),
])
const base = { type: 'application', tag: 'invalid-value', message: 'no' } as const

test('an rpc-error has its parts in the order of the standard', (t) => {
  const xml = printer.print({
    ...base,
    message: 'a < b',
    appTag: 'must-violation',
    path: '/ietf-interfaces:interfaces',
    info: { 'bad-element': 'x' },
  })
  t.is(
    xml,
    '<rpc-error><error-type>application</error-type><error-tag>invalid-value</error-tag>' +
      '<error-severity>error</error-severity><error-app-tag>must-violation</error-app-tag>' +
      '<error-path xmlns:if="urn:ietf-interfaces">/if:interfaces</error-path>' +
      '<error-message xml:lang="en">a &lt; b</error-message>' +
      '<error-info><bad-element>x</bad-element></error-info></rpc-error>',
  )
})

const paths: [string, string][] = [
  [
    "/ietf-interfaces:interfaces/interface[name='e/0[1]']/ietf-ip:ipv4/address[ip='1.2.3.4']/prefix-length",
    `<error-path xmlns:if="urn:ietf-interfaces" xmlns:ip="urn:ietf-ip">/if:interfaces/if:interface[if:name='e/0[1]']` +
      `/ip:ipv4/ip:address[ip:ip='1.2.3.4']/ip:prefix-length</error-path>`,
  ],
  ["/other:a[.='x']", `<error-path xmlns:other="urn:other">/other:a[.='x']</error-path>`],
  ['/other:a[2]/b', '<error-path xmlns:other="urn:other">/other:a[2]/other:b</error-path>'],
  [
    `/other:a[k="it's"]`,
    `<error-path xmlns:other="urn:other">/other:a[other:k=&quot;it's&quot;]</error-path>`,
  ],
  ['/ietf-netconf:rpc/lock/target', `<error-path xmlns:nc="${BASE}">/nc:rpc/nc:lock/nc:target</error-path>`],
  ['not a path', '<error-path>not a path</error-path>'],
]
for (const [path, xml] of paths) {
  test(`error-path of ${path}`, (t) =>
    t.true(printer.print({ ...base, path }).includes(xml), printer.print({ ...base, path })))
}

test('error-info of YANG is in the namespace of YANG', (t) => {
  const xml = printer.print({ ...base, info: { 'missing-choice': 'transport' } }, 'nc:')
  t.true(
    xml.includes(
      '<nc:error-info><missing-choice xmlns="urn:ietf:params:xml:ns:yang:1">transport</missing-choice></nc:error-info>',
    ),
  )
})

test('each leaf that is not unique is told by its path, with its prefixes declared', (t) => {
  const xml = printer.print({ ...base, info: { 'non-unique': ["/other:a[k='1']/b", "/other:a[k='2']/b"] } })
  const leaf = (key: string): string =>
    '<non-unique xmlns="urn:ietf:params:xml:ns:yang:1" xmlns:other="urn:other">' +
    `/other:a[other:k='${key}']/other:b</non-unique>`
  t.true(xml.includes(`<error-info>${leaf('1')}${leaf('2')}</error-info>`), xml)
})

test('a message that closes the session is known by its operation', (t) => {
  const closes = (text: string): boolean => isCloseSession(Buffer.from(text))
  const base = 'xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"'
  t.true(closes(`<?xml version="1.0"?>\n<rpc message-id="1" ${base}><!-- bye --><close-session/></rpc>`))
  t.true(
    closes(
      `<n:rpc xmlns:n="urn:ietf:params:xml:ns:netconf:base:1.0"><n:close-session></n:close-session></n:rpc>`,
    ),
  )
  t.false(closes(`<rpc ${base}><close-session xmlns="urn:example"/></rpc>`))
  t.false(closes(`<rpc ${base}><get><filter><close-session/></filter></get></rpc>`))
  t.false(closes(`<rpc ${base} close-session`))
})
