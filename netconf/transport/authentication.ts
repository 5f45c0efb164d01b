/**
 * Who a client is (RFC 4252, RFC 4256): password, keyboard-interactive and public keys, against an `Authenticator` that
 * knows the users. One object a connection. It verifies signatures itself, counts failures, and answers a failure no sooner
 * than its delay, so that neither the time nor the methods offered tell whether a user exists.
 */
import type { AuthContext, KeyboardAuthContext, PasswordAuthContext, PublicKeyAuthContext } from 'ssh2'
import ssh2 from 'ssh2'
import { setTimeout as delay } from 'node:timers/promises'
import type { Limits } from '../limits.js'
import type { Log } from '../../datastore/index.js'
import type { Login } from '../observer.js'
import { representable } from '../xml.js'
import { fingerprint } from './host-keys.js'

/** Knows the users. Must take as long for unknown users as for known ones, and compare in constant time. */
export interface Authenticator {
  password(user: string, password: string): Promise<boolean>
  /** May this key, in SSH's wire format, log in as this user? That the client holds it is checked by the caller. */
  publicKey(user: string, key: PublicKey): boolean | Promise<boolean>
}

export interface PublicKey {
  readonly algorithm: string
  readonly data: Buffer
}

const METHODS = ['publickey', 'password', 'keyboard-interactive'] as const
const NONE_REQUESTS = 3

export class Authentication {
  private failures = 0
  private noneRequests = 0

  /**
   * `held`: counts a failed login, and says for how many milliseconds it is held up. `tried`: told of each attempt.
   * `giveUp`: the connection must close.
   */
  constructor(
    private readonly authenticator: Authenticator,
    private readonly limits: Limits,
    private readonly log: Log,
    private readonly peer: string,
    private readonly held: () => number,
    private readonly tried: (login: Omit<Login, 'peer'>) => void,
    private readonly giveUp: () => void,
  ) {}

  /** Answers one request. Never rejects. */
  async request(context: AuthContext): Promise<void> {
    if (!representable(context.username)) {
      this.log.warn(
        `${this.peer}: ${printable(context.username)} is no name of a NETCONF user (RFC 6242, section 3)`,
      )
      return this.giveUp()
    }
    if (context.method === 'none') {
      if (++this.noneRequests > NONE_REQUESTS) return this.giveUp()
      return context.reject([...METHODS])
    }
    const began = performance.now()
    try {
      if (await this.check(context)) {
        if (context.method === 'publickey' && context.signature === undefined) {
          // The answer names the algorithm that was asked about (RFC 4252, section 7); ssh2 calls each of RSA ssh-rsa.
          if (context.hashAlgo !== undefined) context.key.algo = `rsa-sha2-${context.hashAlgo.slice(3)}`
        } else {
          this.log.info(`${this.peer}: ${printable(context.username)} logged in by ${context.method}`)
          this.tell(context, true)
        }
        return context.accept()
      }
    } catch (error) {
      this.log.error(`${this.peer}: authentication by ${context.method} failed inside: ${String(error)}`)
    }
    await this.fail(context, began)
  }

  private async check(context: AuthContext): Promise<boolean> {
    switch (context.method) {
      case 'password':
        return this.password(context)
      case 'keyboard-interactive':
        return this.keyboard(context)
      case 'publickey':
        return this.publicKey(context)
      default:
        return false
    }
  }

  private password(context: PasswordAuthContext): Promise<boolean> {
    return this.authenticator.password(context.username, context.password)
  }

  private async keyboard(context: KeyboardAuthContext): Promise<boolean> {
    const answers = await new Promise<unknown>((resolve) => {
      context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => resolve(answers))
    })
    const [password] = Array.isArray(answers) ? (answers as string[]) : []
    return password !== undefined && this.authenticator.password(context.username, password)
  }

  private async publicKey(context: PublicKeyAuthContext): Promise<boolean> {
    const { algo, data } = context.key
    const parsed = ssh2.utils.parseKey(data)
    const key = Array.isArray(parsed) ? (parsed as (typeof parsed)[])[0] : parsed
    if (key === undefined || key instanceof Error || key.type !== algo) return false
    if (context.signature !== undefined) {
      // An RSA signature without a hash algorithm is one over SHA-1.
      if (algo === 'ssh-rsa' && context.hashAlgo === undefined) return false
      if (context.blob === undefined) return false
      const verdict: unknown = key.verify(context.blob, context.signature, context.hashAlgo)
      if (verdict !== true) return false
    }
    return this.authenticator.publicKey(context.username, { algorithm: algo, data })
  }

  private async fail(context: AuthContext, began: number): Promise<void> {
    this.failures++
    // A client that asks which of its keys would do has not tried to log in yet: it is counted, not held up.
    const question = context.method === 'publickey' && context.signature === undefined
    if (!question) {
      const key = context.method === 'publickey' ? ` with key ${fingerprint(context.key.data)}` : ''
      const count = `${this.failures} of ${this.limits.loginAttempts}`
      this.log.warn(
        `${this.peer}: login as ${printable(context.username)} by ${context.method}${key} failed (${count})`,
      )
      this.tell(context, false)
      await delay(Math.max(0, this.held() - (performance.now() - began)))
    }
    context.reject([...METHODS])
    if (this.failures >= this.limits.loginAttempts) this.giveUp()
  }

  private tell(context: AuthContext, succeeded: boolean): void {
    const { username: user, method } = context
    const key = context.method === 'publickey' ? { key: fingerprint(context.key.data) } : {}
    this.tried({ user, method, ...key, succeeded })
  }
}

/** A name from the network, fit for a log line. */
function printable(name: string): string {
  return JSON.stringify(name.slice(0, 64))
}
