/** What docs/services.md says can be done is done, from its first line to its last, by one appliance with the demo chassis. */
import test from 'ava'
import { runPage } from './run.js'

test('every example of services does what the page says', async (t) => {
  await runPage(t, 'services.md')
})
