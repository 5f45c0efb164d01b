/** An appliance without the demo, whose ports lead to hosts of the test's own. */
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startKeeper } from '../../dataplane/client/index.js'
import { makeHost } from '../../src/lab/lab.js'
import type { LabHost } from '../../src/lab/topology.js'
import { runFolder } from '../../src/state.js'
import { Weftd } from './weftd.js'

/** Starts it with a new state folder, which the caller removes. */
export async function startWithHosts(hosts: readonly LabHost[]): Promise<Weftd> {
  const state = await mkdtemp(join(tmpdir(), 'weft-test-'))
  const socketPath = join(runFolder(state), 'keeper.sock')
  await mkdir(dirname(socketPath), { recursive: true })
  await chmod(dirname(socketPath), 0o700)
  {
    // Hosts first: devices that are in the port namespace already are taken from there.
    await using keeper = await startKeeper({ socketPath, logFile: join(state, 'keeper.log') })
    for (const host of hosts) await makeHost(keeper, host)
  }
  const ports = hosts.flatMap(({ port }) => ['--port', `${port}=${port}`])
  return await Weftd.start({ state, options: ['--no-demo', '--log-level', 'info', ...ports] })
}

/** Devices of the host's side that the engine holds. */
export function tapsHeldBy(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => {
    try {
      return /^iff:\s*(\S+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? []
    } catch {
      return []
    }
  })
}
