/** Writing running directly (RFC 6241, section 8.2). */
import test, { type ExecutionContext } from 'ava'
import { startAppliance } from './support/appliance.js'
import { copy, done, edit, interfaces, names, outcome, port } from './support/interfaces.js'

const start = (t: ExecutionContext) => startAppliance(t, { capabilities: ['writable-running'] })
const missing = (name: string) => `<interface nc:operation="delete"><name>${name}</name></interface>`
const option = (name: string, value: string) => `<${name}>${value}</${name}>`

test('an edit of running is a commit of its own, and the candidate follows', async (t) => {
  const { connect, datastores } = await start(t)
  const client = await connect()
  t.true(client.serverHello.includes('urn:ietf:params:netconf:capability:writable-running:1.0'))
  await done(client, edit('running', interfaces('p1')), edit('running', interfaces('p2')))
  t.like(datastores.head, { number: 2, user: 'admin', session: client.sessionId })
  t.deepEqual(await names(client, 'running'), ['p1', 'p2'])
  t.deepEqual(await names(client, 'candidate'), ['p1', 'p2'])
  t.regex(await client.rpc('<get/>'), /<commit><number>2<\/number>/)
})

test('a candidate with changes keeps its contents, and its commit makes running what it is', async (t) => {
  const { connect, datastores } = await start(t)
  const client = await connect()
  await done(client, edit('running', interfaces('p1')), edit('candidate', interfaces('c1')))
  await done(client, edit('running', interfaces('p2')))
  t.deepEqual(await names(client, 'running'), ['p1', 'p2'])
  t.deepEqual(await names(client, 'candidate'), ['p1', 'c1'])
  await done(client, '<commit/>')
  t.deepEqual(await names(client, 'running'), ['p1', 'c1'])
  t.is(datastores.head?.number, 3)
})

test('what an edit does before or beside its errors depends on the error-option', async (t) => {
  const { connect, datastores } = await start(t)
  const client = await connect()
  const config = interfaces('p1', missing('no1'), 'p2', missing('no2'))
  const refused = async (value: string): Promise<string[]> => {
    const errors = await outcome(client, edit('running', config, option('error-option', value)))
    return errors.map(({ tag, path }) => `${tag} ${path.slice(-15)}`)
  }
  const [no1, no2] = ["data-missing [if:name='no1']", "data-missing [if:name='no2']"] as const
  t.deepEqual(await refused('rollback-on-error'), [no1])
  t.deepEqual(await names(client, 'running'), [])
  t.is(datastores.head, undefined)
  t.deepEqual(await refused('stop-on-error'), [no1])
  t.deepEqual(await names(client, 'running'), ['p1'])
  t.deepEqual(await refused('continue-on-error'), [no1, no2])
  t.deepEqual(await names(client, 'running'), ['p1', 'p2'])
  t.is(datastores.head?.number, 2)
})

test('running is always valid, whatever the test-option says', async (t) => {
  const { connect } = await start(t)
  const client = await connect()
  const untyped = interfaces('<interface><name>p9</name></interface>')
  for (const value of ['set', 'test-then-set', 'test-only']) {
    const [error] = await outcome(client, edit('running', untyped, option('test-option', value)))
    t.is(error?.tag, 'data-missing', value)
    t.regex(error?.path ?? '', /interface\[if:name='p9'\]/)
  }
  await done(client, edit('running', interfaces('p1'), option('test-option', 'test-only')))
  t.deepEqual(await names(client, 'running'), [])
  const half = interfaces('p1', '<interface><name>p9</name></interface>', missing('no'))
  const errors = await outcome(client, edit('running', half, option('error-option', 'continue-on-error')))
  t.deepEqual(
    errors.map(({ tag }) => tag),
    ['data-missing', 'data-missing'],
  )
  t.deepEqual(await names(client, 'running'), [])
})

test('operations and default-operation do in running what they do in the candidate', async (t) => {
  const { connect } = await start(t)
  const client = await connect()
  await done(client, edit('running', interfaces('p1', 'p2')))
  await done(client, edit('running', interfaces(missing('p1')), option('default-operation', 'none')))
  t.deepEqual(await names(client, 'running'), ['p2'])
  await done(client, edit('running', interfaces('p3'), option('default-operation', 'replace')))
  t.deepEqual(await names(client, 'running'), ['p3'])
  const [error] = await outcome(client, edit('running', interfaces(port('p3', '', ' nc:operation="create"'))))
  t.is(error?.tag, 'data-exists')
})

test("another session's lock of running stands in the way, one of the candidate does not", async (t) => {
  const { connect } = await start(t)
  const [alice, bob] = [await connect(), await connect()]
  const lock = (name: string) => `<lock><target><${name}/></target></lock>`
  await done(bob, lock('candidate'))
  await done(alice, edit('running', interfaces('p1')))
  await done(bob, lock('running'))
  for (const write of [
    edit('running', interfaces('p2')),
    copy(`<config>${interfaces('p2')}</config>`, '<running/>'),
  ]) {
    const [error] = await outcome(alice, write)
    t.is(error?.tag, 'in-use')
    t.regex(error?.message ?? '', new RegExp(`session ${bob.sessionId}`))
  }
  await done(bob, edit('running', interfaces('p2')))
  t.deepEqual(await names(alice, 'running'), ['p1', 'p2'])
})

test("past another's confirmed commit running is not written, and past one's own it goes with it", async (t) => {
  const { connect } = await start(t)
  const [alice, bob] = [await connect(), await connect()]
  await done(alice, edit('candidate', interfaces('p1')), '<commit><confirmed/></commit>')
  const [error] = await outcome(bob, edit('running', interfaces('p2')))
  t.is(error?.tag, 'in-use')
  t.regex(error?.message ?? '', /confirmed commit of admin is pending/)
  await done(alice, edit('running', interfaces('p3')))
  t.deepEqual(await names(alice, 'running'), ['p1', 'p3'])
  await done(alice, '<cancel-commit/>')
  t.deepEqual(await names(alice, 'running'), [])
})

test('without the capability running is not written, and the error says what to do', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  for (const write of [edit('running', interfaces('p2')), copy('<candidate/>', '<running/>')]) {
    const [error] = await outcome(client, write)
    t.is(error?.tag, 'operation-not-supported')
    t.regex(error?.message ?? '', /needs the capability :writable-running.*takes &lt;candidate&gt;/)
    t.regex(error?.path ?? '', /-config\/nc:target/)
  }
})
