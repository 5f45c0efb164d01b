/**
 * The state folder: `store/` (the datastore's journal), `keys/` (SSH host keys), `chassis/`
 * (its authority, and who its members are), `captures/` (of packets), `log/` (of the data plane),
 * `audit.log` and, for what lives only as long as the processes, a run folder with sockets and process ids. Private to its user
 * (mode 0700).
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface StateFolder {
  readonly path: string
  readonly store: string
  readonly keys: string
  readonly captures: string
  readonly log: string
  readonly run: string
  readonly chassis: string
}

export class StateError extends Error {
  override readonly name = 'StateError'
}

/** Longest path that fits `sun_path` of a unix socket, less the longest socket name here. */
const longestRunFolder = 107 - '/dataplane.sock'.length

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'a part of the path is not a folder'
  if (code === 'EROFS') return 'the file system is read-only'
  if (code === 'ENOENT') return 'its file system takes no new folders'
  return (error as Error).message
}

/** With its parents. Node's own recursive form never returns where a file system refuses all folders, as /proc does. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(path).isDirectory()
    if (!other) throw error
  }
}

/** Makes it, if it is not there, for this user alone; throws StateError. */
export function privateFolder(path: string): string {
  try {
    makeFolder(path)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new StateError(
      `state folder ${path} can't be used: ${reason(error)}; it must be a folder that this user may read and write (see --state)`,
    )
  }
  return path
}

/** Where the run folder is: in the state folder, or under the temporary folder when that path is too long for a socket. */
export function runFolder(state: string): string {
  const inside = join(state, 'run')
  if (inside.length <= longestRunFolder) return inside
  const name = createHash('sha256').update(state).digest('hex').slice(0, 16)
  return join(tmpdir(), `weft-${process.getuid?.() ?? 0}-${name}`)
}

/** A folder with this file in it is erased when it is opened the next time. */
const erasure = 'factory-reset'

/** Makes sure that the next start finds no store, host keys and logs of helpers (RFC 8808); the audit log stays. */
export async function markErased(path: string): Promise<void> {
  await using mark = await open(join(path, erasure), 'w', 0o600)
  await mark.sync()
  await using entries = await open(path)
  await entries.sync()
}

function eraseMarked(path: string): void {
  const mark = join(path, erasure)
  if (!existsSync(mark)) return
  for (const name of ['store', 'keys', 'captures', 'log', 'chassis'])
    rmSync(join(path, name), { recursive: true, force: true })
  rmSync(mark)
}

/** Makes the run folder of a state folder; throws StateError when it is somebody else's. */
export function privateRunFolder(path: string): string {
  const run = privateFolder(runFolder(path))
  const status = lstatSync(run)
  if (status.uid !== process.getuid?.() || (status.mode & 0o077) !== 0) {
    throw new StateError(`run folder ${run} must belong to this user alone (mode 0700)`)
  }
  return run
}

/** Makes what is missing, and erases what was marked; throws StateError. */
export function openState(path: string): StateFolder {
  privateFolder(path)
  eraseMarked(path)
  const run = privateRunFolder(path)
  return {
    path,
    run,
    chassis: privateFolder(join(path, 'chassis')),
    store: privateFolder(join(path, 'store')),
    keys: privateFolder(join(path, 'keys')),
    captures: privateFolder(join(path, 'captures')),
    log: privateFolder(join(path, 'log')),
  }
}
