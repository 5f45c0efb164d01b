/** Random edits over a schema with everything in it: candidate and running never part, whichever way changes travel. */
import test from 'ava'
import type { EditOptions } from '../src/index.js'
import { dice, edit, whole, workshop } from './editing.js'
import { randomEdit } from './random-edits.js'

for (let part = 0; part < 4; part++) {
  test(`candidate and running agree after every commit, discard, replay and netting (${part})`, async (t) => {
    using context = await workshop()
    let commits = 0
    for (let seed = part * 15; seed < part * 15 + 15; seed++) {
      const roll = dice(seed)
      using candidate = context.tree()
      using running = context.tree()
      let journal = context.journal()
      for (let step = 0; step < 12; step++) {
        const xml = randomEdit(roll)
        const options: Partial<EditOptions> = {
          defaultOperation: (['merge', 'merge', 'merge', 'replace', 'none'] as const)[roll(5)] ?? 'merge',
          errorOption:
            (['stop-on-error', 'continue-on-error', 'rollback-on-error'] as const)[roll(3)] ??
            'stop-on-error',
        }
        const label = `seed ${seed}, step ${step}: ${xml}`
        const before = await whole(candidate)
        const result = await edit(context, candidate, xml, options)
        if (result.errors.length > 0 && options.errorOption === 'rollback-on-error') {
          t.deepEqual(await whole(candidate), before, `rollback, ${label}`)
        }
        journal.append(result.journal)
        if (roll(2) === 0) continue
        if ((await candidate.validate(journal)).length === 0) {
          commits++
          using replayed = await running.copy()
          using chunked = await context.decodeJournal(await journal.encode(1024))
          await replayed.apply(chunked)
          t.deepEqual(await whole(replayed), await whole(candidate), `replay, ${label}`)
          using back = await journal.reversed()
          const old = await whole(running)
          await running.apply(journal)
          t.deepEqual(await whole(running), await whole(candidate), `commit, ${label}`)
          await running.apply(back)
          t.deepEqual(await whole(running), old, `reverse, ${label}`)
          await journal.net()
          using again = await running.copy()
          using short = await context.decodeJournal(await journal.encode(1024))
          await again.apply(short)
          t.deepEqual(await whole(again), await whole(candidate), `replay of the net, ${label}`)
          await running.apply(journal)
          t.deepEqual(await whole(running), await whole(candidate), `net, ${label}`)
        } else {
          using back = await journal.reversed()
          await candidate.apply(back)
          t.deepEqual(await whole(candidate), await whole(running), `discard, ${label}`)
        }
        journal[Symbol.dispose]()
        journal = context.journal()
      }
      journal[Symbol.dispose]()
    }
    t.true(commits > 10)
  })
}
