/** Access control (RFC 8341): compiled rules, in reads, filters and journals, by tables and against naive-access.ts. */
import test from 'ava'
import { createContext } from '../src/index.js'
import type {
  Access,
  AccessOperation,
  AccessOptions,
  AccessRule,
  Context,
  Filter,
  Tree,
} from '../src/index.js'
import { dice } from './editing.js'
import { ietf, modules, text } from './helpers.js'
import { nodesOf, pathOf, permits, pruned, readable } from './naive-access.js'

const all: readonly AccessOperation[] = ['create', 'read', 'update', 'delete', 'exec']
const namespaces = 'xmlns="urn:libyang-js:vault" xmlns:p="urn:libyang-js:vault-plus"'

function vault(): Promise<Context> {
  return createContext({
    searchDirs: [modules, ...ietf],
    modules: [
      { name: 'ietf-netconf' },
      { name: 'ietf-netconf-acm' },
      { name: 'vault' },
      { name: 'vault-plus' },
    ],
  })
}

const contents =
  `<vault ${namespaces}><label>north</label><secret>s3cret</secret><plan><author>ann</author></plan>` +
  '<room><floor>1</floor><name>red</name><size>9</size><tag>x</tag><tag>y</tag><door><lock>four</lock><alarm><code>1</code></alarm></door>' +
  '<box><id>a</id><content>gold</content></box><box><id>b</id><content>tin</content><weight>7</weight></box>' +
  '<p:colour>dark</p:colour><p:shelf><p:count>3</p:count></p:shelf></room>' +
  '<room><floor>2</floor><name>red</name><size>4</size></room></vault>'

function permit(path: string, access: readonly AccessOperation[] = all): AccessRule {
  return { module: '*', path, access, permit: true }
}
function deny(path: string, access: readonly AccessOperation[] = all): AccessRule {
  return { module: '*', path, access, permit: false }
}
const reading: readonly AccessOperation[] = ['read']

async function seen(tree: Tree, access: Access, filter?: Filter): Promise<string> {
  return (await text(tree, { format: 'xml', access, ...(filter && { filter }) })).replaceAll(
    / xmlns(:\w+)?="[^"]*"/g,
    '',
  )
}

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

async function change(context: Context, tree: Tree, xml: string) {
  using fragment = context.fragment(
    `<vault ${namespaces} xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${xml}</vault>`,
  )
  const { journal, errors } = await tree.edit(fragment, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
  })
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  await journal.net()
  return journal
}

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

const models = Number(process.env['WEFT_RANDOM_MODELS'] ?? 120)

test('reads, filters and writes agree with the rules taken word for word', async (t) => {
  using context = await vault()
  let hidden = 0
  let refused = 0
  for (let seed = 0; seed < models; seed++) {
    const roll = dice(seed)
    const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T
    using tree = context.tree()
    ;(await change(context, tree, randomContents(roll)))[Symbol.dispose]()
    const options: AccessOptions = {
      rules: Array.from({ length: roll(8) }, () => randomRule(roll)),
      defaults: all.filter(() => roll(3) > 0),
    }
    using access = await context.access(options)
    const before = JSON.parse((await text(tree, { format: 'json' })) || '{}')
    const expected = pruned(options, before)
    const told = `seed ${seed}: ${JSON.stringify(options)}`
    t.deepEqual(JSON.parse((await text(tree, { format: 'json', access })) || '{}'), expected, told)
    if (JSON.stringify(expected) !== JSON.stringify(before)) hidden++

    using parsed = await context.parse(JSON.stringify(expected), 'json')
    using fragment = context.fragment(await text(parsed, { format: 'xml' }))
    using part = context.tree()
    const edited = await part.edit(fragment, { defaultOperation: 'merge', errorOption: 'rollback-on-error' })
    edited.journal[Symbol.dispose]()
    for (using filter of randomFilters(context, roll)) {
      const plain = await text(part, { format: 'json', filter })
      if (filter.onTheWay || access.clears(filter))
        t.is(await text(tree, { format: 'json', access, filter }), plain, told)
      using extracted = await tree.extract(filter)
      await extracted.prune(access)
      t.is(await text(extracted, { format: 'json', filter }), plain, told)
    }

    using journal = await change(context, tree, randomEdit(roll, before, pick))
    const after = JSON.parse((await text(tree, { format: 'json' })) || '{}')
    const errors = await access.denied(journal, 1e6, 'own')
    const wrong = naiveDenied(options, before, after)
    const said = errors.map(
      ({ path, message }) => `${/right to (\w+)|$/.exec(message)?.[1] ?? 'veiled'} ${path ?? ''}`,
    )
    t.deepEqual(said.filter((line) => !line.startsWith('veiled')).sort(), [...wrong.told].sort(), told)
    for (const line of said) t.true(wrong.told.has(line) || wrong.veiled.has(line), `${told} ${line}`)
    t.is(errors.length > 0, wrong.told.size + wrong.veiled.size > 0, told)
    if (errors.length > 0) refused++
    for (const { steps } of nodesOf(after))
      t.is(access.reads(pathOf(steps)), readable(options, steps), `${told} ${pathOf(steps)}`)
  }
  t.true(hidden > models / 3 && refused > models / 5, `${hidden} ${refused}`)
})

type Roll = (sides: number) => number

