/** The whole way: `<edit-config>` and `<commit/>` of static routes over SSH, until the engine forwards by them. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Weftd } from '../../test/lab/weftd.js'
import { milliseconds } from '../clock.js'
import { settledMemory } from '../memory.js'
import { paired, single, type Figure } from '../report.js'
import { tableXml, type TableRoute } from './table.js'

const noRoutes =
  '<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>'

/** Octets of all files in a folder. */
async function sizeOf(folder: string): Promise<number> {
  let size = 0
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile())
      size += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0
  return size
}

export async function netconfFigures(
  table: readonly TableRoute[],
  linux: number,
): Promise<readonly Figure[]> {
  await using weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  await using client = await weftd.connect()
  const store = join(weftd.state, 'store')
  const figures: Figure[] = []
  for (const count of [100_000, table.length]) {
    const xml = tableXml(table.filter((_, i) => i % (table.length / count) < 1))
    const before = { weftd: await settledMemory(weftd.pid), store: await sizeOf(store) }
    const time = await milliseconds(async () => {
      await client.edit(xml)
      await client.commit()
    })
    const name = count === 100_000 ? '100k' : '1m'
    const ours = (count / time) * 1000
    figures.push(
      paired(`netconf-${name}`, 'routes/s', 'higher', 'ip -batch into Linux', [{ ours, peer: linux }]),
    )
    if (count === table.length) {
      const resident = ((await settledMemory(weftd.pid)) - before.weftd) * 2 ** 20
      figures.push(
        single('memory-weftd', 'B/route', 'lower', [resident / count]),
        single('memory-journal', 'B/route', 'lower', [((await sizeOf(store)) - before.store) / count]),
      )
    } else {
      await client.edit(noRoutes)
      await client.commit()
    }
  }
  return figures
}
