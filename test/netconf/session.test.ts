import test from 'ava'
import { BASE, helloOf } from './support/client.js'
import { startAppliance, until } from './support/appliance.js'

const GET_CONFIG = '<get-config><source><running/></source></get-config>'
const lock = (name = 'candidate'): string => `<lock><target><${name}/></target></lock>`
const OK = /<ok\/><\/rpc-reply>$/

test('the server greets with its capabilities and a session id', async (t) => {
  const appliance = await startAppliance(t)
  const client = await appliance.connect()
  const other = await appliance.connect()
  for (const capability of [
    'urn:ietf:params:netconf:base:1.0<',
    'urn:ietf:params:netconf:base:1.1<',
    'urn:ietf:params:netconf:capability:candidate:1.0<',
    'urn:ietf:params:netconf:capability:confirmed-commit:1.1<',
    'urn:ietf:params:netconf:capability:rollback-on-error:1.0<',
    'urn:ietf:params:netconf:capability:validate:1.1<',
    'urn:ietf:params:netconf:capability:xpath:1.0<',
    'urn:ietf:params:netconf:capability:yang-library:1.1?revision=2019-01-04&amp;content-id=',
    'urn:ietf:params:xml:ns:yang:ietf-ip?module=ietf-ip&amp;revision=2018-02-22<',
  ]) {
    t.true(client.serverHello.includes(`<capability>${capability}`), capability)
  }
  t.notRegex(client.serverHello, /writable-running|startup|:url/)
  t.true(client.sessionId > 0)
  t.not(client.sessionId, other.sessionId)
})

for (const base of ['1.0', '1.1'] as const) {
  test(`base:${base}: rpcs are answered in its framing`, async (t) => {
    const client = await (await startAppliance(t)).connect({ base })
    const attributes = `xmlns="${BASE}" message-id="a&amp;1" xmlns:x="urn:x" x:mine='"'`
    client.send(`<?xml version="1.0" encoding="UTF-8"?>\n<rpc ${attributes}>${GET_CONFIG}</rpc>`)
    t.is(await client.message(0), `<rpc-reply ${attributes}><data></data></rpc-reply>`)
    t.regex(await client.rpc('<close-session/>'), OK)
    await client.closed()
  })
}

test('base:1.0 is spoken with a client that knows no other', async (t) => {
  const client = await (await startAppliance(t)).connect({ base: '1.0', hello: helloOf('1.0') })
  t.regex(await client.rpc(lock()), OK)
})

const badHellos = {
  'without a common version':
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities/></hello>',
  'with a session-id': helloOf('1.1').replace('</hello>', '<session-id>1</session-id></hello>'),
  'that is no XML': 'hello',
  'that is too large': helloOf('1.1', 'x'.repeat(100_000)),
}
for (const [name, hello] of Object.entries(badHellos)) {
  test(`a hello ${name} ends the session`, async (t) => {
    const appliance = await startAppliance(t)
    const client = await appliance.connect({ hello })
    await client.closed()
    t.is(client.messages.length, 0)
    t.is(appliance.server.registry.inBadHellos, 1)
    await until(t, 'the session is gone', () => appliance.server.sessions.length === 0)
  })
}

test('a client that sends no hello is not waited for', async (t) => {
  const client = await (await startAppliance(t, { limits: { helloTime: 50 } })).connect({ hello: null })
  await client.closed()
  t.is(client.messages.length, 0)
})

test('a session that has greeted outlives the time for it', async (t) => {
  const client = await (await startAppliance(t, { limits: { helloTime: 1500 } })).connect()
  const end = performance.now() + 2000
  while (performance.now() < end) t.regex(await client.rpc(GET_CONFIG), /<data>/)
})

