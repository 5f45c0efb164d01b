import test from 'ava'
import type { Context } from 'libyang-js'
import { ConfigError, RequestError, type Stage } from '../../datastore/index.js'
import { inOrder } from '../../datastore/planner.js'
import { alice, box, controller, named, openBench, openContext, refusal, routes, step } from './support.js'
import type { TestController } from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

test('creates run in the order of needs, deletes in the reverse, and all is prepared before anything is adopted', async (t) => {
  const events: string[] = []
  const make = (name: string, needs: string[], provides: string[]) =>
    controller(name, {
      needs,
      provides,
      plan: async () => {
        events.push(`plan ${name}`)
        return {
          steps: [step('delete', `-${name}`), step('create', `+${name}`)],
          adopt: () => void events.push(`adopt ${name} after ${stage.events.join(', ')}`),
        }
      },
    })
  const controllers = [
    make('routes', ['object', 'interface'], ['route']),
    make('objects', ['interface'], ['object']),
    make('interfaces', [], ['interface']),
  ]
  const { datastores, edit, stage } = await openBench(t, context, { controllers })
  const told: number[] = []
  datastores.on('commit', ({ number }) => void told.push(number))
  await edit(named('one'))
  await datastores.commit(alice)
  t.deepEqual(
    stage.prepared.map(({ summary }) => summary),
    ['+interfaces', '+objects', '+routes', '-routes', '-objects', '-interfaces'],
  )
  t.deepEqual(events, [
    'plan interfaces',
    'plan objects',
    'plan routes',
    'adopt interfaces after prepare',
    'adopt objects after prepare',
    'adopt routes after prepare',
  ])
  t.deepEqual(stage.events, ['prepare', 'apply 1'])
  t.deepEqual(told, [1])
})

test('a controller is planned when its claim is touched, one without claims when any other is', async (t) => {
  const planned: string[] = []
  const make = (name: string, claims: string[]) =>
    controller(name, {
      claims,
      plan: async ({ full }) => {
        planned.push(full ? `${name} full` : name)
        return { steps: [] }
      },
    })
  const controllers = [
    make('ports', ['/test-box:box/port']),
    make('routes', ['/test-box:routes']),
    make('last', []),
  ]
  const { datastores, edit } = await openBench(t, context, { controllers })
  const commit = async (xml: string) => {
    planned.length = 0
    await edit(xml)
    await datastores.commit(alice)
    return [...planned]
  }
  t.deepEqual(await commit(named('one')), ['ports full', 'routes full', 'last full'])
  t.deepEqual(await commit(named('two')), [])
  t.deepEqual(await commit(routes(1, 1)), ['routes', 'last'])
  t.deepEqual(await commit(box('<port><name>a</name></port>')), ['ports', 'last'])
})

test('a plan sees intended before and after, and the journal between them', async (t) => {
  const seen: unknown[] = []
  const watcher = controller('watcher', {
    plan: async ({ before, after, journal }) => {
      seen.push([
        await before.value('/test-box:box/name'),
        await after.value('/test-box:box/name'),
        journal.touches('/test-box:box/name'),
      ])
      return { steps: [] }
    },
  })
  const { datastores, edit } = await openBench(t, context, { controllers: [watcher] })
  await edit(named('one'))
  await datastores.commit(alice)
  await edit(named('two'))
  await datastores.commit(alice)
  t.deepEqual(seen, [
    [undefined, 'one', true],
    ['one', 'two', true],
  ])
})

test('all that controllers refuse is told, but for what follows from it', async (t) => {
  const picky = (name: string, options: Partial<TestController>): TestController =>
    controller(name, {
      ...options,
      plan: () => Promise.reject(new ConfigError(`/test-box:box/${name}`, 'no')),
    })
  const { datastores, edit } = await openBench(t, context, {
    controllers: [
      picky('one', { provides: ['thing'] }),
      picky('two', { needs: ['thing'], provides: ['more'] }),
      picky('three', { needs: [] }),
    ],
  })
  await edit(named('bad'))
  const { errors } = await refusal(datastores.commit(alice))
  t.deepEqual(
    errors.map(({ path }) => path),
    ['/test-box:box/one', '/test-box:box/three'],
  )
})

test('what a controller refuses fails the commit with its path, and changes nothing', async (t) => {
  const events: string[] = []
  const first = controller('first', {
    provides: ['thing'],
    plan: async () => ({ steps: [], abandon: () => void events.push('first abandoned') }),
  })
  const picky = controller('picky', {
    needs: ['thing'],
    plan: async ({ after }) => {
      if ((await after.value('/test-box:box/name')) === 'bad')
        throw new ConfigError('/test-box:box/name', 'bad is no name for a box; choose another')
      return { steps: [], adopt: () => void events.push('adopted') }
    },
  })
  const { datastores, edit, text, stage } = await openBench(t, context, { controllers: [picky, first] })
  await edit(named('bad'))
  const rehearsed = await refusal(datastores.validate(alice, 'candidate'))
  t.is(rehearsed.errors[0]?.path, '/test-box:box/name')
  const error = await refusal(datastores.commit(alice))
  t.like(error.errors[0], { tag: 'invalid-value', path: '/test-box:box/name' })
  t.deepEqual(stage.events, [])
  t.deepEqual(events, ['first abandoned', 'first abandoned'])
  t.is(datastores.head, undefined)
  t.is(await text('running'), '')
  t.regex(await text('candidate'), /<name>bad/)
  await edit(named('good'))
  t.is((await datastores.commit(alice))?.number, 1)
  t.deepEqual(events, ['first abandoned', 'first abandoned', 'adopted'])
})

