/** Running commands in network namespaces that the keeper holds. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { KeeperClient, Namespace } from '../../dataplane/client/index.js'

const execute = promisify(execFile)

/** What commands need of the keeper: namespaces by name, and the way in. */
export type Keeper = Pick<KeeperClient, 'namespace' | 'enter'>

/** Runs a command inside and resolves with its standard output; rejects with what it said on standard error. */
export async function execIn(
  keeper: Keeper,
  namespace: Namespace,
  command: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const [program, ...args] = keeper.enter(namespace, command)
  try {
    return (await execute(program, args, { maxBuffer: 1 << 26, ...(signal && { signal }) })).stdout
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string }
    const said = (stderr?.trim() ?? '') || (stdout?.trim() ?? '') || (error as Error).message
    throw new Error(`${command.join(' ')}: ${said}`, { cause: error })
  }
}
