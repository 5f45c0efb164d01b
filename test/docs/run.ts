/** Runs what a page of docs/ says can be done, from its first line to its last, against one appliance. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { NetconfClient } from '../../src/demo/client.js'
import { adminPassword, Weftd } from '../lab/weftd.js'
import { alike, missing, parseXml } from './match.js'
import { blocksOf, type Block, type Command } from './page.js'

const execute = promisify(execFile)
const root = resolve(fileURLToPath(import.meta.url), '../../../..')
const base = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const weftdCommand = 'bin/weftd '
/** Milliseconds that state may take to be as the page shows it. */
const patience = 10_000

/** Sessions of a page by name. */
class Sessions {
  readonly #open = new Map<string, Promise<NetconfClient>>()

  constructor(private readonly port: number) {}

  get(name: string, login: Login = {}): Promise<NetconfClient> {
    const { user = 'admin', password = adminPassword } = login
    const known = this.#open.get(name)
    if (known) return known
    const session = NetconfClient.connect({ host: '127.0.0.1', port: this.port, username: user, password })
    this.#open.set(name, session)
    return session
  }

  async close(): Promise<void> {
    for (const session of this.#open.values()) await (await session)[Symbol.asyncDispose]()
  }
}

interface Login {
  readonly user?: string
  readonly password?: string
}

export interface Page {
  readonly text: string
  readonly weftd: Weftd
  /** A session of admin's own that no block uses. */
  session(): Promise<NetconfClient>
}

/** Does all of `docs/NAME` with a weftd that is started as the page starts it; it ends with the test. */
export async function runPage(t: ExecutionContext, name: string): Promise<Page> {
  const text = await readFile(join(root, 'docs', name), 'utf8')
  const blocks = blocksOf(text)
  const weftd = await Weftd.start({ options: [...optionsOf(blocks, await folder(t)), '--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  const sessions = new Sessions(weftd.port)
  t.teardown(() => sessions.close())
  const path = [await tools(t), process.env['PATH']].join(delimiter)
  const here = (said: string): string =>
    said
      .replace(/\b1830\b/g, String(weftd.port))
      .replace(/password='…'/g, `password='${adminPassword}'`)
      .replace(/\bbin\/weft (lab|vrf) exec /g, `bin/weft $1 exec --state ${weftd.state} `)

  for (const block of blocks) {
    const where = `line ${block.line} of docs/${name}`
    if (block.kind === 'request')
      await request(t, await sessions.get(block.session, block.login), block, where)
    else if (block.kind === 'python')
      await t.notThrowsAsync(execute('/usr/bin/python3', ['-c', here(block.content)]), where)
    else
      for (const command of block.commands)
        if (!command.command.startsWith(weftdCommand)) await shell(command, where)
  }

  async function shell({ command, output }: Command, where: string): Promise<void> {
    const { stdout } = await execute('sh', ['-c', here(command)], {
      cwd: root,
      env: { ...process.env, PATH: path },
    })
    t.true(alike(output, stdout.trim()), `${where}: ${command} printed\n${stdout}`)
  }

  return { text, weftd, session: () => sessions.get('of the test') }
}

/** An `ssh` that needs nobody to type a password and leaves no trace in the user's files. */
async function tools(t: ExecutionContext): Promise<string> {
  const bin = await folder(t)
  const options = [
    'UserKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=no',
    'LogLevel=ERROR',
    'PubkeyAuthentication=no',
  ]
  const given = options.map((option) => `-o ${option}`).join(' ')
  await writeFile(join(bin, 'askpass'), `#!/bin/sh\necho ${adminPassword}\n`, { mode: 0o700 })
  await writeFile(
    join(bin, 'ssh'),
    `#!/bin/sh\nSSH_ASKPASS=${bin}/askpass SSH_ASKPASS_REQUIRE=force exec /usr/bin/ssh -F none ${given} "$@"\n`,
    { mode: 0o700 },
  )
  return bin
}

/** Sends it; what is not answered as the page says fails the test. */
export async function request(
  t: ExecutionContext,
  client: NetconfClient,
  { content, reply }: Block & { kind: 'request' },
  where: string,
): Promise<void> {
  const wanted = parseXml(`<rpc-reply xmlns="${base}">${reply}</rpc-reply>`)
  let answer = (await client.send(content)).toString()
  // State follows what was done before: a reader looks again.
  const isRead = content.trimStart().startsWith('<get>')
  const end = performance.now() + patience
  while (isRead && missing(wanted, parseXml(answer)) !== undefined && performance.now() < end) {
    await delay(50)
    answer = (await client.send(content)).toString()
  }
  const lacks = missing(wanted, parseXml(answer))
  t.is(lacks, undefined, `${where}: this is not in the reply, which was\n${answer}`)
}

/** The options of the page's own `bin/weftd`, with another folder for files. */
function optionsOf(blocks: readonly Block[], files: string): string[] {
  const commands = blocks.flatMap((block) => (block.kind === 'console' ? block.commands : []))
  const found = commands.find(({ command }) => command.startsWith(weftdCommand))
  const words = (found?.command ?? '').split(' ').slice(1)
  return words.map((word, index) => (words[index - 1] === '--url-folder' ? files : word))
}

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'weft-docs-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}
