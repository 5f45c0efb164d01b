/** Parses, edits, prints and disposes over and over, and tells by how many MiB the process grew after the first rounds. */
import { netconf } from '../helpers.js'

const context = await netconf()
const bread = Array.from(
  { length: 3000 },
  (_, i) => `<bread><name>b${i}</name><weight>1</weight><grain>rye</grain></bread>`,
)
const shop = `<shop xmlns="urn:libyang-js:bakery">${bread.join('')}</shop>`
const rpc = Buffer.from(
  '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1"><edit-config><target><candidate/></target>' +
    `<config>${shop}</config></edit-config></rpc>`,
)

async function round(): Promise<void> {
  using tree = await context.parse(shop, 'xml')
  using filter = context.xpathFilter('/bakery:shop/bread[weight > 3]')
  for await (const slice of tree.print({ format: 'json', filter })) void slice
  for await (const slice of tree.print({ format: 'xml', sliceBytes: 4096 })) {
    void slice
    break
  }
  await context.parse(`${shop}<`, 'xml').catch(() => undefined)
  using message = await context.parseRpc(rpc)
  await context.parseRpc(rpc.subarray(0, -3)).catch(() => undefined)
  using fragment = message.fragment('config')
  using candidate = context.tree()
  if (fragment === undefined) throw new Error('no config')
  const { journal } = await candidate.edit(fragment, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
  })
  using reversed = await journal.reversed()
  await candidate.apply(reversed)
  await candidate.value('/bakery:shop/nothing').catch(() => undefined)
  journal[Symbol.dispose]()
}

async function rounds(count: number): Promise<number> {
  for (let i = 0; i < count; i++) await round()
  globalThis.gc?.()
  return process.memoryUsage().rss
}

const before = await rounds(20)
const after = await rounds(60)
console.log(JSON.stringify({ grown: (after - before) / (1 << 20), alive: context.alive }))