function randomContents(roll: Roll): string {
  const some = (xml: string) => (roll(4) > 0 ? xml : '')
  const rooms = [1, 2].flatMap((floor) =>
    ['red', 'blue'].map((name) =>
      some(
        `<room><floor>${floor}</floor><name>${name}</name>${some(`<size>${roll(3)}</size>`)}${some('<tag>x</tag>')}${some('<tag>y</tag>')}` +
          some(
            `<door>${some(`<lock>${roll(2)}</lock>`)}${some(`<alarm><code>${roll(2)}</code></alarm>`)}</door>`,
          ) +
          ['a', 'b']
            .map((id) =>
              some(
                `<box><id>${id}</id>${some(`<content>${roll(2)}</content>`)}${some(`<weight>${roll(2)}</weight>`)}</box>`,
              ),
            )
            .join('') +
          `${some(`<p:colour>${roll(2)}</p:colour>`)}${some(`<p:shelf><p:count>${roll(2)}</p:count></p:shelf>`)}</room>`,
      ),
    ),
  )
  return `${some(`<label>${roll(2)}</label>`)}${some('<secret>s</secret>')}${some(`<plan>${some('<author>ann</author>')}${some(`<copies>${roll(3)}</copies>`)}</plan>`)}${rooms.join('')}`
}

function randomRule(roll: Roll): AccessRule {
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T
  const keys = () =>
    ['', "[floor='1']", "[name='red']", "[floor='2'][name='red']", "[name='blue'][floor='1']"][roll(5)] ?? ''
  const room = () => `/vault:vault/room${keys()}`
  const box = () => `/box${pick(['', "[id='a']", "[id='b']"])}`
  const path = pick([
    () => '/',
    () => '/vault:vault',
    () => '/vault:vault/label',
    () => '/vault:vault/secret',
    () => '/vault:vault/plan',
    () => '/vault:vault/plan/copies',
    room,
    room,
    () => `${room()}${pick(['/size', '/name', '/tag', "/tag[.='x']", '/door', '/door/lock', '/door/alarm'])}`,
    () => `${room()}${box()}`,
    () => `${room()}${box()}${pick(['/content', '/weight', '/id'])}`,
    () => `${room()}${pick(['/vault-plus:colour', '/vault-plus:shelf', '/vault-plus:shelf/count'])}`,
  ])()
  return {
    module: pick(['*', '*', '*', 'vault', 'vault-plus']),
    ...pick([{ path }, { path }, { path }, { path }, {}, { operation: '*' }, { notification: '*' }]),
    access: roll(2) === 0 ? all : all.filter(() => roll(2) === 0),
    permit: roll(2) === 0,
  }
}

function randomFilters(context: Context, roll: Roll): Filter[] {
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T
  const subtree = pick([
    '<room><size>1</size></room>',
    '<room><floor>1</floor><name>red</name></room>',
    '<room><name>red</name><box><content>1</content><id/></box></room>',
    '<secret>s</secret><label/>',
    '<room><tag>x</tag><size/><p:shelf/></room>',
    '<plan/><room><door><alarm/></door></room>',
  ])
  const xpath = pick([
    "/vault:vault/room[size='1']",
    "//box[content='1' or id='b']/..",
    '/vault:vault/room[count(box) > 1]/name',
    "//code[.='1']/.. | //colour[.='1'] | //content[.='1']",
    '/vault:vault/room[tag]/size | /vault:vault/secret',
    "/vault:vault/room[floor='1'][name='red']/box[id='a']",
    '/vault:vault/plan[author]/copies',
  ])
  return [context.subtreeFilter(`<vault ${namespaces}>${subtree}</vault>`), context.xpathFilter(xpath)]
}

/** Contents, merged; some rooms and boxes of before are taken out, some boxes go to the front. */
function randomEdit(roll: Roll, before: unknown, pick: <T>(list: readonly T[]) => T): string {
  const nodes = nodesOf(before as never).filter(({ steps }) =>
    ['room', 'box', 'label', 'secret'].includes(steps.at(-1)?.name ?? ''),
  )
  if (nodes.length > 0 && roll(2) === 0) {
    const { steps } = pick(nodes)
    return steps.slice(1).reduceRight((inside, { name, keys }, index) => {
      const operation = index === steps.length - 2 ? ' nc:operation="delete"' : ''
      const entries = Object.entries(keys).map(([key, value]) => `<${key}>${value}</${key}>`)
      return `<${name}${operation}>${entries.join('')}${inside}</${name}>`
    }, '')
  }
  return randomContents(roll)
}

function naiveDenied(
  options: AccessOptions,
  before: unknown,
  after: unknown,
): Record<'told' | 'veiled', Set<string>> {
  const index = (document: unknown) =>
    new Map(nodesOf(document as never).map((node) => [pathOf(node.steps), node]))
  const [old, now] = [index(before), index(after)]
  const out = { told: new Set<string>(), veiled: new Set<string>() }
  const judge = (operation: 'create' | 'update' | 'delete', steps: Parameters<typeof readable>[1]) => {
    if (permits(options, operation, steps)) return
    const hidden = steps.findIndex((_, at) => !readable(options, steps.slice(0, at + 1)))
    if (hidden < 0) return void out.told.add(`${operation} ${pathOf(steps)}`)
    out.veiled.add(`veiled ${pathOf(steps.slice(0, operation === 'delete' ? hidden : hidden + 1))}`)
  }
  for (const [path, { steps, value }] of now) {
    const was = old.get(path)
    if (was === undefined) judge('create', steps)
    else if (was.value !== value) judge('update', steps)
  }
  for (const [path, { steps }] of old) if (!now.has(path)) judge('delete', steps)
  return out
}
