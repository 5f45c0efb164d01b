import test from 'ava'
import type { Context, Filter } from 'libyang-js'
import { alice, box, collect, controller, openBench, openContext, routes } from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

const state = (asked: string[]) =>
  controller('state', {
    state: [
      {
        path: '/test-box:box/port',
        async *read() {
          asked.push('port')
          yield box('<port><name>a</name><oper-status>up</oper-status></port>')
          yield box(
            '<port><name>b</name><oper-status>down</oper-status><statistics><packets>7</packets></statistics></port>',
          )
        },
      },
      {
        path: '/test-box:clock',
        async *read() {
          asked.push('clock')
          yield '<clock xmlns="urn:weft:test:box"><now>noon</now></clock>'
        },
      },
    ],
  })

test('operational is running with the state of the providers', async (t) => {
  const asked: string[] = []
  const { datastores, edit, text } = await openBench(t, context, { controllers: [state(asked)] })
  await edit(box('<port><name>a</name></port>'))
  await datastores.commit(alice)
  const all = await text('operational')
  t.regex(all, /<name>a<\/name>.*<oper-status>up</)
  t.regex(all, /<name>b<\/name>.*<oper-status>down<.*<packets>7</)
  t.regex(all, /<now>noon</)
  t.notRegex(await text('running'), /oper-status|noon/)
  t.deepEqual(asked, ['port', 'clock'])
})

test('only the providers are asked that the filter may match', async (t) => {
  const asked: string[] = []
  const { datastores, edit, text } = await openBench(t, context, { controllers: [state(asked)] })
  await edit(box('<name>one</name><port><name>a</name></port>'))
  await edit(routes(1, 50))
  await datastores.commit(alice)
  using name = context.subtreeFilter(box('<name/>'))
  t.is(await text('operational', name), box('<name>one</name>'))
  t.deepEqual(asked, [])
  using up = context.subtreeFilter(box('<port><oper-status>up</oper-status></port>'))
  const ports = await text('operational', up)
  t.deepEqual(asked, ['port'])
  t.regex(ports, /<name>a</)
  t.notRegex(ports, /<name>b<|<route>/)
  using clock = context.xpathFilter('/test-box:clock/now')
  t.regex(await text('operational', clock), /^<clock[^>]*><now>noon<\/now><\/clock>$/)
})

test('an XPath filter can relate state to configuration', async (t) => {
  const { datastores, edit, text } = await openBench(t, context, { controllers: [state([])] })
  await edit(box('<port><name>a</name></port><port><name>b</name></port><port><name>c</name></port>'))
  await datastores.commit(alice)
  using down = context.xpathFilter("/test-box:box/port[enabled='true' and not(oper-status='up')]/name")
  t.is(await text('operational', down), box('<port><name>b</name></port><port><name>c</name></port>'))
  using one = context.xpathFilter("/test-box:box/port[enabled='true'][oper-status='up']/oper-status")
  t.is(await text('operational', one), box('<port><name>a</name><oper-status>up</oper-status></port>'))
})

test('a provider that fails, hangs or says nonsense leaves out its part and is logged', async (t) => {
  const broken = controller('broken', {
    state: [
      {
        path: '/test-box:box/port',
        async *read() {
          yield await Promise.reject<string>(new Error('member 0 is away'))
        },
      },
      {
        path: '/test-box:clock',
        async *read() {
          yield await new Promise<string>(() => undefined)
        },
      },
      {
        path: '/test-box:routes',
        async *read() {
          yield '<nonsense xmlns="urn:weft:test:box"/>'
        },
      },
    ],
  })
  const { datastores, edit, text, log } = await openBench(t, context, { controllers: [broken], deadline: 50 })
  await edit(box('<name>one</name>'))
  await datastores.commit(alice)
  t.regex(await text('operational'), /<name>one</)
  const alarms = log.alarms.join('\n')
  t.regex(alarms, /state for \/test-box:box\/port is missing from a reply: member 0 is away/)
  t.regex(
    alarms,
    /state for \/test-box:clock is missing from a reply: its provider did not answer within 0\.05 s/,
  )
  t.regex(alarms, /state for \/test-box:routes/)
})

test('a read that is broken off lets go of running', async (t) => {
  const { datastores, edit, text, log } = await openBench(t, context, { patience: 5000 })
  await edit(routes(1, 20_000))
  await datastores.commit(alice)
  for await (const slice of datastores.read({ source: 'running' })) {
    t.true(slice.length > 0)
    break
  }
  await edit(routes(20_001, 1))
  await datastores.commit(alice)
  await edit(routes(20_002, 1))
  t.regex(await text('candidate'), /p20002</)
  t.deepEqual(log.lines, [])
})

