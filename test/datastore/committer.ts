/**
 * A process that commits in a loop until it is killed. Each commit names itself and adds routes; after each
 * acknowledged one it writes its number as a line. Argument: the folder.
 */
import { writeSync } from 'node:fs'
import { openDatastores } from '../../datastore/index.js'
import { alice, box, openContext, routes } from './support.js'

const period = 25
/** How many routes a commit adds; a large one is journaled in several chunks. */
export const size = (number: number): number => (number % period === 0 ? 30_000 : number % 5)
/** The commit after a large one replaces all that was there. */
export const clears = (number: number): boolean => number % period === 1

const directory = process.argv[2]
if (directory !== undefined && process.argv[1]?.endsWith('committer.js')) {
  const silent = (): void => undefined
  const context = await openContext()
  const datastores = await openDatastores<object, never>({
    directory,
    context,
    controllers: [],
    createContext: () => ({}),
    stage: { prepare: async () => ({ apply: async () => undefined, abort: async () => undefined }) },
    log: { info: silent, warn: silent, error: silent },
  })
  for (let number = (datastores.head?.number ?? 0) + 1; ; number++) {
    const count = size(number)
    using config = context.fragment(box(`<name>c${number}</name>`) + routes(number * 100_000, count))
    await datastores.edit(alice, 'candidate', config, {
      defaultOperation: clears(number) ? 'replace' : 'merge',
      errorOption: 'rollback-on-error',
      testOption: 'set',
    })
    await datastores.commit(alice)
    writeSync(1, `${number}\n`)
  }
}
