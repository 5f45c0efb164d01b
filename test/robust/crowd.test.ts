/**
 * Fifty sessions at once, each with work of its own: reads through filters, edits under the candidate's lock that are
 * committed, discarded or left to die with their session, validation, locks of parts, and sessions that kill others. What
 * running is in the end is what a model of the acknowledged commits says.
 */
import test from 'ava'
import { startAppliance, until } from '../netconf/support/appliance.js'
import type { Client } from '../netconf/support/client.js'
import { dice, pick, type Roll } from './dice.js'

const SESSIONS = 50
const ROUNDS = 5

const IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
const type = '<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:softwareLoopback</type>'
const lock = (name: string) => `<lock><target><${name}/></target></lock>`
const unlock = (name: string) => `<unlock><target><${name}/></target></unlock>`
const edit = (name: string, value: number) =>
  `<edit-config><target><candidate/></target><config><interfaces xmlns="${IF}">` +
  `<interface><name>${name}</name><description>${value}</description>${type}</interface>` +
  `<interface><name>${name}-twin</name><description>${value}</description>${type}</interface></interfaces></config></edit-config>`
const read = (name: string) =>
  `<get-config><source><running/></source><filter type="subtree"><interfaces xmlns="${IF}">` +
  `<interface><name>${name}</name></interface></interfaces></filter></get-config>`
const partialLock = (name: string) =>
  '<partial-lock xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0">' +
  `<select xmlns:if="${IF}">/if:interfaces/if:interface[if:name='${name}']</select></partial-lock>`
const refused = /lock-denied|in-use|no-matches/
const OK = /<ok\/>/

/** Values of the interfaces that an acknowledged commit left, by name; `undefined` while nobody knows. */
type Model = Map<string, number | undefined>

test('fifty sessions at once leave what their acknowledged commits say', async (t) => {
  const seed = Number(process.env.WEFT_FUZZ_SEED ?? 1)
  t.log(`WEFT_FUZZ_SEED=${seed}`)
  const { server, context, datastores, connect, log } = await startAppliance(t)
  const model: Model = new Map()
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => connect()))
  const alive = context.alive.trees
  const doomed = new Set(clients.slice(0, 10))
  const done = { commits: 0, refused: 0, killed: 0 }

  /** Both of a pair have one value, and it is the one last committed, or one that is being committed. */
  const look = async (client: Client, name: string): Promise<void> => {
    const values = async (one: string) => /<description>(\d+)</.exec(await client.rpc(read(one)))?.[1]
    const [known, value] = [model.get(name), await values(name)]
    if (model.has(name) && known !== undefined && model.get(name) === known && Number(value) !== known)
      t.fail(`${name} is ${value}, and ${known} was committed`)
  }
  const change = async (client: Client, name: string, value: number, roll: Roll): Promise<void> => {
    for (let locked = '', tries = 0; !OK.test(locked); tries++) {
      if (tries === 10) return
      locked = await client.rpc(lock('candidate'))
      t.regex(locked, /<ok\/>|lock-denied/)
      if (!OK.test(locked)) done.refused++
    }
    t.regex(await client.rpc(edit(name, value)), OK)
    if (roll(3) === 0) t.regex(await client.rpc('<validate><source><candidate/></source></validate>'), OK)
    if (doomed.has(client) && roll(2) === 0) {
      done.killed++
      client.destroy()
      return
    }
    if (roll(4) === 0) t.regex(await client.rpc('<discard-changes/>'), OK)
    const before = model.get(name)
    model.set(name, undefined)
    const reply = await client.rpc('<commit/>')
    const committed = OK.test(reply)
    if (committed) done.commits++
    else t.regex(reply, refused)
    const now = /<description>(\d+)</.exec(await client.rpc(read(name)))?.[1]
    // A commit after a discard changes nothing.
    const expected: readonly (number | undefined)[] = committed ? [value, before] : [before]
    const found = now === undefined ? undefined : Number(now)
    t.true(expected.includes(found), `${name} is ${now}: ${reply}`)
    if (found === undefined) model.delete(name)
    else model.set(name, found)
    t.regex(await client.rpc(unlock('candidate')), OK)
  }
  const part = async (client: Client, name: string): Promise<void> => {
    const reply = await client.rpc(partialLock(name))
    const id = /<lock-id[^>]*>(\d+)</.exec(reply)?.[1]
    if (id === undefined) return void t.regex(reply, refused)
    await client.rpc(read(name))
    const unlocking = `<partial-unlock xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0"><lock-id>${id}</lock-id></partial-unlock>`
    t.regex(await client.rpc(unlocking), OK)
  }

  await Promise.all(
    clients.map(async (client, index) => {
      const roll = dice(seed * 1_000 + index)
      for (let round = 0; round < ROUNDS && !client.ended; round++) {
        const name = `lo${roll(8)}`
        const todo: (() => Promise<void>)[] = [
          () => look(client, name),
          () => look(client, name),
          () => part(client, name),
          () => change(client, name, index * 100 + round, roll),
          () => change(client, name, index * 100 + round, roll),
          async () => void t.regex(await client.rpc('<get/>'), /<\/data><\/rpc-reply>$/),
        ]
        await pick(roll, todo)?.().catch((error: unknown) => {
          if (!doomed.has(client)) throw error
        })
        const victim = clients[round]
        if (index === SESSIONS - 1 && victim !== undefined) {
          await client.rpc(`<kill-session><session-id>${victim.sessionId}</session-id></kill-session>`)
          done.killed++
          await victim.closed()
        }
      }
    }),
  )
  t.log(`${done.commits} commits, ${done.refused} locks refused, ${done.killed} sessions killed`)
  t.true(done.commits > 0 && done.killed > 0)
  clients.forEach((client) => client.destroy())
  await until(t, 'all sessions are gone', () => server.sessions.length === 0)
  t.deepEqual(await datastores.locks(), { datastores: [], partial: [] })
  t.deepEqual((await datastores.compare('running', 'candidate', 10)).lines, [])
  await datastores.withTree('running', async (running) => {
    t.deepEqual(await running.check(), [])
    for (let number = 0; number < 8; number++) {
      const value = (name: string) =>
        running.value(`/ietf-interfaces:interfaces/interface[name='${name}']/description`)
      const [one, twin] = [await value(`lo${number}`), await value(`lo${number}-twin`)]
      t.is(one, twin, 'a commit is there wholly')
      t.is(one, model.get(`lo${number}`)?.toString())
    }
  })
  await until(t, 'all handles are gone', () => {
    const { trees, rpcs, filters } = context.alive
    return trees === alive && rpcs === 0 && filters === 0
  })
  t.deepEqual(
    log.filter((line) => /internal error|could not be/.test(line)),
    [],
  )
})
