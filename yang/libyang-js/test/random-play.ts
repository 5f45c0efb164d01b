/**
 * One random model and random edits of its data, judged by both drivers of the validator and by libyang: what the
 * incremental driver finds is what the whole one finds, errors included, and both leave the same tree; and the whole one
 * and libyang agree on the verdict.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext } from '../src/index.js'
import type { Context, Journal, Tree, YangError } from '../src/index.js'
import { dice, whole } from './editing.js'
import { ietf, text } from './helpers.js'
import type { Roll } from './random-expression.js'
import { randomEdit } from './random-model-edit.js'
import { makeModel } from './random-model.js'
import type { Model } from './random-model.js'

const edits = 30

async function load(model: Model): Promise<Context | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'validate-random-'))
  try {
    for (const [name, source] of Object.entries(model.modules))
      await writeFile(join(folder, `${name}.yang`), source)
    return await createContext({
      searchDirs: [folder, ...ietf],
      modules: [{ name: 'ietf-netconf' }, ...Object.keys(model.modules).map((name) => ({ name }))],
    })
  } catch {
    return undefined // libyang refuses, for instance, a `when` that depends on itself
  } finally {
    await rm(folder, { recursive: true })
  }
}

function lines(errors: readonly YangError[]): string[] {
  return errors
    .map((error) => JSON.stringify([error.path, error.tag, error.appTag, error.message, error.info]))
    .sort()
}

async function apply(
  context: Context,
  tree: Tree,
  xml: string,
): Promise<{ journal: Journal; errors: readonly YangError[] }> {
  using fragment = context.fragment(xml)
  return tree.edit(fragment, { defaultOperation: 'merge', errorOption: 'rollback-on-error' })
}

/** What one model was good for. */
export interface Tally {
  refusedModels: number
  valid: number
  invalid: number
}

class Play {
  readonly #story: string[] = []
  #tree: Tree // valid, once #based
  #based: boolean
  #pending: Journal // what led to the tree, as a candidate keeps it

  private constructor(
    private readonly context: Context,
    private readonly model: Model,
    private readonly roll: Roll,
    private readonly tally: Tally,
  ) {
    this.#tree = context.tree()
    this.#pending = context.journal()
    this.#based = false
  }

  static async run(context: Context, model: Model, roll: Roll, tally: Tally): Promise<void> {
    const game = new Play(context, model, roll, tally)
    try {
      game.#based = (await game.#tree.validate(game.#pending)).length === 0
      for (let step = 0; step < edits; step++) await game.#step()
    } catch (error) {
      const shown = await text(game.#tree, { format: 'xml' })
      const told = [String(error), ...Object.values(model.modules), 'edits:', ...game.#story, 'tree:', shown]
      throw new Error(told.join('\n'), { cause: error })
    } finally {
      game.#tree[Symbol.dispose]()
      game.#pending[Symbol.dispose]()
    }
  }

  async #step(): Promise<void> {
    const xml = randomEdit(this.model, this.roll, this.#based && this.roll(4) > 0)
    const two = await this.#tree.copy() // judged whole
    const edit = await apply(this.context, two, xml)
    using journal = edit.journal
    if (edit.errors.length > 0) {
      two[Symbol.dispose]()
      return
    }
    this.#story.push(xml)
    using back = await journal.reversed()
    const judges = !this.model.preceding && !this.model.chained
    const byLibyang = judges ? await two.validateByLibyang() : undefined
    const found = await two.validate(journal)
    if (this.#based) await this.#byChanges(xml, two, found)
    if (found.length === 0) {
      this.tally.valid++
      this.#tree[Symbol.dispose]()
      this.#tree = two
      this.#based = true
      // libyang takes the default of a leaf of `unique` for its value even where the leaf cannot exist.
      const oracle = (judges ? await two.validateByLibyang() : []).filter(
        (error) => !this.model.absentDefault || error.appTag !== 'data-not-unique',
      )
      agree('libyang finds errors in what is valid', lines(oracle), [])
    } else {
      this.tally.invalid++
      // A node under a false condition is an error of the client's; libyang, told that it was true, takes it away.
      const conditions = found.some((error) => error.tag === 'unknown-element')
      if (byLibyang?.length === 0 && !conditions) agree('libyang finds no error', [], lines(found))
      await two.apply(back)
      agree('a failed validation changed the tree', await this.#look(two), await this.#look(this.#tree))
      two[Symbol.dispose]()
    }
  }

  /** The same edit, judged by what it changed. */
  async #byChanges(xml: string, two: Tree, found: readonly YangError[]): Promise<void> {
    using one = await this.#tree.copy()
    using part = (await apply(this.context, one, xml)).journal
    if (this.roll(3) === 0) await part.net()
    const from = this.#pending.size
    this.#pending.append(part)
    using derived = this.context.journal()
    const also = await one.validate(derived, { journal: this.#pending, from })
    agree('the drivers find different errors', lines(also), lines(found))
    agree('the drivers leave different trees', await this.#look(one), await this.#look(two))
    if (also.length === 0) {
      this.#pending.append(derived)
    } else {
      this.#pending[Symbol.dispose]()
      this.#pending = this.context.journal()
    }
  }

  #look(tree: Tree): Promise<unknown> {
    return whole(tree, this.model.ordered)
  }
}

function agree(what: string, one: unknown, other: unknown): void {
  if (JSON.stringify(one) === JSON.stringify(other)) return
  throw new Error(`${what}\n${JSON.stringify(one, null, 1)}\n${JSON.stringify(other, null, 1)}`)
}

/** Rejects with the seed, the model and the edits when anybody disagrees. */
export async function play(seed: number, tally: Tally): Promise<void> {
  const roll = dice(seed)
  const model = makeModel(roll)
  using context = await load(model)
  if (!context) {
    tally.refusedModels++
    return
  }
  try {
    await Play.run(context, model, roll, tally)
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
  }
}
