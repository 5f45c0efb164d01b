/**
 * A NETCONF client over SSH for tests. It speaks both framings with code of its own, sends anything as it is told, and
 * can stop reading.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import type { ClientChannel, ConnectConfig } from 'ssh2'

export const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const capability = (version: string): string =>
  `<capability>urn:ietf:params:netconf:base:${version}</capability>`
export const helloOf = (...versions: string[]): string =>
  `<hello xmlns="${BASE}"><capabilities>${versions.map(capability).join('')}</capabilities></hello>`

export interface ClientOptions extends Omit<ConnectConfig, 'sock'> {
  readonly port: number
  /** What the client's hello offers; null sends none. */
  readonly hello?: string | null
  readonly base?: '1.0' | '1.1'
}

export class Client {
  readonly messages: string[] = []
  serverHello = ''
  sessionId = 0
  ended = false
  private received = ''
  private readonly wake = new Set<() => void>()
  private next = 1

  private constructor(
    readonly ssh: ssh2.Client,
    readonly socket: Socket,
    readonly channel: ClientChannel,
    private readonly base: '1.0' | '1.1',
  ) {
    channel.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1')
      this.split()
    })
    const over = (): void => {
      this.ended = true
      this.notify()
    }
    channel.on('close', over)
    ssh.on('close', over)
    ssh.on('error', () => undefined)
  }

  static async connect(options: ClientOptions): Promise<Client> {
    const { hello: _hello, base: _base, ...config } = options
    return await Client.open(await login(config), options)
  }

  /** One more session on a connection. */
  static async open(
    { ssh, socket }: { readonly ssh: ssh2.Client; readonly socket: Socket },
    { hello, base = '1.1' }: Pick<ClientOptions, 'hello' | 'base'> = {},
  ): Promise<Client> {
    const channel = await new Promise<ClientChannel>((resolve, reject) =>
      ssh.subsys('netconf', (error, opened) => (error === undefined ? resolve(opened) : reject(error))),
    )
    const client = new Client(ssh, socket, channel, base)
    await client.wait(() => client.serverHello !== '')
    if (hello !== null) channel.write(`${hello ?? helloOf(base)}]]>]]>`)
    return client
  }

  /** Sends bytes as they are. */
  raw(text: string | Buffer): void {
    this.channel.write(text)
  }

  /** Sends a message in the framing of the session. */
  send(message: string): void {
    const size = Buffer.byteLength(message)
    this.raw(this.base === '1.1' ? `\n#${size}\n${message}\n##\n` : `${message}]]>]]>`)
  }

  /** Sends the operation in an rpc and waits for its reply. */
  async rpc(operation: string): Promise<string> {
    const id = this.next++
    const at = this.messages.length
    this.send(`<rpc xmlns="${BASE}" message-id="${id}">${operation}</rpc>`)
    return this.message(at)
  }

  /** The message of this number, when it has come. Rejects when the session ends first. */
  async message(number: number): Promise<string> {
    await this.wait(() => this.messages.length > number)
    return this.messages[number] ?? ''
  }

  async closed(): Promise<void> {
    while (!this.ended) await this.change()
  }

  destroy(): void {
    this.ssh.destroy()
    this.socket.destroy()
  }

  private async wait(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.ended)
        throw new Error(`the session ended; unread: ${JSON.stringify(this.received.slice(0, 200))}`)
      await this.change()
    }
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.wake.add(resolve))
  }

  private notify(): void {
    for (const wake of this.wake) wake()
    this.wake.clear()
  }

  private split(): void {
    for (let message = this.take(); message !== undefined; message = this.take()) {
      const text = Buffer.from(message, 'latin1').toString()
      if (this.serverHello === '') {
        this.serverHello = text
        this.sessionId = Number(/<session-id>(\d+)</.exec(text)?.[1])
      } else this.messages.push(text)
    }
    this.notify()
  }

  private take(): string | undefined {
    if (this.base === '1.0' || this.serverHello === '') {
      const end = this.received.indexOf(']]>]]>')
      if (end < 0) return undefined
      const message = this.received.slice(0, end)
      this.received = this.received.slice(end + 6)
      return message
    }
    let at = 0
    let message = ''
    for (;;) {
      const header = /^\n#(?:([1-9]\d*)|#)\n/.exec(this.received.slice(at, at + 14))
      if (header === null) return undefined
      at += header[0].length
      if (header[1] === undefined) break
      const size = Number(header[1])
      if (this.received.length < at + size) return undefined
      message += this.received.slice(at, at + size)
      at += size
    }
    this.received = this.received.slice(at)
    return message
  }
}

/** An SSH connection that is logged in. Rejects with ssh2's error when it is refused. */
export async function login(
  config: ConnectConfig & { port: number },
): Promise<{ ssh: ssh2.Client; socket: Socket }> {
  const socket = connect({ port: config.port, host: config.host ?? '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const ssh = new ssh2.Client()
  ssh.connect({ username: 'admin', ...config, sock: socket })
  try {
    await new Promise<void>((resolve, reject) => {
      ssh.once('ready', resolve)
      ssh.once('error', reject)
      ssh.once('close', () => reject(new Error('connection closed')))
    })
  } catch (error) {
    ssh.on('error', () => undefined)
    ssh.destroy()
    socket.destroy()
    throw error
  }
  return { ssh, socket }
}
