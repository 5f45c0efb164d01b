/** Users of ietf-system (RFC 7317) as values: names, password hashes, keys. Never a clear password. */
import type { ListQuery, Tree } from 'libyang-js'
import { key } from '../path.js'
import { rows } from '../rows.js'

export interface AuthorizedKey {
  readonly name: string
  readonly algorithm: string
  /** Public key as SSH puts it on the wire (RFC 4253, section 6.6). */
  readonly data: Buffer
}

export interface User {
  readonly name: string
  /** As crypt(3) writes it. */
  readonly hash: string | undefined
  readonly keys: readonly AuthorizedKey[]
}

export type Users = ReadonlyMap<string, User>

export const claim = '/ietf-system:system/authentication'
const list = `${claim}/user`

/** The users with their passwords as they are in the tree. */
const query: ListQuery = {
  list,
  columns: ['name', 'password'],
  children: [{ list: `${list}/authorized-key`, columns: ['name', 'algorithm', 'key-data'] }],
}

export async function readUsers(tree: Tree): Promise<Users> {
  const users = new Map<string, User>()
  for await (const row of rows(query, tree.entries(query))) {
    const name = row.needed('name')
    const keys = row.children(0).map((child) => ({
      name: child.needed('name'),
      algorithm: child.needed('algorithm'),
      data: Buffer.from(child.needed('key-data'), 'base64'),
    }))
    users.set(name, { name, hash: row.text('password'), keys })
  }
  return users
}

export const pathOf = {
  user: (name: string): string => `${list}${key('name', name)}`,
  password: (name: string): string => `${list}${key('name', name)}/password`,
  key: (name: string, of: string, leaf: string): string =>
    `${list}${key('name', name)}/authorized-key${key('name', of)}/${leaf}`,
}
