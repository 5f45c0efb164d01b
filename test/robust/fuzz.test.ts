/**
 * Wrong framing, wrong XML and wrong edits, drawn from a seed that is printed: nothing ends the server or hurts another
 * session, and whatever is answered is well-formed, is about the right message, and has errors of RFC 6241, appendix A.
 * `WEFT_FUZZ_SECONDS` says how long (2 s for each part when absent), `WEFT_FUZZ_SEED` which seed.
 */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { XMLValidator } from 'fast-xml-parser'
import { PASSWORD, startAppliance, until, type Appliance } from '../netconf/support/appliance.js'
import { Client, login } from '../netconf/support/client.js'
import { mutated, rpcOf, someRequest } from './corpus.js'
import { dice, pick, type Roll } from './dice.js'

const seconds = Number(process.env.WEFT_FUZZ_SECONDS ?? 2)
const WIDTH = 4
/** Milliseconds for one answer. */
const patience = 20_000

const tags =
  /^(in-use|invalid-value|too-big|(missing|bad|unknown)-(attribute|element)|unknown-namespace|access-denied|lock-denied|resource-denied|rollback-failed|data-exists|data-missing|operation-not-supported|operation-failed|malformed-message)$/

/** What is wrong with a reply; undefined when nothing is. */
function fault(reply: string, id: string | undefined): string | undefined {
  // eslint-disable-next-line no-control-regex
  const raw = /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/.exec(reply)
  if (raw !== null) return `${JSON.stringify(raw[0])} in the reply`
  const verdict = XMLValidator.validate(reply)
  if (verdict !== true) return `not well-formed: ${verdict.err.msg}`
  const [, attributes = ''] = /^<(?:\w+:)?rpc-reply\b([^>]*)>/.exec(reply) ?? []
  if (attributes === '') return 'not an rpc-reply'
  const given = /message-id="([^"]*)"/.exec(attributes)?.[1]
  if (id !== undefined && given !== id) return `message-id ${given}, not ${id}`
  const content = reply.replace(/^<[^>]*>|<\/[^>]*>$/g, '')
  if (content === '') return 'an empty reply'
  for (const [, error = ''] of reply.matchAll(/<(?:\w+:)?rpc-error>(.*?)<\/(?:\w+:)?rpc-error>/gs)) {
    const leaf = (name: string) => new RegExp(`<(?:\\w+:)?${name}[^>]*>([^<]*)<`).exec(error)?.[1] ?? ''
    if (!/^(transport|rpc|protocol|application)$/.test(leaf('error-type')))
      return `error-type ${leaf('error-type')}`
    if (!tags.test(leaf('error-tag'))) return `error-tag ${leaf('error-tag')}`
    if (leaf('error-message') === '') return 'an error without a message'
  }
  return undefined
}

/** Draws seeds until the time has come; what a seed does is over before the next one. */
async function play(
  t: ExecutionContext,
  appliance: Appliance,
  turn: (connection: Awaited<ReturnType<typeof login>>, roll: Roll) => Promise<void>,
): Promise<void> {
  const { server, context, datastores, log } = appliance
  const start = Number(process.env.WEFT_FUZZ_SEED ?? Date.now() % 1_000_000)
  t.log(`WEFT_FUZZ_SEED=${start}`)
  const end = Date.now() + seconds * 1_000
  const other = await appliance.connect()
  const before = context.alive
  let next = start
  await Promise.all(
    Array.from({ length: WIDTH }, async () => {
      const connection = await login({ port: server.address.port, password: PASSWORD })
      connection.ssh.setMaxListeners(0)
      // The server ends a connection with its last session.
      await Client.open(connection)
      do {
        const seed = next++
        await turn(connection, dice(seed)).catch((error: unknown) => {
          throw new Error(`seed ${seed}: ${String(error)}`)
        })
      } while (Date.now() < end)
      connection.ssh.destroy()
      connection.socket.destroy()
    }),
  )
  t.log(`${next - start} seeds`)
  t.regex(await other.rpc('<get-config><source><running/></source></get-config>'), /<\/data><\/rpc-reply>$/)
  await until(t, 'the other sessions are gone', () => server.sessions.length === 1)
  t.deepEqual(await datastores.locks(), { datastores: [], partial: [] })
  await datastores.discard({ session: other.sessionId, user: 'admin' })
  t.deepEqual(await datastores.withTree('running', (running) => running.check()), [])
  await until(t, 'all handles are gone', () => {
    const { trees, journals, rpcs, filters } = context.alive
    return trees === before.trees && journals === before.journals && rpcs === 0 && filters === 0
  })
  t.deepEqual(
    log.filter((line) => /internal error|failed in the middle|could not be|does not fit/.test(line)),
    [],
  )
}

