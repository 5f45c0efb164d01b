/** What docs/netconf.md says can be done is done, from its first line to its last, by one appliance. */
import test from 'ava'
import { createContext } from 'libyang-js'
import { capabilities } from '../../netconf/capabilities.js'
import { schema } from '../../yang/schema.js'
import { tableUnder } from './page.js'
import { runPage } from './run.js'

test('every command of the page does what the page says', async (t) => {
  const { text, weftd, session } = await runPage(t, 'netconf.md')
  // After a factory reset it starts over.
  await weftd.ready(1 + (text.match(/<factory-reset /g)?.length ?? 0))
  const told = tableUnder(text, '## Capabilities').map(([name = '', offered]) => ({
    name: name.replaceAll('`', ''),
    always: offered === 'always',
  }))
  const state = await (await session()).rpc(capabilitiesState)
  const offered = [...state.matchAll(/<capability>([^<]*)/g)].map(([, uri = '']) => uri)
  t.deepEqual(told.map(({ name }) => name).toSorted(), standardOnes(offered))
  using context = await createContext(schema())
  const always = told.filter((row) => row.always).map(({ name }) => name)
  t.deepEqual(always.toSorted(), standardOnes(capabilities(context)))
})

/** What capabilities that are no modules are called, without parameters, in order. */
function standardOnes(uris: readonly string[]): string[] {
  return uris.flatMap((uri) => /^urn:ietf:params:netconf:[^?]*/.exec(uri)?.[0] ?? []).toSorted()
}

const capabilitiesState =
  '<get><filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><capabilities/></netconf-state></filter></get>'
