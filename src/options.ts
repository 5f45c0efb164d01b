/** Command-line options of weftd and of `npm start`; stable. */
import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { OptionalCapability } from '../yang/schema.js'
import { demoHosts } from './lab/topology.js'
import { logLevels, type LogLevel } from './log.js'

export interface Options {
  readonly state: string
  readonly netconf: { readonly address: string; readonly port: number }
  readonly demo: boolean
  /** Members of the demo chassis, 0 included. */
  readonly members: number
  readonly ports: readonly { readonly name: string; readonly device: string }[]
  readonly logLevel: LogLevel
  /** Capabilities of NETCONF that are off by default. */
  readonly capabilities: readonly OptionalCapability[]
  /** Folder of configuration files; with it comes the capability :url. */
  readonly urlFolder: string | undefined
  /** Root only: without a user namespace of its own, so that the kernel lets the data plane have BPF. */
  readonly userNamespace: boolean
  /** Sessions of this user are recovery sessions: access control does not bind them. */
  readonly recoveryUser: string | undefined
}

/** A wrong use of the command line; its message is for a person. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const help = `usage: weftd [options]        (or: npm start -- [options])

Runs the appliance: a NETCONF server over SSH whose commits program a forwarding engine.

  --state DIR              where configuration, host keys and run-time files live
                           (default: $XDG_STATE_HOME/weft or ~/.local/state/weft)
  --netconf ADDRESS:PORT   where NETCONF over SSH listens (default: 127.0.0.1:1830; [::1]:1830 for IPv6)
  --no-demo                without the demo chassis (hosts h1 and h2 on ports p1 and p2)
  --chassis N              a demo chassis of N members (2 to 9): the others are processes of their own, as on other machines
  --port NAME=DEVICE       attach an existing Linux device as port NAME (repeatable; needs root)
  --no-user-namespace      (root only) keep to root's own user namespace, where the kernel lets the data plane load BPF
                           programs: for the kernel fast path and for af_xdp
  --writable-running       let NETCONF clients edit running itself, without candidate and commit
  --startup                keep a startup configuration, which a boot of the machine loads into running
  --url-folder DIR         let NETCONF clients read and write configuration files (file:///NAME) in DIR
  --recovery-user NAME     let no rule of access control (NACM) bind the sessions of this user: for whoever has
                           locked the administrators out; leave it out again when the rules are right
  --log-level LEVEL        ${logLevels.join(', ')} (default: info)
  --help                   this text

Environment:
  WEFT_ADMIN_PASSWORD      password of the user admin, set at the first start of a state folder
                           (without it one is generated and printed once)
`

/** Where state is kept when --state does not say. */
export function defaultState(): string {
  const base = process.env['XDG_STATE_HOME']
  return join(base === undefined || base === '' ? join(homedir(), '.local', 'state') : base, 'weft')
}

function parseAddress(text: string): Options['netconf'] {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  const address = match?.[1] ?? match?.[2]
  if (address === undefined || address === '' || port > 65535) {
    throw new UsageError(`--netconf takes ADDRESS:PORT, such as 127.0.0.1:1830 or [::1]:1830, not '${text}'`)
  }
  return { address, port }
}

function parseFolder(text: string): string {
  const path = resolve(text)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path
  throw new UsageError(`--url-folder takes a folder that exists, not '${text}'`)
}

function parsePort(text: string): Options['ports'][number] {
  const match = /^([A-Za-z0-9][A-Za-z0-9._/-]{0,63})=([^\s/]{1,15})$/.exec(text)
  if (!match) throw new UsageError(`--port takes NAME=DEVICE, such as wan=eth1, not '${text}'`)
  return { name: match[1] as string, device: match[2] as string }
}

function parseLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text)
  if (!level) throw new UsageError(`--log-level takes one of ${logLevels.join(', ')}, not '${text}'`)
  return level
}

/** Throws UsageError. `'help'` when help was asked for. */
export function parseOptions(args: readonly string[]): Options | 'help' {
  let values
  try {
    values = parseArgs({
      args: [...args],
      options: {
        state: { type: 'string' },
        netconf: { type: 'string' },
        'no-demo': { type: 'boolean' },
        chassis: { type: 'string' },
        port: { type: 'string', multiple: true },
        'no-user-namespace': { type: 'boolean' },
        'writable-running': { type: 'boolean' },
        startup: { type: 'boolean' },
        'url-folder': { type: 'string' },
        'recovery-user': { type: 'string' },
        'log-level': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  if (values.help) return 'help'
  const members = Number(values.chassis ?? 1)
  if (values.chassis !== undefined && (!Number.isInteger(members) || members < 2 || members > 9))
    throw new UsageError(`--chassis takes a number of members from 2 to 9, not '${values.chassis}'`)
  if (values.chassis !== undefined && values['no-demo'])
    throw new UsageError('--chassis is a demo, and --no-demo is without one')
  if (values['no-user-namespace'] && process.getuid?.() !== 0)
    throw new UsageError('--no-user-namespace needs root')
  const ports = (values.port ?? []).map(parsePort)
  for (const [index, port] of ports.entries()) {
    const other = ports.find((p, i) => i < index && (p.name === port.name || p.device === port.device))
    if (other) {
      throw new UsageError(
        `--port ${port.name}=${port.device} and --port ${other.name}=${other.device} share a name or a device`,
      )
    }
  }
  const taken = values['no-demo']
    ? undefined
    : ports.find((p) => demoHosts.some(({ port }) => port === p.name || port === p.device))
  if (taken) {
    throw new UsageError(
      `--port ${taken.name}=${taken.device}: the demo chassis has ports ${demoHosts.map(({ port }) => port).join(' and ')}; ` +
        'take other names, or add --no-demo',
    )
  }
  return {
    state: resolve(values.state ?? defaultState()),
    netconf: parseAddress(values.netconf ?? '127.0.0.1:1830'),
    demo: !values['no-demo'],
    members,
    ports,
    userNamespace: !values['no-user-namespace'],
    recoveryUser: values['recovery-user'],
    logLevel: parseLevel(values['log-level'] ?? 'info'),
    capabilities: [
      ...(values['writable-running'] ? (['writable-running'] as const) : []),
      ...(values.startup ? (['startup'] as const) : []),
      ...(values['url-folder'] === undefined ? [] : (['url'] as const)),
    ],
    urlFolder: values['url-folder'] === undefined ? undefined : parseFolder(values['url-folder']),
  }
}
