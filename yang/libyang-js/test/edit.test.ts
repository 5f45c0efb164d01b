import test from 'ava'
import type { Tree } from '../src/index.js'
import { done, edit, whole, workshop } from './editing.js'

const set = async (tree: Tree): Promise<Record<string, unknown>> =>
  ((await whole(tree)) as { set: Record<string, unknown> }).set

const empty = { set: {}, there: [] }

test('a new subtree comes with its defaults, and a deleted value gives way to its default', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using made = await done(context, tree, '<box><plain>1</plain></box>')
  t.is(made.explicit, 1)
  t.is(await tree.value('/workshop:box/limit'), '10')
  t.is(await tree.value('/workshop:box/sub/on'), 'true')
  t.is(await tree.value('/workshop:box/l1'), 'ell')
  using changed = await done(context, tree, '<box><limit>30</limit></box>')
  t.is(changed.explicit, 1)
  using deleted = await done(context, tree, '<box><limit op="delete"/></box>')
  t.true(deleted.size > deleted.explicit)
  t.is(await tree.value('/workshop:box/limit'), '10')
})

test('a value set to its default is explicit: it can be deleted once, and not created again', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  await done(context, tree, '<box><limit op="create">10</limit></box>')
  const again = await edit(context, tree, '<box><limit op="create">10</limit></box>')
  t.is(again.errors[0]?.tag, 'data-exists')
  t.is(again.errors[0]?.path, '/workshop:box/limit')
  await done(context, tree, '<box><limit op="delete"/></box>')
  const missing = await edit(context, tree, '<box><limit op="delete"/></box>')
  t.is(missing.errors[0]?.tag, 'data-missing')
  t.is(missing.errors[0]?.path, '/workshop:box/limit')
  using removed = await done(context, tree, '<box><limit op="remove"/></box>')
  t.is(removed.size, 0)
})

test('a case takes the place of another, and the default case comes back when nothing is chosen', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  await done(context, tree, '<box><l1>x</l1><l2>y</l2></box>')
  using chosen = await done(context, tree, '<box><r1>r</r1></box>')
  t.is(chosen.explicit, 1)
  t.deepEqual(await tree.find('/workshop:box/l1 | /workshop:box/l2'), [])
  t.is(await tree.value('/workshop:box/r2'), 'arr')
  t.is(await tree.value('/workshop:box/rc/y'), 'why')
  await done(context, tree, '<box><i2>1</i2></box>')
  await done(context, tree, '<box><i1>1</i1></box>')
  t.deepEqual(await tree.find('/workshop:box/i2 | /workshop:box/r1 | /workshop:box/rc'), [])
  await done(context, tree, '<box><i1 op="delete"/></box>')
  t.is(await tree.value('/workshop:box/l1'), 'ell')
  const both = await edit(context, tree, '<box><i1>1</i1><r1>2</r1></box>')
  t.is(both.errors[0]?.tag, 'bad-element')
})

test('entries ordered by the user go where insert says', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const numbers = async (): Promise<unknown> =>
    ((await set(tree))['workshop:box'] as Record<string, unknown>)['number']
  await done(
    context,
    tree,
    '<box><number>1</number><number>2</number><number insert="first">3</number>' +
      '<number insert="after" yang:value="1">4</number><number insert="before" yang:value="1">5</number></box>',
  )
  t.deepEqual(await numbers(), [3, 5, 1, 4, 2])
  await done(context, tree, '<box><number insert="last">5</number></box>')
  t.deepEqual(await numbers(), [3, 1, 4, 2, 5])
  const lost = await edit(context, tree, '<box><number insert="after" yang:value="99">5</number></box>')
  t.is(lost.errors[0]?.tag, 'bad-attribute')
  t.is(lost.errors[0]?.appTag, 'missing-instance')
  const wrong = await edit(context, tree, '<box><free insert="first">5</free></box>')
  t.is(wrong.errors[0]?.tag, 'unknown-attribute')
  await done(context, tree, '<queue><k>a</k></queue><queue><k>b</k></queue>')
  await done(context, tree, `<queue insert="before" yang:key="[w:k='b']"><k>c</k></queue>`)
  const queue = (await set(tree))['workshop:queue'] as { k: string }[]
  t.deepEqual(
    queue.map(({ k }) => k),
    ['a', 'c', 'b'],
  )
})

