import test from 'ava'
import { LibyangError } from '../src/index.js'
import type { Context, LockScopes, Tree } from '../src/index.js'
import { dice, done, edit, workshop } from './editing.js'
import { randomEdit } from './random-edits.js'

const namespaces = { w: 'urn:libyang-js:workshop' }
const resume = { errorOption: 'continue-on-error' } as const
const select = (...texts: string[]) => texts.map((text) => ({ text, namespaces }))

async function given(xml: string): Promise<{ context: Context; tree: Tree; scopes: LockScopes }> {
  const context = await workshop()
  const tree = context.tree()
  using _made = await done(context, tree, xml)
  return { context, tree, scopes: context.lockScopes() }
}

/** Which locked nodes of others than `owner` an edit would touch. */
async function touched(
  { context, tree, scopes }: { context: Context; tree: Tree; scopes: LockScopes },
  owner: number,
  xml: string,
): Promise<readonly string[]> {
  using after = await tree.copy()
  using changes = await done(context, after, xml)
  await changes.net()
  return (await scopes.touched(changes, owner, 100)).map(({ path }) => path)
}

const part = (id: number, inner = '') => `<part><id>${id}</id><kind>w:nut</kind>${inner}</part>`
const two = `<item><name>a</name><size>3</size>${part(1)}${part(2)}</item><item><name>b</name></item><queue><k>1</k></queue><queue><k>2</k></queue>`

test('a lock tells its nodes in document order, each once, and protects what is below them', async (t) => {
  const all = await given(two)
  const { scopes, tree } = all
  const granted = await scopes.lock(
    tree,
    7,
    1,
    select('/w:item[w:name="a"]/w:part', '//w:part', "/w:queue[w:k='2']"),
  )
  const nodes = [
    "/workshop:item[name='a']/part[id='1'][kind='workshop:nut']",
    "/workshop:item[name='a']/part[id='2'][kind='workshop:nut']",
    "/workshop:queue[k='2']",
  ]
  t.deepEqual(granted, { nodes })
  t.deepEqual(await scopes.nodes(7), nodes)
  t.deepEqual(await scopes.nodes(8), [])
  t.deepEqual(await touched(all, 2, `<item><name>a</name>${part(1, '<v>x</v>')}</item>`), [nodes[0]])
  t.deepEqual(await touched(all, 2, `<item><name>a</name><size>4</size>${part(3)}</item>`), [], 'beside it')
  t.deepEqual(await touched(all, 1, '<item op="delete"><name>a</name></item>'), [], 'its owner may')
  t.deepEqual(
    await touched(all, 2, '<item op="delete"><name>a</name></item>'),
    [nodes[0]],
    'the first of what is lost',
  )
  t.deepEqual(await touched(all, 2, '<queue insert="first"><k>2</k></queue>'), [nodes[2]], 'moved')
  t.deepEqual(await touched(all, 2, '<queue insert="first"><k>1</k></queue>'), [])
  await scopes.release(7)
  t.deepEqual(await touched(all, 2, '<item op="delete"><name>a</name></item>'), [])
  all.context[Symbol.dispose]()
})

test('locks of two owners may not overlap, in either direction; of one owner they may', async (t) => {
  const { context, scopes, tree } = await given(two)
  await scopes.lock(tree, 1, 10, select("/w:item[w:name='a']/w:size"))
  const size = { path: "/workshop:item[name='a']/size", owner: 10 }
  t.deepEqual(await scopes.lock(tree, 2, 20, select("/w:item[w:name='b']", '/w:item')), {
    nodes: [],
    conflict: size,
  })
  t.deepEqual(await scopes.lock(tree, 3, 20, select('//w:size[. = 3]')), { nodes: [], conflict: size })
  t.is((await scopes.lock(tree, 4, 10, select('/w:item'))).nodes.length, 2)
  t.deepEqual((await scopes.lock(tree, 5, 20, select("/w:item[w:name='b']/w:name"))).conflict, {
    path: "/workshop:item[name='b']",
    owner: 10,
  })
  await scopes.release(1)
  t.is((await scopes.lock(tree, 6, 20, select('//w:size[. = 3]'))).conflict?.owner, 10, 'two of one overlap')
  await scopes.release(4)
  t.deepEqual((await scopes.lock(tree, 7, 20, select('/w:item'))).conflict, undefined)
  context[Symbol.dispose]()
})

