/** Running commands in network namespaces that the keeper holds, as the user who started it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A network namespace of a keeper, reached as root of its user namespace. */
export interface Namespace {
  /** Process id of the keeper. */
  readonly keeper: number
  /** `/proc/PID/fd/N`. */
  readonly path: string
}

/** The command line that runs `command` inside. */
export function enter(namespace: Namespace, command: readonly string[]): [string, string[]] {
  const { keeper, path } = namespace
  return [
    'nsenter',
    [`--target=${keeper}`, '--user', '--preserve-credentials', `--net=${path}`, '--', ...command],
  ]
}

/** Runs a command inside and resolves with its standard output; rejects with what it said on standard error. */
export async function execIn(namespace: Namespace, command: readonly string[]): Promise<string> {
  const [program, args] = enter(namespace, command)
  try {
    return (await execute(program, args, { maxBuffer: 1 << 26 })).stdout
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string }
    const said = (stderr?.trim() ?? '') || (stdout?.trim() ?? '') || (error as Error).message
    throw new Error(`${command.join(' ')}: ${said}`)
  }
}
