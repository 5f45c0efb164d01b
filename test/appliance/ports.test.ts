/**
 * `--port NAME=DEVICE`: devices of the machine as ports. The machine is a network namespace of the test's own with two veth
 * pairs, and then forty, whose far ends are hosts in namespaces of theirs. Needs root, which may move devices.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { runFolder } from '../../src/state.js'
import { until } from '../lab/router.js'
import { run, Weftd, type Output } from '../lab/weftd.js'

const root = resolve(fileURLToPath(import.meta.url), '../../../..')
const rootTest = process.getuid?.() === 0 ? test.serial : test.serial.skip

/** A network namespace that lives as long as a process in it. */
class Place {
  readonly #holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.#holder = holder
  }

  static async make(): Promise<Place> {
    const holder = spawn(
      'unshare',
      ['--net', '--', 'sh', '-c', 'ip link set lo up && echo here && exec sleep 600'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    await new Promise<void>((made, failed) => {
      holder.stdout.once('data', () => made())
      holder.once('exit', (code) => failed(new Error(`unshare ended with ${code}`)))
      holder.once('error', failed)
    })
    return new Place(holder)
  }

  get path(): string {
    return `/proc/${this.#holder.pid}/ns/net`
  }

  get enter(): [string, ...string[]] {
    return ['nsenter', `--net=${this.path}`, '--']
  }

  exec(...command: readonly string[]): Promise<Output> {
    const [program, ...args] = this.enter
    return run(program, [...args, ...command])
  }

  async ip(...lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      const { code, stderr } = await this.exec('ip', ...line.split(' '))
      if (code !== 0) throw new Error(`ip ${line}: ${stderr}`)
    }
  }

  async devices(): Promise<string[]> {
    const { stdout } = await this.exec('ip', '-j', 'link', 'show')
    return (JSON.parse(stdout) as { ifname: string }[]).map(({ ifname }) => ifname).sort()
  }

  end(): void {
    this.#holder.kill('SIGKILL')
  }
}

const places: Place[] = []
let machine: Place, left: Place, right: Place
let state: string
let weftd: Weftd

const interfaces = (content: string) =>
  `<config><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${content}</interfaces></config>`
const one = (name: string, address: string, more = '', mtu = '') => `<interface><name>${name}</name>
<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:ethernetCsmacd</type>${more}
<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><forwarding>true</forwarding>${mtu}
<address><ip>${address}</ip><prefix-length>24</prefix-length></address></ipv4></interface>`
const onPort = (name: string) => `<port xmlns="urn:weft:params:xml:ns:yang:weft-interfaces">${name}</port>`

const options = (...ports: readonly string[]) => [
  '--no-demo',
  '--log-level',
  'info',
  ...ports.flatMap((port) => ['--port', port]),
]
const bothPorts = ['a=veth0', 'b=veth1', 'c=tap0']

test.before(async () => {
  if (process.getuid?.() !== 0) return
  for (let i = 0; i < 3; i++) places.push(await Place.make())
  ;[machine, left, right] = places as [Place, Place, Place]
  await machine.ip(
    `link add veth0 type veth peer name eth0 netns ${left.path}`,
    `link add veth1 type veth peer name eth0 netns ${right.path}`,
    'tuntap add dev tap0 mode tap',
  )
  await left.ip('addr add 192.0.2.2/24 dev eth0', 'link set eth0 up', 'route add default via 192.0.2.1')
  await right.ip(
    'addr add 198.51.100.2/24 dev eth0',
    'link set eth0 up',
    'route add default via 198.51.100.1',
  )
  state = await mkdtemp(join(tmpdir(), 'weft-ports-'))
  weftd = await Weftd.start({ state, within: machine.enter, options: options(...bothPorts) })
})
test.after.always(async () => {
  await weftd?.[Symbol.asyncDispose]()
  for (const place of places) place.end()
  if (state) await rm(state, { recursive: true, force: true })
})

async function reaches(): Promise<boolean> {
  return (await left.exec('ping', '-n', '-i', '0.2', '-c', '1', '-w', '10', '198.51.100.2')).code === 0
}

