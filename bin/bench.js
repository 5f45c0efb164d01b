/** `npm run bench -- NAME [--json]`: sets everything up, then runs one benchmark of bench/. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, setupOrExit } from './setup.js'

await setupOrExit('bench')
const folder = join(root, 'build', 'bench')
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.js'))
  .map((file) => file.slice(0, -'.bench.js'.length))
const [name, ...options] = process.argv.slice(2)
const file = join(folder, `${name}.bench.js`)
if (name === undefined || !existsSync(file)) {
  console.error(`usage: npm run bench -- NAME [--json]; benchmarks: ${names.join(', ')}`)
  process.exit(2)
}
const { bench } = await import(file)
await bench(options)
