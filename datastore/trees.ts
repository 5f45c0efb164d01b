/**
 * The two resident trees, running and candidate (RFC 8342, section 5.1). Running is never changed while it is running:
 * a commit makes the candidate's tree the running one, and the old running tree, once its readers are done, catches up
 * by the journal and becomes the candidate's. A commit does not wait for this, the next change of the candidate does.
 * A print is done with a tree as soon as it has begun: it goes on to see what was there then (see `Tree.print`).
 *
 * Owns both trees. `read` leases either for reading, `write` leases the candidate to the one who changes it; whoever
 * writes or promotes must be alone among writers (see Gate in `datastores.ts`).
 *
 * A reader that holds the old tree for longer than `patience` holds nobody up: the candidate is then a copy of running,
 * O(tree), and the old tree is freed when the reader lets go.
 */
import type { Journal, Print, PrintOptions, Slice, Tree } from 'libyang-js'
import { Gate } from './gate.js'
import type { Log, ResidentName } from './types.js'

/** A tree that stays as it is (or, from `write`, is its holder's alone) until disposed. */
export interface TreeLease extends Disposable {
  readonly tree: Tree
}

class Slot {
  readonly gate = new Gate()
  constructor(readonly tree: Tree) {}
}

export class Trees implements AsyncDisposable {
  #running: Slot
  #candidate: Promise<Slot>
  readonly #log: Log
  readonly #patience: number

  /** `candidate`: a tree like `running`, perhaps still being copied; only writers wait for it. */
  constructor(running: Tree, candidate: Promise<Tree>, log: Log, patience = 2000) {
    this.#running = new Slot(running)
    this.#candidate = candidate.then((tree) => new Slot(tree))
    this.#candidate.catch(() => undefined)
    this.#log = log
    this.#patience = patience
  }

  async read(name: ResidentName): Promise<TreeLease> {
    const slot = name === 'running' ? this.#running : await this.#candidate
    return new Lease(slot.tree, slot.gate.sharedNow() ?? (await slot.gate.shared()))
  }

  /** Prints what a tree is now; writers do not wait for the end. */
  async *print(name: ResidentName, options: PrintOptions): AsyncGenerator<Slice, void, undefined> {
    const slices = await this.begin(name, options)
    yield* slices
  }

  /** As `print`, which has begun when it resolves. */
  async begin(name: ResidentName, options: PrintOptions): Promise<Print> {
    using lease = await this.read(name)
    const print = lease.tree.print(options)
    await print.begin()
    return print
  }

  async write(): Promise<TreeLease> {
    const slot = await this.#candidate
    return new Lease(slot.tree, await slot.gate.exclusive())
  }

  /**
   * The candidate, which differs from running by `changes`, becomes running. Resolves when the new candidate stands;
   * `changes` is read until then. The caller holds no lease that it took with `write`.
   */
  async promote(changes: Journal): Promise<{ readonly caughtUp: Promise<void> }> {
    const old = this.#running
    this.#running = await this.#candidate
    const next = this.#catchUp(old, changes)
    next.catch(() => undefined)
    this.#candidate = next
    return { caughtUp: next.then(() => undefined) }
  }

  /** Makes the candidate anew: running and then `changes`. For when it cannot be trusted any more. O(tree). */
  async rebuild(changes: Journal): Promise<void> {
    const old = await this.#candidate.catch(() => undefined)
    const tree = await this.#copyRunning()
    try {
      await tree.apply(changes)
    } catch (error) {
      tree[Symbol.dispose]()
      throw error
    }
    this.#candidate = Promise.resolve(new Slot(tree))
    if (old) void free(old)
  }

  /** A tree whose reader does not let go within `patience` is freed when it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    const slots = [this.#running, await this.#candidate.catch(() => undefined)]
    const freed = Promise.all(slots.map((slot) => slot && free(slot)))
    if (!(await inTime(freed, this.#patience)))
      this.#log.warn('a read goes on while the datastores are closed')
  }

  async #catchUp(old: Slot, changes: Journal): Promise<Slot> {
    const turn = old.gate.exclusive()
    if (await inTime(turn, this.#patience)) {
      using _turn = await turn
      try {
        await old.tree.apply(changes)
        return old
      } catch (error) {
        this.#log.error(
          `the old running tree could not follow the commit and is copied anew: ${String(error)}`,
        )
      }
      old.tree[Symbol.dispose]()
    } else {
      this.#log.warn(`a read has held the former running for ${this.#patience} ms; running is copied instead`)
      void turn.then(() => old.tree[Symbol.dispose]())
    }
    return new Slot(await this.#copyRunning())
  }

  async #copyRunning(): Promise<Tree> {
    using running = await this.read('running')
    return await running.tree.copy()
  }
}

class Lease implements TreeLease {
  constructor(
    readonly tree: Tree,
    private readonly turn: Disposable,
  ) {}

  [Symbol.dispose](): void {
    this.turn[Symbol.dispose]()
  }
}

async function free(slot: Slot): Promise<void> {
  using _turn = await slot.gate.exclusive()
  slot.tree[Symbol.dispose]()
}

async function inTime(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
