/**
 * Configuration files of the :url capability (RFC 6241, section 8.8): `file:///name` is the file `name` in one folder, and
 * `file:///folder/name` one in a folder in it. Nothing outside can be named, and no symbolic link is followed: each folder
 * on the way is opened, and the next name is looked up in what was opened, so that nobody can exchange it in between.
 *
 * A file is a `<config>` document. It is written beside its name and takes its place when it is durable: whoever reads it
 * finds all of the old or all of the new one. Every refusal is a RequestError without a path; the caller knows the parameter.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rename, unlink, type FileHandle } from 'node:fs/promises'
import { RequestError } from '../datastore/index.js'
import type { YangError } from 'libyang-js'
import { BASE_NAMESPACE } from './xml.js'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/** Written at once. */
const pieceBytes = 1 << 20

export class ConfigFiles {
  readonly #folder: string
  readonly #largest: number

  /** `largest`: octets of a file. */
  constructor(folder: string, largest: number) {
    this.#folder = folder
    this.#largest = largest
  }

  /** Do two URLs name one file? Throws RequestError. */
  same(one: string, other: string): boolean {
    return namesOf(one).join('/') === namesOf(other).join('/')
  }

  async read(url: string): Promise<Buffer> {
    return await this.#inFolder(url, async (path) => {
      // Without waiting for the other end of a pipe.
      await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      const status = await file.stat()
      if (!status.isFile()) throw refusal('invalid-value', `${url} is not a file`)
      if (status.size > this.#largest) throw this.#tooBig(url)
      const content = await file.readFile()
      if (content.length > this.#largest) throw this.#tooBig(url)
      return content
    })
  }

  /** `content`: what stands in the `<config>`. */
  async write(url: string, content: AsyncIterable<Buffer>): Promise<void> {
    await this.#inFolder(url, async (path, folder) => {
      const standing = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error
      })
      if (standing) {
        await using file = standing
        if (!(await file.stat()).isFile()) throw refusal('invalid-value', `${url} is not a file`)
      }
      const fresh = pathIn(folder, `.${randomBytes(8).toString('hex')}.new`)
      try {
        await using file = await open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
        await this.#fill(file, url, content)
        await file.sync()
        await rename(fresh, path)
        await folder.sync()
      } catch (error) {
        await unlink(fresh).catch(() => undefined)
        throw error
      }
    })
  }

  async remove(url: string): Promise<void> {
    await this.#inFolder(url, async (path, folder) => {
      await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      if (!(await file.stat()).isFile()) throw refusal('invalid-value', `${url} is not a file`)
      await unlink(path)
      await folder.sync()
    })
  }

  async #fill(file: FileHandle, url: string, content: AsyncIterable<Buffer>): Promise<void> {
    let octets = 0
    let waiting: Buffer[] = []
    let held = 0
    const flush = async () => {
      if (octets > this.#largest) throw this.#tooBig(url)
      await file.appendFile(Buffer.concat(waiting))
      waiting = []
      held = 0
    }
    const take = async (piece: Buffer) => {
      octets += piece.length
      held += piece.length
      waiting.push(piece)
      if (held >= pieceBytes) await flush()
    }
    await take(Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<config xmlns="${BASE_NAMESPACE}">`))
    for await (const piece of content) await take(piece)
    await take(Buffer.from('</config>\n'))
    await flush()
  }

  /** Runs a task on the path of a file in its folder, which stays open meanwhile. */
  async #inFolder<T>(url: string, task: (path: string, folder: FileHandle) => Promise<T>): Promise<T> {
    const names = namesOf(url)
    const name = names.pop() as string
    let folder: FileHandle | undefined
    try {
      folder = await open(this.#folder, O_RDONLY | O_DIRECTORY)
      for (const step of names) {
        const next = await this.#folderIn(folder, step, url)
        await folder.close()
        folder = next
      }
      return await task(pathIn(folder, name), folder)
    } catch (error) {
      throw explained(url, error)
    } finally {
      await folder?.close()
    }
  }

  async #folderIn(folder: FileHandle, name: string, url: string): Promise<FileHandle> {
    try {
      return await open(pathIn(folder, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      throw refusal(
        'data-missing',
        `there is no folder ${JSON.stringify(name)} for ${url}: make it in the server's folder of files first`,
      )
    }
  }

  #tooBig(url: string): RequestError {
    return refusal('too-big', `${url} is larger than ${this.#largest} octets`)
  }
}

/** As openat(2) would have it, which Node does not offer. */
const pathIn = (folder: FileHandle, name: string): string => `/proc/self/fd/${folder.fd}/${name}`

/** Names of the folders on the way and of the file. Throws RequestError. */
function namesOf(url: string): string[] {
  const [, path] = /^file:\/\/(?:localhost)?\/([^?#]*)$/i.exec(url) ?? []
  if (path === undefined)
    throw refusal(
      'invalid-value',
      `${JSON.stringify(url)} is not a URL that this server takes: file:///NAME, or file:///FOLDER/NAME`,
    )
  const names = path.split('/').map((name) => {
    try {
      return decodeURIComponent(name)
    } catch {
      return ''
    }
  })
  if (!names.every(isName))
    throw refusal(
      'invalid-value',
      `${JSON.stringify(url)}: each name between slashes has 1 to 200 octets, does not begin with a dot, and has no slash in it and no control character`,
    )
  return names
}

function isName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\p{Cc}]/u.test(name) && Buffer.byteLength(name) <= 200
}

function explained(url: string, error: unknown): unknown {
  switch (codeOf(error)) {
    case 'ENOENT':
      return refusal('data-missing', `there is no ${url}`)
    case 'ELOOP':
    case 'EMLINK':
      return refusal('invalid-value', `${url} is or goes through a symbolic link, which is not followed`)
    case 'ENOTDIR':
      return refusal('invalid-value', `${url} goes through something that is not a folder`)
    case 'EISDIR':
      return refusal('invalid-value', `${url} is a folder, not a file`)
    case 'ENXIO':
      return refusal('invalid-value', `${url} is not a file`)
    case 'ENOSPC':
    case 'EDQUOT':
      return refusal('resource-denied', `${url} cannot be written: there is no space left for it`)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return refusal('operation-failed', `the server may not use ${url} in this way`)
    default:
      return error
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

function refusal(tag: YangError['tag'], message: string): RequestError {
  return new RequestError({ type: 'application', tag, message })
}
