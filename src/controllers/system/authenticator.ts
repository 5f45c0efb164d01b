/**
 * Who may log in: the users of running, by password or by key. Until there is access control, that is `admin` alone. An
 * unknown user costs the same time as a wrong password.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Users } from './model.js'
import { hashed, verify } from './password.js'

/** Users who may log in until access control says who else. */
export const permitted: readonly string[] = ['admin']

export interface Authenticator {
  password(user: string, password: string): Promise<boolean>
  publicKey(user: string, key: { readonly algorithm: string; readonly data: Buffer }): boolean
}

export class SystemAuthenticator implements Authenticator {
  readonly #users: () => Users
  /** Of nobody's password. */
  readonly #decoy = hashed('$0$')

  constructor(users: () => Users) {
    this.#users = users
  }

  async password(user: string, password: string): Promise<boolean> {
    const hash = permitted.includes(user) ? this.#users().get(user)?.hash : undefined
    const right = verify(password, hash ?? this.#decoy)
    return hash !== undefined && right
  }

  publicKey(user: string, { data }: { readonly algorithm: string; readonly data: Buffer }): boolean {
    if (!permitted.includes(user)) return false
    const keys = this.#users().get(user)?.keys ?? []
    return keys.some((key) => key.data.length === data.length && timingSafeEqual(key.data, data))
  }
}
