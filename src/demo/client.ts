/**
 * A small NETCONF client over SSH (RFC 6241, 6242; base:1.1 only): what the demo, the benchmarks and the tests speak
 * through the appliance's front door. One rpc at a time or pipelined; replies come in order.
 */
import { Client, type ClientChannel } from 'ssh2'

const base = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const endOfMessage = ']]>]]>'

/** An `rpc-reply` with `rpc-error`s. */
export class RpcReplyError extends Error {
  override readonly name = 'RpcReplyError'

  constructor(readonly reply: string) {
    const messages = [...reply.matchAll(/<error-message[^>]*>([^<]*)</g)].map((match) => match[1])
    super(messages.join('; ') || reply)
  }
}

export interface Connection {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
}

interface Waiting {
  resolve(reply: Buffer): void
  reject(error: Error): void
  /** Takes the reply's pieces as they come; they are then not kept. */
  readonly take: ((piece: Buffer) => void) | undefined
}

const connectionGone = () => new Error('the connection to the server is gone')

export class NetconfClient implements AsyncDisposable {
  readonly #ssh: Client
  readonly #channel: ClientChannel
  readonly #closed: Promise<void>
  readonly #waiting: Waiting[] = []
  #pending: Buffer[] = []
  #pendingBytes = 0
  #message: Buffer[] = []
  #left = 0
  #over: Error | undefined
  #next = 1

  private constructor(ssh: Client, channel: ClientChannel, closed: Promise<void>) {
    this.#ssh = ssh
    this.#channel = channel
    channel.on('close', () => this.#fail(new Error('the NETCONF session was closed by the server')))
    this.#closed = closed
    void closed.then(() => this.#fail(connectionGone()))
    ssh.on('error', (error: Error) => this.#fail(error))
  }

  /** Connects, authenticates and exchanges hellos. Rejects when the server goes away in the middle of it. */
  static async connect(to: Connection): Promise<NetconfClient> {
    const ssh = new Client()
    // It may tell of more than one error; the first decides, and none may end the process.
    ssh.on('error', () => undefined)
    const closed = new Promise<void>((resolve) => ssh.once('close', () => resolve()))
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      ssh.once('error', reject)
      // A server that hangs up before the session is there is no error to ssh2.
      void closed.then(() => reject(connectionGone()))
      ssh.once('ready', () => {
        ssh.subsys('netconf', (error, stream) => (error ? reject(error) : resolve(stream)))
      })
      ssh.connect({ ...to, readyTimeout: 20_000 })
      ssh.setNoDelay(true)
    })
    const rest = await new Promise<Buffer>((resolve, reject) => {
      let text = Buffer.alloc(0)
      const read = (chunk: Buffer) => {
        text = Buffer.concat([text, chunk])
        const end = text.indexOf(endOfMessage)
        if (end < 0) return
        channel.off('data', read)
        resolve(text.subarray(end + endOfMessage.length))
      }
      channel.on('data', read)
      const early = () => reject(new Error('the server closed the session before its hello'))
      channel.once('close', early)
      void closed.then(early)
      channel.write(
        `<hello xmlns="${base}"><capabilities><capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>${endOfMessage}`,
      )
    })
    const client = new NetconfClient(ssh, channel, closed)
    client.#receive(rest)
    channel.on('data', (chunk: Buffer) => client.#receive(chunk))
    return client
  }

  /**
   * Sends the content of an `<rpc>`; resolves with the whole reply's bytes, or with none when `take` has been given them
   * piece by piece. Rejects when the session ends first.
   */
  send(operation: string, take?: (piece: Buffer) => void): Promise<Buffer> {
    const message = Buffer.from(`<rpc xmlns="${base}" message-id="${this.#next++}">${operation}</rpc>`)
    if (this.#over) return Promise.reject(this.#over)
    if (!this.#channel.writable) return Promise.reject(new Error('the NETCONF session is closed'))
    this.#channel.write(
      Buffer.concat([Buffer.from(`\n#${message.length}\n`), message, Buffer.from('\n##\n')]),
    )
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject, take }))
  }

  /** As `send`, but rejects with RpcReplyError when the reply holds errors. */
  async rpc(operation: string): Promise<string> {
    const reply = (await this.send(operation)).toString()
    if (/<(\w+:)?rpc-error[\s>]/.test(reply.slice(0, 4096))) throw new RpcReplyError(reply)
    return reply
  }

  edit(config: string, options = ''): Promise<string> {
    return this.rpc(
      `<edit-config><target><candidate/></target>${options}<config>${config}</config></edit-config>`,
    )
  }

  commit(): Promise<string> {
    return this.rpc('<commit/>')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rpc('<close-session/>').catch(() => undefined)
    this.#ssh.end()
    await this.#closed
  }

  #fail(error: Error): void {
    this.#over ??= error
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }

  #receive(chunk: Buffer): void {
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    while (this.#step());
  }

  /** Takes one chunk header or as much of a chunk as there is; false when more bytes are needed (RFC 6242, section 4.2). */
  #step(): boolean {
    if (this.#left > 0) {
      const first = this.#pending[0]
      if (!first) return false
      const part = first.subarray(0, this.#left)
      const take = this.#waiting[0]?.take
      if (take) take(part)
      else this.#message.push(part)
      this.#left -= part.length
      this.#skip(part.length)
      return true
    }
    if (this.#pendingBytes < 4) return false
    if (this.#pending.length > 1) this.#pending = [Buffer.concat(this.#pending)]
    const header = /^\n#(\d{1,10}|#)\n/.exec((this.#pending[0] as Buffer).toString('latin1', 0, 16))
    if (!header) return false
    this.#skip(header[0].length)
    if (header[1] !== '#') this.#left = Number(header[1])
    else this.#waiting.shift()?.resolve(Buffer.concat(this.#message.splice(0)))
    return true
  }

  #skip(bytes: number): void {
    const rest = (this.#pending[0] as Buffer).subarray(bytes)
    this.#pendingBytes -= bytes
    if (rest.length > 0) this.#pending[0] = rest
    else this.#pending.shift()
  }
}