test('pipelined rpcs are answered in order', async (t) => {
  const client = await (await startAppliance(t)).connect()
  const bodies = [GET_CONFIG, lock(), '<nonsense/>', '<unlock><target><candidate/></target></unlock>']
  const rpcs = Array.from(
    { length: 200 },
    (_, i) => `<rpc xmlns="${BASE}" message-id="${i}">${bodies[i % 4]}</rpc>`,
  )
  client.raw(rpcs.map((rpc) => `\n#${rpc.length}\n${rpc}\n##\n`).join(''))
  await client.message(199)
  t.deepEqual(
    client.messages.map((message) => Number(/message-id="(\d+)"/.exec(message)?.[1])),
    rpcs.map((_, index) => index),
  )
  client.messages.forEach((message, i) =>
    t.regex(message, i % 4 === 0 ? /<data>/ : i % 4 === 2 ? /rpc-error/ : OK),
  )
})

test('rpcs sent after close-session are not answered', async (t) => {
  const client = await (await startAppliance(t)).connect()
  const rpcs = ['<close-session/>', GET_CONFIG].map(
    (body, i) => `<rpc xmlns="${BASE}" message-id="${i}">${body}</rpc>`,
  )
  client.raw(rpcs.map((rpc) => `\n#${rpc.length}\n${rpc}\n##\n`).join(''))
  await client.closed()
  t.is(client.messages.length, 1)
  t.regex(client.messages[0] ?? '', OK)
})

for (const [name, bytes] of Object.entries({
  'a chunk size of zero': '\n#0\n',
  'end-of-message framing in base:1.1': `<rpc xmlns="${BASE}" message-id="1"><get/></rpc>]]>]]>`,
})) {
  test(`${name} ends the session without an answer, and other sessions go on`, async (t) => {
    const appliance = await startAppliance(t)
    const [client, other] = [await appliance.connect(), await appliance.connect()]
    t.regex(await client.rpc(lock()), OK)
    client.raw(bytes)
    await client.closed()
    t.is(client.messages.length, 1)
    t.regex(await other.rpc(lock()), OK)
  })
}

test('a message that is not XML: an error in base:1.1, which goes on; the end of a session in base:1.0', async (t) => {
  const appliance = await startAppliance(t)
  const modern = await appliance.connect()
  for (const text of [
    '<rpc',
    `<rpc xmlns="${BASE}" message-id="7"><get></rpc>`,
    `<hello xmlns="${BASE}"/>`,
  ]) {
    const at = modern.messages.length
    modern.send(text)
    t.regex(await modern.message(at), /<error-type>rpc<.*<error-tag>malformed-message</)
  }
  t.regex(await modern.rpc(lock()), OK)
  const old = await appliance.connect({ base: '1.0' })
  old.send('<rpc')
  await old.closed()
  t.is(old.messages.length, 0)
  t.is(appliance.server.registry.counters.inBadRpcs, 4)
})

test('in base:1.0 an rpc whose content cannot be parsed gets an error that base:1.0 has', async (t) => {
  const client = await (await startAppliance(t)).connect({ base: '1.0' })
  for (const content of [
    `<get><filter>${'<a>'.repeat(600)}${'</a>'.repeat(600)}</filter></get>`,
    '<get></rpc>',
  ]) {
    const at = client.messages.length
    client.send(`<rpc xmlns="${BASE}" message-id="deep">${content}</rpc>`)
    const reply = await client.message(at)
    t.regex(reply, /message-id="deep".*<error-tag>operation-failed</)
    t.notRegex(reply, /malformed-message/)
  }
  t.regex(await client.rpc(lock()), OK)
})

test('a message past the limit is refused, and the session goes on', async (t) => {
  const client = await (await startAppliance(t, { limits: { messageBytes: 100_000 } })).connect()
  client.send(
    `<rpc xmlns="${BASE}" message-id="big"><get><filter>${' '.repeat(300_000)}</filter></get></rpc>`,
  )
  t.regex(await client.message(0), /message-id="big".*<error-tag>too-big</)
  t.regex(await client.rpc(lock()), OK)
})

test('a lock is refused with the session that holds it, until that one unlocks or closes', async (t) => {
  const appliance = await startAppliance(t)
  const [one, two] = [await appliance.connect(), await appliance.connect()]
  t.regex(await one.rpc(lock()), OK)
  const denied = new RegExp(`lock-denied.*<error-info><session-id>${one.sessionId}</session-id></error-info>`)
  t.regex(await two.rpc(lock()), denied)
  t.regex(await one.rpc('<close-session/>'), OK)
  t.regex(await two.rpc(lock()), OK)
})

