/** What docs/alarms.md says can be done is done by one appliance with the demo chassis, and its table has every type. */
import test from 'ava'
import { alarmTypes } from '../../src/alarms/index.js'
import { tableUnder } from './page.js'
import { runPage } from './run.js'

test('every example of alarms does what the page says, and the table has every type', async (t) => {
  const { text } = await runPage(t, 'alarms.md')
  const rows = tableUnder(text, '## Types').map(([name = '', levels = '']) => [
    name.replaceAll('`', ''),
    levels.split(', ').sort(),
  ])
  t.deepEqual(
    rows,
    [...alarmTypes].map(([name, { severities }]) => [name, [...severities].sort()]),
  )
})