rootTest('interfaces on attached devices are configured and forward', async (t) => {
  // Interface `a` sits on the port of its name, `east` on port b.
  await weftd.ncclient(`
m.edit_config(target='candidate', config='''${interfaces(one('a', '192.0.2.1') + one('east', '198.51.100.1', onPort('b')))}''')
m.commit()`)
  t.true(await reaches())
  t.deepEqual(await machine.devices(), ['lo'])
  const text = await weftd.ncclient(
    `print(m.get(('subtree', '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"/>')))`,
  )
  t.regex(text, /<port [^>]*>b<\/port>\s*<device [^>]*>veth1<\/device>/)
  t.regex(text, /<name>a<\/name>.*<oper-status>up</s)
})

rootTest('an MTU that the device cannot carry is refused at its place', async (t) => {
  const out = await weftd.ncclient(`
m.edit_config(target='candidate', config='''${interfaces(one('c', '203.0.113.1', '', '<mtu>65535</mtu>'))}''')
try:
    m.commit()
    print('accepted')
except RPCError as error:
    print(error.tag, error.path, error.message)
m.discard_changes()`)
  t.regex(
    out,
    /^invalid-value \S*interface\[if:name='c'\]\/ip:ipv4\/ip:mtu mtu 65535 is more than port c carries, which is \d+/,
  )
})

rootTest('a port that does not drain is an alarm, and the others forward on', async (t) => {
  await using keeper = await weftd.keeper()
  // Somebody has the tap and never reads.
  const command = ['/usr/bin/python3', join(root, 'test/drivers/traffic.py'), 'tap', 'tap0']
  const [program, ...args] = keeper.enter(await keeper.namespace('ports'), command)
  const holder = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  const neighbour =
    '<neighbor><ip>203.0.113.9</ip><link-layer-address>02:00:00:00:00:99</link-layer-address></neighbor>'
  await weftd.ncclient(`
m.edit_config(target='candidate', config='''${interfaces(one('c', '203.0.113.1', '', neighbour))}''')
m.commit()`)
  let over = false
  const sending = left
    .exec(join(root, 'build/engine/udp-load'), 'send', '203.0.113.9', '9', '8', '1000', '2000')
    .finally(() => (over = true))
  t.true(await reaches())
  const said = await weftd.ncclient(`
import time
for _ in range(100):
    text = str(m.get(('subtree', '<alarms xmlns="urn:ietf:params:xml:ns:yang:ietf-alarms"><alarm-list/></alarms>')))
    if 'port-not-draining' in text:
        break
    time.sleep(0.1)
print(text)`)
  t.regex(said, /port\[\S*name='c'\]<.*port-not-draining.*port c does not take all/s)
  t.false(over)
  t.true(await reaches())
  t.is((await sending).code, 0)
  const gone =
    '<interface xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><name>c</name></interface>'
  await weftd.ncclient(`
m.edit_config(target='candidate', config='''${interfaces(gone)}''')
m.commit()`)
})

