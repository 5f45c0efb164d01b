/** The validator against itself and against libyang, over random models and random edits (random-play.ts). */
import test from 'ava'
import { play } from './random-play.js'
import type { Tally } from './random-play.js'

const models = Number(process.env['WEFT_RANDOM_MODELS'] ?? 120)
const first = Number(process.env['WEFT_RANDOM_SEED'] ?? 0)
const parts = 4

for (let part = 0; part < parts; part++) {
  test(`both drivers and libyang agree (${part})`, async (t) => {
    const tally: Tally = { refusedModels: 0, valid: 0, invalid: 0 }
    for (let seed = first + part; seed < first + models; seed += parts) await play(seed, tally)
    t.log(tally)
    t.true(
      models < 20 || (tally.valid > models / parts && tally.invalid > models / parts),
      JSON.stringify(tally),
    )
  })
}