test('providers are told what the filter can select', async (t) => {
  const told: unknown[] = []
  const provider = controller('ports', {
    state: [
      {
        path: '/test-box:box/port',
        async *read(wanted) {
          const statistics = wanted.mayMatch('/test-box:box/port/statistics')
          told.push([wanted.values('/test-box:box/port/name'), statistics])
          yield ''
        },
      },
    ],
  })
  const { text } = await openBench(t, context, { controllers: [provider] })
  await text('operational')
  using one = context.subtreeFilter(box('<port><name>a</name><oper-status/></port>'))
  await text('operational', one)
  using two = context.xpathFilter("/test-box:box/port[name='a'] | /test-box:box/port[name='b']/oper-status")
  await text('operational', two)
  using all = context.xpathFilter("/test-box:box/port[oper-status='up']/name")
  await text('operational', all)
  t.deepEqual(told, [
    [undefined, true],
    [['a'], false],
    [['a', 'b'], true],
    [undefined, false],
  ])
})

test('commits do not wait for a read, which goes on to say what was', async (t) => {
  const provider = state([])
  const { datastores, edit, text, log } = await openBench(t, context, {
    controllers: [provider],
    patience: 60_000,
  })
  await edit(routes(1, 20_000) + box('<name>one</name><port><name>a</name></port>'))
  await datastores.commit(alice)
  for (const source of ['running', 'operational'] as const) {
    const before = await text(source)
    const slices = datastores.read({ source })
    const read = [(await slices.next()).value as Buffer]
    for (const name of ['two', 'three', 'four']) {
      await edit(
        `<routes xmlns="urn:weft:test:box" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">` +
          `<route nc:operation="remove"><prefix>p${source.length}00${name.length}</prefix></route>` +
          `<route><prefix>p15000</prefix><next-hop>${name}</next-hop></route></routes>` +
          box(`<name>${name}</name><port><name>${name}</name></port>`),
      )
      await datastores.commit(alice)
    }
    t.regex(await text('running'), /<name>four</)
    for await (const slice of slices) read.push(slice)
    t.true(read.length > 2)
    t.is(Buffer.concat(read).toString(), before)
  }
  t.deepEqual(log.lines, [])
})

test('what is large is streamed where a filter takes it whole, and read where it takes a part', async (t) => {
  const asked: string[] = []
  const clock = 'xmlns="urn:weft:test:box"'
  const provider = controller('clock', {
    state: [
      {
        path: '/test-box:clock',
        async *read(wanted) {
          asked.push('read')
          yield `<clock ${clock}>${wanted.mayMatch('/test-box:clock/now') ? '<now>noon</now>' : ''}</clock>`
        },
        streams: [
          {
            path: '/test-box:clock',
            async *read(instance) {
              asked.push(instance)
              yield '<now>'
              yield 'night</now>'
            },
          },
        ],
      },
    ],
  })
  const { datastores, edit, text } = await openBench(t, context, { controllers: [provider] })
  await edit(box('<name>one</name>'))
  await datastores.commit(alice)
  t.is(await text('operational'), `${box('<name>one</name>')}<clock ${clock}><now>night</now></clock>`)
  using whole = context.subtreeFilter(`<clock ${clock}/>`)
  t.is(await text('operational', whole), `<clock ${clock}><now>night</now></clock>`)
  t.deepEqual(asked.splice(0), ['read', '/test-box:clock', 'read', '/test-box:clock'])
  using part = context.subtreeFilter(`<clock ${clock}><now/></clock>`)
  t.is(await text('operational', part), `<clock ${clock}><now>noon</now></clock>`)
  using related = context.xpathFilter('/test-box:clock[string-length(now) = 4]')
  t.is(await text('operational', related), `<clock ${clock}><now>noon</now></clock>`)
  t.deepEqual(asked.splice(0), ['read', 'read'])

  const seen = async (path: string, filter?: Filter) => {
    using access = await context.access({
      rules: [{ module: '*', path, access: ['read'], permit: false }],
      defaults: ['read'],
    })
    const slices = datastores.read({ source: 'operational', access, ...(filter && { filter }) })
    return [await collect(slices), ...asked.splice(0)]
  }
  const name = box('<name>one</name>')
  t.deepEqual(await seen('/test-box:box'), [
    `<clock ${clock}><now>night</now></clock>`,
    'read',
    '/test-box:clock',
  ])
  t.deepEqual(await seen('/test-box:clock/now'), [name, 'read'], 'of a stream nothing can be left out')
  t.deepEqual(await seen('/test-box:clock'), [name])
  t.deepEqual(await seen('/test-box:clock/now', related), ['', 'read'])
  t.deepEqual(await seen('/test-box:clock', related), [''])
})
