/**
 * `npm run bench -- datastore [SIZE …]`: what an edit, its validation, its commit and its storage cost as the configuration
 * grows, with 1,000, 10,000, 100,000 and 1,000,000 static routes or the sizes given, and what constraints over a list of
 * 100,000 entries cost. libyang's own parse, validation and print of the same data, in the same run, are the floor.
 */
import { interfaceFigures } from './datastore/interfaces.js'
import { listFigures } from './datastore/lists.js'
import { scaleFigures } from './datastore/scale.js'
import { report, type Figure } from './report.js'

const sizes = [1_000, 10_000, 100_000, 1_000_000]

export async function bench(options: readonly string[]): Promise<void> {
  const asked = options.filter((option) => !option.startsWith('--')).map(Number)
  if (asked.some((size) => !Number.isInteger(size) || size < 1000 || size > 4_000_000))
    throw new Error('a size is a number of routes from 1000 to 4000000')
  const figures: Figure[] = []
  for (const size of asked.length > 0 ? asked : sizes) figures.push(...(await scaleFigures(size)))
  figures.push(...(await listFigures()), ...(await interfaceFigures()))
  report('datastore', figures, [], options.includes('--json'))
}
