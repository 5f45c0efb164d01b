/** The alarm list by itself: raised, cleared, shelved, acknowledged, purged; what flaps; who is told of what. */
import test from 'ava'
import { createContext, type Tree } from 'libyang-js'
import {
  Alarms,
  factorySettings,
  type AlarmSettings,
  type Condition,
  type Severity,
} from '../../src/alarms/index.js'
import { EventBus, type Events } from '../../src/events.js'
import { schema } from '../../yang/schema.js'

const port = (name: string): string =>
  `/weft-dataplane:dataplane/members/member[name='0']/port[name='${name}']`
const link = (name: string): string => `/ietf-interfaces:interfaces/interface[name='${name}']`
const down = (name: string, severity: Severity = 'major', text = 'no link'): Condition => ({
  ...{ resource: link(name), type: 'link-alarm', severity, text },
})
const missing = (name: string): Condition => ({
  ...{ resource: port(name), type: 'port-device-missing', severity: 'major', text: 'gone' },
})

const context = await createContext(schema())
test.after.always(() => context[Symbol.dispose]())

class Desk implements Disposable {
  time = Date.UTC(2026, 0, 1)
  readonly told: string[] = []
  readonly lines: string[] = []
  readonly running: Tree
  readonly alarms: Alarms

  constructor(capacity?: number) {
    this.running = context.tree()
    const bus = new EventBus(() => undefined)
    bus.on('alarm', ({ resource, severity }: Events['alarm']) => {
      this.told.push(`${severity} ${/'([^']*)'\]$/.exec(resource)?.[1]}`)
    })
    const write = (message: string): void => void this.lines.push(message)
    const log = { error: write, warn: write, info: write, debug: () => undefined, for: () => log }
    this.alarms = new Alarms({
      ...{ context, bus, log },
      running: (use) => use(this.running),
      now: () => this.time,
      ...(capacity !== undefined && { capacity }),
    })
  }

  async tell(...conditions: readonly Condition[]): Promise<void> {
    this.alarms.tell('test', conditions)
    await this.alarms.settled()
    this.time += 1000
  }

  async configure(settings: Partial<AlarmSettings>): Promise<void> {
    this.alarms.configure({ ...factorySettings, ...settings })
    await this.alarms.settled()
  }

  /** `p1` when it is raised, `(p1)` when it is cleared. */
  list(part: 'list' | 'shelves' = 'list'): readonly string[] {
    return this.alarms.alarms(part).map(({ resource, cleared }) => {
      const name = /'([^']*)'\]$/.exec(resource)?.[1] ?? ''
      return cleared ? `(${name})` : name
    })
  }

  [Symbol.dispose](): void {
    this.alarms[Symbol.dispose]()
    this.running[Symbol.dispose]()
  }
}

test('what a source tells is raised once, and cleared when it is told no more', async (t) => {
  using desk = new Desk()
  await desk.tell(down('p1'), missing('p2'))
  await desk.tell(down('p1'), missing('p2'))
  t.deepEqual(desk.list(), ['p1', 'p2'])
  t.is(desk.lines.length, 2)
  await desk.tell(missing('p2'))
  t.deepEqual(desk.list(), ['(p1)', 'p2'])
  await desk.tell(missing('p2'), down('p1'))
  const [p1] = desk.alarms.alarms('list')
  t.deepEqual(
    p1?.changes.map(({ severity }) => severity),
    ['major', 'cleared', 'major'],
  )
  t.true(p1 !== undefined && p1.created < p1.raised && p1.raised === p1.changed)
  t.deepEqual(desk.told, ['major p1', 'major p2', 'cleared p1', 'major p1'])
})

test('sources do not clear each other’s alarms, and one condition can be told by itself', async (t) => {
  using desk = new Desk()
  await desk.tell(down('p1'))
  desk.alarms.raise('other', down('p2'))
  desk.alarms.raise('other', down('p3'))
  desk.alarms.raise('other', down('p3'))
  desk.alarms.clear('other', { resource: link('p2'), type: 'link-alarm', qualifier: '' })
  await desk.tell()
  t.deepEqual(desk.list(), ['(p1)', '(p2)', 'p3'])
})

test('severity and text change an alarm that is there; each change has a time of its own', async (t) => {
  using desk = new Desk()
  for (const condition of [down('p1'), down('p1', 'minor'), down('p1', 'minor', 'half a link')]) {
    desk.alarms.tell('test', [condition])
    await desk.alarms.settled()
  }
  const [alarm] = desk.alarms.alarms('list')
  t.like(alarm, { severity: 'minor', text: 'half a link', cleared: false })
  const times = alarm?.changes.map(({ time }) => time) ?? []
  t.is(new Set(times).size, 3)
  t.deepEqual(
    times,
    [...times].sort((a, b) => b - a),
  )
})

test('no more changes are kept than is configured', async (t) => {
  using desk = new Desk()
  await desk.configure({ mostChanges: 3 })
  for (let n = 0; n < 5; n++) await desk.tell(down('p1', n % 2 === 0 ? 'minor' : 'major'))
  t.is(desk.alarms.alarms('list')[0]?.changes.length, 3)
  await desk.configure({ mostChanges: 1 })
  t.deepEqual(
    desk.alarms.alarms('list')[0]?.changes.map(({ severity }) => severity),
    ['minor'],
  )
})

test('a link that flaps changes its alarm a few times, and then stays raised', async (t) => {
  using desk = new Desk()
  for (let n = 0; n < 50; n++) {
    await desk.tell(down('p1'))
    await desk.tell()
  }
  t.deepEqual(desk.list(), ['p1'])
  t.is(desk.told.length, 7)
})

