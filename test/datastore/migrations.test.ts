/** The steps that carry stores of older Wefts over, each with a store of before. */
import test from 'ava'
import { createContext } from 'libyang-js'
import { migrations } from '../../datastore/migrate/index.js'
import { factoryConfiguration } from '../../src/factory.js'
import { schema } from '../../yang/schema.js'
import { collect, openBench } from './support.js'

const nacmOf = (xml: string) => /<nacm[^]*<\/nacm>/.exec(xml)?.[0].replaceAll(/>\s+</g, '><')

test('001: what admin alone could do before there was access control, admin alone can do after', async (t) => {
  const now = schema()
  const before = await createContext({
    ...now,
    modules: now.modules.filter(({ name }) => name !== 'ietf-netconf-acm'),
  })
  t.teardown(() => before[Symbol.dispose]())
  const old = await openBench(t, before)
  const users = '<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><contact>noc</contact></system>'
  await old.edit(users)
  await old.datastores.commit({ session: 1, user: 'admin' })
  await old.datastores[Symbol.asyncDispose]()

  const context = await createContext(now)
  t.teardown(() => context[Symbol.dispose]())
  const { datastores, log } = await openBench(t, context, { directory: old.directory, migrations })
  const running = await collect(datastores.read({ source: 'running' }))
  t.true(running.includes('noc'))
  t.is(nacmOf(running), nacmOf(factoryConfiguration().xml))
  t.true(log.lines.some((line) => line.includes('admin may do everything, other users read')))
})