test('replace keeps what the configuration names, in its order, and nothing else', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const part = (id: number): string => `<part><id>${id}</id><kind>w:bolt</kind></part>`
  const step = (n: number): string => `<step><n>${n}</n></step>`
  await done(
    context,
    tree,
    `<item><name>i</name><size>1</size>${part(1)}${part(2)}${step(1)}${step(2)}${step(3)}</item>`,
  )
  await done(context, tree, `<item op="replace"><name>i</name>${part(2)}${step(3)}${step(1)}</item>`)
  const item = (await tree.json("/workshop:item[name='i']")) as {
    part: { id: number }[]
    step: { n: string }[]
  }
  t.deepEqual(
    item.part.map(({ id }) => id),
    [2],
  )
  t.deepEqual(
    item.step.map(({ n }) => n),
    ['3', '1'],
  )
  t.is(await tree.value("/workshop:item[name='i']/size"), '7')
  await done(context, tree, '<box><plain>all that is left</plain></box>', { defaultOperation: 'replace' })
  t.deepEqual(await tree.find('/workshop:item'), [])
})

test('default operation none changes only what carries an operation, below what exists', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const none = { defaultOperation: 'none' } as const
  const missing = await edit(context, tree, '<item><name>z</name><size op="merge">1</size></item>', none)
  t.is(missing.errors[0]?.tag, 'data-missing')
  t.is(missing.errors[0]?.path, "/workshop:item[name='z']")
  await done(context, tree, '<item><name>z</name></item>')
  await done(context, tree, '<item><name>z</name><size op="merge">1</size></item>', none)
  t.is(await tree.value("/workshop:item[name='z']/size"), '1')
  await done(context, tree, '<box><free op="create">1</free></box>', none)
  t.deepEqual(await tree.find('/workshop:box/free'), ["/workshop:box/free[.='1']"])
})

test('every error of an edit is told, with tag, path and what is bad', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const { errors, journal } = await edit(
    context,
    tree,
    '<box><bogus>1</bogus><limit>99999</limit><sub><nix/></sub><plain op="destroy">1</plain></box>' +
      '<item><size>x</size></item><foo xmlns="urn:nope"/><state><up>1</up></state>',
  )
  t.is(journal.size, 0)
  const found = new Map(errors.map((error) => [error.path, error]))
  t.is(found.size, 8)
  t.like(found.get('/workshop:box/bogus'), { tag: 'unknown-element', info: { 'bad-element': 'bogus' } })
  t.like(found.get('/workshop:box/sub/nix'), { tag: 'unknown-element' })
  t.like(found.get('/workshop:box/limit'), { tag: 'invalid-value' })
  t.like(found.get('/workshop:item'), { tag: 'missing-element', info: { 'bad-element': 'name' } })
  t.like(found.get('/workshop:item/size'), { tag: 'invalid-value', info: { 'bad-element': 'size' } })
  t.like(found.get('/{urn:nope}foo'), { tag: 'unknown-namespace', info: { 'bad-namespace': 'urn:nope' } })
  t.like(found.get('/workshop:state'), { tag: 'invalid-value' })
  t.like(found.get('/workshop:box/plain'), { tag: 'bad-attribute', info: { 'bad-attribute': 'operation' } })
  t.deepEqual(await whole(tree), empty)
})

test('what is given very often in a long edit is one error', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const long = 100_000
  const often = (xml: string): string => xml.repeat(Math.ceil(long / xml.length))
  const entry = '<item><name>a</name><size>1</size></item>'
  const item = '/workshop:item: an entry of "item"'
  for (const [xml, what] of [
    [often(entry), item],
    [often(entry + entry.replace('<item', '<item op="delete"')), item],
    [often(entry.replace('>a<', '><![CDATA[a]]><').replace('size>1', 'size>x')), item],
    [often('<box/>'), '/workshop:box: "box"'],
    [
      `<box>${often('<number>1</number><number> 01</number>')}</box>`,
      '/workshop:box/number: a value of "number"',
    ],
    [`<box>${often('<limit>1</limit>')}</box>`, '/workshop:box/limit: "limit"'],
  ] as const) {
    const { journal, errors } = await edit(context, tree, xml)
    journal[Symbol.dispose]()
    t.deepEqual(
      errors.map(({ tag, path, message }) => `${tag} ${path}: ${message}`),
      [`bad-element ${what} is given more than 100 times, it can be given once`],
    )
  }
  const values = Array.from({ length: long / 10 }, (_, i) => `<tag>${i}</tag>`).join('')
  ;(await done(context, tree, `<box>${values}</box>`))[Symbol.dispose]()
  t.is((await tree.find('/workshop:box/tag')).length, long / 10)
})