test('what is told follows the levels of RFC 8632', async (t) => {
  using desk = new Desk()
  const rows: readonly Severity[] = ['major', 'minor', 'warning', 'minor', 'major', 'critical', 'major']
  const course = async (): Promise<readonly string[]> => {
    desk.told.splice(0)
    for (const severity of rows) await desk.tell(down('p1', severity))
    await desk.tell()
    return desk.told.map((line) => line.split(' ')[0] ?? '')
  }
  t.deepEqual(await course(), [...rows, 'cleared'])
  await desk.configure({ notify: 'raise-and-clear' })
  t.deepEqual(await course(), ['major', 'cleared'])
  await desk.configure({ notify: { level: 'major' } })
  t.deepEqual(await course(), ['major', 'minor', 'major', 'critical', 'major', 'cleared'])
})

test('shelves take alarms by type and by resource, tell nothing of them, and give them back', async (t) => {
  using desk = new Desk()
  using journal = context.journal()
  await desk.running.set(`${link('p1')}/type`, 'iana-if-type:ethernetCsmacd', journal)
  await desk.tell(down('p1'), down('p2'), missing('p3'), missing('p4'))
  const types = (type: string) => [{ type: `weft-alarms:${type}`, qualifier: /^(?:)$/u }]
  await desk.configure({
    shelves: [
      { name: 'none', resources: [port('p9')], types: [] },
      { name: 'type', resources: [], types: types('interface-alarm') },
      { name: 'resource', resources: [port('p3')], types: types('port-alarm') },
    ],
  })
  t.deepEqual([desk.list(), desk.list('shelves')], [['p4'], ['p1', 'p2', 'p3']])
  const [p1] = desk.alarms.alarms('shelves')
  t.like(p1?.operator[0], { state: 'shelved', text: 'shelf type', operator: 'system' })
  desk.told.splice(0)
  await desk.tell(missing('p4'), down('p1'))
  await desk.tell(missing('p4'), down('p1'), down('p5'), missing('p3'))
  t.deepEqual([desk.list('shelves'), desk.told], [['p1', '(p2)', 'p3', 'p5'], []])
  // What running says of a resource counts.
  await desk.configure({
    shelves: [
      {
        name: 'type',
        resources: ["/ietf-interfaces:interfaces/interface[type='iana-if-type:ethernetCsmacd']"],
        types: [],
      },
    ],
  })
  t.deepEqual([desk.list(), desk.list('shelves')], [['(p2)', 'p3', 'p4', 'p5'], ['p1']])
  t.is(desk.alarms.alarms('list')[0]?.operator.at(-1)?.state, 'un-shelved')
  // What is no XPath expression selects nothing.
  await desk.configure({ shelves: [{ name: 'odd', resources: ['.*', '1.3.6.1', ']['], types: [] }] })
  t.is(desk.list('shelves').length, 0)
})

test('operators acknowledge alarms, and purge by age, severity and state', async (t) => {
  using desk = new Desk()
  await desk.tell(down('p1', 'minor'), down('p2'), missing('p3'))
  await desk.tell(down('p2'), missing('p3'))
  const key = { resource: link('p2'), type: 'link-alarm', qualifier: '' } as const
  t.true(desk.alarms.setOperatorState(key, { operator: 'ops', state: 'closed', text: 'cable replaced' }))
  t.false(desk.alarms.setOperatorState({ ...key, qualifier: 'x' }, { operator: 'ops', state: 'ack' }))
  const purge = (criteria: Parameters<Alarms['purge']>[1]) => desk.alarms.purge('list', criteria)
  t.is(purge({ clearance: 'cleared', olderThan: 60_000 }), 0)
  t.is(purge({ clearance: 'any', severity: { how: 'above', than: 'major' } }), 0)
  t.is(purge({ clearance: 'any', operator: { state: 'ack' } }), 0)
  t.is(purge({ clearance: 'any', operator: { user: 'ops', state: 'closed' } }), 1)
  t.is(purge({ clearance: 'any', severity: { how: 'below', than: 'major' } }), 1)
  t.deepEqual(desk.list(), ['p3'])
  // What was purged comes again when it changes, not before.
  await desk.tell(down('p2'), missing('p3'))
  t.deepEqual(desk.list(), ['p3'])
  await desk.tell(down('p2', 'critical'), missing('p3'))
  t.deepEqual(desk.list(), ['p3', 'p2'])
  desk.time += 60_000
  t.is(purge({ clearance: 'not-cleared', olderThan: 60_000 }), 2)
  t.deepEqual(desk.list(), [])
})

test('compressing keeps the last status of those that are selected', async (t) => {
  using desk = new Desk()
  for (const severity of ['minor', 'major'] as const)
    await desk.tell(down('p1', severity), down('p2', severity))
  const lengths = () => desk.alarms.alarms('list').map(({ changes }) => changes.length)
  t.is(await desk.alarms.compress('list', { type: 'weft-alarms:port-not-served' }), 0)
  t.is(await desk.alarms.compress('list', { resource: link('p1') }), 1)
  t.deepEqual(lengths(), [1, 2])
  t.is(await desk.alarms.compress('list', {}), 1)
  t.deepEqual(lengths(), [1, 1])
})

test('when there is no room the longest cleared gives way, then nothing', async (t) => {
  using desk = new Desk(2)
  await desk.tell(down('p1'), down('p2'))
  await desk.tell(down('p2'))
  await desk.tell(down('p2'), down('p3'))
  t.deepEqual(desk.list(), ['p2', 'p3'])
  desk.lines.splice(0)
  await desk.tell(down('p2'), down('p3'), down('p4'), down('p5'))
  t.deepEqual([desk.list(), desk.lines.length], [['p2', 'p3'], 1])
})
