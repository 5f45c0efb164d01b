import test from 'ava'
import { LibyangError } from '../src/index.js'
import type { YangError } from '../src/index.js'
import { netconf } from './helpers.js'

const base = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const rpc = (content: string, attributes = ' message-id="101"') =>
  `<rpc xmlns="${base}"${attributes}>${content}</rpc>`
const order = (content: string) => rpc(`<order xmlns="urn:libyang-js:bakery">${content}</order>`)

test('the operation, its values and their defaults are read', async (t) => {
  using context = await netconf()
  using message = await context.parseRpc(
    Buffer.from(rpc('<edit-config><target><candidate/></target><config/></edit-config>')),
  )
  t.is(message.messageId, '101')
  t.deepEqual(message.operation, { name: 'edit-config', namespace: base, module: 'ietf-netconf' })
  t.is(message.value('target/candidate'), '')
  t.is(message.value('target/running'), undefined)
  t.is(message.value('default-operation'), 'merge')
  t.is(message.value('no/such/parameter'), undefined)
  t.is(message.fragment('config')?.byteLength, 0)
  t.is(message.fragment('filter'), undefined)
  t.is(message.filter(), undefined)
})

test('attributes of <rpc> are kept as they came, for the reply', async (t) => {
  using context = await netconf()
  const attributes = `xmlns:nc="${base}" message-id='a &amp; "b"'\n xmlns:x="urn:x" x:user-id="fred"`
  using message = await context.parseRpc(
    Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<nc:rpc ${attributes} ><nc:get/></nc:rpc>\n`),
  )
  t.is(message.attributes, attributes)
  t.is(message.messageId, 'a & "b"')
})

test('the content of config is cut out by its bytes, with the namespaces in scope', async (t) => {
  using context = await netconf()
  const content =
    '<!-- </config> --><b:shop><b:name><![CDATA[</nc:config>]]></b:name><b:note>a>b</b:note></b:shop><?x </nc:config>?>'
  using message = await context.parseRpc(
    Buffer.from(
      `<nc:rpc xmlns:nc="${base}" message-id="1" xmlns:b="urn:wrong"><nc:edit-config xmlns:b="urn:libyang-js:bakery">` +
        `<nc:target><nc:candidate/></nc:target><nc:config>${content}</nc:config></nc:edit-config></nc:rpc>`,
    ),
  )
  using fragment = message.fragment('config')
  t.is(fragment?.byteLength, content.length)
  using tree = context.tree()
  const { errors, journal } = await tree.edit(fragment!, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
  })
  journal[Symbol.dispose]()
  t.deepEqual(errors, [])
  t.is(await tree.value('/bakery:shop/name'), '</nc:config>')
})

test('the default namespace in scope is that of the content', async (t) => {
  using context = await netconf()
  using message = await context.parseRpc(
    Buffer.from(
      rpc(
        '<edit-config><target><candidate/></target><config><shop xmlns="urn:libyang-js:bakery"><name>x</name></shop></config></edit-config>',
      ),
    ),
  )
  using tree = context.tree()
  const { errors, journal } = await tree.edit(message.fragment('config')!, {
    defaultOperation: 'merge',
    errorOption: 'stop-on-error',
  })
  journal[Symbol.dispose]()
  t.deepEqual(errors, [])
  t.is(await tree.value('/bakery:shop/name'), 'x')
})

test('filters of both types are read', async (t) => {
  using context = await netconf()
  using xpath = await context.parseRpc(
    Buffer.from(
      rpc(
        `<get-config xmlns:k="urn:libyang-js:bakery"><source><running/></source><filter type="xpath" select="/k:shop[k:name=&quot;x&quot;]"/></get-config>`,
      ),
    ),
  )
  using byXpath = xpath.filter()
  t.is(byXpath?.kind, 'xpath')
  t.true(byXpath?.mayMatch('/bakery:shop'))
  t.false(byXpath?.mayMatch('/ietf-interfaces:interfaces'))
  for (const type of ['', ' type="subtree"', ` n:type="subtree" xmlns:n="${base}"`]) {
    using subtree = await context.parseRpc(
      Buffer.from(rpc(`<get><filter${type}><shop xmlns="urn:libyang-js:bakery"/></filter></get>`)),
    )
    using bySubtree = subtree.filter()
    t.is(bySubtree?.kind, 'subtree')
    t.true(bySubtree?.mayMatch('/bakery:shop'))
    t.false(bySubtree?.mayMatch('/ietf-interfaces:interfaces'))
  }
})

const badFilters: [string, string, YangError['tag'], string][] = [
  ['without select', '<filter type="xpath"/>', 'missing-attribute', 'select'],
  ['of an unknown type', '<filter type="regex"/>', 'bad-attribute', 'type'],
]
for (const [title, filter, tag, attribute] of badFilters) {
  test(`a filter ${title} is refused when it is asked for`, async (t) => {
    using context = await netconf()
    using message = await context.parseRpc(Buffer.from(rpc(`<get>${filter}</get>`)))
    const error = t.throws(() => message.filter(), { instanceOf: LibyangError })
    t.is(error?.errors[0]?.tag, tag)
    t.is(error?.errors[0]?.info?.['bad-attribute'], attribute)
  })
}

test('rpcs of any module are read', async (t) => {
  using context = await netconf()
  using schema = await context.parseRpc(
    Buffer.from(
      rpc(
        '<m:get-schema xmlns:m="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><m:identifier>x</m:identifier></m:get-schema>',
      ),
    ),
  )
  t.is(schema.operation.module, 'ietf-netconf-monitoring')
  t.is(schema.value('identifier'), 'x')
  t.is(schema.value('ietf-netconf-monitoring:identifier'), 'x')
  using bread = await context.parseRpc(
    Buffer.from(
      order(
        '<bread>rye</bread><topping><name>salt</name><amount>2</amount></topping><fetch/><wish><a xmlns="urn:a"/></wish>',
      ),
    ),
  )
  t.is(bread.value('count'), '1')
  t.is(bread.value("topping[name='salt']/amount"), '2')
  t.is(bread.value('fetch'), '')
  t.is(bread.fragment('wish')?.byteLength, '<a xmlns="urn:a"/>'.length)
})

test('an action is read with its own name', async (t) => {
  using context = await netconf()
  using bake = await context.parseRpc(
    Buffer.from(
      rpc(
        '<action xmlns="urn:ietf:params:xml:ns:yang:1"><shop xmlns="urn:libyang-js:bakery"><bread><name>rye</name><weight>500</weight>' +
          '<bake><minutes>40</minutes></bake></bread></shop></action>',
      ),
    ),
  )
  t.deepEqual(bake.operation, { name: 'bake', namespace: 'urn:libyang-js:bakery', module: 'bakery' })
  t.is(bake.path, "/bakery:shop/bread[name='rye'][weight='500']")
  t.is(bake.value('minutes'), '40')
  t.is(bake.value('heat'), '220')
})

type Expected = Partial<YangError> & { readonly messageId?: string }
const malformed: Expected = { type: 'rpc', tag: 'malformed-message' }
const bad: [string, string | Buffer, Expected][] = [
  ['nothing', '', malformed],
  ['no XML', 'hello', malformed],
  ['another document', '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"/>', malformed],
  ['an rpc without a namespace', '<rpc message-id="1"><get/></rpc>', malformed],
  ['a document type declaration', `<!DOCTYPE rpc [<!ENTITY a "b">]>${rpc('<get/>')}`, malformed],
  ['an entity', rpc('<get>&a;</get>'), { ...malformed, messageId: '101' }],
  ['tags that do not match', rpc('<get></rpc>'), { ...malformed, messageId: '101' }],
  [
    'tags in config that do not match',
    rpc('<edit-config><target><candidate/></target><config><a></b></config></edit-config>'),
    { ...malformed, messageId: '101' },
  ],
  [
    'config that does not end',
    rpc('<edit-config><target><candidate/></target><config><a></config></edit-config>'),
    { ...malformed, messageId: '101' },
  ],
  ['a message that ends early', rpc('<get/>').slice(0, -4), { ...malformed, messageId: '101' }],
  ['a second message behind it', rpc('<get/>') + rpc('<get/>'), malformed],
  ['an attribute twice', rpc('<get a="1" a="2"/>'), malformed],
  ['a prefix that is not declared', rpc('<x:get/>'), malformed],
  [
    'bytes that are not UTF-8',
    Buffer.concat([Buffer.from(rpc('<get/>')), Buffer.from([0xc3, 0x28])]),
    malformed,
  ],
  ['another encoding', `<?xml version="1.0" encoding="ISO-8859-1"?>${rpc('<get/>')}`, malformed],
  ['a control character', rpc('<get>\u0001</get>'), malformed],
  [
    'elements without end',
    rpc('<edit-config><target><candidate/></target><config>' + '<a>'.repeat(600)),
    malformed,
  ],
  [
    'no message-id',
    rpc('<get/>', ''),
    { type: 'rpc', tag: 'missing-attribute', info: { 'bad-attribute': 'message-id', 'bad-element': 'rpc' } },
  ],
  ['no operation', rpc(' '), { type: 'protocol', tag: 'missing-element', messageId: '101' }],
  [
    'two operations',
    rpc('<get/><commit/>'),
    { type: 'protocol', tag: 'unknown-element', info: { 'bad-element': 'commit' } },
  ],
  ['text beside the operation', rpc('now <get/>'), { type: 'protocol', tag: 'bad-element' }],
  [
    'an unknown operation',
    rpc('<fly/>'),
    { type: 'protocol', tag: 'operation-not-supported', messageId: '101' },
  ],
  [
    'an operation of a feature that is off',
    rpc('<cancel-commit/>'),
    { type: 'protocol', tag: 'operation-not-supported' },
  ],
  [
    'an operation of an unknown namespace',
    rpc('<fly xmlns="urn:none"/>'),
    {
      type: 'protocol',
      tag: 'unknown-namespace',
      info: { 'bad-element': 'fly', 'bad-namespace': 'urn:none' },
    },
  ],
  [
    'an unknown parameter',
    rpc('<get><colour/></get>'),
    {
      type: 'protocol',
      tag: 'unknown-element',
      path: '/ietf-netconf:get',
      info: { 'bad-element': 'colour' },
    },
  ],
  [
    'a parameter of an unknown namespace',
    rpc('<get><colour xmlns="urn:none"/></get>'),
    { tag: 'unknown-namespace', info: { 'bad-element': 'colour', 'bad-namespace': 'urn:none' } },
  ],
  [
    'an unknown attribute',
    rpc('<get colour="red"/>'),
    { tag: 'unknown-attribute', info: { 'bad-attribute': 'colour', 'bad-element': 'get' } },
  ],
  [
    'an unknown attribute of a filter',
    rpc('<get><filter colour="red"/></get>'),
    {
      tag: 'unknown-attribute',
      path: '/ietf-netconf:get/filter',
      info: { 'bad-attribute': 'colour', 'bad-element': 'filter' },
    },
  ],
  [
    'a value out of range',
    rpc('<kill-session><session-id>0</session-id></kill-session>'),
    { type: 'protocol', tag: 'invalid-value', path: '/ietf-netconf:kill-session/session-id' },
  ],
  [
    'a value that is no alternative',
    rpc(
      '<edit-config><target><candidate/></target><error-option>ignore</error-option><config/></edit-config>',
    ),
    { tag: 'invalid-value', path: '/ietf-netconf:edit-config/error-option' },
  ],
  [
    'a missing parameter',
    rpc('<kill-session/>'),
    {
      tag: 'missing-element',
      path: '/ietf-netconf:kill-session/session-id',
      info: { 'bad-element': 'session-id' },
    },
  ],
  [
    'a missing container',
    rpc('<lock/>'),
    { tag: 'missing-element', path: '/ietf-netconf:lock/target', info: { 'bad-element': 'target' } },
  ],
  [
    'a missing alternative',
    rpc('<lock><target/></lock>'),
    { tag: 'missing-element', path: '/ietf-netconf:lock/target', info: { 'bad-element': 'candidate' } },
  ],
  [
    'two alternatives',
    rpc('<lock><target><candidate/><running/></target></lock>'),
    { tag: 'bad-element', path: '/ietf-netconf:lock/target/running' },
  ],
  [
    'a parameter twice',
    rpc('<kill-session><session-id>1</session-id><session-id>2</session-id></kill-session>'),
    { tag: 'bad-element', path: '/ietf-netconf:kill-session/session-id' },
  ],
  [
    'text among parameters',
    rpc('<lock>candidate</lock>'),
    { tag: 'bad-element', path: '/ietf-netconf:lock' },
  ],
  [
    'a value of another module that is too long',
    order('<bread>' + 'x'.repeat(21) + '</bread><fetch/>'),
    { tag: 'invalid-value', path: '/bakery:order/bread' },
  ],
  [
    'a list entry without its key',
    order('<bread>x</bread><topping/><fetch/>'),
    { tag: 'missing-element', info: { 'bad-element': 'name' } },
  ],
  [
    'an action without an action',
    rpc('<action xmlns="urn:ietf:params:xml:ns:yang:1"><shop xmlns="urn:libyang-js:bakery"/></action>'),
    { tag: 'missing-element' },
  ],
]
for (const [title, message, { messageId, ...expected }] of bad) {
  test(`an rpc is refused for ${title}`, async (t) => {
    using context = await netconf()
    const error = await t.throwsAsync(context.parseRpc(Buffer.from(message)), { instanceOf: LibyangError })
    t.like(error.errors[0], expected as Record<string, unknown>, JSON.stringify(error.errors))
    t.is(error.errors.length, 1)
    if (messageId !== undefined) {
      t.is(error.messageId, messageId)
      t.regex(error.attributes ?? '', /message-id="101"/)
    }
    t.is(context.alive.rpcs, 0)
  })
}

const inConfig = (content: string): string =>
  `<edit-config><target><candidate/></target><config><shop xmlns="urn:libyang-js:bakery">${content}</shop></config></edit-config>`
const far = 'é\n'.repeat(100)
const characters: [string, Buffer, RegExp][] = [
  ['U+0000', Buffer.from('\0'), /the character U\+0000, which XML does not permit/],
  ['U+000B', Buffer.from('\v'), /the character U\+000B/],
  ['U+FFFE', Buffer.from('\ufffe'), /the character U\+FFFE/],
  ['U+FFFF', Buffer.from('\uffff'), /the character U\+FFFF/],
  ['a surrogate', Buffer.from([0xed, 0xa0, 0x80]), /the surrogate U\+D800, which UTF-8 does not have/],
  ['an octet that begins nothing', Buffer.from([0xff]), /the octet 0xFF, which is not UTF-8 here/],
  ['a character in more octets than it takes', Buffer.from([0xc0, 0xaf]), /the octet 0xC0/],
  ['a character that is cut', Buffer.from([0xe2, 0x82]), /the octet 0xE2/],
  ['more than Unicode has', Buffer.from([0xf4, 0x90, 0x80, 0x80]), /the octet 0xF4/],
]
const places: Readonly<Record<string, string>> = {
  'a value': inConfig(`<name>${far}x\u0001</name>`),
  'an attribute of configuration': inConfig('<name a="\u0001">x</name>'),
  'a comment': inConfig('<!--\u0001-->'),
  'a CDATA section': inConfig('<name><![CDATA[\u0001]]></name>'),
  'a name': inConfig('<na\u0001me/>'),
  'a parameter': '<kill-session><session-id>1\u0001</session-id></kill-session>',
  'a filter': '<get><filter>\u0001</filter></get>',
  'an expression': '<get><filter type="xpath" select="/shop[name=\'\u0001\']"/></get>',
  'a processing instruction': '<?x \u0001?><get/>',
}
for (const [title, octets, says] of characters) {
  test(`an rpc is refused for ${title}, wherever it stands`, async (t) => {
    using context = await netconf()
    for (const [place, request] of Object.entries(places)) {
      const text = rpc(request)
      const at = Buffer.from(text).indexOf(1)
      const message = Buffer.from(text)
      const bytes = Buffer.concat([message.subarray(0, at), octets, message.subarray(at + 1)])
      const { errors } = await t.throwsAsync(context.parseRpc(bytes), { instanceOf: LibyangError }, place)
      t.deepEqual(
        errors.map(({ type, tag }) => [type, tag]),
        [['rpc', 'malformed-message']],
        place,
      )
      const before = message.subarray(0, at).toString().split('\n')
      const where = `(line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`
      t.regex(errors[0]?.message ?? '', says, place)
      t.true(errors[0]?.message.endsWith(where), `${place}: ${errors[0]?.message}, not ${where}`)
    }
  })
}

test('the end of a CDATA section without one is refused wherever it stands, and what ends one is not', async (t) => {
  using context = await netconf()
  for (const request of [inConfig('<name>a]]>b</name>'), '<get><filter><a>]]></a></filter></get>'])
    await t.throwsAsync(context.parseRpc(Buffer.from(rpc(request))), { message: /\]\]> in text.*\]\]&gt;/ })
  using _good = await context.parseRpc(
    Buffer.from(rpc(inConfig('<!--]]>--><name q="]]>"><![CDATA[a]]b]]>]]&gt;</name>'))),
  )
})

test('what characters of every length stand in is taken, in blocks of any alignment', async (t) => {
  using context = await netconf()
  const value = 'a\u007fé\ud7ff\ue000\ufffd😀\u{10ffff}\t'
  for (let offset = 0; offset < 70; offset++)
    for (const good of [value, `${'x'.repeat(70)}${value}`]) {
      using _message = await context.parseRpc(
        Buffer.from(rpc(inConfig(`<!--${'-x'.repeat(offset)}${good}-->`))),
      )
    }
  t.pass()
})

test('line ends are line feeds, and white space in an attribute is spaces, unless they are written as references', async (t) => {
  using context = await netconf()
  const edited = async (name: string): Promise<string | undefined> => {
    using message = await context.parseRpc(Buffer.from(rpc(inConfig(`\r\n<name>${name}</name>`))))
    using fragment = message.fragment('config')
    using tree = context.tree()
    const { errors, journal } = await tree.edit(fragment!, {
      defaultOperation: 'merge',
      errorOption: 'rollback-on-error',
    })
    journal[Symbol.dispose]()
    t.deepEqual(errors, [])
    return tree.value('/bakery:shop/name')
  }
  t.is(await edited('a\rb\r\nc\r\r\nd\n\re'), 'a\nb\nc\n\nd\n\ne')
  t.is(await edited('<![CDATA[a\r\n]]>b'), 'a\nb')
  t.is(await edited('a&#13;b&#xD;\r'), 'a\rb\r\n')

  const parsed = async (attributes: string): Promise<string | undefined> => {
    using message = await context.parseRpc(Buffer.from(rpc('<get/>', attributes)))
    return message.messageId
  }
  t.is(await parsed(' message-id="a\tb\nc\r\nd&#10;"'), 'a b c d\n')
  using tree = await context.parse('<shop xmlns="urn:libyang-js:bakery"><name>a\r\nb</name></shop>', 'xml')
  t.is(await tree.value('/bakery:shop/name'), 'a\nb')
})