/** Starts one that is expected to end by itself. */
async function refused(...ports: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-ports-'))
  try {
    const other = await Weftd.start({ state: folder, within: machine.enter, options: options(...ports) })
    await other[Symbol.asyncDispose]()
    return 'it started'
  } catch (error) {
    return (error as Error).message
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

rootTest('a device that there is not is refused by its name', async (t) => {
  t.regex(await refused('x=eth7'), /--port x=eth7: there is no device 'eth7' here; devices: none/)
})

rootTest('a device of another appliance is refused, and that one is named', async (t) => {
  const said = await refused('x=veth0')
  t.regex(said, /--port x=veth0: device 'veth0' is a port of another appliance/)
  t.true(said.includes(state), said)
  t.true(await reaches())
})

rootTest('kill -9 and a new start keep the devices as ports', async (t) => {
  await weftd.kill('SIGKILL')
  t.deepEqual(await machine.devices(), ['lo'])
  t.true(await reaches())
  await weftd.start()
  t.true(await reaches())
  t.deepEqual(await machine.devices(), ['lo'])
})

rootTest('a stop gives the devices back under their names', async (t) => {
  await weftd.kill('SIGTERM')
  t.deepEqual(await machine.devices(), ['lo', 'tap0', 'veth0', 'veth1'])
  t.deepEqual(
    (await left.devices()).filter((name) => name === 'eth0'),
    ['eth0'],
  )
})

rootTest(
  'after kill -9, `weft down` gives them back as well, and another start takes what it names',
  async (t) => {
    await weftd.start()
    t.true(await reaches())
    await weftd.kill('SIGKILL')
    const { code, stderr } = await weftd.tool('down', '--state', state)
    t.is(code, 0, stderr)
    t.deepEqual(await machine.devices(), ['lo', 'tap0', 'veth0', 'veth1'])
    await using again = await Weftd.start({ state, within: machine.enter, options: options('a=veth0') })
    t.deepEqual(await machine.devices(), ['lo', 'tap0', 'veth1'])
    // Interface `east` has lost its port and is still configured; what is left works.
    t.is((await left.exec('ping', '-n', '-i', '0.2', '-c', '1', '-w', '10', '192.0.2.1')).code, 0)
    t.true(again.pid > 0)
  },
)

rootTest(
  'forty ports are one appliance’s: all up, forwarding from the first to the last, and gone without a trace',
  async (t) => {
    const count = 40
    const numbers = Array.from({ length: count }, (_, n) => n)
    const middle = await Place.make()
    places.push(middle)
    const at = (n: number) => (n === 0 ? left : n === count - 1 ? right : middle)
    for (const n of numbers) {
      await machine.ip(`link add d${n} type veth peer name f${n} netns ${at(n).path}`)
      await at(n).ip(`addr add 10.64.${n}.2/24 dev f${n}`, `link set f${n} up`)
    }
    for (const n of [0, count - 1]) await at(n).ip(`route add 10.64.0.0/16 via 10.64.${n}.1`)
    const folder = await mkdtemp(join(tmpdir(), 'weft-ports-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const before = await machine.devices()
    {
      await using many = await Weftd.start({
        ...{ state: folder, within: machine.enter, options: options(...numbers.map((n) => `q${n}=d${n}`)) },
      })
      const engine = (await readFile(join(runFolder(folder), 'dataplane.pid'), 'utf8')).split(
        /\s/,
      )[0] as string
      const descriptors = async () => (await readdir(`/proc/${engine}/fd`)).length
      const atFirst = await descriptors()
      const all = numbers.map((n) => one(`q${n}`, `10.64.${n}.1`)).join('')
      await many.ncclient(`
m.edit_config(target='candidate', config='''${interfaces(all)}''')
m.commit()`)
      const ping = ['ping', '-n', '-i', '0.2', '-c', '1', '-w', '10']
      t.is((await left.exec(...ping, `10.64.${count - 1}.2`)).code, 0)
      t.is((await right.exec(...ping, '10.64.0.2')).code, 0)
      for (const n of [1, count / 2, count - 2]) t.is((await left.exec(...ping, `10.64.${n}.1`)).code, 0)
      const text = await many.ncclient(
        `print(m.get(('subtree', '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name/><oper-status/></interface></interfaces>')))`,
      )
      const up = [...text.matchAll(/<name>q\d+<\/name>\s*<oper-status>up</g)]
      t.is(up.length, count)
      t.true((await descriptors()) > atFirst)
      const gone = numbers
        .map((n) => `<interface nc:operation="delete"><name>q${n}</name></interface>`)
        .join('')
      const none = interfaces(gone).replace(
        '<config>',
        '<config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">',
      )
      await many.ncclient(`
m.edit_config(target='candidate', config='''${none}''')
m.commit()`)
      // A few are the box's own, made with the first interface.
      await until(
        'what interfaces had of the engine is given back',
        async () => (await descriptors()) < atFirst + count / 2,
      )
      await using keeper = await many.keeper()
      const [program, ...args] = keeper.enter(await keeper.namespace('chassis'), ['ip', '-br', 'link'])
      t.notRegex((await run(program, args)).stdout, /^q/m)
    }
    t.deepEqual(await machine.devices(), before)
  },
)
