/**
 * A chassis of three members: what docs/chassis.md says is done, in its order, by machines that join as it says; then what is lost of
 * packets when something is killed. One start for all.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { request } from '../docs/run.js'
import { blocksOf } from '../docs/page.js'
import { until } from '../lab/router.js'
import { chassisNamespace, routed, Stitch } from '../lab/stitch.js'

const page = resolve(fileURLToPath(import.meta.url), '../../../..', 'docs/chassis.md')
const patience = 60_000
const interfaces = (content: string): string =>
  `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${content}</interfaces>`

let stitch: Stitch
test.before(async () => {
  stitch = await Stitch.start(['east', 'west'])
})
test.after.always(async () => {
  await stitch[Symbol.asyncDispose]()
})

/** Every host from every other, over both families. */
async function allReach(t: ExecutionContext, numbers: readonly number[]): Promise<void> {
  for (const from of numbers)
    for (const to of numbers) {
      if (from === to) continue
      const host = await stitch.host(from)
      for (const address of [`10.0.${to}.2`, `2001:db8:${to}::2`])
        t.true(await host.pings(address), `h${from} reaches ${address}`)
    }
}

test.serial('a port is configured before its member is there', async (t) => {
  await stitch.commit(interfaces(routed('p0', 0) + routed('1/p1', 1) + routed('2/p2', 2)))
  const reply = await stitch.get(interfaces('<interface><name>1/p1</name><oper-status/></interface>'))
  t.regex(reply, /<oper-status>not-present</)
})

test.serial('what the page of the chassis says is done', async (t) => {
  const text = await readFile(page, 'utf8')
  await using client = await stitch.weftd.connect()
  let fingerprint = ''
  for (const block of blocksOf(text)) {
    if (block.kind !== 'request') continue
    const where = `line ${block.line} of docs/chassis.md`
    if (block.content.includes('approve-member')) {
      stitch.machine('west').launch(stitch.port)
      await until(
        'somebody waits',
        async () => {
          const state = await stitch.get(`<chassis xmlns="${chassisNamespace}"><state/></chassis>`)
          fingerprint = /<key-fingerprint>([^<]+)<\/key-fingerprint><address>/.exec(state)?.[1] ?? ''
          return fingerprint !== ''
        },
        patience,
      )
      await until(
        'the machine says the same',
        () => stitch.machine('west').output.includes(fingerprint),
        patience,
      )
    }
    const content = block.content
      .replace('7830', String(stitch.port))
      .replace('0.0.0.0', '127.0.0.1')
      .replace('SHA256:…', fingerprint)
    if (block.content.includes('create-token')) {
      const token = /<token[^>]*>([^<]+)/.exec(await stitch.rpc(content))?.[1] ?? ''
      await stitch.machine('east').start(stitch.port, '--token', token)
      await stitch.programmed('east')
    }
    // The last blocks end members; the tests below are to have them.
    if (/revoke-member|release-slot|<drained>/.test(content)) continue
    await request(t, client, { ...block, content }, where)
    if (block.content.includes('approve-member')) await stitch.programmed('west')
  }
  const west = await stitch.member('west')
  t.regex(west, /<slot>2</)
  t.regex(west, /<port><name>2\/p2<\/name><device>p2</)
  t.regex(await stitch.member('east'), /<port><name>1\/p1<\/name>.*<link-up>true</)
})

test.serial('hosts reach each other across members, over each kind of fabric', async (t) => {
  for (const kind of ['vxlan', 'nvgre', 'pbb']) {
    await stitch.commit(
      `<chassis xmlns="${chassisNamespace}"><fabric><kind>${kind}</kind></fabric></chassis>`,
    )
    await allReach(t, [0, 1, 2])
  }
  const reply = await stitch.get(interfaces('<interface><name>1/p1</name></interface>'))
  t.regex(reply, /<oper-status>up</)
  // The host's side of a far port is beside member 0.
  t.regex(reply, /<host-tap[^>]*><device>/)
  t.regex(reply, /<in-ipv4-pkts[^>]*>[1-9]/)
})

/** Pings until what is done meanwhile is done; how many of its packets were lost. */
async function lostDuring(from: number, address: string, work: () => Promise<void>): Promise<number> {
  const host = await stitch.host(from)
  await host.pings(address)
  const ping = host.spawn('ping', '-n', '-q', '-i', '0.05', address)
  let output = ''
  ping.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(ping, 'close')
  try {
    await work()
  } finally {
    ping.kill('SIGINT')
    await ended
  }
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(output) ?? []
  if (!sent || Number(sent) < 5) throw new Error(`ping said ${output}`)
  return Number(sent) - Number(received)
}

