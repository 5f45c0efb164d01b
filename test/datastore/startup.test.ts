/** Startup over restarts and boots: what running is afterwards, and what is kept of it. */
import { createContext, type Context } from 'libyang-js'
import { join } from 'node:path'
import test from 'ava'
import type { DatastoreOptions, Requester } from '../../datastore/index.js'
import { openDatastores } from '../../datastore/index.js'
import { alice, bob, MemoryLog, MemoryStage, temporaryFolder, type Cleanup } from './support.js'

const root = new URL('../../../', import.meta.url).pathname
const withStartup = ['candidate', 'startup', 'writable-running']

function contextWith(features: readonly string[], more: readonly string[] = []): Promise<Context> {
  return createContext({
    searchDirs: [
      join(root, 'test/datastore/modules'),
      '/usr/share/yuma/nmda-modules/ietf',
      '/usr/share/yuma/modules/ietf',
      '/usr/share/yang/modules/libyang',
    ],
    modules: [{ name: 'ietf-netconf', features }, { name: 'test-box' }, ...more.map((name) => ({ name }))],
  })
}

type Options = Partial<DatastoreOptions<object, string>> & {
  readonly features?: readonly string[]
  readonly modules?: readonly string[]
}

async function open(
  t: Cleanup,
  directory: string,
  { features = withStartup, modules, ...options }: Options = {},
) {
  const context = await contextWith(features, modules)
  const log = new MemoryLog()
  const datastores = await openDatastores<object, string>({
    directory,
    context,
    controllers: [],
    createContext: () => ({}),
    stage: new MemoryStage(),
    log,
    boot: 'first',
    factory: { configuration: () => ({ xml: label('factory') }), shown: label('factory') },
    ...options,
  })
  const close = async () => {
    await datastores[Symbol.asyncDispose]()
    context[Symbol.dispose]()
  }
  t.teardown(close)
  const edit = async (requester: Requester, target: 'running' | 'candidate', config: string) => {
    using fragment = context.fragment(config)
    await datastores.edit(requester, target, fragment, {
      defaultOperation: 'merge',
      errorOption: 'rollback-on-error',
      testOption: 'set',
    })
  }
  const read = async (source: 'running' | 'startup' | 'candidate') => {
    let text = ''
    for await (const piece of datastores.read({ source })) text += piece.toString()
    return text
  }
  return { datastores, context, log, edit, read, close }
}

const label = (text: string) => `<box xmlns="urn:weft:test:box"><name>${text}</name></box>`

test('a restart resumes running, a boot loads startup, once', async (t) => {
  const directory = await temporaryFolder(t)
  const first = await open(t, directory)
  await first.edit(alice, 'running', label('saved'))
  await first.datastores.copy(alice, 'startup', 'running')
  await first.edit(alice, 'running', label('later'))
  t.regex(await first.read('startup'), /saved/)
  await first.close()

  const restarted = await open(t, directory)
  t.regex(await restarted.read('running'), /later/)
  t.is(restarted.datastores.head?.number, 2)
  await restarted.close()

  const booted = await open(t, directory, { boot: 'second' })
  t.regex(await booted.read('running'), /saved/)
  t.regex(await booted.read('candidate'), /saved/)
  t.like(booted.datastores.head, { number: 3, user: 'weftd', comment: 'a new boot loads startup' })
  await booted.edit(alice, 'running', label('after'))
  await booted.close()

  const again = await open(t, directory, { boot: 'second' })
  t.regex(await again.read('running'), /after/)
  t.deepEqual(again.log.alarms, [])
  await again.close()
})

test('a boot that finds running as startup has it makes no commit', async (t) => {
  const directory = await temporaryFolder(t)
  const first = await open(t, directory)
  await first.edit(alice, 'running', label('saved'))
  await first.datastores.copy(alice, 'startup', 'running')
  await first.close()
  const booted = await open(t, directory, { boot: 'second' })
  t.is(booted.datastores.head?.number, 1)
  t.regex(await booted.read('running'), /saved/)
})

