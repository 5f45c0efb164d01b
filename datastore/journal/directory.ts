/**
 * The folder of a datastore: `journal/` for LevelDB, `head` for the witness. Opening says what is wrong with a folder and
 * what to do about it. A LevelDB that cannot be opened is copied aside and repaired; the chain of commits then says what
 * is left of it.
 */
import { Level } from 'level'
import { access, constants, cp, mkdir, open, readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { userInfo } from 'node:os'
import { HeldLogs } from './logs.js'

export type Database = Level<string, Buffer> & { readonly location: string }

/** A folder that cannot be used, and what would be right. */
export class DirectoryError extends Error {
  constructor(
    readonly directory: string,
    what: string,
    remedy: string,
    cause?: unknown,
  ) {
    super(`the datastore folder ${directory} ${what}: ${remedy}`, { cause })
    this.name = 'DirectoryError'
  }
}

export interface Opened {
  readonly database: Database
  /** As they were before the database was opened; the caller keeps or drops them. */
  readonly logs: HeldLogs
  /** Where the damaged journal was copied before it was repaired. */
  readonly damaged?: { readonly copy: string; readonly reason: string }
}

export async function openDirectory(directory: string, now: number): Promise<Opened> {
  await prepareFolder(directory)
  const location = join(directory, 'journal')
  const files = await readdir(location).catch((): string[] => [])
  const headless = !files.includes('CURRENT') && files.some((name) => /\.(ldb|log)$|^MANIFEST/.test(name))
  const logs = await HeldLogs.hold(location)
  if (!headless) {
    try {
      return { database: await openDatabase(location), logs }
    } catch (error) {
      if (codeOf(error) !== 'LEVEL_CORRUPTION') throw unusable(directory, error)
      return { ...(await repair(directory, location, now, reasonOf(error))), logs }
    }
  }
  return { ...(await repair(directory, location, now, 'its file CURRENT is missing')), logs }
}

/** Opens a database that was open before; one that has vanished meanwhile is not made anew. */
export async function reopen(directory: string, database: Database): Promise<void> {
  try {
    await database.close()
    await database.open({ createIfMissing: false })
  } catch (error) {
    throw unusable(directory, error)
  }
}

async function prepareFolder(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    if (!(await stat(directory)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' })
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unusable(directory, error)
  }
}

async function openDatabase(location: string): Promise<Database> {
  const database = new Level<string, Buffer>(location, { valueEncoding: 'buffer' }) as Database
  await database.open()
  return database
}

async function repair(
  directory: string,
  location: string,
  now: number,
  reason: string,
): Promise<Omit<Opened, 'logs'>> {
  try {
    const copy = await copyAndRepair(location, now)
    return { database: await openDatabase(location), damaged: { copy, reason } }
  } catch (error) {
    throw unusable(directory, error)
  }
}

/** Repairs an open database of which some cannot be read. Returns where it was copied before. */
export async function repairOpen(directory: string, database: Database, now: number): Promise<string> {
  try {
    await database.close()
    const copy = await copyAndRepair(database.location, now)
    await database.open({ createIfMissing: false })
    return copy
  } catch (error) {
    throw unusable(directory, error)
  }
}

/** Copies the folder of an open database, and what stands beside it, to a folder in it; durable when this resolves. */
export async function copyOpen(directory: string, database: Database, name: string): Promise<string> {
  const copy = join(directory, 'kept', name)
  try {
    await database.close()
    for (const part of await readdir(directory)) {
      if (part !== 'journal' && part !== 'snapshots' && part !== 'head') continue
      await cp(join(directory, part), join(copy, part), { recursive: true })
    }
    for (const entry of await readdir(copy, { recursive: true })) {
      await using file = await open(join(copy, entry))
      await file.sync()
    }
    await database.open({ createIfMissing: false })
    return copy
  } catch (error) {
    throw unusable(directory, error)
  }
}

async function copyAndRepair(location: string, now: number): Promise<string> {
  const copy = `${location}.damaged-${new Date(now).toISOString().replaceAll(':', '')}`
  await cp(location, copy, { recursive: true })
  // Inherited from ClassicLevel; left out of the types because browsers do not have it.
  await (Level as unknown as { repair(location: string): Promise<void> }).repair(location)
  return copy
}

/** What the file system of a folder has room for; Infinity when it does not say. */
export async function freeOctets(directory: string): Promise<number> {
  return await statfs(directory).then(
    ({ blocks, bavail, bsize }) => (blocks === 0 ? Infinity : bavail * bsize),
    () => Infinity,
  )
}

export function full(directory: string, error?: unknown): DirectoryError {
  return new DirectoryError(directory, 'is on a full file system', 'free some space', error)
}

/** What keeps a folder from being used. */
export function unusable(directory: string, error: unknown): DirectoryError {
  if (error instanceof DirectoryError) return error
  const reason = reasonOf(error)
  const code = /no space left/i.test(reason) ? 'ENOSPC' : codeOf(error)
  switch (code) {
    case 'ENOTDIR':
    case 'EEXIST':
      return new DirectoryError(
        directory,
        'is not a folder',
        'choose another, or move what is there away',
        error,
      )
    case 'EACCES':
    case 'EPERM':
      return new DirectoryError(
        directory,
        `cannot be read and written by user ${user()}`,
        `let that user own it (chown -R ${user()} ${directory}), or choose another folder`,
        error,
      )
    case 'EROFS':
      return new DirectoryError(directory, 'is on a read-only file system', 'choose another folder', error)
    case 'ENOSPC':
      return full(directory, error)
    case 'LEVEL_LOCKED':
      return new DirectoryError(
        directory,
        'is used by another process',
        'stop the other one, or choose another folder',
        error,
      )
  }
  if (/permission denied/i.test(reason))
    return new DirectoryError(
      directory,
      `has files that user ${user()} cannot read and write (${reason})`,
      `let that user own them (chown -R ${user()} ${directory}), or choose another folder`,
      error,
    )
  return new DirectoryError(
    directory,
    `cannot be used (${reason})`,
    'restore it from a backup, or choose an empty folder',
    error,
  )
}

/** LevelDB's code of an error. */
export function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { code?: string; cause?: unknown }
  return code === 'LEVEL_DATABASE_NOT_OPEN' && cause !== undefined ? codeOf(cause) : code
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? reasonOf(cause) : message
}

function user(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'this')
  }
}
