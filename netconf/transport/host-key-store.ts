/**
 * The host keys that the server has, one of each type at most, and their change while it runs: a new key takes the place of
 * the one of its type. They live in a folder (see `host-keys.ts`), or, without one, as long as the process. Changes are made
 * one after the other; who offers the keys looks at `keys` again after each.
 */
import { createHostKey, deleteHostKey, loadOrCreateHostKeys, storeHostKey } from './host-keys.js'
import type { HostKey } from './host-keys.js'

export class HostKeys {
  #keys: readonly HostKey[]
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    keys: readonly HostKey[],
    private readonly directory?: string,
  ) {
    this.#keys = keys
  }

  /** Makes the folder and the keys that are missing and were not removed. */
  static async open(directory: string): Promise<HostKeys> {
    return new HostKeys(await loadOrCreateHostKeys(directory), directory)
  }

  get keys(): readonly HostKey[] {
    return this.#keys
  }

  /** `bits`: of an RSA key. Rejects, and then nothing has changed, when it cannot be stored. */
  generate(type: HostKey['type'], bits?: number): Promise<HostKey> {
    return this.#alone(async () => {
      const key = await createHostKey(type, bits)
      if (this.directory !== undefined) await storeHostKey(this.directory, key)
      this.#keys = [...this.#keys.filter((other) => other.type !== type), key]
      return key
    })
  }

  remove(type: HostKey['type']): Promise<void> {
    return this.#alone(async () => {
      if (this.directory !== undefined) await deleteHostKey(this.directory, type)
      this.#keys = this.#keys.filter((key) => key.type !== type)
    })
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }
}