test('a startup that was deleted is empty, and a boot loads the factory configuration', async (t) => {
  const directory = await temporaryFolder(t)
  const first = await open(t, directory)
  await first.edit(alice, 'running', label('mine'))
  await first.datastores.copy(alice, 'startup', 'running')
  await first.datastores.deleteStartup(alice)
  t.is(await first.read('startup'), '')
  const error = await t.throwsAsync(first.datastores.copy(alice, 'candidate', 'startup'))
  t.regex(error.message, /startup is empty: it was deleted/)
  await first.close()
  const booted = await open(t, directory, { boot: 'second' })
  t.regex(await booted.read('running'), /factory/)
  t.regex(booted.datastores.head?.comment ?? '', /factory configuration, for startup was deleted/)
})

test('startup begins as a copy of running, and boots while it was off do not count', async (t) => {
  const directory = await temporaryFolder(t)
  const without = await open(t, directory, { features: ['candidate', 'writable-running'] })
  await without.edit(alice, 'running', label('before'))
  await t.throwsAsync(without.read('startup'), { message: /there is no startup/ })
  await without.close()
  const turnedOn = await open(t, directory, { boot: 'second' })
  t.regex(await turnedOn.read('startup'), /before/)
  t.regex(turnedOn.log.lines.join(), /startup is a copy of running/)
  await turnedOn.close()
  const off = await open(t, directory, { features: ['candidate', 'writable-running'], boot: 'third' })
  await off.edit(alice, 'running', label('while off'))
  await off.close()
  const on = await open(t, directory, { boot: 'fourth' })
  t.regex(await on.read('running'), /while off/)
  t.regex(await on.read('startup'), /before/)
})

/** Leaves a folder in which startup has one label, and running a later one. */
async function savedAndChanged(t: Cleanup, directory: string, saved: string) {
  const first = await open(t, directory)
  await first.edit(alice, 'running', label(saved))
  await first.datastores.copy(alice, 'startup', 'running')
  await first.edit(alice, 'running', label('later'))
  await first.close()
}

test('startup is carried over to other modules', async (t) => {
  const directory = await temporaryFolder(t)
  await savedAndChanged(t, directory, 'saved')
  const wider = await open(t, directory, { modules: ['ietf-interfaces'], boot: 'second' })
  t.regex(wider.log.lines.join('\n'), /startup was carried over/)
  t.regex(await wider.read('running'), /saved/)
})

test('a startup that is damaged is an alarm, and running stays', async (t) => {
  const directory = await temporaryFolder(t)
  await savedAndChanged(t, directory, 'mine')
  const { Level } = await import('level')
  const store = new Level<string, string>(join(directory, 'journal'))
  await store.put('startup!text!000000', 'libyang-js journal 1\n@\n={"test-box:box":{"name":"forged"}}\n')
  await store.close()
  const booted = await open(t, directory, { boot: 'second' })
  t.regex(await booted.read('running'), /later/)
  t.regex(booted.log.alarms.join('\n'), /startup could not be loaded.*damaged/)
  await t.throwsAsync(booted.read('startup'), { message: /damaged; copy another configuration to it/ })
  await booted.datastores.copy(alice, 'startup', 'running')
  t.regex(await booted.read('startup'), /later/)
})

test("startup has a lock, and another session's stands in the way of copies and deletion", async (t) => {
  const { datastores, edit } = await open(t, await temporaryFolder(t))
  await edit(alice, 'running', label('mine'))
  await datastores.lock(bob, 'startup')
  for (const write of [
    () => datastores.copy(alice, 'startup', 'running'),
    () => datastores.deleteStartup(alice),
  ])
    await t.throwsAsync(write, { message: /startup is locked by session 2/ })
  await datastores.release(bob.session)
  await datastores.copy(alice, 'startup', 'running')
})

test('guards judge what a copy changes of startup, but not the copy of running', async (t) => {
  const asked: string[] = []
  const guard = {
    check: async (
      _requester: Requester,
      changes: { describe(limit: number): Promise<readonly string[]> },
    ) => {
      asked.push(...(await changes.describe(10)))
      return [{ type: 'application', tag: 'access-denied', message: 'no' } as const]
    },
  }
  const { datastores, context, read } = await open(t, await temporaryFolder(t), { guards: [guard] })
  await datastores.copy(alice, 'startup', 'running')
  t.deepEqual(asked, [])
  using config = context.fragment(label('forbidden'))
  await t.throwsAsync(datastores.copy(alice, 'startup', config), { message: 'no' })
  t.deepEqual(asked, ['+ /test-box:box/name = forbidden'])
  t.is(await read('startup'), '')
})
