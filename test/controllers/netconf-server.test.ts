import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { defaultLimits, EndpointError } from '../../netconf/index.js'
import { supported } from '../../netconf/transport/algorithms.js'
import type { ManagementServer, ServerSettings } from '../../src/controllers/netconf-server/index.js'
import { Box } from './box.js'

const server = (content: string): string =>
  `<netconf-server xmlns="urn:weft:params:xml:ns:yang:weft-netconf-server" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</netconf-server>`
const endpoint = (name: string, address: string, port: number): string =>
  `<endpoint><name>${name}</name><address>${address}</address><port>${port}</port></endpoint>`

/** A server that refuses port 7 and remembers what it was told. */
class ModelServer implements ManagementServer {
  applied: ServerSettings | undefined
  undone = 0

  prepare(settings: ServerSettings) {
    const taken = settings.endpoints.find(({ port }) => port === 7)
    if (taken) return Promise.reject(new EndpointError(taken, 'EADDRINUSE', 'address already in use'))
    return Promise.resolve({
      apply: () => void (this.applied = settings),
      undo: () => {
        this.undone++
        return Promise.resolve()
      },
    })
  }

  status() {
    return {
      listening: [{ name: 'default', address: '127.0.0.1', port: 1830 }],
      hostKeys: [
        { type: 'ssh-ed25519', bits: 256, publicKey: 'ssh-ed25519 AAAA', fingerprint: 'SHA256:abc' },
      ],
      sessions: 2,
      pendingLogins: 1,
      failedLogins: 5,
    }
  }
}

async function box(t: ExecutionContext): Promise<{ box: Box; server: ModelServer }> {
  const model = new ModelServer()
  const opened = await Box.open({ server: () => model })
  t.teardown(() => opened[Symbol.dispose]())
  return { box: opened, server: model }
}

test('defaults of the module are those of the server', async (t) => {
  const { box: opened, server: model } = await box(t)
  await opened.commit(server('<login><attempts>6</attempts></login>'))
  const { limits } = model.applied as ServerSettings
  t.is(Object.keys(limits).length, 11)
  for (const [name, value] of Object.entries(limits)) {
    t.is(value, defaultLimits[name as keyof typeof defaultLimits] as number, name)
  }
  t.deepEqual(model.applied?.endpoints, [])
})

test('the module and the server know the same algorithms', async (t) => {
  const file = fileURLToPath(new URL('../../../yang/modules/weft-netconf-server.yang', import.meta.url))
  const text = await readFile(file, 'utf8')
  const of = (typedef: string): string[] => {
    const body = new RegExp(`typedef ${typedef} \\{(.*?)\\n  \\}`, 's').exec(text)?.[1] ?? ''
    return [...body.matchAll(/enum (\S+?)(?:;| \{)/g)].map(([, name]) => name as string)
  }
  t.deepEqual(of('key-exchange'), [...supported.keyExchange])
  t.deepEqual(of('host-key-type'), [...supported.hostKey])
  t.deepEqual(of('cipher'), [...supported.cipher])
  t.deepEqual(of('mac'), [...supported.mac])
})

test('endpoints, algorithms in their order, and limits reach the server', async (t) => {
  const { box: opened, server: model } = await box(t)
  await opened.commit(
    server(
      endpoint('lan', '192.0.2.1', 830) +
        endpoint('lo', '::1', 1830) +
        '<ssh><cipher>chacha20-poly1305@openssh.com</cipher><cipher>aes256-ctr</cipher><keepalive><interval>5</interval></keepalive></ssh>' +
        '<sessions><max-sessions-per-user>7</max-sessions-per-user><idle-timeout>60</idle-timeout></sessions>',
    ),
  )
  const { endpoints, algorithms, limits } = model.applied as ServerSettings
  t.deepEqual(endpoints, [
    { name: 'lan', address: '192.0.2.1', port: 830 },
    { name: 'lo', address: '::1', port: 1830 },
  ])
  t.deepEqual(algorithms, {
    keyExchange: [],
    hostKey: [],
    cipher: ['chacha20-poly1305@openssh.com', 'aes256-ctr'],
    mac: [],
  })
  t.like(limits, { keepaliveTime: 5_000, keepaliveCount: 3, sessionsPerUser: 7, idleTime: 60_000 })
})

test('an endpoint that cannot be bound refuses the commit with its path', async (t) => {
  const { box: opened, server: model } = await box(t)
  t.deepEqual(await opened.refusal(server(endpoint('a', '127.0.0.1', 8) + endpoint('b', '127.0.0.1', 7))), [
    "/weft-netconf-server:netconf-server/endpoint[name='b']: cannot listen for NETCONF on 127.0.0.1:7: address already in use",
  ])
  t.is(model.applied, undefined)
})

test('two endpoints at one place, and algorithms that nobody knows, are refused', async (t) => {
  const { box: opened } = await box(t)
  const twice = await opened.refusal(server(endpoint('a', '::1', 8) + endpoint('b', '::1', 8)))
  t.is(twice.length, 1)
  t.regex(twice[0] ?? '', /netconf-server.*endpoint/)
  await t.throwsAsync(opened.commit(server('<ssh><cipher>rot13</cipher></ssh>')), { message: /rot13/ })
})

test('what the server is comes as state', async (t) => {
  const { box: opened } = await box(t)
  const found = await opened.operational()
  const text = JSON.stringify(found)
  for (const part of ['"sessions":2', '"failed-logins":"5"', 'SHA256:abc', '"port":1830']) {
    t.true(text.includes(part), `${part} in ${text}`)
  }
})