test('what is given more than once in one edit is an error, whether it is there already or not', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const item = '<item><name>a</name><size>1</size><part><id>1</id><kind>w:nut</kind></part></item>'
  const says = async (xml: string): Promise<readonly string[]> => {
    const { journal, errors } = await edit(context, tree, xml)
    journal[Symbol.dispose]()
    return errors.map(({ tag, path, message }) => `${tag} ${path ?? ''}: ${message}`)
  }
  const part = '<part><id>1</id><kind>w:nut</kind></part>'
  const twice = "bad-element /workshop:item[name='a']"
  t.deepEqual(await says(item + item), [`${twice}: an entry of "item" is given more than once`])
  t.deepEqual(await says(`<item><name>a</name>${part}${part}</item>`), [
    `${twice}/part[id='1'][kind='workshop:nut']: an entry of "part" is given more than once`,
  ])
  t.deepEqual(await says(item), [])
  t.deepEqual(await says(item + item.replace('<item', '<item op="delete"')), [
    `${twice}: an entry of "item" is given more than once`,
  ])
  t.deepEqual(await says('<box><number>1</number><number>2</number><number>1</number></box>'), [
    'bad-element /workshop:box/number[.=\'1\']: a value of "number" is given more than once',
  ])
})

test('unknown attributes are errors, also beside an empty leaf that is deleted', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const first = await edit(context, tree, '<box><limit op="remove"/><plain colour="red">1</plain></box>')
  t.like(first.errors[0], {
    tag: 'unknown-attribute',
    path: '/workshop:box/plain',
    info: { 'bad-attribute': 'colour' },
  })
  const second = await edit(context, tree, '<item><name>a</name><size nc:speed="1">1</size></item>')
  t.like(second.errors[0], { tag: 'unknown-attribute', path: "/workshop:item[name='a']/size" })
  const third = await edit(context, tree, '<box><plain>1</box>')
  t.is(third.errors[0]?.tag, 'malformed-message')
})

test('what a configuration contradicts itself in refuses all of it, whatever the error option', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const before = '<item><name>first</name></item>'
  const tags = async (xml: string): Promise<readonly string[]> => {
    const { journal, errors } = await edit(context, tree, before + xml, { errorOption: 'continue-on-error' })
    t.is(journal.size, 0, xml)
    return errors.map(({ tag, path }) => `${tag} ${path ?? ''}`)
  }
  const a = (content: string, attributes = ''): string => `<item${attributes}><name>a</name>${content}</item>`
  const at = "/workshop:item[name='a']"
  for (const [xml, ...expected] of [
    [a('<size>1</size><size>2</size>'), `bad-element ${at}/size`],
    [a('<name>b</name>'), `bad-element ${at}/name`],
    [a('<in/><in/><ca>1</ca><cb>2</cb>'), `bad-element ${at}/in`, `bad-element ${at}/cb`],
    [a('<size op="remove"/><size op="remove"/>'), `bad-element ${at}/size`],
    [a('<in><a op="create">x</a></in>', ' op="delete"'), `bad-attribute ${at}/in/a`],
    ['<item><name op="delete">a</name></item>', `bad-attribute ${at}/name`],
    [a('<in insert="first"/>'), `unknown-attribute ${at}/in`],
    [a('<step insert="before"><n>1</n></step>'), `missing-attribute ${at}/step[n='1']`],
    [a('<step yang:key="[w:n=\'2\']"><n>1</n></step>'), `bad-attribute ${at}/step[n='1']`],
    [a('<step insert="before" yang:key="2"><n>1</n></step>'), `bad-attribute ${at}/step`],
    [a('<step insert="before" yang:value="2"><n>1</n></step>'), `bad-attribute ${at}/step[n='1']`],
  ] as const)
    t.deepEqual(await tags(xml), expected, xml)
  t.deepEqual(await whole(tree), empty)
})

