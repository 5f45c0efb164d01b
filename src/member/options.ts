/** Command-line options of weft-dataplane; stable. */
import { readFileSync } from 'node:fs'
import { resolve, join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseToken } from '../chassis/admission/index.js'
import { defaultState, UsageError } from '../options.js'

export interface MemberOptions {
  readonly join: { readonly address: string; readonly port: number }
  readonly member: string
  readonly token: string | undefined
  readonly state: string
  /** Devices that are to be ports. */
  readonly ports: readonly string[]
  readonly workers: number
  readonly userNamespace: boolean
}

/** Where a chassis listens for members when nothing else is said. */
export const memberPort = 7830

export const help = `usage: weft-dataplane --join ADDRESS[:PORT] --member NAME [options]

Makes this machine a member of a chassis: a forwarding engine whose ports are ports of the chassis.

  --join ADDRESS[:PORT]    where the chassis listens for members (/weft-chassis:chassis/listen; port ${memberPort} when left out;
                           [2001:db8::1]:PORT for IPv6)
  --member NAME            its name in the chassis
  --token TOKEN            what the chassis' create-token gave; @FILE reads it from a file. Needed once; without it an
                           operator of the chassis has to approve the member
  --state DIR              where key, certificate and run-time files live
                           (default: $XDG_STATE_HOME/weft/NAME or ~/.local/state/weft/NAME)
  --port DEVICE            make an existing Linux device a port (repeatable; needs root)
  --workers N              forwarding threads at the start (default: 1)
  --no-user-namespace      (root only) keep to root's own user namespace
  --help                   this text
`

function parseJoin(text: string): MemberOptions['join'] {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
  const address = match?.[1] ?? match?.[2]
  const port = Number(match?.[3] ?? memberPort)
  if (address === undefined || port < 1 || port > 65535)
    throw new UsageError(`--join takes ADDRESS[:PORT], such as 192.0.2.1:${memberPort}, not '${text}'`)
  return { address, port }
}

function parseTokenOption(text: string): string {
  let token = text
  if (text.startsWith('@')) {
    try {
      token = readFileSync(text.slice(1), 'utf8')
    } catch (error) {
      throw new UsageError(`--token ${text}: ${(error as Error).message}`, { cause: error })
    }
  }
  if (!parseToken(token))
    throw new UsageError('--token takes what create-token of the chassis gave, or @FILE with it')
  return token.trim()
}

/** Throws UsageError. `'help'` when help was asked for. */
export function parseMemberOptions(args: readonly string[]): MemberOptions | 'help' {
  let values
  try {
    values = parseArgs({
      args: [...args],
      options: {
        join: { type: 'string' },
        member: { type: 'string' },
        token: { type: 'string' },
        state: { type: 'string' },
        port: { type: 'string', multiple: true },
        workers: { type: 'string', default: '1' },
        'no-user-namespace': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  if (values.help) return 'help'
  const { join: at, member } = values
  if (at === undefined || member === undefined) throw new UsageError('--join and --member are needed')
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(member) || member === '0')
    throw new UsageError(
      `--member takes letters, digits, '.', '_' and '-', at most 63, and not 0, not '${member}'`,
    )
  const workers = Number(values.workers)
  if (!Number.isInteger(workers) || workers < 1 || workers > 16)
    throw new UsageError('--workers is a number from 1 to 16')
  if (values['no-user-namespace'] && process.getuid?.() !== 0)
    throw new UsageError('--no-user-namespace needs root')
  return {
    join: parseJoin(at),
    member,
    token: values.token === undefined ? undefined : parseTokenOption(values.token),
    state: resolve(values.state ?? join(defaultState(), member)),
    ports: [...new Set(values.port ?? [])],
    workers,
    userNamespace: !values['no-user-namespace'],
  }
}
