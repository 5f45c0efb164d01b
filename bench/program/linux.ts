/** The same routes into Linux, by `ip -batch` in a namespace of this run. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Lab } from '../../test/lab/lab.js'
import { milliseconds } from '../clock.js'
import type { TableRoute } from './table.js'

/** Routes a second. */
export async function linuxRate(table: readonly TableRoute[]): Promise<number> {
  await using lab = await Lab.create()
  const [router, neighbours] = await Promise.all([lab.host('linux'), lab.host('neighbours')])
  await lab.link(router, { name: 'eth0', addresses: ['198.51.100.1/24'] }, neighbours, { name: 'eth0' })
  const file = join(lab.folder, 'routes')
  await writeFile(file, table.map(({ prefix, address }) => `route add ${prefix} via ${address}\n`).join(''))
  const time = await milliseconds(() => router.ip('-batch', file))
  return (table.length / time) * 1000
}
