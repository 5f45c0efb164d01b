/** What an edit can have affected is all that is wrong after it: both drivers find the same, and derive the same. */
import test from 'ava'
import type { Tree } from '../src/index.js'
import { dice, edit, whole, workshop } from './editing.js'
import { randomEdit } from './random-edits.js'

for (let part = 0; part < 4; part++) {
  test(`after random edits, both drivers say the same and leave the same (${part})`, async (t) => {
    using context = await workshop()
    const agree = async (tree: Tree, xml: string, label: string): Promise<boolean> => {
      using journal = context.journal()
      for (let edits = 0; edits < 2; edits++) {
        const done = await edit(context, tree, xml, { errorOption: 'continue-on-error' })
        journal.append(done.journal)
      }
      using back = await journal.reversed()
      using asked = await back.reversed()
      using copy = await tree.copy()
      using derived = context.journal()
      const found = await tree.validate(derived, { journal, from: 0 })
      const all = await copy.validate(asked)
      t.deepEqual(found, all, label)
      t.deepEqual(await whole(tree), await whole(copy), label)
      if (found.length > 0) await tree.apply(back)
      return found.length === 0
    }
    let valid = 0
    let invalid = 0
    for (let seed = part * 30; seed < part * 30 + 30; seed++) {
      const roll = dice(seed)
      using tree = context.tree()
      using first = context.journal()
      t.deepEqual(await tree.validate(first), [])
      for (let step = 0; step < 12; step++) {
        const xml = randomEdit(roll)
        if (await agree(tree, xml, `seed ${seed}, step ${step}: ${xml}`)) valid++
        else invalid++
      }
    }
    t.true(valid > 50 && invalid > 10, `${valid} valid, ${invalid} invalid`)
  })
}