const connected = (name: string, is: boolean): Promise<void> =>
  until(
    `${name} is ${is ? '' : 'not '}connected`,
    async () => (await stitch.member(name)).includes(`<connected>${is}<`),
    patience,
  )

test.serial('kill -9 of weftd and its return lose no packet on any member', async (t) => {
  const lost = await lostDuring(0, '10.0.1.2', async () => {
    await stitch.weftd.kill('SIGKILL')
    await stitch.weftd.start()
    for (const name of ['east', 'west']) await stitch.programmed(name)
  })
  t.true(lost <= 1, `${lost} packets were lost`)
})

test.serial('an engine that is killed is back, and others forward meanwhile', async (t) => {
  const before = stitch.machine('east').enginePid
  const lost = await lostDuring(0, '10.0.2.2', async () => {
    process.kill(before, 'SIGKILL')
    t.true(await (await stitch.host(0)).pings('10.0.1.2', { seconds: 60 }))
  })
  t.true(lost <= 1, `${lost} packets were lost`)
  t.not(stitch.machine('east').enginePid, before)
  await stitch.programmed('east')
})

test.serial(
  'a member that is cut off from the control plane goes on, and is shown as not connected',
  async (t) => {
    const { pid } = stitch.machine('west')
    const lost = await lostDuring(0, '10.0.2.2', async () => {
      process.kill(pid, 'SIGSTOP')
      try {
        await connected('west', false)
        const alarms = await stitch.get(
          '<alarms xmlns="urn:ietf:params:xml:ns:yang:ietf-alarms"><alarm-list/></alarms>',
        )
        t.regex(alarms, /member west is not attached to the control plane/)
        // What is committed meanwhile is there when it is back.
        await stitch.commit(
          interfaces('<interface><name>2/p2</name><description>away</description></interface>'),
        )
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      await connected('west', true)
      await stitch.programmed('west')
    })
    t.true(lost <= 1, `${lost} packets were lost`)
  },
)

test.serial('a member that hangs makes a commit fail, which names it, and then stops none', async (t) => {
  const { enginePid } = stitch.machine('west')
  const change = (text: string) =>
    stitch.commit(
      interfaces(
        routed('p0', 0)
          .replace('<type', `<description>${text}</description><type`)
          .replace('24<', `${text}<`),
      ),
    )
  process.kill(enginePid, 'SIGSTOP')
  try {
    await t.throwsAsync(change('25'), { message: /member west/ })
    await connected('west', false)
    await change('24')
  } finally {
    process.kill(enginePid, 'SIGCONT')
  }
  await connected('west', true)
  await stitch.programmed('west')
  t.true(await (await stitch.host(0)).pings('10.0.2.2'))
})

test.serial('the ports of a drained member are used no more, and are again', async (t) => {
  const drain = (drained: boolean) =>
    stitch.commit(
      `<chassis xmlns="${chassisNamespace}"><member><name>west</name><drained>${drained}</drained></member></chassis>`,
    )
  const h0 = await stitch.host(0)
  const lost = await lostDuring(0, '10.0.1.2', async () => {
    await drain(true)
    await until('h2 is out of reach', async () => !(await h0.pings('10.0.2.2', { seconds: 1 })), patience)
    await drain(false)
    t.true(await h0.pings('10.0.2.2', { seconds: 60 }))
  })
  t.true(lost <= 1, `${lost} packets were lost`)
})

test.serial(
  'a revoked member is out, and its machine joins again with a new token, to the same slot',
  async (t) => {
    const token = `<member>east</member>`
    await stitch.rpc(`<revoke-member xmlns="${chassisNamespace}">${token}</revoke-member>`)
    await connected('east', false)
    const machine = stitch.machine('east')
    await until('it is told why', () => machine.engineLog.includes('was revoked on'), patience)
    await until(
      'the audit log has it',
      async () =>
        /member-refused .*member="east".*was revoked/.test(
          await readFile(resolve(stitch.weftd.state, 'audit.log'), 'utf8'),
        ),
      patience,
    )
    await machine.end('SIGTERM')
    await stitch.join('east')
    t.regex(await stitch.member('east'), /<slot>1</)
    await machine.end('SIGTERM')
    await connected('east', false)
    await stitch.rpc(`<release-slot xmlns="${chassisNamespace}">${token}</release-slot>`)
    t.is(await stitch.member('east'), '')
  },
)
