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

test('a port is made with its configuration, may have an interface, and is unmade', async (t) => {
  using box = await Box.open()
  const made = (content: string, name = 'c1') =>
    port(name, `<made><namespace>box</namespace>${content}</made>`)
  const interfaces = (content: string) =>
    `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces" ${nc}>${content}</interfaces>`
  const on = (name: string) =>
    `<interface><name>${name}</name><type xmlns:i="urn:ietf:params:xml:ns:yang:iana-if-type">i:ethernetCsmacd</type></interface>`
  const steps = await box.commit(
    made(
      '<mac-address>02:00:00:00:00:07</mac-address><mtu>1400</mtu><address><ip>10.0.7.2</ip><prefix-length>24</prefix-length></address><ipv4-gateway>10.0.7.1</ipv4-gateway>',
    ) + interfaces(on('c1')),
  )
  t.deepEqual(
    steps.map(({ summary }) => summary),
    ['set made port c1', 'set interface c1'],
  )
  t.deepEqual(box.member.made.get('c1'), {
    ...{ namespace: 'box', device: 'eth0', mac: Uint8Array.of(2, 0, 0, 0, 0, 7), mtu: 1400 },
    addresses: [{ address: Uint8Array.of(10, 0, 7, 2), length: 24 }],
    gateways: [Uint8Array.of(10, 0, 7, 1)],
  })
  t.is(box.member.interfaces.get('c1')?.port, 'c1')

  const refused = async (config: string) => {
    const error = await t.throwsAsync(box.commit(config), undefined, config)
    return JSON.stringify((error as { errors?: unknown }).errors ?? error?.message)
  }
  t.regex(await refused(made('<device>of-sixteen-chars</device>', 'c2')), /at most 15.*made\/device/)
  t.regex(await refused(made('', 'c2')), /made\/namespace|unique/)
  t.regex(await refused(made('<device>eth1</device>', 'p1')), /needs another name.*port\[name='p1'\]\/made/)
  t.regex(await refused(made('<ipv4-gateway>10.9.9.9</ipv4-gateway>')), /in no subnet.*made\/ipv4-gateway/)
  t.regex(await refused(made('<mac-address>01:00:00:00:00:07</mac-address>')), /group.*made\/mac-address/)
  t.regex(
    await refused(made('<address><ip>10.0.7.3</ip><prefix-length>33</prefix-length></address>')),
    /at most 32.*prefix-length/,
  )
  t.regex(
    await refused(port('c1', '', 'nc:operation="delete"')),
    /'c1' is made no more.*interface\[name='c1'\]/,
  )
  const gone =
    port('c1', '', 'nc:operation="delete"') +
    interfaces(on('c1').replace('<interface>', '<interface nc:operation="delete">'))
  t.deepEqual(
    (await box.commit(gone)).map(({ summary }) => summary),
    ['delete interface c1', 'delete made port c1'],
  )
  t.is(box.member.made.size, 0)
})
