/** Writing running beside a candidate that somebody is editing: each of the two stays what it was meant to be. */
import { createContext } from 'libyang-js'
import { join } from 'node:path'
import test from 'ava'
import { openDatastores, RequestError } from '../../datastore/index.js'
import { alice, bob, MemoryLog, MemoryStage, temporaryFolder } from './support.js'

const root = new URL('../../../', import.meta.url).pathname

/** The same numbers for the same seed (xorshift). */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const box = (content: string) =>
  `<box xmlns="urn:weft:test:box" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</box>`

function someChange(next: (below: number) => number): string {
  const name = `n${next(5)}`
  const changes = [
    `<name>${name}</name>`,
    '<name nc:operation="remove"/>',
    `<mtu>${1400 + 100 * next(5)}</mtu>`,
    '<mtu nc:operation="remove"/>',
    `<port><name>${name}</name></port>`,
    `<port><name>${name}</name><enabled>${next(2) === 0}</enabled></port>`,
    `<port nc:operation="remove"><name>${name}</name></port>`,
    `<port nc:operation="create"><name>${name}</name></port>`,
    `<port nc:operation="delete"><name>${name}</name></port>`,
    `<port nc:operation="replace"><name>${name}</name><enabled>false</enabled></port>`,
    `<primary>${name}</primary>`,
    '<primary nc:operation="remove"/>',
  ]
  return changes[next(changes.length)] as string
}

const seed = Number(process.env['WEFT_DIRECT_SEED'] ?? Date.now() % 1e6)

test(`running and candidate do not meet, whatever is edited in either (WEFT_DIRECT_SEED=${seed})`, async (t) => {
  const context = await createContext({
    searchDirs: [
      join(root, 'test/datastore/modules'),
      '/usr/share/yuma/modules/ietf',
      '/usr/share/yang/modules/libyang',
    ],
    modules: [{ name: 'ietf-netconf', features: ['candidate', 'writable-running'] }, { name: 'test-box' }],
  })
  t.teardown(() => context[Symbol.dispose]())
  const log = new MemoryLog()
  const datastores = await openDatastores<object, string>({
    directory: await temporaryFolder(t),
    context,
    controllers: [],
    createContext: () => ({}),
    stage: new MemoryStage(),
    log,
  })
  t.teardown(() => datastores[Symbol.asyncDispose]())
  const next = random(seed + 1)
  const read = async (source: 'running' | 'candidate') => {
    let text = ''
    for await (const piece of datastores.read({ source })) text += piece.toString()
    // Only lists ordered by the user have an order.
    const ports = text.match(/<port>.*?<\/port>/g) ?? []
    return text.replace(/<port>.*<\/port>/, ports.toSorted().join(''))
  }
  const edit = async (target: 'running' | 'candidate', content: string): Promise<boolean> => {
    using config = context.fragment(box(content))
    try {
      await datastores.edit(target === 'running' ? alice : bob, target, config, {
        defaultOperation: 'merge',
        errorOption: 'rollback-on-error',
        testOption: 'set',
      })
      return true
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      return false
    }
  }
  const differ = async (): Promise<boolean> =>
    (await datastores.compare('running', 'candidate', 1)).lines.length > 0
  /** The candidate differs from running. One that does not follows it. */
  let dirty = false
  let written = 0
  for (let round = 0; round < 300; round++) {
    const changes = Array.from({ length: 1 + next(3) }, () => someChange(next)).join('')
    const before = { running: await read('running'), candidate: await read('candidate') }
    const what = next(10)
    const context = `round ${round}: ${changes}`
    if (what < 5) {
      const done = await edit('running', changes)
      const after = await read('running')
      if (!done) t.is(after, before.running, context)
      else written++
      t.is(await read('candidate'), dirty ? before.candidate : after, context)
      // Running may have become what the candidate is already.
      dirty &&= await differ()
    } else if (what < 8) {
      await edit('candidate', changes)
      t.is(await read('running'), before.running, context)
      dirty = await differ()
    } else if (what === 8) {
      const committed = await datastores.commit(bob).then(
        () => true,
        () => false,
      )
      if (committed) {
        t.is(await read('running'), before.candidate, context)
        dirty = false
      } else t.is(await read('running'), before.running, context)
      t.is(await read('candidate'), before.candidate, context)
    } else {
      await datastores.discard(bob)
      t.is(await read('candidate'), before.running, context)
      dirty = false
    }
    await datastores.validate(alice, 'running')
  }
  t.true(written > 20)
  t.deepEqual(log.alarms, [])
})