/** Sends, and waits for the reply or the end of the session. */
async function ask(client: Client, bytes: Buffer | string): Promise<string | undefined> {
  const at = client.messages.length
  client.channel.write(bytes)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), patience)))
  const reply = await Promise.race([client.message(at).catch(() => undefined), late])
  clearTimeout(timer)
  if (reply === 'late') throw new Error(`no answer to ${bytes.toString()}`)
  return reply
}

const chunked = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`\n#${bytes.length}\n`), bytes, Buffer.from('\n##\n')])

test('requests and edits that are wrong in their structure', async (t) => {
  const appliance = await startAppliance(t)
  await play(t, appliance, async (connection, roll) => {
    const client = await Client.open(connection)
    for (let i = 0; i < 20; i++) {
      const request = rpcOf(`m${i}`, someRequest(roll))
      const reply = await ask(client, chunked(Buffer.from(request)))
      if (reply === undefined) throw new Error(`the session ended at ${request}`)
      const wrong = fault(reply, `m${i}`)
      if (wrong !== undefined) throw new Error(`${wrong}\n${request}\n${reply}`)
    }
    client.channel.close()
    await client.closed()
  })
})

test('messages that are not quite XML', async (t) => {
  const appliance = await startAppliance(t)
  await play(t, appliance, async (connection, roll) => {
    const base = pick(roll, ['1.0', '1.1', '1.1', '1.1'] as const) ?? '1.1'
    const client = await Client.open(connection, { base })
    for (let i = 0; i < 20 && !client.ended; i++) {
      const bytes = mutated(roll, rpcOf(`m${i}`, someRequest(roll)))
      // Cut short, the id of no session is that of another one that plays.
      if (/<session-id>\s*\d{1,9}\s*</.test(bytes.toString())) continue
      if (base === '1.0') {
        // White space between messages is none.
        if (bytes.includes(']]>]]>') || bytes.toString().trim() === '') continue
        const reply = await ask(client, Buffer.concat([bytes, Buffer.from(']]>]]>')]))
        const wrong = reply === undefined ? undefined : fault(reply, undefined)
        if (wrong !== undefined) throw new Error(`${wrong}\n${bytes.toString()}\n${reply}`)
        continue
      }
      const reply = await ask(client, chunked(bytes))
      if (bytes.length === 0) break
      if (reply === undefined) throw new Error(`the session ended at ${bytes.toString()}`)
      const wrong = fault(reply, undefined)
      if (wrong !== undefined) throw new Error(`${wrong}\n${bytes.toString()}\n${reply}`)
    }
    client.channel.close()
    await client.closed()
  })
})

test('framing that is cut, mixed and wrong', async (t) => {
  const appliance = await startAppliance(t)
  await play(t, appliance, async (connection, roll) => {
    const client = await Client.open(connection, { hello: null })
    const hello = (version: string) =>
      `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:${version}</capability></capabilities></hello>`
    const pieces: Buffer[] = [
      roll(6) === 0
        ? mutated(roll, `${hello('1.1')}]]>]]>`)
        : Buffer.from(`${hello(pick(roll, ['1.0', '1.1', '1.1']) ?? '')}]]>]]>`),
    ]
    for (let i = 1 + roll(4); i > 0; i--) {
      const request = Buffer.from(rpcOf('1', '<get-config><source><candidate/></source></get-config>'))
      const cut = 1 + roll(request.length - 1)
      const ways: (() => Buffer[])[] = [
        () => [chunked(request)],
        () => [chunked(request.subarray(0, cut)).subarray(0, -4), chunked(request.subarray(cut))],
        () => [request, Buffer.from(']]>]]>')],
        () => [
          Buffer.from(
            pick(roll, ['\n#0\n', '\n#01\n', '\n#4294967296\n', '\n#-1\n', '\n#x\n', '\n##\n', '#9\n']) ?? '',
          ),
        ],
        () => [mutated(roll, chunked(request).toString())],
        () => [Buffer.from(`\n#${request.length + roll(9)}\n`), request],
      ]
      pieces.push(...(pick(roll, ways)?.() ?? []))
    }
    // In pieces of any size.
    let bytes = Buffer.concat(pieces)
    while (bytes.length > 0 && !client.ended) {
      const size = 1 + roll(pick(roll, [3, 50, 5_000]) ?? 1)
      client.channel.write(bytes.subarray(0, size))
      bytes = bytes.subarray(size)
      if (roll(3) === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    client.channel.end()
    await client.closed()
    for (const reply of client.messages) {
      const wrong = fault(reply, undefined)
      if (wrong !== undefined) throw new Error(`${wrong}\n${Buffer.concat(pieces).toString()}\n${reply}`)
    }
  })
})
