/**
 * The command `weft`, the operator's tool beside an appliance: commands in the hosts of its demo chassis and on the host's side of its
 * network instances, and clearing away
 * what an appliance that was killed has left behind.
 */
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
// Not by the rooms' doors, which would bring in all of gRPC, XML and the schema: this command runs once for each command of a host.
import { connectKeeper, type KeeperClient, type Namespace } from '../dataplane/client/keeper.js'
import { endDataplane } from '../dataplane/client/process.js'
import { instanceOfNamespace } from './controllers/network-instances/namespace.js'
import { hostOfNamespace } from './lab/lab.js'
import { createLog } from './log.js'
import { defaultState } from './options.js'
import { runFolder } from './state.js'

const help = `usage: weft lab exec [--state DIR] HOST -- COMMAND [ARG ...]   runs a command in a host: of the demo chassis, or that
                                                               a made port leads to; @ports: where the devices of the ports are
       weft lab hosts [--state DIR]                            lists the hosts
       weft vrf exec [--state DIR] INSTANCE -- COMMAND [ARG ...]
                                                               runs a command on the host's side of a network instance
       weft vrf list [--state DIR]                             lists the network instances
       weft down [--state DIR]                                 ends what a killed weftd has left: engine and namespaces
`

async function keeperOf(state: string): Promise<KeeperClient> {
  return connectKeeper(join(runFolder(state), 'keeper.sock')).catch(() => {
    throw new Error(
      `no appliance runs on state folder ${state}; start one with \`npm start\`, or name its folder with --state`,
    )
  })
}

async function hostsOf(keeper: KeeperClient): Promise<Map<string, Namespace>> {
  const hosts = new Map<string, Namespace>()
  for (const [name, namespace] of await keeper.namespaces()) {
    const host = hostOfNamespace(name)
    if (host !== undefined) hosts.set(host, namespace)
  }
  return hosts
}

/** With where the devices of ports are. */
async function placesOf(keeper: KeeperClient): Promise<Map<string, Namespace>> {
  const ports = (await keeper.namespaces()).get('ports')
  return new Map([...(await hostsOf(keeper)), ...(ports ? [['@ports', ports] as const] : [])])
}

/** Namespaces of the host's side by network instance. */
async function instancesOf(keeper: KeeperClient): Promise<Map<string, Namespace>> {
  const instances = new Map<string, Namespace>()
  for (const [name, namespace] of await keeper.namespaces()) {
    const instance = instanceOfNamespace(name)
    if (instance !== undefined) instances.set(instance, namespace)
  }
  return instances
}

/** What commands are run in: hosts of the demo chassis, or network instances. */
interface Kind {
  readonly word: string
  readonly all: (keeper: KeeperClient) => Promise<Map<string, Namespace>>
}
const kinds: Readonly<Record<string, Kind>> = {
  lab: { word: 'host', all: placesOf },
  vrf: { word: 'network instance', all: instancesOf },
}

async function execute(
  state: string,
  { word, all }: Kind,
  name: string,
  command: readonly string[],
): Promise<number> {
  let line: [string, ...string[]]
  {
    await using keeper = await keeperOf(state)
    const there = await all(keeper)
    const namespace = there.get(name)
    if (!namespace) {
      const known = [...there.keys()].join(', ') || 'none'
      throw new Error(`there is no ${word} '${name}'; ${word}s: ${known}`)
    }
    line = keeper.enter(namespace, command)
  }
  const child = spawn(line[0], line.slice(1), { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the command too; here it is only waited for.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('exit', (code, signal) => done(code ?? (signal ? 1 : 0)))
  })
}

async function listens(path: string): Promise<boolean> {
  const socket = connect(path)
  const listening = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  socket.destroy()
  return listening
}

async function down(state: string): Promise<number> {
  const run = runFolder(state)
  if (await listens(join(run, 'weftd.sock'))) {
    throw new Error(
      `weftd runs on state folder ${state}: stop it by Ctrl-C or SIGTERM; it leaves nothing behind`,
    )
  }
  await endDataplane(run)
  const keeper = await connectKeeper(join(run, 'keeper.sock')).catch(() => undefined)
  if (keeper) {
    const { giveDevicesBack } = await import('./chassis/attachments.js')
    await giveDevicesBack(keeper, run, createLog('warn'))
    await keeper.quit()
  }
  process.stdout.write(
    keeper ? `ended what weftd had left in ${state}\n` : `nothing was left running in ${state}\n`,
  )
  return 0
}

/** Resolves with the exit status: that of the command, 1 when something failed, 2 for a wrong use. */
export async function weft(args: readonly string[]): Promise<number> {
  const end = args.indexOf('--')
  const command = end < 0 ? [] : args.slice(end + 1)
  try {
    const { values, positionals } = parseArgs({
      args: end < 0 ? [...args] : args.slice(0, end),
      options: { state: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    })
    if (values.help) {
      process.stdout.write(help)
      return 0
    }
    const state = resolve(values.state ?? defaultState())
    const [first, second, host, ...rest] = positionals
    const kind = kinds[first ?? '']
    if (kind && second === 'exec' && host !== undefined && rest.length === 0 && command.length > 0) {
      return await execute(state, kind, host, command)
    }
    if (kind && second === (first === 'lab' ? 'hosts' : 'list') && host === undefined) {
      await using keeper = await keeperOf(state)
      for (const name of (await kind.all(keeper)).keys()) process.stdout.write(`${name}\n`)
      return 0
    }
    if (first === 'down' && second === undefined) return await down(state)
  } catch (error) {
    const wrongUse = error instanceof TypeError
    const hint = wrongUse && args[1] === 'exec' && end < 0 ? "; put '--' before the command" : ''
    process.stderr.write(`weft: ${(error as Error).message}${hint}\n`)
    return wrongUse ? 2 : 1
  }
  process.stderr.write(help)
  return 2
}