test('text between elements, elements in values and processing instructions are not taken for malformed XML', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const { errors } = await edit(
    context,
    tree,
    '<item>so<name>a</name><in><![CDATA[so]]></in><serial><much/></serial></item><item><name>b</name>and so</item>',
  )
  t.deepEqual(
    errors.map(({ tag, path, info }) => [tag, path, info]),
    [
      ['bad-element', '/workshop:item', { 'bad-element': 'item' }],
      ['bad-element', "/workshop:item[name='a']/in", { 'bad-element': 'in' }],
      ['unknown-element', "/workshop:item[name='a']/serial/much", { 'bad-element': 'much' }],
      ['bad-element', "/workshop:item[name='b']", { 'bad-element': 'item' }],
    ],
  )
  using _made = await done(context, tree, '<?x y?><item><name>a<!-- or --><?or not?>b</name></item>')
  t.deepEqual(await tree.find('/workshop:item/name'), ["/workshop:item[name='ab']/name"])
})

test('error options: rollback leaves nothing, stop keeps what came before, continue goes on', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const bad = '<box><free>1</free><l2 op="delete"/><note op="delete"/></box>'.replace(
    '<note op="delete"/>',
    '<r1 op="delete"/>',
  )
  const rolled = await edit(context, tree, bad)
  t.is(rolled.journal.size, 0)
  t.deepEqual(await whole(tree), empty)
  const stopped = await edit(context, tree, bad, { errorOption: 'stop-on-error' })
  t.is(stopped.errors.length, 1)
  const went = await edit(context, tree, bad, { errorOption: 'continue-on-error' })
  t.is(went.errors.length, 2)
  t.deepEqual(await tree.find('/workshop:box/free'), ["/workshop:box/free[.='1']"])
})

test('set and remove by path journal what they do', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using journal = context.journal()
  await tree.set("/workshop:item[name='s']/in/b", 'v', journal)
  t.is(await tree.value("/workshop:item[name='s']/size"), '7')
  await tree.set('/workshop:box/there', undefined, journal, true)
  t.is(journal.explicit, 1)
  await t.throwsAsync(tree.set('/workshop:box/limit', 'much', journal), { name: 'LibyangError' })
  await t.throwsAsync(tree.set('/workshop:box/nothing', '1', journal), { name: 'LibyangError' })
  t.is(await tree.remove('/workshop:item', journal), 1)
  t.is(await tree.remove('/workshop:item', journal), 0)
})

test('elements in no namespace are refused with their places, in any content too', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const bare = '<b xmlns=""/><b xmlns=""/>'
  for (const [xml, ...paths] of [
    ['<a xmlns=""/><a xmlns=""/>', '/{}a', '/{}a'],
    ["<a xmlns = ''><b/><b/></a>", '/{}a'],
    [`<box xmlns="urn:libyang-js:workshop">${bare}</box>`, '/workshop:box/{}b', '/workshop:box/{}b'],
    [
      `<box xmlns="urn:libyang-js:workshop"><any>${bare}</any></box>`,
      '/workshop:box/any/{}b',
      '/workshop:box/any/{}b',
    ],
    [
      `<box xmlns="urn:libyang-js:workshop"><nope/>${bare}<plain>x</plain></box>`,
      '/workshop:box/{}b',
      '/workshop:box/{}b',
      '/workshop:box/nope',
    ],
  ] as const) {
    using config = context.fragment(xml)
    const { journal, errors } = await tree.edit(config, {
      defaultOperation: 'merge',
      errorOption: 'rollback-on-error',
    })
    journal[Symbol.dispose]()
    t.deepEqual(
      errors.map(({ path }) => path),
      paths,
      xml,
    )
    t.true(errors.every(({ tag }) => tag === 'unknown-namespace' || tag === 'unknown-element'))
  }
})

test('of very many wrong nodes, none is looked for among all others', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const many = 50_000
  const rows: [string, number, string, string][] = [
    [
      `<item>${'<wrong/>'.repeat(many)}</item>`,
      1001,
      'the key "name" of an entry of "item" is missing',
      '/workshop:item',
    ],
    [
      `<box ${Array.from({ length: many }, (_, i) => `z${i}="1"`).join(' ')}/>`,
      1001,
      'unknown attribute "z0", which is in no namespace',
      '/workshop:box',
    ],
    [
      `<box>${'<any/>'.repeat(many)}</box>`,
      1,
      '"any" is given more than 100 times, it can be given once',
      '/workshop:box/any',
    ],
  ]
  for (const [xml, count, message, path] of rows) {
    const { errors, journal } = await edit(context, tree, xml)
    journal[Symbol.dispose]()
    t.deepEqual([errors.length, errors[0]?.message, errors[0]?.path], [count, message, path])
  }
})
