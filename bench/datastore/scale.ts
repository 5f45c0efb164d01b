/**
 * What everything costs as the configuration grows: a running weftd with the demo chassis and N static routes, all of it
 * through SSH. The bulk load and its removal, one leaf, reads, and one leaf and small rpcs beside a read of everything;
 * then memory, and a restart. With libyang's own parse, validation and print of the same data beside it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { NetconfClient } from '../../src/demo/client.js'
import { adminPassword, Weftd } from '../../test/lab/weftd.js'
import { milliseconds } from '../clock.js'
import { settledMemory } from '../memory.js'
import { beside, quantile, single, type Figure } from '../report.js'
import { routesXml } from '../routes.js'
import { floorOf, type Floor } from './floor.js'
import { Reader } from './reader.js'

const nextHop = '198.51.100.2'
const getAll = '<get-config><source><running/></source></get-config>'
const getOne =
  '<get-config><source><running/></source><filter type="subtree"><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>p1</name></interface></interfaces></filter></get-config>'
const noRoutes =
  '<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>'

export const label = (n: number): string => (n < 1_000_000 ? `${n / 1000}k` : `${n / 1_000_000}m`)

let texts = 0
/** A change of one leaf, each time another. */
const described = (): string =>
  `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>p1</name><description>text ${texts++}</description></interface></interfaces>`

async function oneLeaf(client: NetconfClient): Promise<number> {
  return await change(client, described())
}

async function change(client: NetconfClient, config: string): Promise<number> {
  return await milliseconds(async () => {
    await client.edit(config)
    await client.commit()
  })
}

async function times(count: number, work: () => Promise<number>): Promise<readonly number[]> {
  await work()
  const all: number[] = []
  for (let round = 0; round < count; round++) all.push(await work())
  return all
}

async function load(client: NetconfClient, n: number, name: string, floor: Floor): Promise<Figure[]> {
  const xml = routesXml(0, n, nextHop)
  const loads: number[] = []
  const removals: number[] = []
  for (let left = n > 100_000 ? 1 : 3; left > 0; left--) {
    loads.push(await change(client, xml))
    if (left > 1) removals.push(await change(client, noRoutes))
  }
  const figures = [
    beside(
      `${name}-bulk-load`,
      'ms',
      'lower',
      loads,
      "libyang's parse + validate",
      floor.parse + floor.validate,
    ),
  ]
  if (removals.length > 0) figures.push(single(`${name}-delete-all`, 'ms', 'lower', removals))
  return figures
}

/** Small rpcs and one-leaf commits of other sessions while a third reads everything. */
async function besideARead(weftd: Weftd, reader: Reader, name: string): Promise<Figure[]> {
  await using asker = await weftd.connect()
  await using writer = await weftd.connect()
  const small: number[] = []
  const commits: number[] = []
  for (let round = 0; round < 3; round++) {
    let reading = true
    const read = reader.read().finally(() => (reading = false))
    const asking = (async () => {
      while (reading) {
        small.push(await milliseconds(() => asker.send(getOne)))
        await pause(2)
      }
    })()
    // When a commit fails, it is that what is told.
    asking.catch(() => undefined)
    while (reading) {
      commits.push(await oneLeaf(writer))
      await pause(20)
    }
    await Promise.all([read, asking])
  }
  return [
    single(`${name}-small-rpc-beside-a-read`, 'ms', 'lower', small),
    single(`${name}-small-rpc-beside-a-read-p99`, 'ms', 'lower', [quantile(small, 0.99)]),
    single(`${name}-one-leaf-beside-a-read`, 'ms', 'lower', commits),
    single(`${name}-one-leaf-beside-a-read-max`, 'ms', 'lower', [Math.max(...commits)]),
  ]
}

/** From the command to the answer of a first small rpc. */
async function boot(weftd: Weftd): Promise<number> {
  await weftd.kill('SIGTERM')
  const start = performance.now()
  let up = false
  const started = weftd.start().finally(() => (up = true))
  for (;;) {
    try {
      await using client = await weftd.connect()
      await client.send(getOne)
      break
    } catch (error) {
      if (up) throw error
      await pause(10)
    }
  }
  const time = performance.now() - start
  await started
  return time
}

/** What a change of one leaf costs to compare and to take back when everything else is large. */
async function historyFigures(client: NetconfClient, name: string): Promise<Figure[]> {
  const weft = 'xmlns="urn:weft:params:xml:ns:yang:weft-history"'
  const compares = await times(11, async () => {
    await client.edit(described())
    const reply = await client.rpc(`<commit-configuration ${weft}/>`)
    const number = Number(/<commit[^>]*>(\d+)</.exec(reply)?.[1])
    const before = `<source><commit>${number - 1}</commit></source><target><running/></target>`
    return await milliseconds(() => client.rpc(`<compare ${weft}>${before}</compare>`))
  })
  const rollbacks = await times(11, async () =>
    milliseconds(async () => {
      await client.rpc(`<rollback ${weft}><back>1</back></rollback>`)
      await client.commit()
    }),
  )
  return [
    single(`${name}-compare-with-the-commit-before`, 'ms', 'lower', compares),
    single(`${name}-rollback-1`, 'ms', 'lower', rollbacks),
  ]
}

export async function scaleFigures(n: number): Promise<readonly Figure[]> {
  const name = label(n)
  const floor = await floorOf(routesXml(0, n, nextHop), n > 100_000 ? 1 : 3)
  await using weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  await using client = await weftd.connect()
  const to = { host: '127.0.0.1', port: weftd.port, username: 'admin', password: adminPassword }
  const figures: Figure[] = await load(client, n, name, floor)
  const leaves = await times(n > 100_000 ? 100 : 200, () => oneLeaf(client))
  figures.push(
    single(`${name}-one-leaf`, 'ms', 'lower', leaves),
    single(`${name}-one-leaf-p99`, 'ms', 'lower', [quantile(leaves, 0.99)]),
  )
  const memory = await settledMemory(weftd.pid)
  figures.push(beside(`${name}-memory`, 'MB', 'lower', [memory], "libyang's tree", floor.memory))
  await using reader = new Reader(to, getAll)
  await reader.read()
  const reads = []
  for (let round = 0; round < (n > 100_000 ? 3 : 7); round++) reads.push(await reader.read())
  const bytes = reads[0]?.bytes ?? 0
  if (bytes < n * 100) throw new Error(`get-config of ${n} routes returned only ${bytes} bytes`)
  figures.push(
    beside(
      `${name}-get-config`,
      'ms',
      'lower',
      reads.map(({ whole }) => whole),
      "libyang's print",
      floor.print,
    ),
    single(
      `${name}-get-config-first-byte`,
      'ms',
      'lower',
      reads.map(({ first }) => first),
    ),
  )
  figures.push(...(await besideARead(weftd, reader, name)), ...(await historyFigures(client, name)))
  const later = await settledMemory(weftd.pid)
  figures.push(beside(`${name}-memory-after-reads`, 'MB', 'lower', [later], "libyang's tree", floor.memory))
  const boots: number[] = []
  for (let round = 0; round < (n > 100_000 ? 1 : 3); round++) boots.push(await boot(weftd))
  figures.push(single(`${name}-boot`, 'ms', 'lower', boots))
  return figures
}
