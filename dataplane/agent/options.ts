/** Command line of weft-dataplane, and what its Worker is given. */
import { parseArgs } from 'node:util'

export interface AgentOptions {
  /** weftd's unix socket. */
  readonly socket: string
  /** The keeper's. */
  readonly keeper: string
  readonly chassis: string
  readonly member: string
  readonly workers: number
  /** Names this process while it lives. */
  readonly processFile: string | undefined
  /** Folder of the key and certificates with which it attaches over TLS; undefined: the socket is weftd's own. */
  readonly credentials: string | undefined
}

export interface WorkerSettings extends AgentOptions {
  /** New with each process. */
  readonly boot: string
  readonly version: string
  /** Highest term seen by this process: one 64-bit number, shared by all of its Workers. */
  readonly term: BigUint64Array
}

export const usage = `usage: weft-dataplane --socket PATH --keeper PATH [--chassis NAME] [--member NAME] [--workers N] [--process-file PATH] [--credentials DIR]`

/** Throws Error with a text for a person. */
export function parseOptions(args: readonly string[]): AgentOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      socket: { type: 'string' },
      keeper: { type: 'string' },
      chassis: { type: 'string', default: 'weft' },
      member: { type: 'string', default: '0' },
      workers: { type: 'string', default: '1' },
      'process-file': { type: 'string' },
      credentials: { type: 'string' },
    },
  })
  const workers = Number(values.workers)
  if (!values.socket || !values.keeper) throw new Error('--socket and --keeper are needed')
  if (!Number.isInteger(workers) || workers < 1 || workers > 256)
    throw new Error('--workers is a number from 1 to 256')
  return {
    socket: values.socket,
    keeper: values.keeper,
    chassis: values.chassis,
    member: values.member,
    workers,
    processFile: values['process-file'],
    credentials: values.credentials,
  }
}
