/** Works on a large tree, and prints the milliseconds of processor time that this thread took, and all threads together. */
import { readFileSync } from 'node:fs'
import { routes, routing, text } from '../helpers.js'

/** As the kernel counts: what a thread waits for a processor is none of it. */
const atWork = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6

using context = await routing()
const data = Buffer.from(routes(20_000))
const [own, all] = [atWork(), process.cpuUsage()]
for (let round = 0; round < 3; round++) {
  using tree = await context.parse(data, 'xml')
  using copy = await tree.copy()
  await text(copy, { format: 'xml' })
}
const { user, system } = process.cpuUsage(all)
process.stdout.write(`${atWork() - own} ${(user + system) / 1e3}\n`)
