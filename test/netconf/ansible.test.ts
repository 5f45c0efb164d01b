/** Debian's Ansible with ansible.netcommon, as an operator's playbook uses it. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { PASSWORD, startAppliance } from './support/appliance.js'

const run = promisify(execFile)

interface TaskResult {
  readonly changed?: boolean
  readonly failed?: boolean
  readonly msg?: string
  readonly stdout?: string
  readonly backup_path?: string
}

interface Output {
  readonly plays: readonly {
    readonly tasks: readonly {
      readonly task: { readonly name: string }
      readonly hosts: Readonly<Record<string, TaskResult>>
    }[]
  }[]
}

/** Runs a playbook of these tasks against the server: the result of each by its name. Never rejects because a task fails. */
async function play(
  t: ExecutionContext,
  port: number,
  tasks: readonly object[],
): Promise<ReadonlyMap<string, TaskResult>> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-ansible-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const host = {
    ansible_host: '127.0.0.1',
    ansible_port: port,
    ansible_user: 'admin',
    ansible_password: PASSWORD,
    ansible_connection: 'ansible.netcommon.netconf',
    ansible_network_os: 'default',
    ansible_python_interpreter: '/usr/bin/python3',
  }
  // Both files are YAML, of which JSON is a part.
  await writeFile(join(folder, 'inventory.json'), JSON.stringify({ all: { hosts: { weft: host } } }))
  const book = [{ hosts: 'weft', gather_facts: false, tasks }]
  await writeFile(join(folder, 'playbook.yml'), JSON.stringify(book))
  const environment = {
    HOME: folder,
    ANSIBLE_HOME: folder,
    ANSIBLE_HOST_KEY_CHECKING: 'False',
    ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json',
    ANSIBLE_NOCOWS: '1',
    // Ends soon after the playbook.
    ANSIBLE_PERSISTENT_CONNECT_TIMEOUT: '5',
    ANSIBLE_PERSISTENT_COMMAND_TIMEOUT: '60',
  }
  const args = ['-i', 'inventory.json', 'playbook.yml']
  const options = { cwd: folder, env: { ...process.env, ...environment }, timeout: 100_000 }
  const { stdout } = await run('ansible-playbook', args, options).catch((error: unknown) => {
    const failed = error as { stdout?: string; stderr?: string }
    if (failed.stdout?.includes('"plays"') === true) return { stdout: failed.stdout }
    throw error
  })
  const output = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Output
  const results = output.plays.flatMap(({ tasks: done }) =>
    done.map(({ task, hosts }) => [task.name, hosts['weft'] ?? {}] as const),
  )
  return new Map(results)
}

const interfaces = (name: string, description: string): string =>
  `<config><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>${name}</name>` +
  `<type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:ethernetCsmacd</type>` +
  `<description>${description}</description></interface></interfaces></config>`

test('Ansible configures with lock, validation, backup and confirmation, changes nothing the second time, and reads', async (t) => {
  const { server, datastores, connect } = await startAppliance(t)
  const backup = await mkdtemp(join(tmpdir(), 'weft-backup-'))
  t.teardown(() => rm(backup, { recursive: true, force: true }))
  const config = 'ansible.netcommon.netconf_config'
  const careful = { lock: 'always', validate: true }
  const results = await play(t, server.address.port, [
    {
      name: 'first',
      [config]: {
        ...careful,
        content: interfaces('p1', 'by a playbook'),
        backup: true,
        backup_options: { dir_path: backup, filename: 'before.xml' },
      },
    },
    { name: 'second', [config]: { ...careful, content: interfaces('p1', 'by a playbook') } },
    // netconf_config has an option `confirm`, whose number Debian's ncclient does not take: the commit is sent as an rpc.
    {
      name: 'edit',
      [config]: { content: interfaces('p1', 'on trial'), lock: 'never', commit: false, validate: true },
    },
    {
      name: 'on trial',
      'ansible.netcommon.netconf_rpc': {
        rpc: 'commit',
        xmlns: 'urn:ietf:params:xml:ns:netconf:base:1.0',
        content: '<confirmed/><confirm-timeout>60</confirm-timeout>',
      },
    },
    { name: 'confirm', [config]: { confirm_commit: true } },
    {
      name: 'read',
      'ansible.netcommon.netconf_get': {
        source: 'running',
        lock: 'if-supported',
        filter:
          '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>p1</name></interface></interfaces>',
      },
    },
    {
      name: 'wrong',
      ignore_errors: true,
      [config]: { ...careful, content: interfaces('p1', 'x').replace(/description/g, 'colour') },
    },
  ])
  const told = (name: string): TaskResult => results.get(name) ?? t.fail(`no task ${name}`)
  for (const name of ['first', 'second', 'edit', 'on trial', 'confirm', 'read'])
    t.falsy(told(name).failed, `${name}: ${told(name).msg}`)
  t.true(told('first').changed)
  t.false(told('second').changed)
  t.regex(told('read').stdout ?? '', /<description>on trial<\/description>/)
  const before = await readFile(join(backup, 'before.xml'), 'utf8')
  t.notRegex(before, /by a playbook/)
  t.true(told('wrong').failed)
  t.regex(told('wrong').msg ?? '', /colour/)
  t.is(datastores.confirmation, undefined)
  t.is(datastores.head?.number, 2)
  // What was refused has left no lock behind.
  const client = await connect()
  t.regex(await client.rpc('<lock><target><candidate/></target></lock>'), /<ok\/>/)
})