test('kill-session ends another session, whose locks are gone when it is answered', async (t) => {
  const appliance = await startAppliance(t)
  const [one, two] = [await appliance.connect(), await appliance.connect()]
  t.regex(await one.rpc(lock()), OK)
  const kill = (id: number | string): string => `<kill-session><session-id>${id}</session-id></kill-session>`
  t.regex(await two.rpc(kill(two.sessionId)), /<error-tag>invalid-value<.*is this session/)
  t.regex(await two.rpc(kill(4_000_000_000)), /<error-tag>invalid-value<.*there is no session/)
  t.regex(await two.rpc(kill(one.sessionId)), OK)
  t.regex(await two.rpc(lock()), OK)
  await one.closed()
  t.deepEqual(
    appliance.server.sessions.map(({ id }) => id),
    [two.sessionId],
  )
})

test('a client whose connection breaks gives its locks back', async (t) => {
  const appliance = await startAppliance(t)
  const [one, two] = [await appliance.connect(), await appliance.connect()]
  t.regex(await one.rpc(lock()), OK)
  one.socket.resetAndDestroy()
  await until(t, 'the session is gone', () => appliance.server.sessions.length === 1)
  t.regex(await two.rpc(lock()), OK)
})

test('a client that falls silent is noticed and gives its locks back', async (t) => {
  const appliance = await startAppliance(t, { limits: { keepaliveTime: 100, keepaliveCount: 2 } })
  const [one, two] = [await appliance.connect(), await appliance.connect()]
  t.regex(await one.rpc(lock()), OK)
  one.socket.pause()
  await until(t, 'the session is gone', () => appliance.server.sessions.length === 1)
  t.regex(await two.rpc(lock()), OK)
})

