/** What a kill -9 of anything leaves: acknowledged commits, a forwarding engine, the right tables. */
import { readdirSync, readlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execIn } from '../../src/lab/namespace.js'
import { untilAlarm } from '../lab/alarms.js'
import { Weftd } from '../lab/weftd.js'

const h2 = '198.51.100.2'

async function start(t: ExecutionContext): Promise<Weftd> {
  const weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  return weftd
}

/** Where a link leads; nowhere when it has gone meanwhile. */
function linkOf(path: string): string[] {
  try {
    return [readlinkSync(path)]
  } catch {
    return []
  }
}

const description = (text: string) =>
  `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>p1</name><description>${text}</description></interface></interfaces>`

async function runningDescription(weftd: Weftd): Promise<string | undefined> {
  await using client = await weftd.connect()
  const reply = await client.rpc('<get-config><source><running/></source></get-config>')
  return /<name>p1<\/name>\s*<description>([^<]*)</.exec(reply)?.[1]
}

test('kill -9 in the middle of commits: every acknowledged one is there after the restart', async (t) => {
  const weftd = await start(t)
  for (let round = 0; round < 5; round++) {
    let acknowledged = ''
    let asked = ''
    const client = await weftd.connect()
    const committing = (async () => {
      for (let i = 0; ; i++) {
        asked = `${round}-${i}`
        await client.edit(description(asked))
        await client.commit()
        acknowledged = asked
      }
    })()
    await new Promise<void>((enough) => {
      const look = setInterval(() => {
        if (Number(acknowledged.split('-')[1] ?? 0) < 3 + round * 2) return
        clearInterval(look)
        enough()
      }, 1)
    })
    await weftd.kill('SIGKILL')
    await t.throwsAsync(committing)
    await weftd.start()
    const found = await runningDescription(weftd)
    t.true(
      found === acknowledged || found === asked,
      `acknowledged ${acknowledged}, asked ${asked}, found ${found}`,
    )
  }
  t.true(await weftd.pings('h1', h2))
})

test('kill -9 of the engine: weftd starts it again and programs it, and the taps kept addresses and carrier', async (t) => {
  const weftd = await start(t)
  const engine = weftd.enginePid
  await using keeper = await weftd.keeper()
  const chassis = await keeper.namespace('chassis')
  const addresses = async () => {
    const links = JSON.parse(await execIn(keeper, chassis, ['ip', '-j', 'addr', 'show'])) as {
      ifname: string
      ifindex: number
      flags: string[]
      addr_info: { local: string }[]
    }[]
    return links
      .map(({ ifname, ifindex, flags, addr_info }) => [
        ifname,
        ifindex,
        flags.includes('LOWER_UP'),
        addr_info.map(({ local }) => local).sort(),
      ])
      .sort()
  }
  const before = await addresses()
  process.kill(engine, 'SIGKILL')
  t.deepEqual(await addresses(), before)
  t.true(await weftd.pings('h1', h2, 20))
  t.not(weftd.enginePid, engine)
  t.deepEqual(await addresses(), before)
})

/** What the last reconciliation of member 0 repaired: interfaces, objects and routes, each added, changed, removed. */
async function reconciled(weftd: Weftd): Promise<{ runs: number; repaired: number[] }> {
  await using client = await weftd.connect()
  const reply = await client.rpc(
    '<get><filter type="subtree"><dataplane xmlns="urn:weft:params:xml:ns:yang:weft-dataplane"><members><member><reconciliation/></member></members></dataplane></filter></get>',
  )
  const repaired = [...reply.matchAll(/<(?:added|changed|removed)>(\d+)</g)].map(([, count]) => Number(count))
  return { runs: Number(/<runs>(\d+)</.exec(reply)?.[1]), repaired }
}

test('the reconciler tells what it repaired: nothing after a kill -9 of weftd, everything after one of the engine', async (t) => {
  const weftd = await start(t)
  t.is((await reconciled(weftd)).runs, 1)
  await weftd.kill('SIGKILL')
  await weftd.start()
  t.deepEqual(await reconciled(weftd), { runs: 2, repaired: [0, 0, 0, 0, 0, 0, 0, 0, 0] })
  process.kill(weftd.enginePid, 'SIGKILL')
  t.true(await weftd.pings('h1', h2, 20))
  const { runs, repaired } = await reconciled(weftd)
  t.is(runs, 1)
  const [interfaces = 0, , , objects = 0, , , routes = 0] = repaired
  t.true(interfaces >= 2 && objects > 0 && routes >= 4, String(repaired))
})

test('kill -9 of the keeper, which takes the namespaces with it: weftd makes all anew and programs it', async (t) => {
  const weftd = await start(t)
  {
    await using keeper = await weftd.keeper()
    process.kill(keeper.pid, 'SIGKILL')
  }
  const deadline = Date.now() + 60_000
  while (!(await weftd.pings('h1', h2, 1).catch(() => false)) && Date.now() < deadline);
  t.true(await weftd.pings('h1', h2))
  t.regex(weftd.output, /the keeper died/)
  await using keeper = await weftd.keeper()
  for (const pid of [keeper.pid, weftd.enginePid]) {
    const files = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => linkOf(`/proc/${pid}/fd/${fd}`))
    t.deepEqual(
      files.filter((file) => file.startsWith(join(weftd.state, 'store'))),
      [],
      'the datastore is open in no other process',
    )
  }
})

test('a store of which no commit can be recovered is not begun anew: admin can look, nothing can be committed, packets go on', async (t) => {
  const weftd = await start(t)
  const engine = weftd.enginePid
  await weftd.kill('SIGKILL')
  const journal = join(weftd.state, 'store', 'journal')
  for (const file of readdirSync(journal)) if (/\.(log|ldb)$/.test(file)) truncateSync(join(journal, file), 0)
  for (let round = 0; round < 2; round++) {
    await weftd.start()
    t.regex(weftd.output, /no commit of those in .* could be recovered .* runs its failsafe configuration/)
    await using client = await weftd.connect()
    t.regex(await client.rpc('<get-config><source><running/></source></get-config>'), /<name>admin</)
    await client.edit(
      '<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><contact>refused</contact></system>',
    )
    await t.throwsAsync(client.commit(), {
      message: /failsafe configuration, and nothing else can be committed/,
    })
    await untilAlarm(client, 'configuration-unusable history')
    t.is(weftd.enginePid, engine)
    t.true(await weftd.exec('h1', 'ping', '-c', '1', '-w', '3', h2).then(({ code }) => code === 0))
    await weftd.kill('SIGKILL')
  }
})

test('down refuses while weftd runs', async (t) => {
  const weftd = await start(t)
  const { code, stderr } = await weftd.tool('down', '--state', weftd.state)
  t.is(code, 1)
  t.regex(stderr, /weftd runs on state folder/)
  t.true(await weftd.pings('h1', h2))
})
