/** Ends the process, or throws, with jobs under way and queued, leases held and handles alive. */
import { routes, routing } from '../helpers.js'

const how = process.argv[2]
const contexts = [await routing(), await routing()]
const data = Buffer.from(routes(20_000))
for (const context of contexts) {
  const tree = await context.parse(routes(100), 'xml')
  await tree.print({ format: 'xml', sliceBytes: 10 }).next()
  const journal = context.journal()
  if (how === 'idle') continue
  for (let i = 0; i < 20; i++) {
    void context.parse(data, 'xml')
    void tree.find('//*')
    void tree.copy()
    // This one waits for the print above, which never ends.
    void tree.set("/ietf-interfaces:interfaces/interface[name='e0']/description", 'x', journal)
  }
}
process.stdout.write('leaving\n')
if (how === 'throw') throw new Error('on purpose')
if (how === 'exit') process.exit(0)
