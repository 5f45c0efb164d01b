/** Plays a transcript against a server of its own. */
import { Client, helloOf } from '../../netconf/support/client.js'
import { PASSWORD } from '../../netconf/support/appliance.js'
import { differences } from './compare.js'
import { Placeholders } from './placeholders.js'
import { TranscriptServer } from './server.js'
import { patience } from './time.js'
import type { Step, Transcript } from './transcript.js'

interface Session {
  readonly client: Client
  /** Messages that the transcript has seen. */
  seen: number
}

/** What was not as the transcript says, beginning with the file of the step; undefined when all was. */
export async function play(transcript: Transcript): Promise<string | undefined> {
  await using server = await TranscriptServer.start(transcript)
  const player = new Player(transcript, server)
  let file = 'transcript.json'
  try {
    for (const step of transcript.steps) {
      file = step.file
      const wrong = await player.step(step)
      if (wrong.length > 0) return [file, ...wrong].join('\n')
    }
    const unread = player.unread()
    return unread === undefined ? undefined : `after the last step\n${unread}`
  } catch (error) {
    return `${file}\n${(error as Error).message}`
  } finally {
    player.end()
  }
}

class Player {
  private readonly sessions = new Map<string, Session>()
  private readonly known = new Placeholders()

  constructor(
    private readonly transcript: Transcript,
    private readonly server: TranscriptServer,
  ) {}

  async step({ who, kind, text }: Step): Promise<string[]> {
    switch (kind) {
      case 'hello':
        await this.open(who, text.trim())
        return []
      case 'refused':
        return this.open(who).then(
          () => ['the server opened a session'],
          () => [],
        )
      case 'clock':
        await this.server.pass(Number(wordOf(text, /^(\d+) s/, '`N s`')))
        return []
      case 'restart':
        await this.server.restart(
          wordOf(text, /^(process|machine)/, '`process` or `machine`') === 'machine' ? 'machine' : 'process',
        )
        await inTime(
          Promise.all([...this.sessions.values()].map(({ client }) => client.closed())),
          'the end of all sessions',
        )
        return []
      default:
    }
    const session = this.sessions.get(who) ?? (await this.open(who))
    const { client } = session
    switch (kind) {
      case 'greeting':
        return differences(text, client.serverHello, this.known)
      case 'request':
        client.send(this.known.fill(text.trim()))
        return []
      case 'raw':
        client.raw(unescape(this.known.fill(text)))
        return []
      case 'reply':
        return differences(text, await inTime(client.message(session.seen++), 'a reply'), this.known)
      case 'closed':
        await inTime(client.closed(), 'the end of the session')
        await this.gone(client)
        return client.messages
          .slice(session.seen)
          .map((message) => `before the session ended there was: ${message}`)
      case 'close':
        client.channel.close()
        await this.gone(client)
        return []
      case 'lost':
        client.destroy()
        await this.gone(client)
        return []
    }
  }

  /** The first message that no step has asked for. */
  unread(): string | undefined {
    for (const [who, { client, seen }] of this.sessions) {
      const message = client.messages[seen]
      if (message !== undefined) return `${who} received besides: ${message}`
    }
    return undefined
  }

  end(): void {
    for (const { client } of this.sessions.values()) client.destroy()
  }

  private async open(who: string, hello = helloOf('1.0', '1.1')): Promise<Session> {
    const client = await Client.connect({
      port: this.server.port,
      username: this.transcript.users[who] ?? who,
      password: PASSWORD,
      hello: hello === '' ? null : hello,
      base: hello === '' || hello.includes('urn:ietf:params:netconf:base:1.1') ? '1.1' : '1.0',
    })
    const session = { client, seen: 0 }
    this.sessions.set(who, session)
    this.known.session(who, client.sessionId)
    return session
  }

  /** The server has noticed that the session is over. */
  private async gone({ sessionId }: Client): Promise<void> {
    const deadline = Date.now() + patience
    while (this.server.has(sessionId)) {
      if (Date.now() > deadline) throw new Error(`the server still has session ${sessionId}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
}

function wordOf(text: string, pattern: RegExp, wanted: string): string {
  const [, word] = pattern.exec(text) ?? []
  if (word === undefined) throw new Error(`the step begins with ${wanted}, not with ${JSON.stringify(text)}`)
  return word
}

async function inTime<T>(what: Promise<T>, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited for ${name} for ${patience / 1000} s`)), patience)
  })
  try {
    return await Promise.race([what, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Line breaks of the file do not count; `\n`, `\r`, `\t`, `\\` and `\xHH` are the octets that they mean. */
function unescape(text: string): Buffer {
  const octets = text
    .replace(/\r?\n/g, '')
    .replace(/\\(?:x([0-9a-fA-F]{2})|([nrt\\]))/g, (_all, hex: string | undefined, letter: string) =>
      hex === undefined
        ? ({ n: '\n', r: '\r', t: '\t' }[letter] ?? '\\')
        : String.fromCharCode(parseInt(hex, 16)),
    )
  return Buffer.from(octets, 'latin1')
}
