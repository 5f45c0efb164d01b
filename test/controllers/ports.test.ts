import test from 'ava'
import { Box } from './box.js'

const xmlns = 'xmlns="urn:weft:params:xml:ns:yang:weft-ports"'
const nc = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'
const workers = (content: string) => `<workers ${xmlns} ${nc}>${content}</workers>`
const port = (name: string, content: string, attributes = '') =>
  `<ports ${xmlns} ${nc}><port ${attributes}><name>${name}</name>${content}</port></ports>`

test('workers, their CPUs, and who serves a port are told, and taken back', async (t) => {
  using box = await Box.open()
  const steps = await box.commit(
    workers('<count>3</count><worker><id>2</id><cpu>1</cpu></worker>') +
      port(
        'p1',
        '<rx-queues>2</rx-queues><fast-path>tc</fast-path><worker><id>2</id></worker><worker><id>0</id></worker>',
      ),
  )
  t.deepEqual(
    steps.map(({ summary }) => summary),
    ['set workers, port p1'],
  )
  t.deepEqual(box.member.workers, { op: 'workers-set', count: 3, cpus: [{ worker: 2, cpu: 1 }] })
  t.deepEqual(box.member.ports.get('p1'), {
    ...{ op: 'port-settings-set', name: 'p1', driver: 'auto', rxQueues: 2, workers: [2, 0], fastPath: 'tc' },
  })
  await box.commit(workers('<count>3</count>') + port('p1', '<rx-queues>auto</rx-queues>'))
  t.like(box.member.ports.get('p1'), { rxQueues: 0, workers: [2, 0] })
  await box.commit(port('p1', '', 'nc:operation="delete"'))
  t.is(box.member.ports.size, 0)
  await box.commit(`<workers ${xmlns} ${nc} nc:operation="delete"/>`)
  t.deepEqual(box.member.workers, { op: 'workers-set', count: 1, cpus: [] })
})

test('a worker that is not there, more than 16, or a port that is not there is refused where it is said', async (t) => {
  using box = await Box.open()
  const refused = async (config: string) => {
    const error = await t.throwsAsync(box.commit(config), undefined, config)
    return JSON.stringify((error as { errors?: unknown }).errors ?? error?.message)
  }
  t.regex(await refused(workers('<worker><id>1</id><cpu>0</cpu></worker>')), /no worker of that number/)
  t.regex(await refused(port('p1', '<worker><id>1</id></worker>')), /no worker of that number/)
  t.regex(await refused(workers('<count>17</count>')), /count/)
  t.regex(await refused(port('p1', '<rx-queues>17</rx-queues>')), /rx-queues/)
  t.regex(await refused(port('p99', '')), /no port named 'p99'; this chassis has p1/)
  t.is(box.member.workers, undefined)
})
