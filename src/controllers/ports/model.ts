/** Workers and ports as values, from weft-ports. */
import type { ListQuery, Tree } from 'libyang-js'
import type { PortSettings, WorkerSettings } from '../../../dataplane/client/index.js'
import { rows } from '../rows.js'

export const workersClaim = '/weft-ports:workers'
export const portsClaim = '/weft-ports:ports'

/** What a member has that was told nothing. */
export const plainWorkers: WorkerSettings = { count: 1, cpus: [] }
export const plainPort: PortSettings = { driver: 'auto', rxQueues: 0, fastPath: 'off', workers: [] }

const workerQuery: ListQuery = { list: `${workersClaim}/worker`, columns: ['id', 'cpu'] }
const portQuery: ListQuery = {
  list: `${portsClaim}/port`,
  columns: ['name', 'driver', 'rx-queues', 'fast-path'],
  children: [{ list: `${portsClaim}/port/worker`, columns: ['id'] }],
}

export async function readWorkers(tree: Tree): Promise<WorkerSettings> {
  const cpus: { worker: number; cpu: number }[] = []
  for await (const row of rows(workerQuery, tree.entries(workerQuery))) {
    const cpu = row.number('cpu')
    if (cpu !== undefined) cpus.push({ worker: Number(row.needed('id')), cpu })
  }
  const count = await tree.value(`${workersClaim}/count`)
  return { count: count === undefined ? plainWorkers.count : Number(count), cpus }
}

/** Of each port that is listed, by name. */
export async function readPorts(tree: Tree): Promise<ReadonlyMap<string, PortSettings>> {
  const found = new Map<string, PortSettings>()
  for await (const row of rows(portQuery, tree.entries(portQuery))) {
    const name = row.needed('name')
    const queues = row.text('rx-queues') ?? 'auto'
    found.set(name, {
      driver: row.text('driver') ?? plainPort.driver,
      rxQueues: queues === 'auto' ? 0 : Number(queues),
      fastPath: (row.text('fast-path') as PortSettings['fastPath'] | undefined) ?? plainPort.fastPath,
      workers: row.children(0).map((worker) => Number(worker.needed('id'))),
    })
  }
  return found
}
