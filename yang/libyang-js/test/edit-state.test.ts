/** Trees of operational state (EditOptions.state), which an edit fills piece by piece. */
import test from 'ava'
import { createContext, type Tree } from '../src/index.js'

const pieces = 20
const entries = 250

async function text(tree: Tree): Promise<string> {
  const slices: Buffer[] = []
  for await (const slice of tree.print({ format: 'xml' })) slices.push(slice)
  return Buffer.concat(slices).toString()
}

test('pieces of a list without keys add up, in order, equal entries too', async (t) => {
  using context = await createContext({
    searchDirs: [
      '/usr/share/yuma/nmda-modules/ietf',
      '/usr/share/yuma/modules/ietf',
      '/usr/share/yuma/modules',
    ],
    modules: [
      { name: 'ietf-netconf' },
      { name: 'ietf-routing', revision: '2018-03-13' },
      { name: 'ietf-ipv4-unicast-routing', revision: '2018-03-13' },
    ],
  })
  using tree = context.tree()
  const routes = Array.from({ length: pieces * entries }, (_, i) => (i % 10 === 9 ? 0 : i))
  for (let piece = 0; piece < pieces; piece++) {
    const some = routes.slice(piece * entries, (piece + 1) * entries)
    using fragment = context.fragment(
      `<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><ribs><rib><name>r</name><routes>${some
        .map((preference) => `<route><route-preference>${preference}</route-preference></route>`)
        .join('')}</routes></rib></ribs></routing>`,
    )
    const { journal, errors } = await tree.edit(fragment, {
      defaultOperation: 'merge',
      errorOption: 'continue-on-error',
      state: true,
    })
    journal[Symbol.dispose]()
    t.deepEqual(errors, [])
  }
  const found = [...(await text(tree)).matchAll(/<route-preference>(\d+)</g)].map((match) => Number(match[1]))
  t.deepEqual(found, routes)
  t.is((await tree.find("/ietf-routing:routing/ribs/rib[name='r']/routes/route[last()]")).length, 1)
})
