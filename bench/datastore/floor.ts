/** What libyang itself takes for the same data: the program bench/native/libyang_floor.cc, with Weft's own module set. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { schema } from '../../yang/schema.js'
import { median } from '../report.js'

const program = join(resolve(fileURLToPath(import.meta.url), '../../../..'), 'build/engine/libyang-floor')

/** Milliseconds of lyd_parse_data, lyd_validate_all and lyd_print; `memory`: MB of the process with the printed tree. */
export interface Floor {
  readonly parse: number
  readonly validate: number
  readonly print: number
  readonly memory: number
}

/** Medians of some runs. `xml`: the content of a `<config>`. */
export async function floorOf(xml: string, runs: number): Promise<Floor> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-bench-'))
  try {
    const file = join(folder, 'data.xml')
    await writeFile(file, xml)
    const { searchDirs, modules } = schema()
    const args = [
      ...searchDirs.flatMap((dir) => ['--dir', dir]),
      ...modules.flatMap(({ name, revision, features }) => [
        '--module',
        `${name}@${revision ?? ''}:${(features ?? []).join()}`,
      ]),
      file,
    ]
    const floors: Floor[] = []
    for (let run = 0; run < runs; run++) {
      const { stdout } = await promisify(execFile)(program, args)
      floors.push(JSON.parse(stdout) as Floor)
    }
    const of = (key: keyof Floor) => median(floors.map((floor) => floor[key]))
    return { parse: of('parse'), validate: of('validate'), print: of('print'), memory: of('memory') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