test('what its owner deletes is not locked any more, though the lock stays; what is made again is not either', async (t) => {
  const all = await given(two)
  const { context, scopes, tree } = all
  await scopes.lock(tree, 1, 10, select("/w:item[w:name='a']", "/w:item[w:name='a']/w:part[1]", '/w:queue'))
  using gone = await done(context, tree, '<item op="delete"><name>a</name></item>')
  await scopes.follow(gone)
  t.deepEqual(await scopes.nodes(1), ["/workshop:queue[k='1']", "/workshop:queue[k='2']"])
  t.deepEqual(await touched(all, 2, `<item><name>a</name>${part(1)}</item>`), [])
  using rest = await done(
    context,
    tree,
    '<queue op="delete"><k>1</k></queue><queue op="delete"><k>2</k></queue>',
  )
  await scopes.follow(rest)
  t.deepEqual(await scopes.nodes(1), [])
  await scopes.release(1)
  context[Symbol.dispose]()
})

test('what cannot be locked is refused as RFC 5717 says', async (t) => {
  const { context, scopes, tree } = await given(two)
  const refused = async (...texts: string[]) => {
    const error = await t.throwsAsync(scopes.lock(tree, 1, 1, select(...texts)), { instanceOf: LibyangError })
    const [{ tag, appTag } = { tag: '' }] = error?.errors ?? []
    return [tag, appTag]
  }
  t.deepEqual(await refused('/w:item['), ['invalid-value', undefined])
  t.deepEqual(await refused('/nope:item'), ['invalid-value', undefined])
  t.deepEqual(await refused('/w:item', 'count(/w:item)'), ['invalid-value', 'not-a-node-set'])
  t.deepEqual(await refused("/w:item[w:name='c']", '/w:box/w:plain'), ['operation-failed', 'no-matches'])
  t.is((await scopes.lock(tree, 1, 1, select("/w:item[w:name='c']", '/w:item'))).nodes.length, 2)
  context[Symbol.dispose]()
})

test('on random edits: touched is what a path before or after another says', async (t) => {
  const { context, scopes, tree } = await given(two)
  for (let seed = 0; seed < 150; seed++) {
    const draw = dice(seed)
    using before = await tree.copy()
    using _made = (await edit(context, before, randomEdit(dice(seed + 1000)), resume)).journal
    const there = await before.find('//*')
    if (there.length === 0) continue
    const locked = [...new Set(Array.from({ length: 3 }, () => there[draw(there.length)] ?? ''))]
    const texts = locked.map((path) => ({ text: path, namespaces: {} }))
    const { nodes } = await scopes.lock(before, 1, 1, texts)
    t.deepEqual([...nodes].sort(), locked.toSorted())
    using after = await before.copy()
    using changes = context.journal()
    changes.append((await edit(context, after, randomEdit(dice(seed + 2000)), resume)).journal)
    await changes.net()
    const left = new Set(await after.find('//*'))
    const values = async (of: Tree, path: string) => JSON.stringify(await of.json(path))
    for (const path of nodes) {
      const hit = (await scopes.touched(changes, 2, 100)).some((node) => node.path === path)
      if (!left.has(path))
        t.true(hit || nodes.some((other) => path.startsWith(other)), `${seed}: ${path} went`)
      else if ((await values(before, path)) !== (await values(after, path)))
        t.true(
          hit || nodes.some((other) => other !== path && path.startsWith(other)),
          `${seed}: ${path} changed`,
        )
    }
    if (changes.size === 0) t.deepEqual(await scopes.touched(changes, 2, 100), [])
    await scopes.follow(changes)
    t.deepEqual(
      [...(await scopes.nodes(1))].sort(),
      nodes.filter((path) => left.has(path)).toSorted(),
      `${seed}`,
    )
    await scopes.release(1)
  }
  context[Symbol.dispose]()
})