test('a controller that throws or hangs is named, and the next commit goes through', async (t) => {
  let mood: 'throw' | 'hang' | 'work' = 'throw'
  const moody = controller('moody', {
    plan: async () => {
      if (mood === 'throw') throw new TypeError('x is not a function')
      if (mood === 'hang') await new Promise(() => undefined)
      return { steps: [] }
    },
  })
  const { datastores, edit, log } = await openBench(t, context, { controllers: [moody], deadline: 50 })
  await edit(named('one'))
  t.regex((await refusal(datastores.commit(alice))).message, /controller moody failed.*x is not a function/)
  t.regex(log.alarms.join('\n'), /moody/)
  mood = 'hang'
  t.regex(
    (await refusal(datastores.commit(alice))).message,
    /controller moody did not plan .* within 0\.05 s/,
  )
  mood = 'work'
  t.is((await datastores.commit(alice))?.number, 1)
})

test('what a controller does to an edit after its deadline is refused, and the candidate is as it was', async (t) => {
  let late: (() => Promise<unknown>) | undefined
  let hang = true
  const slow = controller('slow', {
    normalize: async (tree, journal) => {
      await tree.set('/test-box:box/name', 'normalized', journal)
      if (!hang) return
      late = () => tree.set('/test-box:box/name', 'late', journal)
      await new Promise(() => undefined)
    },
  })
  const { datastores, edit, text } = await openBench(t, context, { controllers: [slow], deadline: 50 })
  t.regex(
    (await refusal(edit(named('one')))).message,
    /controller slow did not normalize the edit within 0\.05 s/,
  )
  t.is(await text('candidate'), '')
  await t.throwsAsync(async () => late?.(), { message: /revoked/ })
  hang = false
  await edit(named('two'))
  await datastores.commit(alice)
  t.regex(await text('running'), /normalized/)
})

test('a plan and a stage that come too late are given back, and the next commit goes through', async (t) => {
  const events: string[] = []
  let planned: (() => void) | undefined
  const slow = controller('slow', {
    plan: async () => {
      if (!planned) await new Promise<void>((resolve) => (planned = resolve))
      return { steps: [], abandon: () => void events.push('plan abandoned') }
    },
  })
  let prepared: (() => void) | undefined
  const stage: Stage<string> = {
    async prepare() {
      if (!prepared) await new Promise<void>((resolve) => (prepared = resolve))
      return {
        apply: async (commit) => void events.push(`apply ${commit}`),
        abort: async () => void events.push('stage aborted'),
      }
    },
  }
  const { datastores, edit, text } = await openBench(t, context, { controllers: [slow], stage, deadline: 50 })
  await edit(named('one'))
  t.regex((await refusal(datastores.commit(alice))).message, /controller slow did not plan/)
  planned?.()
  await new Promise(setImmediate)
  t.deepEqual(events, ['plan abandoned'])
  t.regex((await refusal(datastores.commit(alice))).message, /members were not prepared within 0\.1 s/)
  prepared?.()
  await new Promise(setImmediate)
  t.deepEqual(events, ['plan abandoned', 'plan abandoned', 'stage aborted'])
  t.is(await text('running'), '')
  t.is((await datastores.commit(alice))?.number, 1)
  t.is(events.at(-1), 'apply 1')
})

test('what a member refuses in prepare fails the commit, and changes nothing', async (t) => {
  const events: string[] = []
  const users = controller('users', {
    plan: async () => ({
      steps: [step('create', 'a')],
      adopt: () => void events.push('adopt'),
      abandon: () => void events.push('abandon'),
    }),
  })
  const { datastores, edit, text, stage } = await openBench(t, context, { controllers: [users] })
  await edit(named('one'))
  stage.refuse = new RequestError({
    type: 'application',
    tag: 'resource-denied',
    message: 'member 0 has no memory for it',
  })
  const error = await refusal(datastores.commit(alice))
  t.is(error.errors[0]?.tag, 'resource-denied')
  t.deepEqual(events, ['abandon'])
  t.is(await text('running'), '')
  t.is(datastores.head, undefined)
  stage.refuse = undefined
  t.is((await datastores.commit(alice))?.number, 1)
  t.deepEqual(events, ['abandon', 'adopt'])
})

