/**
 * A chassis of three members: what docs/chassis.md says is done, in its order, by machines that join as it says; then what is lost of
 * packets when something is killed. One start for all.
 */
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
      t.true(stitch.machine('west').output.includes(fingerprint), 'the machine says the same')
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
  t.regex(reply, /<in-ipv4-pkts[^>]*>[1-9]/)
})
