/** The seeded table of the Internet's shape (bench/native/tables), in the forms in which routes are said. */
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rowsOf } from '../../test/rib/rows.js'
import type { RouteRows } from '../../src/rib/index.js'
import { staticRoutes } from '../routes.js'

const program = join(resolve(fileURLToPath(import.meta.url), '../../../..'), 'build/engine/route-table')
const batchRows = 16_384

export interface TableRoute {
  readonly prefix: string
  /** Of `nextHops` different ones. */
  readonly address: string
}

/** Next hops of all the routes: neighbours of 198.51.100.0/24. */
const nextHops = 200
const neighbour = (number: number): string => `198.51.100.${10 + (number % nextHops)}`

export async function readTable(count: number): Promise<readonly TableRoute[]> {
  const { stdout } = await promisify(execFile)(program, [String(count), String(nextHops)], {
    maxBuffer: 1 << 27,
  })
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [prefix = '', number] = line.split(' ')
      return { prefix, address: neighbour(Number(number)) }
    })
}

/** In columns, as configuration brings them. */
export function tableRows(table: readonly TableRoute[]): readonly RouteRows[] {
  return Array.from({ length: Math.ceil(table.length / batchRows) }, (_, at) =>
    rowsOf(table.slice(at * batchRows, (at + 1) * batchRows)),
  )
}

/** As the content of a `<config>`, by next hops that the demo chassis reaches. */
export function tableXml(table: readonly TableRoute[]): string {
  const route = ({ prefix, address }: TableRoute): string =>
    `<route><destination-prefix>${prefix}</destination-prefix><next-hop><next-hop-address>${address}</next-hop-address></next-hop></route>`
  return staticRoutes(table.map(route).join(''))
}