test('after the journal nothing fails the commit: it is an alarm', async (t) => {
  let full = 0
  const users = controller('users', {
    plan: async (change) => {
      if (change.full) full++
      return {
        steps: [],
        adopt: () => {
          if (full === 1) throw new Error('no memory')
        },
      }
    },
  })
  const { datastores, edit, text, stage, log } = await openBench(t, context, { controllers: [users] })
  stage.failApply = new Error('member 0 went away')
  datastores.on('commit', () => {
    throw new Error('a bad listener')
  })
  await edit(named('one'))
  t.is((await datastores.commit(alice))?.number, 1)
  t.regex(await text('running'), /one/)
  t.regex(log.alarms.join('\n'), /users could not adopt its plan.*no memory/)
  t.regex(log.alarms.join('\n'), /commit 1 is durable but not applied everywhere: member 0 went away/)
  t.regex(log.alarms.join('\n'), /a listener of commit 1 failed: a bad listener/)
  await edit(named('two'))
  await datastores.commit(alice)
  t.is(full, 2, 'a controller that could not adopt is given everything next time')
})

test('a full plan has everything, and commits wait until it is delivered', async (t) => {
  const users = controller('users', {
    plan: async ({ full, after }) => ({
      steps: [
        step('create', `${full ? 'all' : 'change'} ${(await after.value('/test-box:box/name')) ?? ''}`),
      ],
    }),
  })
  const { datastores, edit, stage } = await openBench(t, context, { controllers: [users] })
  await edit(named('one'))
  await datastores.commit(alice)
  await edit(named('two'))
  let committing: Promise<unknown> | undefined
  const steps = await datastores.fullPlan(async (delivered) => {
    committing = datastores.commit(alice)
    await new Promise(setImmediate)
    t.deepEqual(
      delivered.map(({ summary }) => summary),
      ['all one'],
    )
    t.deepEqual(stage.events, ['prepare', 'apply 1'])
  })
  t.is(steps.length, 1)
  await committing
  t.deepEqual(
    stage.prepared.map(({ summary }) => summary),
    ['change two'],
  )
})

test('controllers that cannot be put in order are refused at the start', (t) => {
  const make = (name: string, needs: string[], provides: string[]) => controller(name, { needs, provides })
  t.throws(() => inOrder([make('a', ['x'], ['y']), make('b', ['y'], ['x'])]), {
    message: /a needs b needs a/,
  })
  t.throws(() => inOrder([make('a', ['x'], [])]), { message: /a needs 'x', which no controller provides/ })
  t.throws(() => inOrder([make('a', [], []), make('a', [], [])]), { message: /two controllers are called a/ })
  const order = inOrder([
    make('c', ['x', 'y'], []),
    make('b', ['x'], ['y']),
    make('a', ['x'], ['x']),
    make('z', [], []),
  ])
  t.deepEqual(
    order.map(({ name }) => name),
    ['a', 'b', 'c', 'z'],
  )
})

test('readers see one whole commit each, while commits go on', async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  await edit(box('<name>n0</name><order>n0</order>'))
  await datastores.commit(alice)
  let done = false
  let reads = 0
  const read = async () => {
    while (!done) {
      const whole = await datastores.withTree('running', async (tree) => {
        const name = await tree.value('/test-box:box/name')
        await new Promise(setImmediate)
        const last = await tree.find(`/test-box:box/order[last()][. = /test-box:box/name]`)
        return [name, await tree.value('/test-box:box/name'), last.length]
      })
      t.is(whole[0], whole[1])
      t.is(whole[2], 1)
      const printed = await text('running')
      const name = /<name>(n\d+)</.exec(printed)?.[1]
      t.is([...printed.matchAll(/<order>(n\d+)</g)].at(-1)?.[1], name)
      reads++
    }
  }
  const readers = Promise.all(Array.from({ length: 8 }, read))
  for (let index = 1; index <= 60; index++) {
    await edit(box(`<name>n${index}</name><order>n${index}</order>`))
    await datastores.commit(alice)
  }
  done = true
  await readers
  t.true(reads > 8)
})

test('a reader that does not let go of the former running holds no commit up', async (t) => {
  const { datastores, edit, text, log } = await openBench(t, context, { patience: 20 })
  await edit(named('one'))
  await datastores.commit(alice)
  let letGo = (): void => undefined
  const held = datastores.withTree('running', async (tree) => {
    await new Promise<void>((resolve) => (letGo = resolve))
    return await tree.value('/test-box:box/name')
  })
  for (const name of ['two', 'three', 'four']) {
    await edit(named(name))
    await datastores.commit(alice)
  }
  t.regex(await text('running'), /four/)
  t.regex(log.lines.join('\n'), /a read has held the former running/)
  letGo()
  t.is(await held, 'one')
})

test('nothing native is left behind', async (t) => {
  const own = await openContext()
  const { datastores, edit, text } = await openBench(t, own)
  await edit(named('one'))
  await datastores.commit(alice)
  await edit(named('two'))
  await refusal(edit(box('<primary>nowhere</primary>'), { testOption: 'test-then-set' }))
  await datastores.discard(alice)
  for await (const _slice of datastores.read({ source: 'running' })) break
  await text('candidate')
  await datastores[Symbol.asyncDispose]()
  t.like(own.alive, { trees: 0, journals: 0, filters: 0 })
  t.regex((await refusal(datastores.commit(alice))).message, /being closed/)
  own[Symbol.dispose]()
})
