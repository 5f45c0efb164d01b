import test from 'ava'
import type { Context } from 'libyang-js'
import type { CommitGuard } from '../../datastore/index.js'
import { alice, bob, named, openBench, openContext, refusal } from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

test('what guards refuse is neither committed nor rehearsed, all of them are heard, and the candidate stays', async (t) => {
  const asked: string[] = []
  const against = (message: string): CommitGuard => ({
    check: async ({ user }, changes) => {
      asked.push(...(await changes.describe(1)))
      return user === 'alice' ? [{ type: 'application', tag: 'access-denied', message }] : []
    },
  })
  const { datastores, edit } = await openBench(t, context, { guards: [against('one'), against('two')] })
  await edit(named('first'))
  const refused = await refusal(datastores.commit(alice))
  t.deepEqual(
    refused.errors.map(({ tag, message }) => [tag, message]),
    [
      ['access-denied', 'one'],
      ['access-denied', 'two'],
    ],
  )
  await refusal(datastores.rehearse(alice, {}, 10))
  t.is(asked.length, 4)
  t.is(datastores.head, undefined)
  t.is((await datastores.commit(bob))?.number, 1)
})
