import test from 'ava'
import { Box, interfaces } from './box.js'

const xmlns = 'xmlns="urn:weft:params:xml:ns:yang:weft-forwarding"'
const nc = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'
const rpf = (content: string) => `<unicast-rpf ${xmlns}>${content}</unicast-rpf>`
const forwarding = (content: string) => `<forwarding ${xmlns} ${nc}>${content}</forwarding>`
const plain = { reversePath: undefined, allowDefault: false, redirects: false, unreachables: true }

test('what an interface says of sources, redirects and unreachables is told after the interface', async (t) => {
  using box = await Box.open()
  const steps = await box.commit(
    interfaces({
      p1: {
        ipv4: ['10.0.1.1/24', rpf('<mode>strict</mode><allow-default>true</allow-default>')],
        ipv6: [`<send-redirects ${xmlns}>true</send-redirects><unreachables ${xmlns}>false</unreachables>`],
      },
      p2: { ipv4: ['10.0.2.1/24'] },
    }),
  )
  t.is(steps.at(-1)?.summary, 'set forwarding of interface p1')
  t.deepEqual(
    [...box.member.features.values()],
    [
      {
        op: 'interface-features-set',
        name: 'p1',
        ipv4: { ...plain, reversePath: 'strict', allowDefault: true },
        ipv6: { ...plain, redirects: true, unreachables: false },
      },
    ],
  )
  t.deepEqual(await box.commit(interfaces({ p1: { ipv4: ['10.0.3.1/24'] } })).then((all) => all.length), 2)
})

test('a source check that is taken back is, and an interface that goes takes its own with it', async (t) => {
  using box = await Box.open()
  const loose = interfaces({ p1: { ipv6: ['2001:db8:1::1/64', rpf('<mode>loose</mode>')] } })
  await box.commit(loose)
  t.is(box.member.features.size, 1)
  await box.commit(interfaces({ p1: { ipv6: [`<unicast-rpf ${xmlns} ${nc} nc:operation="delete"/>`] } }))
  t.is(box.member.features.size, 0)
  await box.commit(loose)
  await box.commit(interfaces({ p1: { operation: 'delete' } }))
  t.is(box.member.features.size, 0)
})

test('limits are told as configured, and go back to what the class has without', async (t) => {
  using box = await Box.open()
  await box.commit(
    forwarding(
      '<icmp><error-rate>10</error-rate></icmp><options><router-alert>forward</router-alert></options>' +
        '<punt><class><name>other</name><rate>0</rate></class></punt>',
    ),
  )
  t.deepEqual(box.member.limits.get('icmp-errors'), {
    op: 'icmp-settings-set',
    rate: 10,
    burst: 100,
    forwardRouterAlerts: true,
  } as never)
  const other = { op: 'punt-policer-set', class: 'other' }
  t.deepEqual(box.member.limits.get('other'), { ...other, rate: 0, burst: undefined } as never)
  await box.commit(forwarding('<punt nc:operation="delete"/><icmp nc:operation="delete"/>'))
  t.deepEqual(box.member.limits.get('other'), { ...other, rate: undefined, burst: undefined } as never)
  t.like(box.member.limits.get('icmp-errors'), { rate: 1000, burst: 100 })
})

test('a member that has nothing is told all that is not as without', async (t) => {
  using box = await Box.open()
  await box.commit(
    interfaces({ p1: { ipv4: ['10.0.1.1/24', rpf('<mode>loose</mode>')] }, p2: {} }) +
      forwarding('<punt><class><name>icmp</name><burst>7</burst></class></punt>'),
  )
  const all = (await box.full()).flatMap(({ operations }) => operations)
  const ops = ['interface-features-set', 'punt-policer-set', 'icmp-settings-set']
  t.deepEqual(
    all.map(({ op }) => op).filter((op) => ops.includes(op)),
    ['interface-features-set', 'punt-policer-set'],
  )
})

test('what no policer can hold to, and a check without a mode, are refused where they stand', async (t) => {
  using box = await Box.open()
  const limit = await box.refusal(forwarding('<punt><class><name>icmp</name><burst>0</burst></class></punt>'))
  t.regex(limit.join(), /class\[name='icmp'\]\/burst.*0/)
  const mode = await box.refusal(interfaces({ p1: { ipv4: ['10.0.1.1/24', rpf('')] } }))
  t.regex(mode.join(), /unicast-rpf.*mode/)
})
