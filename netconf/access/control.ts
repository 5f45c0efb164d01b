/**
 * Access control (RFC 8341): which rules bind a user now, as `Access` of libyang-js. Rules are those of running; when a commit
 * changes them, what was compiled of the old ones is let go of when the last rpc that works with it has been answered.
 * Users in the same groups share what is compiled. Compiling costs O(schema + rules), at the first rpc after a change.
 *
 * As a guard of the datastores it judges what clients edit and commit. It counts what it denies.
 */
import {
  LibyangError,
  type Access,
  type Context,
  type EditOptions,
  type Fragment,
  type Journal,
  type YangError,
} from 'libyang-js'
import type { CommitGuard, Datastores, Log, Requester } from '../../datastore/index.js'
import { groupsOf, NACM_PATH, optionsOf, readConfiguration, type AccessConfiguration } from './rules.js'

/** The group that every user is in who has logged in; the transports report it. */
export const EVERYONE = 'everyone'

/** Errors that one refused change gets. */
const mostErrors = 20

export interface AccessControlOptions {
  readonly context: Context
  /** Schema paths of what is as if it were marked `nacm:default-deny-all`. */
  readonly sensitive: readonly string[]
  /** Sessions of this user are recovery sessions (section 3.4.1): no rule binds them. */
  readonly recoveryUser?: string | undefined
  readonly log: Log
}

/** What binds one rpc. To be disposed of when it has been answered. */
export interface Admission extends Disposable {
  /** Undefined: nothing does. */
  readonly access: Access | undefined
}

/** What was denied since the start (section 3.5.2). */
export interface Denials {
  operations: number
  dataWrites: number
  notifications: number
}

export class AccessControl implements CommitGuard {
  readonly denials: Denials = { operations: 0, dataWrites: 0, notifications: 0 }
  readonly #options: AccessControlOptions
  #datastores: Datastores | undefined
  #current: Promise<Rules> | undefined

  constructor(options: AccessControlOptions) {
    this.#options = options
  }

  /** To be called once, before clients come. */
  follow(datastores: Datastores): void {
    this.#datastores = datastores
    datastores.on('commit', (_commit, changes) => {
      if (!changes.touches(NACM_PATH)) return
      const old = this.#current
      this.#current = undefined
      void old?.then((rules) => rules.retire())
    })
  }

  async enter({ session, user }: Requester): Promise<Admission> {
    if (session === 0 || this.isRecovery(user)) return unbound
    const rules = await this.#rules()
    return rules.configuration.enabled ? rules.lend(user) : unbound
  }

  isRecovery(user: string): boolean {
    return user === this.#options.recoveryUser
  }

  /** What is pending may be of others: it is named by what the requester may read. */
  async check(requester: Requester, changes: Journal): Promise<readonly YangError[]> {
    return await this.#judge(requester, async (access) => access.denied(changes, mostErrors, 'any'))
  }

  /**
   * Nodes that may not be read need the right to be written even where nothing would change: to let pass what changes
   * nothing would tell a right guess from a wrong one.
   */
  async asked(
    requester: Requester,
    config: Fragment,
    defaultOperation: EditOptions['defaultOperation'],
  ): Promise<readonly YangError[]> {
    return await this.#judge(requester, async (access) =>
      access.readsAll() ? [] : await access.refused(config, defaultOperation, mostErrors),
    )
  }

  async edited(requester: Requester, changes: Journal, own: boolean): Promise<readonly YangError[]> {
    return await this.#judge(requester, async (access) => {
      using net = await changes.copy()
      await net.net()
      return await access.denied(net, mostErrors, own ? 'own' : 'any')
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    ;(await this.#current)?.retire()
    this.#current = undefined
  }

  async #judge(
    requester: Requester,
    judge: (access: Access) => Promise<readonly YangError[]>,
  ): Promise<readonly YangError[]> {
    using admission = await this.enter(requester)
    const { access } = admission
    if (access === undefined || access.writesAll) return []
    const errors = await judge(access)
    if (errors.length > 0) this.denials.dataWrites++
    return errors
  }

  async #rules(): Promise<Rules> {
    const loading = (this.#current ??= this.#load())
    try {
      return await loading
    } catch (error) {
      if (this.#current === loading) this.#current = undefined
      throw error
    }
  }

  async #load(): Promise<Rules> {
    const datastores = this.#datastores
    if (datastores === undefined) throw new Error('access control follows no datastores yet')
    return new Rules(await datastores.withTree('running', readConfiguration), this.#options)
  }
}

const unbound: Admission = { access: undefined, [Symbol.dispose]: () => undefined }

/** The rules as they were between two changes, and what was compiled of them. */
class Rules {
  readonly #compiled = new Map<string, Promise<Access>>()
  readonly #ofUsers = new Map<string, Promise<Access>>()
  #lent = 0
  #retired = false

  constructor(
    readonly configuration: AccessConfiguration,
    private readonly options: AccessControlOptions,
  ) {}

  async lend(user: string): Promise<Admission> {
    this.#lent++
    const giveBack = (): void => {
      if (--this.#lent === 0 && this.#retired) this.#dispose()
    }
    try {
      return new Lent(await this.#accessOf(user), giveBack)
    } catch (error) {
      giveBack()
      throw error
    }
  }

  #accessOf(user: string): Promise<Access> {
    const known = this.#ofUsers.get(user)
    if (known) return known
    const groups = groupsOf(this.configuration, user, [EVERYONE])
    const key = JSON.stringify(groups)
    const compiling = this.#compiled.get(key) ?? this.#compile(groups)
    this.#compiled.set(key, compiling)
    this.#ofUsers.set(user, compiling)
    compiling.catch(() => {
      this.#compiled.delete(key)
      this.#ofUsers.delete(user)
    })
    return compiling
  }

  retire(): void {
    this.#retired = true
    if (this.#lent === 0) this.#dispose()
  }

  async #compile(groups: readonly string[]): Promise<Access> {
    const { context, sensitive, log } = this.options
    const { rules, defaults } = optionsOf(this.configuration, groups)
    try {
      return await context.access({ rules, defaults, sensitive })
    } catch (error) {
      if (!(error instanceof LibyangError)) throw error
      const wrong = new Set(error.errors.map(({ path }) => Number(path)))
      for (const { path, message } of error.errors)
        log.warn(`${rules[Number(path)]?.at}: ${message}; it has no effect`)
      return await context.access({
        rules: rules.filter((_, index) => !wrong.has(index)),
        defaults,
        sensitive,
      })
    }
  }

  #dispose(): void {
    for (const compiling of this.#compiled.values())
      void compiling.then(
        (access) => access[Symbol.dispose](),
        () => undefined,
      )
    this.#compiled.clear()
    this.#ofUsers.clear()
  }
}

/** Not a literal: one with a computed name costs each rpc more than the look at its rules. */
class Lent implements Admission {
  #giveBack: (() => void) | undefined

  constructor(
    readonly access: Access,
    giveBack: () => void,
  ) {
    this.#giveBack = giveBack
  }

  [Symbol.dispose](): void {
    const giveBack = this.#giveBack
    this.#giveBack = undefined
    giveBack?.()
  }
}
