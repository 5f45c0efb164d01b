/** A worker thread that is busy until it is terminated. */
import { parentPort } from 'node:worker_threads'
import { routes, routing } from '../helpers.js'

const context = await routing()
const data = Buffer.from(routes(5000))
parentPort?.postMessage('busy')
const one = async (): Promise<void> => {
  for (;;) {
    using tree = await context.parse(data, 'xml')
    using copy = await tree.copy()
    for await (const slice of copy.print({ format: 'json', sliceBytes: 1000 })) if (slice.length < 10) break
  }
}
await Promise.all([one(), one(), one()])
