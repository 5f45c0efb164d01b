/** Records to syslog servers that come, go and do not answer. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { syslogSink } from '../../src/audit/syslog.js'

/** The records of a stream, as RFC 6587, section 3.4.1, frames them. */
function records(stream: Buffer): string[] {
  const found: string[] = []
  for (let at = 0; at < stream.length;) {
    const space = stream.indexOf(' ', at)
    const end = space + 1 + Number(stream.subarray(at, space).toString())
    if (end > stream.length) break
    found.push(stream.subarray(space + 1, end).toString())
    at = end
  }
  return found
}

class Listener {
  readonly sockets: Socket[] = []
  received = Buffer.alloc(0)

  constructor(readonly server: Server) {
    server.on('connection', (socket) => {
      this.sockets.push(socket)
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => (this.received = Buffer.concat([this.received, bytes])))
    })
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  async got(count: number): Promise<string[]> {
    while (records(this.received).length < count) await new Promise((again) => setTimeout(again, 5))
    return records(this.received)
  }
}

async function listen(t: ExecutionContext, port = 0): Promise<Listener> {
  const listener = new Listener(createServer())
  listener.server.listen(port, '127.0.0.1')
  await once(listener.server, 'listening')
  t.teardown(() => {
    listener.server.close()
    listener.sockets.forEach((socket) => socket.destroy())
  })
  return listener
}

const sinkTo = (port: number) => syslogSink({ name: 'noc', transport: 'tcp', address: '127.0.0.1', port })

test('over TCP each record has its length in octets before it', async (t) => {
  const listener = await listen(t)
  const sink = sinkTo(listener.port)
  await sink.write(['one', 'größer'])
  await sink.write(['three'])
  t.deepEqual(await listener.got(3), ['one', 'größer', 'three'])
  t.is(listener.sockets.length, 1)
  const closed = once(listener.sockets[0] as Socket, 'close')
  await sink.close()
  await closed
})

test('a server that is not there is an error, and is connected to when it is', async (t) => {
  const { port, server } = await listen(t)
  await new Promise((closed) => server.close(closed))
  const sink = sinkTo(port)
  t.teardown(() => sink.close())
  await t.throwsAsync(sink.write(['one']), { message: /ECONNREFUSED/ })
  const listener = await listen(t, port)
  await sink.write(['one'])
  t.deepEqual(await listener.got(1), ['one'])
})

test('a server that ends the connection is connected to anew', async (t) => {
  const listener = await listen(t)
  const sink = sinkTo(listener.port)
  t.teardown(() => sink.close())
  await sink.write(['one'])
  await listener.got(1)
  const first = listener.sockets[0] as Socket
  first.end()
  await once(first, 'close')
  await sink.write(['two'])
  t.deepEqual(await listener.got(2), ['one', 'two'])
  t.is(listener.sockets.length, 2)
})

test('a server that takes nothing is an error after a while', async (t) => {
  const listener = await listen(t)
  listener.server.on('connection', (socket) => socket.pause())
  const sink = sinkTo(listener.port)
  t.teardown(() => sink.close())
  await t.throwsAsync(sink.write(['x'.repeat(64 << 20)]), { message: /no answer within 3 s/ })
})
