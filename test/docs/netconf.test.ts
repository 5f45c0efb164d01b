/** What docs/netconf.md says can be done is done, from its first line to its last, by one appliance. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { createContext } from 'libyang-js'
import { capabilities } from '../../netconf/capabilities.js'
import { NetconfClient } from '../../src/demo/client.js'
import { schema } from '../../yang/schema.js'
import { adminPassword, Weftd } from '../lab/weftd.js'
import { alike, missing, parseXml } from './match.js'
import { blocksOf, tableUnder, type Block, type Command } from './page.js'

const run = promisify(execFile)
const root = resolve(fileURLToPath(import.meta.url), '../../../..')
const base = 'urn:ietf:params:xml:ns:netconf:base:1.0'

/** Sessions of the page by name. */
class Sessions {
  readonly #open = new Map<string, Promise<NetconfClient>>()

  constructor(private readonly port: number) {}

  get(block: Block & { kind: 'request' }): Promise<NetconfClient> {
    const { user = 'admin', password = adminPassword } = block.login ?? {}
    const known = this.#open.get(block.session)
    if (known) return known
    const session = NetconfClient.connect({ host: '127.0.0.1', port: this.port, username: user, password })
    this.#open.set(block.session, session)
    return session
  }

  async close(): Promise<void> {
    for (const session of this.#open.values()) await (await session)[Symbol.asyncDispose]()
  }
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

test('every command of the page does what the page says', async (t) => {
  const page = await readFile(join(root, 'docs/netconf.md'), 'utf8')
  const blocks = blocksOf(page)
  const weftd = await Weftd.start({ options: [...optionsOf(blocks, await folder(t)), '--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  const sessions = new Sessions(weftd.port)
  t.teardown(() => sessions.close())
  const path = [await tools(t), process.env['PATH']].join(delimiter)
  const here = (text: string): string =>
    text.replace(/\b1830\b/g, String(weftd.port)).replace(/password='…'/g, `password='${adminPassword}'`)

  for (const block of blocks) {
    const where = `line ${block.line} of docs/netconf.md`
    if (block.kind === 'request') await request(t, await sessions.get(block), block, where)
    else if (block.kind === 'python')
      await t.notThrowsAsync(run('/usr/bin/python3', ['-c', here(block.content)]), where)
    else
      for (const command of block.commands)
        if (!command.command.startsWith(weftdCommand)) await shell(t, command, where)
  }

  async function shell(t: ExecutionContext, { command, output }: Command, where: string): Promise<void> {
    const { stdout } = await run('sh', ['-c', here(command)], {
      cwd: root,
      env: { ...process.env, PATH: path },
    })
    t.true(alike(output, stdout.trim()), `${where}: ${command} printed\n${stdout}`)
  }

  // After a factory reset it starts over.
  await weftd.ready(1 + (page.match(/<factory-reset /g)?.length ?? 0))
  const told = tableUnder(page, '## Capabilities').map(([name = '', offered]) => ({
    name: name.replaceAll('`', ''),
    always: offered === 'always',
  }))
  const state = await (await sessions.get(monitor)).rpc(capabilitiesState)
  const offered = [...state.matchAll(/<capability>([^<]*)/g)].map(([, uri = '']) => uri)
  t.deepEqual(told.map(({ name }) => name).toSorted(), standardOnes(offered))
  using context = await createContext(schema())
  const always = told.filter((row) => row.always).map(({ name }) => name)
  t.deepEqual(always.toSorted(), standardOnes(capabilities(context)))
})

async function request(
  t: ExecutionContext,
  client: NetconfClient,
  { content, reply }: Block & { kind: 'request' },
  where: string,
): Promise<void> {
  const answer = (await client.send(content)).toString()
  const lacks = missing(parseXml(`<rpc-reply xmlns="${base}">${reply}</rpc-reply>`), parseXml(answer))
  t.is(lacks, undefined, `${where}: this is not in the reply, which was\n${answer}`)
}

/** What capabilities that are no modules are called, without parameters, in order. */
function standardOnes(uris: readonly string[]): string[] {
  return uris.flatMap((uri) => /^urn:ietf:params:netconf:[^?]*/.exec(uri)?.[0] ?? []).toSorted()
}

const weftdCommand = 'bin/weftd '

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

const capabilitiesState =
  '<get><filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><capabilities/></netconf-state></filter></get>'
const monitor: Block & { kind: 'request' } = {
  kind: 'request',
  line: 0,
  content: capabilitiesState,
  session: 'capabilities',
  login: undefined,
  reply: '',
}
