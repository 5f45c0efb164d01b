/**
 * The members of the demo chassis besides 0: each a weft-dataplane of its own, as on another machine, with a host on its port p1 and
 * an end of the internal link. They join with tokens at the first start, and end with the appliance.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connectKeeper, type KeeperClient } from '../../dataplane/client/index.js'
import { equipMember, internalDevice } from '../lab/internal-link.js'
import { interfaceXml, memberHost } from '../lab/topology.js'
import { privateFolder, runFolder } from '../state.js'
import type { NetconfClient } from './client.js'
import type { DemoAppliance } from './demo.js'

const program = fileURLToPath(new URL('../../../bin/weft-dataplane', import.meta.url))
const patience = 30_000
const namespace = 'urn:weft:params:xml:ns:yang:weft-chassis'
const nameOf = (number: number): string => `m${number}`

/** A TCP port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Where members attach, and the fabric among so many, 0 included. */
export async function chassisConfiguration(members: number): Promise<string> {
  const end = (number: number): string => {
    const [member, port] =
      number === 0 ? ['0', internalDevice] : [nameOf(number), `${number}/${internalDevice}`]
    return `<end><member>${member}</member><port>${port}</port><address>10.255.0.${number + 1}</address></end>`
  }
  const all = Array.from({ length: members }, (_, number) => number)
  return (
    `<chassis xmlns="${namespace}"><listen><address>127.0.0.1</address><port>${await freePort()}</port></listen>` +
    `<fabric><link><id>1</id><prefix>10.255.0.0/24</prefix>${all.map(end).join('')}</link></fabric></chassis>` +
    '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">' +
    `${all
      .slice(1)
      .map((number) => interfaceXml(memberHost(number), `${number}/p1`))
      .join('')}</interfaces>`
  )
}

export class DemoMembers {
  readonly #appliance: DemoAppliance
  readonly #children: ChildProcess[] = []

  constructor(appliance: DemoAppliance) {
    this.#appliance = appliance
  }

  /** Starts them. `client`: by which tokens are made; undefined: they were admitted before. */
  async start(members: number, client: NetconfClient | undefined, signal: AbortSignal): Promise<void> {
    const port = this.#appliance.membersPort()
    if (port === undefined) throw new Error('members can not attach: see /weft-chassis:chassis/listen')
    const folder = privateFolder(join(this.#appliance.state, 'members'))
    for (let number = 1; number < members && !signal.aborted; number++) {
      const name = nameOf(number)
      const state = join(folder, name)
      const reply = await client?.rpc(
        `<create-token xmlns="${namespace}"><member>${name}</member></create-token>`,
      )
      const token = /<token[^>]*>([^<]+)/.exec(reply ?? '')?.[1]
      this.#launch(name, state, port, token)
      await using keeper = await this.#keeperOf(state, signal)
      await equipMember(this.#appliance.keeper, keeper, number, memberHost(number))
    }
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const exit = once(child, 'exit')
        child.kill('SIGTERM')
        await exit
      }),
    )
  }

  #launch(name: string, state: string, port: number, token: string | undefined): void {
    const { keeper } = this.#appliance
    // In the user namespace of member 0, so that links between the members can be made.
    const within = keeper.userNamespace
      ? ['nsenter', `--target=${keeper.pid}`, '--user', '--preserve-credentials', '--']
      : []
    const options = ['--join', `127.0.0.1:${port}`, '--member', name, '--state', state]
    const [command = '', ...args] = [
      ...within,
      // Without weftd they are nobody's.
      ...['setpriv', '--pdeathsig', 'TERM', '--', process.execPath, program],
      ...[...options, ...(token === undefined ? [] : ['--token', token])],
    ]
    this.#children.push(spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }))
  }

  async #keeperOf(state: string, signal: AbortSignal): Promise<KeeperClient> {
    const socket = join(runFolder(state), 'keeper.sock')
    for (const end = performance.now() + patience; ; await delay(50, undefined, { signal })) {
      try {
        return await connectKeeper(socket)
      } catch (error) {
        if (performance.now() > end) throw error
      }
    }
  }
}
