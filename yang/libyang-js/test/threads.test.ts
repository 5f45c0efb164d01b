import test from 'ava'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { createContext } from '../src/index.js'
import { ietf, routes, routing, text } from './helpers.js'

const program = (name: string) => fileURLToPath(new URL(`programs/${name}.js`, import.meta.url))

test('many calls on many trees run side by side', async (t) => {
  const contexts = [
    await routing(),
    await createContext({ searchDirs: ietf, modules: [{ name: 'ietf-interfaces' }], readers: 4 }),
  ]
  const path = (i: number) => `/ietf-interfaces:interfaces/interface[name='e${i}']/description`
  const works = Array.from({ length: 16 }, async (_, k) => {
    const context = contexts[k % 2]!
    using tree = context.tree()
    using journal = context.journal()
    const reads: Promise<string>[] = []
    for (let i = 0; i < 30; i++) {
      void tree.set(path(i), `${k}`, journal)
      reads.push(text(tree, { format: i % 2 === 0 ? 'xml' : 'json', sliceBytes: 50 }))
    }
    const texts = await Promise.all(reads)
    texts.forEach((printed, i) => t.is(printed.split('description').length > i + 1, true))
    t.is((await tree.find('/ietf-interfaces:interfaces/interface')).length, 30)
    t.is(journal.explicit > 0, true)
  })
  await Promise.all(works)
  for (const context of contexts) {
    t.is(context.alive.trees, 0)
    context[Symbol.dispose]()
  }
})

test('readers of one tree do not stand in the way of what the others look for', async (t) => {
  using context = await createContext({
    searchDirs: ietf,
    modules: [{ name: 'ietf-interfaces' }],
    readers: 4,
  })
  const entry = (i: number) => `<interface><name>e${i}</name><description>${i}</description></interface>`
  const entries = Array.from({ length: 40 }, (_, i) => entry(i)).join('')
  using tree = await context.parse(
    `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${entries}</interfaces>`,
    'xml',
  )
  const list = '/ietf-interfaces:interfaces/interface'
  for (let round = 0; round < 1000; round++) {
    const found = await Promise.all(
      Array.from({ length: 48 }, async (_, i) => {
        if (i % 2 === 0) return (await tree.find(`${list}[last()]`)).length
        return (await tree.value(`${list}[name='e${i % 40}']/description`)) === String(i % 40) ? 1 : 0
      }),
    )
    t.true(
      found.every((count) => count === 1),
      `round ${round}`,
    )
  }
})

test('a journal in use by a call says so to those who cannot wait', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(5000), 'xml')
  using journal = context.journal()
  using other = context.journal()
  const list =
    '/ietf-routing:routing/control-plane-protocols/control-plane-protocol/static-routes/ietf-ipv4-unicast-routing:ipv4/route'
  const entries = tree.entries({ list, columns: ['destination-prefix'] })
  await entries.next()
  const write = tree.set("/ietf-interfaces:interfaces/interface[name='e0']/description", 'x', journal)
  t.throws(() => other.append(journal), { message: /in use/ })
  t.throws(() => journal.touches('/ietf-interfaces:interfaces'), { message: /in use/ })
  t.is(journal.size, 0)
  await entries.return?.()
  await write
  t.true(journal.size > 0)
  t.true(journal.touches('/ietf-interfaces:interfaces'))
  other.append(journal)
  t.is(journal.size, 0)
})

test('worker threads that are terminated in the middle of work leave the others alone', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(10), 'xml')
  for (let i = 0; i < 6; i++) {
    const worker = new Worker(program('busy'))
    await once(worker, 'message')
    await new Promise((resolve) => setTimeout(resolve, i * 7))
    await worker.terminate()
    t.is((await tree.find('/ietf-routing:routing')).length, 1)
  }
})

async function run(...args: string[]): Promise<{ code: number | null; signal: string | null; out: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  let out = ''
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { code, signal, out }
}

test("parsing, copying, printing and freeing are work of other threads than the caller's", async (t) => {
  const { code, out } = await run(program('share'))
  t.is(code, 0)
  const [own = NaN, all = NaN] = out.split(' ').map(Number)
  t.true(own < all / 4, `${own} of ${all} ms`)
})

for (const [how, code] of [
  ['exit', 0],
  ['throw', 1],
  ['idle', 0],
] as const) {
  test(`a process ends as it should with work under way: ${how}`, async (t) => {
    t.deepEqual(await run(program('leave'), how), { code, signal: null, out: 'leaving\n' })
  })
}
