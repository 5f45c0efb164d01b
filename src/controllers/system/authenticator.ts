/**
 * Who may log in: the users of running, by password or by key; what they may do then is for access control to say. An unknown
 * user costs the same time as a wrong password.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Users } from './model.js'
import { hashed } from './password.js'
import { VerifiedPasswords } from './verified.js'

export interface Authenticator {
  password(user: string, password: string): Promise<boolean>
  publicKey(user: string, key: { readonly algorithm: string; readonly data: Buffer }): boolean
}

export class SystemAuthenticator implements Authenticator {
  readonly #users: () => Users
  /** Of nobody's password. */
  readonly #decoy = hashed('$0$')
  readonly #passwords = new VerifiedPasswords()

  constructor(users: () => Users) {
    this.#users = users
  }

  async password(user: string, password: string): Promise<boolean> {
    const hash = this.#users().get(user)?.hash
    const right = this.#passwords.verify(password, hash ?? this.#decoy)
    return hash !== undefined && right
  }

  publicKey(user: string, { data }: { readonly algorithm: string; readonly data: Buffer }): boolean {
    const keys = this.#users().get(user)?.keys ?? []
    return keys.some((key) => key.data.length === data.length && timingSafeEqual(key.data, data))
  }
}
