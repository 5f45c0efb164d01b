/**
 * A gate with many inside for sharing or one for changing, first come first served. A sharer is let in at once while
 * nobody who changes is inside or waits. Nothing here knows what it guards; what is given out is given back by disposing.
 */
export class Gate {
  #sharing = 0
  #changing = false
  readonly #queue: { readonly changing: boolean; readonly admit: () => void }[] = []

  shared(): Promise<Disposable> {
    return this.#enter(false)
  }

  /** As `shared`, when it need not be waited for. */
  sharedNow(): Disposable | undefined {
    if (this.#changing || this.#queue.length > 0) return undefined
    this.#sharing++
    return this.#turn(false)
  }

  exclusive(): Promise<Disposable> {
    return this.#enter(true)
  }

  /** Runs `task` alone. */
  async alone<T>(task: () => Promise<T>): Promise<T> {
    using _turn = await this.exclusive()
    return await task()
  }

  #enter(changing: boolean): Promise<Disposable> {
    return new Promise((resolve) => {
      this.#queue.push({ changing, admit: () => resolve(this.#turn(changing)) })
      this.#admit()
    })
  }

  #turn(changing: boolean): Disposable {
    return new Turn(() => {
      if (changing) this.#changing = false
      else this.#sharing--
      this.#admit()
    })
  }

  #admit(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#changing || (next.changing && this.#sharing > 0)) return
      this.#queue.shift()
      if (next.changing) this.#changing = true
      else this.#sharing++
      next.admit()
    }
  }
}

/** Not a literal: one with a computed name costs each read more than its gate. */
class Turn implements Disposable {
  #leave: (() => void) | undefined

  constructor(leave: () => void) {
    this.#leave = leave
  }

  [Symbol.dispose](): void {
    const leave = this.#leave
    this.#leave = undefined
    leave?.()
  }
}