test('clients that die at any step leave no session, lock or handle behind', async (t) => {
  const { server, context, connect, datastores } = await startAppliance(t)
  const trees = context.alive.trees
  const steps = [lock(), GET_CONFIG, '<get/>', '<discard-changes/>', '<commit/>', lock('running')]
  for (let i = 0; i < 60; i++) {
    const client = await connect(i % 7 === 0 ? { hello: null } : {})
    const rpcs = steps
      .slice(0, i % (steps.length + 1))
      .map((body) => `<rpc xmlns="${BASE}" message-id="1">${body}</rpc>`)
    client.raw(rpcs.map((rpc) => `\n#${rpc.length}\n${rpc}\n##\n`).join(''))
    if (i % 3 === 0) client.raw('\n#100\n<rpc')
    if (i % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
    if (i % 5 === 0) client.socket.resetAndDestroy()
    else client.destroy()
  }
  await until(t, 'all sessions are gone', () => server.sessions.length === 0)
  await until(t, 'all handles are gone', () => {
    const { rpcs, filters, trees: now } = context.alive
    return rpcs === 0 && filters === 0 && now === trees
  })
  t.deepEqual(await datastores.locks(), { datastores: [], partial: [] })
  for (const name of ['candidate', 'running'] as const) {
    await datastores.lock({ session: 1_000, user: 'admin' }, name)
    await datastores.unlock({ session: 1_000, user: 'admin' }, name)
  }
})

test('sessions are counted, and dropped ones apart', async (t) => {
  const { server, connect } = await startAppliance(t)
  const [closed, killed, died] = [await connect(), await connect(), await connect()]
  died.destroy()
  await until(t, 'it is gone', () => server.sessions.length === 2)
  t.regex(await closed.rpc(`<kill-session><session-id>${killed.sessionId}</session-id></kill-session>`), OK)
  t.regex(await closed.rpc('<close-session/>'), OK)
  await until(t, 'all are gone', () => server.sessions.length === 0)
  t.like(server.registry, { inSessions: 3, droppedSessions: 1, inBadHellos: 0 })
})

test('two sessions on one connection live and end by themselves', async (t) => {
  const appliance = await startAppliance(t)
  const client = await appliance.connect()
  const second = await new Promise<import('ssh2').ClientChannel>((resolve, reject) =>
    client.ssh.subsys('netconf', (error, channel) =>
      error === undefined ? resolve(channel) : reject(error),
    ),
  )
  await until(t, 'there are two sessions', () => appliance.server.sessions.length === 2)
  second.close()
  await until(t, 'there is one session', () => appliance.server.sessions.length === 1)
  t.regex(await client.rpc(lock()), OK)
})

test('sessions past the limit are refused, and are taken again when others have ended', async (t) => {
  const appliance = await startAppliance(t, { limits: { sessions: 1 } })
  const client = await appliance.connect()
  await t.throwsAsync(appliance.connect())
  await client.rpc('<close-session/>')
  await until(t, 'the session is gone', () => appliance.server.sessions.length === 0)
  t.regex(await (await appliance.connect()).rpc(lock()), OK)
})

test('closing the server lets a running reply end and sends nothing half', async (t) => {
  const appliance = await startAppliance(t)
  const client = await appliance.connect()
  client.send(`<rpc xmlns="${BASE}" message-id="1"><get/></rpc>`)
  await until(
    t,
    'the rpc has come',
    () => appliance.server.registry.counters.inRpcs === 1 || client.messages.length === 1,
  )
  await appliance.server.close()
  await client.closed()
  t.regex(client.messages[0] ?? '', /<\/data><\/rpc-reply>$/)
  await t.throwsAsync(appliance.connect())
})

test('sessions, locks and counters are seen in netconf-state', async (t) => {
  const appliance = await startAppliance(t)
  const [one, two] = [await appliance.connect(), await appliance.connect()]
  await one.rpc(lock())
  await one.rpc('<nonsense/>')
  one.send('<rpc')
  await one.message(2)
  const filter =
    '<filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"/></filter>'
  const state = await two.rpc(`<get>${filter}</get>`)
  t.regex(state, new RegExp(`<locked-by-session>${one.sessionId}</locked-by-session>`))
  const sessions = [...state.matchAll(/<session>.*?<\/session>/gs)].map(([text]) => text.replace(/\s+/g, ''))
  t.is(sessions.length, 2)
  const first = sessions.find((text) => text.includes(`<session-id>${one.sessionId}<`)) ?? ''
  t.regex(first, /netconf-ssh<.*<username>admin<.*<source-host>127\.0\.0\.1</)
  t.regex(first, /<in-rpcs>2<\/in-rpcs><in-bad-rpcs>1<\/in-bad-rpcs><out-rpc-errors>2<\/out-rpc-errors>/)
  t.regex(state, /<identifier>ietf-interfaces<\/identifier>/)
  t.notRegex(state, /<interfaces/)
})

test('yang-library tells the same content id as the hello', async (t) => {
  const client = await (await startAppliance(t)).connect()
  const id = /content-id=([0-9a-f]+)/.exec(client.serverHello)?.[1]
  const filter = '<filter><yang-library xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"/></filter>'
  const state = await client.rpc(`<get>${filter}</get>`)
  t.regex(state, new RegExp(`<content-id>${id}</content-id>`))
  t.regex(state, /<module>\s*<name>ietf-ip<\/name>\s*<revision>2018-02-22<\/revision>/)
})

test('get-schema gives the source of a module, and errors for what there is not', async (t) => {
  const client = await (await startAppliance(t)).connect()
  const ask = (inside: string): Promise<string> =>
    client.rpc(
      `<get-schema xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring">${inside}</get-schema>`,
    )
  const reply = await ask(
    '<identifier>ietf-interfaces</identifier><version>2018-02-20</version><format>yang</format>',
  )
  t.regex(
    reply,
    /<data xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring">module ietf-interfaces \{/,
  )
  t.regex(
    await ask('<identifier>nothing</identifier>'),
    /invalid-value.*there is no module or submodule nothing/,
  )
  t.regex(
    await ask('<identifier>ietf-ip</identifier><version>1999-01-01</version>'),
    /invalid-value.*revisions: 2018-02-22/,
  )
})
