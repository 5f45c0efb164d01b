/** Access control (RFC 8341): compiled rules, in reads, filters, operations and edits, by tables. */
import test from 'ava'
import type { AccessOptions, AccessRule } from '../src/index.js'
import { text } from './helpers.js'
import { all, change, contents, deny, namespaces, permit, reading, seen, vault } from './vault.js'

test('a reader is given what the rules permit, and no trace of the rest', async (t) => {
  using context = await vault()
  using tree = await context.parse(contents, 'xml')
  const rows: readonly (readonly [string, AccessOptions, string])[] = [
    ['nothing', { rules: [], defaults: [] }, ''],
    [
      'what is marked stays hidden under a permitting default',
      { rules: [deny('/vault:vault/room')], defaults: all },
      '<vault><label>north</label><plan><author>ann</author></plan></vault>',
    ],
    [
      'a rule for what is marked counts more than the mark',
      { rules: [permit('/vault:vault/secret'), deny('/vault:vault/room')], defaults: reading },
      '<vault><label>north</label><secret>s3cret</secret><plan><author>ann</author></plan></vault>',
    ],
    [
      'what is below a hidden node is hidden, whatever is permitted there',
      { rules: [permit('/vault:vault/label')], defaults: [] },
      '',
    ],
    [
      'the first rule that matches decides',
      { rules: [permit('/vault:vault/plan'), deny('/'), permit('/')], defaults: reading },
      '',
    ],
    [
      'one entry by its keys, in any order',
      {
        rules: [
          permit("/vault:vault/room[name='red'][floor='1']/size"),
          deny("/vault:vault/room[floor='1']/size"),
          deny('/vault:vault/room/tag'),
          deny('/vault:vault/room/door'),
          deny("/vault:vault/room[floor='1']/box[id='a']"),
          deny("/vault:vault/room[name='red']/vault-plus:shelf"),
          deny('/vault:vault/plan'),
          deny('/vault:vault/label'),
          deny("/vault:vault/room[floor='2']"),
        ],
        defaults: reading,
      },
      '<vault><room><floor>1</floor><name>red</name><size>9</size><box><id>b</id><content>tin</content><weight>7</weight></box>' +
        '<p:colour>dark</p:colour></room></vault>'.replaceAll('p:', ''),
    ],
    [
      'an entry whose key is hidden',
      { rules: [deny('/vault:vault/room/name'), deny('/vault:vault/plan')], defaults: reading },
      '<vault><label>north</label></vault>',
    ],
    [
      "a module's nodes alone",
      {
        rules: [
          { module: 'vault-plus', access: reading, permit: false },
          deny("/vault:vault/room[floor='1']/box"),
          deny("/vault:vault/room[floor='2']"),
          deny('/vault:vault/plan'),
          deny('/vault:vault/room/door/lock'),
          deny("/vault:vault/room/tag[.='x']"),
        ],
        defaults: reading,
      },
      '<vault><label>north</label><room><floor>1</floor><name>red</name><size>9</size><tag>y</tag>' +
        '<door><alarm><code>1</code></alarm></door></room></vault>',
    ],
  ]
  for (const [title, options, expected] of rows) {
    using access = await context.access(options)
    t.is((await seen(tree, access)).replaceAll('p:', ''), expected, title)
  }
  using most = await context.access({ rules: [permit('/')], defaults: [] })
  t.true(most.readsAll())
  t.true(most.writesAll)
  t.is(await seen(tree, most), (await text(tree, { format: 'xml' })).replaceAll(/ xmlns(:\w+)?="[^"]*"/g, ''))
})

test('a filter finds nothing by what may not be read', async (t) => {
  using context = await vault()
  using tree = await context.parse(contents, 'xml')
  using access = await context.access({
    rules: [
      deny('/vault:vault/room/size'),
      deny("/vault:vault/room[floor='2']"),
      deny('/vault:vault/room/box/content'),
    ],
    defaults: reading,
  })
  const subtree = (xml: string) => context.subtreeFilter(`<vault ${namespaces}>${xml}</vault>`)
  for (const [xml, expected] of [
    ['<secret>s3cret</secret><label/>', ''],
    ['<room><size>9</size></room>', ''],
    ['<room><size>9</size><name/></room>', ''],
    ['<room><floor>2</floor><name>red</name></room>', ''],
    ['<room><box><content>gold</content></box><name/></room>', ''],
    ['<room><size/><name/></room>', '<vault><room><floor>1</floor><name>red</name></room></vault>'],
  ] as const) {
    using filter = subtree(xml)
    const got = await seen(tree, access, filter)
    t.true(
      got === expected || (expected === '' && !/gold|<size|<floor>2|s3cret|label/.test(got)),
      `${xml}: ${got}`,
    )
  }
  for (const [expression, clear] of [
    ["/vault:vault/room[size='9']", false],
    ["//*[.='s3cret']", false],
    ["/vault:vault/room[box/content='gold']/name", false],
    ['/vault:vault/plan/*', true],
    ["/vault:vault/plan[author='ann']", true],
  ] as const) {
    using filter = context.xpathFilter(expression)
    t.is(access.clears(filter), clear, expression)
    if (!filter.onTheWay && !clear)
      await t.throwsAsync(
        tree.print({ format: 'xml', access, filter }).begin(),
        { message: /Access.clears/ },
        expression,
      )
    using part = await tree.extract(filter)
    await part.prune(access)
    const got = await text(part, { format: 'xml', filter })
    t.is(got === '', !clear, `${expression}: ${got}`)
  }
})

test('an entry whose key holds both kinds of quotes is known by its path', async (t) => {
  using context = await vault()
  const room = (end: string): string => `/vault:vault/room[name=concat('a',"'",'${end}"]/')]`
  using access = await context.access({ rules: [deny(room('b'))], defaults: all })
  t.false(access.reads(room('b')))
  t.false(access.reads(`${room('b')}/size`))
  t.true(access.reads(room('c')))
})

test('operations and actions', async (t) => {
  using context = await vault()
  const exec = (module: string, operation: string, permit: boolean): AccessRule => ({
    module,
    operation,
    access: ['exec'],
    permit,
  })
  using open = await context.access({ rules: [], defaults: ['exec', 'read'] })
  for (const [module, name, expected] of [
    ['vault', 'dust', true],
    ['vault', 'burn', false],
    ['ietf-netconf', 'get', true],
    ['ietf-netconf', 'kill-session', false],
    ['ietf-netconf', 'delete-config', false],
  ] as const)
    t.is(open.executes(module, name), expected, name)
  using ruled = await context.access({
    rules: [
      exec('vault', 'burn', true),
      { module: 'vault', path: '/', access: all, permit: false },
      exec('ietf-netconf', '*', true),
      { module: 'vault', access: ['exec'], permit: false },
      exec('vault', 'dust', true),
    ],
    defaults: ['exec'],
  })
  t.true(ruled.executes('vault', 'burn'))
  t.true(ruled.executes('ietf-netconf', 'kill-session'))
  t.false(ruled.executes('vault', 'dust'))

  const room = "/vault:vault/room[floor='1'][name='red']"
  t.true(open.executesAt(room, 'knock'))
  t.false(open.executesAt(room, 'open'))
  using blind = await context.access({ rules: [deny(room, ['read'])], defaults: all })
  t.false(blind.executesAt(room, 'knock'))
  t.true(blind.executesAt(room.replace("'1'", "'2'"), 'knock'))
})

test('a rule about what cannot exist is refused with its number', async (t) => {
  using context = await vault()
  const error = await t.throwsAsync(
    context.access({
      rules: [
        permit('/vault:vault'),
        permit('/vault:vualt/x'),
        permit("/vault:vault/room[size='1']"),
        permit('vault'),
      ],
      defaults: [],
    }),
  )
  const { errors } = error as unknown as { errors: readonly { path: string; message: string }[] }
  t.deepEqual(
    errors.map(({ path }) => path),
    ['1', '2', '3'],
  )
  t.regex(errors[1]?.message ?? '', /size is no key of room/)
})

test('a refused change names what the user may see of it', async (t) => {
  using context = await vault()
  using tree = await context.parse(contents, 'xml')
  using access = await context.access({
    rules: [
      deny("/vault:vault/room[floor='1']/box"),
      permit('/vault:vault/room'),
      permit('/vault:vault/label', ['read', 'update']),
    ],
    defaults: reading,
  })
  using journal = await change(
    context,
    tree,
    '<label>south</label><secret>other</secret><plan><copies>2</copies></plan><room nc:operation="delete"><floor>1</floor><name>red</name></room>' +
      '<room><floor>3</floor><name>new</name><box><id>q</id></box></room>',
  )
  const told = async (own: boolean) =>
    (await access.denied(journal, 20, own ? 'own' : 'any')).map(({ tag, path, message }) => [
      tag,
      path,
      /right to (\w+)/.exec(message)?.[1],
    ])
  const room = "/vault:vault/room[floor='1'][name='red']"
  t.deepEqual(await told(true), [
    ['access-denied', '/vault:vault/secret', undefined],
    ['access-denied', '/vault:vault/plan/copies', 'create'],
    ['access-denied', room, undefined],
  ])
  t.deepEqual(
    (await told(false)).map(([, path]) => path),
    ['/vault:vault', '/vault:vault/plan/copies', room],
  )
  const [, , last] = await access.denied(journal, 2, 'own')
  t.is(last?.path, undefined)
  t.regex(last?.message ?? '', /\d+ more node/)

  using visible = await journal.visible(access)
  const lines = (await visible.describe(100)).join('\n')
  t.regex(lines, /label/)
  t.notRegex(lines, /secret|s3cret|other|box\[id='a'\]|gold/)
  t.true((await journal.describe(100)).join('\n').includes('other'))
})

test('an edit may not ask for what may not be read, whatever is there', async (t) => {
  using context = await vault()
  using access = await context.access({
    rules: [
      permit("/vault:vault/room/box[id='a']"),
      deny("/vault:vault/room[floor='1']", ['create', 'read', 'delete']),
      deny('/vault:vault/label', ['read', 'create']),
      permit('/vault:vault/label', ['update']),
    ],
    defaults: reading,
  })
  const room = "/vault:vault/room[floor='1'][name='red']"
  const red = (operation: string, more = '') =>
    `<room nc:operation="${operation}"><floor>1</floor><name>red</name>${more}</room>`
  const rows: readonly (readonly ['merge' | 'none', string, readonly string[]])[] = [
    ['merge', '<room><floor>2</floor><name>red</name><size>4</size></room>', []],
    ['merge', red('merge'), [`create ${room}`, `create ${room}/floor`, `create ${room}/name`]],
    ['merge', red('delete'), [`delete ${room}`]],
    ['none', red('remove', '<size>9</size>'), [`delete ${room}`]],
    ['none', '<room><floor>1</floor><name>red</name></room>', [`create ${room}`]],
    ['none', '<room><floor>1</floor><name>red</name><size>9</size></room>', [`create ${room}/size`]],
    [
      'none',
      '<room><floor>1</floor><name>red</name><size nc:operation="remove"/></room>',
      [`delete ${room}/size`],
    ],
    ['none', '<room><floor>1</floor><name>red</name><box nc:operation="create"><id>a</id></box></room>', []],
    ['merge', '<label>north</label>', []],
    ['merge', '<label nc:operation="create">north</label>', ['create /vault:vault/label']],
    ['merge', '<label nc:operation="delete"/>', ['delete /vault:vault/label']],
    ['merge', '<unknown/>', []],
  ]
  for (const [defaultOperation, xml, expected] of rows) {
    using config = context.fragment(
      `<vault ${namespaces} xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${xml}</vault>`,
    )
    const errors = await access.refused(config, defaultOperation, 20)
    const said = errors.map(
      ({ tag, path, message }) =>
        `${tag}: ${/right to (\w+)/.exec(message)?.[1]} ${path?.replaceAll('"', "'")}`,
    )
    t.deepEqual(
      said,
      expected.map((one) => `access-denied: ${one}`),
      `${defaultOperation} ${xml}`,
    )
  }
})
