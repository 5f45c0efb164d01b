/** Access control (RFC 8341) as clients meet it: what they read, write and run, and what errors and filters must not tell. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { startAppliance, type Appliance } from './support/appliance.js'
import type { Client } from './support/client.js'

const NACM = 'urn:ietf:params:xml:ns:yang:ietf-netconf-acm'
const prefixed = 'xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces"'
const IF = `xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces" ${prefixed}`
const type = '<type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:ethernetCsmacd</type>'
const interfaces = (xml: string) =>
  `<interfaces ${IF} xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${xml}</interfaces>`
const port = (name: string, more = '') => `<interface><name>${name}</name>${type}${more}</interface>`

const rule = (name: string, content: string, action = 'permit') =>
  `<rule><name>${name}</name>${content}<action>${action}</action></rule>`
const path = (text: string, access = '*') =>
  `<path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">${text}</path><access-operations>${access}</access-operations>`

/**
 * admin may do all; alice of the group staff may change eth1 and read it alone with eth2; dave may read all but secret0, and
 * erin also write it; bob is in no group.
 */
const nacm =
  `<nacm xmlns="${NACM}"><groups><group><name>admins</name><user-name>admin</user-name></group>` +
  '<group><name>staff</name><user-name>alice</user-name></group>' +
  '<group><name>guests</name><user-name>dave</user-name></group><group><name>writers</name><user-name>erin</user-name></group></groups>' +
  `<rule-list><name>admins</name><group>admins</group>${rule('all', '<module-name>*</module-name>')}</rule-list>` +
  '<rule-list><name>staff</name><group>staff</group>' +
  rule('eth1', path("/if:interfaces/if:interface[if:name='eth1']")) +
  rule('eth2', path("/if:interfaces/if:interface[if:name='eth2']", 'read')) +
  rule('rest', path('/if:interfaces/if:interface'), 'deny') +
  rule(
    'kill',
    '<module-name>ietf-netconf</module-name><rpc-name>lock</rpc-name><access-operations>exec</access-operations>',
    'deny',
  ) +
  '</rule-list><rule-list><name>guests</name><group>guests</group>' +
  rule('one', path("/if:interfaces/if:interface[if:name='secret0']"), 'deny') +
  '</rule-list><rule-list><name>writers</name><group>writers</group>' +
  rule('read', path("/if:interfaces/if:interface[if:name='secret0']", 'read'), 'deny') +
  rule('rest', '<module-name>*</module-name>') +
  '</rule-list></nacm>'

const content = interfaces(
  port('eth1', '<description>mine</description>') +
    port('eth2', '<enabled>false</enabled>') +
    port('secret0', '<description>vault</description><enabled>false</enabled>'),
)

async function begin(
  t: ExecutionContext,
  options: { recoveryUser?: string; capabilities?: readonly ('startup' | 'writable-running')[] } = {},
) {
  const appliance = await startAppliance(t, { nacm: nacm + content, ...options })
  const as = (username: string) => appliance.connect({ username })
  return { appliance, as }
}

const config = (source: string, filter = '') =>
  `<get-config><source><${source}/></source>${filter}</get-config>`
const edit = (xml: string, more = '') =>
  `<edit-config><target><candidate/></target>${more}<config>${interfaces(xml)}</config></edit-config>`
const wanted = `<filter type="subtree">${interfaces('')}</filter>`
const ok = /<ok\/>/
const tags = (reply: string) => [...reply.matchAll(/<error-tag>([^<]*)/g)].map(([, tag]) => tag)
const paths = (reply: string) =>
  [...reply.matchAll(/<error-path[^>]*>([^<]*)/g)].map(([, at]) => at?.replaceAll(/&quot;|&apos;/g, "'"))
const names = (reply: string) => [...reply.matchAll(/<name>([^<]*)/g)].map(([, name]) => name)

test('each reads what the rules leave, of every datastore and through every filter', async (t) => {
  const { as } = await begin(t)
  const [admin, alice, bob] = await Promise.all([as('admin'), as('alice'), as('bob')])
  const all = await admin.rpc(config('running'))
  t.true(names(all).includes('secret0') && all.includes('vault') && all.includes('<nacm'))
  for (const source of ['running', 'candidate']) {
    const seen = await alice.rpc(config(source))
    t.deepEqual(names(seen), ['eth1', 'eth2'], source)
    t.true(seen.includes('mine'))
    t.notRegex(seen, /vault|nacm|secret/)
    // In no group: the defaults, but for what is marked.
    const guest = await bob.rpc(config(source))
    t.deepEqual(names(guest), ['eth1', 'eth2', 'secret0'])
    t.notRegex(guest, /description|nacm/)
  }
  const state = await alice.rpc('<get/>')
  t.notRegex(state, /vault|<nacm|secret0/)
  t.true(state.includes('netconf-state'))
  t.regex(
    await admin.rpc(
      '<get><filter type="subtree"><nacm xmlns="' + NACM + '"><denied-operations/></nacm></filter></get>',
    ),
    /<denied-operations>0</,
  )

  for (const filter of [
    `<filter type="subtree">${interfaces('<interface><enabled>false</enabled><name/></interface>')}</filter>`,
    `<filter type="xpath" ${prefixed} select="/if:interfaces/if:interface[if:enabled='false']/if:name"/>`,
    `<filter type="xpath" ${prefixed} select="//if:interface[contains(if:enabled, 'f')]/if:name"/>`,
    `<filter type="xpath" ${prefixed} select="/if:interfaces/if:interface[count(../if:interface) != 3][if:enabled='false']"/>`,
  ]) {
    t.deepEqual(names(await alice.rpc(config('running', filter))), ['eth2'], filter)
    t.deepEqual(names(await alice.rpc(`<get>${filter}</get>`)), ['eth2'], filter)
  }
  const guess = `<filter type="xpath" ${prefixed} select="//*[.='vault']"/>`
  t.notRegex(await bob.rpc(config('running', guess)), /secret0|interface/)
  t.true((await admin.rpc(config('running', guess))).includes('vault'))
})

test('an edit is refused where it is made, and a commit by what it would change of running', async (t) => {
  const { as } = await begin(t)
  const [admin, alice, bob] = await Promise.all([as('admin'), as('alice'), as('bob')])
  t.regex(await alice.rpc(edit('<interface><name>eth1</name><description>new</description></interface>')), ok)
  const refused = await alice.rpc(
    edit('<interface><name>eth2</name><description>x</description></interface>' + port('eth3')),
  )
  t.deepEqual(new Set(tags(refused)), new Set(['access-denied']))
  t.is(paths(refused)[0], "/if:interfaces/if:interface[if:name='eth3']", 'what is hidden comes first')
  t.deepEqual(
    paths(await alice.rpc(edit('<interface><name>eth2</name><enabled>true</enabled></interface>'))),
    ["/if:interfaces/if:interface[if:name='eth2']/if:enabled"],
  )
  // Nothing of it stayed; what had been edited before did.
  t.regex(await admin.rpc(config('candidate')), />new</)
  t.notRegex(await admin.rpc(config('candidate')), /eth3/)
  // Nodes that do not change need no right.
  t.regex(await alice.rpc(edit('<interface><name>eth2</name><enabled>false</enabled></interface>')), ok)

  // The candidate is shared: what admin adds, alice cannot commit, nor learn.
  t.regex(
    await admin.rpc(edit('<interface><name>secret0</name><description>deeper</description></interface>')),
    ok,
  )
  const commit = await alice.rpc('<commit/>')
  t.deepEqual(tags(commit), ['access-denied'])
  t.notRegex(commit, /secret0|deeper|vault/)
  t.deepEqual(tags(await bob.rpc('<commit/>')), ['access-denied', 'access-denied'])
  t.regex(await admin.rpc('<discard-changes/>'), ok)
  t.regex(
    await alice.rpc(edit('<interface><name>eth1</name><description>newer</description></interface>')),
    ok,
  )
  t.regex(await alice.rpc('<commit/>'), ok)
  t.regex(await bob.rpc('<commit/>'), ok, 'without a change nothing is needed')
  const counts = await admin.rpc(`<get><filter type="subtree"><nacm xmlns="${NACM}"/></filter></get>`)
  t.regex(counts, /<denied-data-writes>4</)

  // A copy over the candidate is a change of the candidate.
  t.regex(await admin.rpc(edit(port('eth9'))), ok)
  const copy = '<copy-config><target><candidate/></target><source><running/></source></copy-config>'
  t.deepEqual(new Set(tags(await alice.rpc(copy))), new Set(['access-denied']))
  t.regex(await admin.rpc(config('candidate')), /eth9/)
  t.regex(await admin.rpc(copy), ok)
})

test('a copy of a datastore leaves out what may not be read, and so deletes it from the target', async (t) => {
  const { as } = await begin(t, { capabilities: ['startup', 'writable-running'] })
  const [admin, bob, erin] = await Promise.all([as('admin'), as('bob'), as('erin')])
  const copy = (source: string, target: string) =>
    `<copy-config><target><${target}/></target><source><${source}/></source></copy-config>`
  const secret = async (source: string) => names(await admin.rpc(config(source))).includes('secret0')

  // From running to startup the right to execute the operation is enough, and all is copied.
  t.regex(await bob.rpc(copy('running', 'startup')), ok)
  t.true(await secret('startup'))
  const denied = async (...ways: (readonly [string, string])[]) => {
    for (const [source, target] of ways) {
      const refused = await bob.rpc(copy(source, target))
      t.deepEqual(new Set(tags(refused)), new Set(['access-denied']), `${source} to ${target}`)
      t.notRegex(refused, /vault|description/)
      t.true(await secret(target))
    }
  }
  await denied(['running', 'candidate'], ['candidate', 'running'], ['candidate', 'startup'])
  await denied(['startup', 'candidate'], ['startup', 'running'])

  t.regex(await erin.rpc(copy('running', 'candidate')), ok)
  t.deepEqual(names(await admin.rpc(config('candidate', wanted))), ['eth1', 'eth2'])
  t.regex(await admin.rpc('<discard-changes/>'), ok)
  t.regex(await erin.rpc(copy('candidate', 'startup')), ok)
  t.false(await secret('startup'))
  t.regex(await erin.rpc(copy('candidate', 'running')), ok)
  t.false(await secret('running'))
  // With nothing left to hide, a copy is a copy.
  t.regex(await erin.rpc(copy('startup', 'candidate')), ok)
  t.regex(await admin.rpc(copy('running', 'candidate')), ok)
})

test('errors tell nothing of what may not be read', async (t) => {
  const { as } = await begin(t)
  const alice = await as('alice')
  const replies = [
    await alice.rpc(edit('<interface nc:operation="create"><name>secret0</name></interface>')),
    await alice.rpc(edit('<interface nc:operation="create"><name>secret1</name></interface>')),
    await alice.rpc(edit('<interface nc:operation="delete"><name>secret0</name></interface>')),
    await alice.rpc(edit('<interface nc:operation="delete"><name>secret1</name></interface>')),
  ]
  for (const reply of replies) t.is(tags(reply)[0], 'access-denied', reply)
  t.notRegex(replies.join(''), /vault|ethernet/)
  const replace = await alice.rpc(edit(port('eth1'), '<default-operation>replace</default-operation>'))
  t.is(tags(replace)[0], 'access-denied')
  t.notRegex(replace, /secret0/)
})

test('operations are permitted by rules and marks; to close a session always', async (t) => {
  const { appliance, as } = await begin(t)
  const [admin, alice, bob] = await Promise.all([as('admin'), as('alice'), as('bob')])
  const lock = '<lock><target><candidate/></target></lock>'
  const denied = await alice.rpc(lock)
  t.deepEqual(tags(denied), ['access-denied'])
  t.regex(denied, /alice may not execute lock/)
  t.regex(await bob.rpc(lock), ok)
  const kill = `<kill-session><session-id>${bob.sessionId}</session-id></kill-session>`
  t.deepEqual(tags(await alice.rpc(kill)), ['access-denied'])
  t.regex(await admin.rpc(kill), ok)
  const counts = await admin.rpc(`<get><filter type="subtree"><nacm xmlns="${NACM}"/></filter></get>`)
  t.regex(counts, /<denied-operations>2</)
  t.regex(await alice.rpc('<close-session/>'), ok)
  t.false(appliance.log.some((line) => line.includes('internal error')))
})

test('what is hidden is refused in the same words whether it is there or not', async (t) => {
  const { as } = await begin(t)
  const alice = await as('alice')
  const uniform = async (operation: (name: string) => string) => {
    const [there, missing] = [await alice.rpc(operation('secret0')), await alice.rpc(operation('secret1'))]
    const plain = (reply: string) => reply.replaceAll(/secret\d|message-id="\d+"/g, '')
    t.is(plain(there), plain(missing))
    t.deepEqual(new Set(tags(there)), new Set(['access-denied']))
  }
  const entry =
    (operation: string, more = '') =>
    (name: string) =>
      edit(`<interface nc:operation="${operation}"><name>${name}</name>${more}</interface>`)
  for (const operation of ['create', 'merge', 'replace']) await uniform(entry(operation, type))
  for (const operation of ['delete', 'remove']) await uniform(entry(operation))
  await uniform((name) => edit(port(name, '<description>guess</description>')))

  await uniform((name) => edit(`<interface><name>${name}</name><enabled>false</enabled></interface>`))
  for (const more of ['', '<enabled>false</enabled>', '<enabled nc:operation="remove"/>'])
    await uniform((name) =>
      edit(
        `<interface><name>${name}</name>${more}</interface>`,
        '<default-operation>none</default-operation>',
      ),
    )
  // Nor is it to be seen that a rule names it: dave may not write what he may read either.
  const dave = await as('dave')
  const told = async (name: string) =>
    (await dave.rpc(edit(port(name)))).replaceAll(/secret\d|message-id="\d+"/g, '')
  t.is(await told('secret0'), await told('secret1'))
  t.regex(await told('secret1'), /right to create/)

  // A right guess of a value is answered as a wrong one is.
  const bob = await as('bob')
  const guess = (value: string) =>
    edit(`<interface><name>secret0</name><description>${value}</description></interface>`)
  const copy = (value: string) =>
    `<copy-config><target><candidate/></target><source><config>${interfaces(
      `<interface><name>secret0</name><description>${value}</description></interface>`,
    )}</config></source></copy-config>`
  for (const operation of [guess, copy]) {
    const [right, wrong] = [await bob.rpc(operation('vault')), await bob.rpc(operation('other'))]
    t.is(right.replace(/message-id="\d+"/, ''), wrong.replace(/message-id="\d+"/, ''))
    t.regex(right, /if:description/)
    t.deepEqual(tags(right), ['access-denied'])
  }

  const lock = (name: string) =>
    '<partial-lock xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0">' +
    `<select ${prefixed}>/if:interfaces/if:interface[if:name='${name}']</select></partial-lock>`
  t.regex(await alice.rpc(lock('secret0')), /no-matches/)
  t.regex(await alice.rpc(lock('eth1')), /<lock-id/)
  // A lock that stands in the way is told of with its session, and without its place.
  const admin = await as('admin')
  t.regex(await admin.rpc(lock('secret0')), /<lock-id/)
  const denied = await alice.rpc(
    lock('')
      .replace(/\[[^\]]*\]/, '')
      .replace('/if:interface<', '<'),
  )
  t.deepEqual(tags(denied), ['lock-denied'])
  t.true(denied.includes(`<session-id>${admin.sessionId}</session-id>`))
  t.true(denied.includes(`session ${admin.sessionId} has locked a part of it`))
  t.notRegex(denied, /secret0|error-path/)
})

test('a path with the variable USER is refused, so that no rule is without effect', async (t) => {
  const { as } = await begin(t)
  const admin = await as('admin')
  const own = rule('own', path('/if:interfaces/if:interface[if:name=$USER]'), 'deny')
  const refused = await admin.rpc(
    `<edit-config><target><candidate/></target><config><nacm xmlns="${NACM}"><rule-list><name>staff</name>${own}</rule-list></nacm></config></edit-config>`,
  )
  t.true(tags(refused).includes('invalid-value'))
  t.true(
    paths(refused)[0]?.endsWith("rule-list[nacm:name='staff']/nacm:rule[nacm:name='own']/nacm:path"),
    refused,
  )
})

async function change(t: ExecutionContext, admin: Client, xml: string): Promise<void> {
  const base = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'
  t.regex(
    await admin.rpc(
      `<edit-config><target><candidate/></target><config><nacm xmlns="${NACM}" ${base}>${xml}</nacm></config></edit-config>`,
    ),
    ok,
  )
  t.regex(await admin.rpc('<commit/>'), ok)
}

test('rules that change bind sessions that are open', async (t) => {
  const { as } = await begin(t)
  const [admin, alice, bob] = await Promise.all([as('admin'), as('alice'), as('bob')])
  const seen = async (client: Client) => names(await client.rpc(config('running')))
  t.deepEqual(await seen(alice), ['eth1', 'eth2'])
  await change(
    t,
    admin,
    '<rule-list><name>staff</name><rule nc:operation="delete"><name>eth2</name></rule></rule-list>',
  )
  t.deepEqual(await seen(alice), ['eth1'])
  await change(t, admin, '<groups><group><name>staff</name><user-name>bob</user-name></group></groups>')
  t.deepEqual(await seen(bob), ['eth1'])
  await change(t, admin, '<enable-nacm>false</enable-nacm>')
  t.true((await seen(bob)).includes('secret0'))
  t.regex(await bob.rpc(edit(port('eth5'))), ok)
  t.regex(await bob.rpc('<discard-changes/>'), ok)
  await change(t, admin, '<enable-nacm>true</enable-nacm><read-default>deny</read-default>')
  t.deepEqual(await seen(bob), [], 'above what is permitted all is denied')
})

test('every user is in the group that the transport reports, unless external groups are off', async (t) => {
  const { as } = await begin(t)
  const [admin, carol] = await Promise.all([as('admin'), as('carol')])
  await change(
    t,
    admin,
    '<exec-default>deny</exec-default><rule-list><name>everyone</name><group>everyone</group>' +
      rule(
        'get',
        '<module-name>ietf-netconf</module-name><rpc-name>get</rpc-name><access-operations>exec</access-operations>',
      ) +
      '</rule-list>',
  )
  t.regex(await carol.rpc('<get/>'), /<data/)
  t.deepEqual(tags(await carol.rpc(config('running'))), ['access-denied'])
  await change(t, admin, '<enable-external-groups>false</enable-external-groups>')
  t.deepEqual(tags(await carol.rpc('<get/>')), ['access-denied'])
})

test('comparisons and rehearsals show what may be read', async (t) => {
  const { as } = await begin(t)
  const [admin, alice] = await Promise.all([as('admin'), as('alice')])
  const compare = (to: string) =>
    `<compare xmlns="urn:weft:params:xml:ns:yang:weft-history"><source><commit>0</commit></source><target><${to}/></target></compare>`
  const text =
    '<interface><name>secret0</name><description>deeper</description></interface><interface><name>eth1</name><description>d</description></interface>'
  t.regex(await admin.rpc(edit(text)), ok)
  const [whole, part] = [await admin.rpc(compare('candidate')), await alice.rpc(compare('candidate'))]
  t.true(whole.includes('deeper') && whole.includes('nacm'))
  t.true(part.includes('eth1'))
  t.notRegex(part, /deeper|vault|nacm|secret0/)
  t.regex(await admin.rpc('<discard-changes/>'), ok)
  t.regex(await alice.rpc(edit('<interface><name>eth1</name><description>e</description></interface>')), ok)
  const rehearse =
    '<commit-configuration xmlns="urn:weft:params:xml:ns:yang:weft-history"><dry-run/></commit-configuration>'
  t.regex(await alice.rpc(rehearse), /eth1/)
})

test('going back is a change of the candidate', async (t) => {
  const { appliance, as } = await begin(t)
  const [admin, alice] = await Promise.all([as('admin'), as('alice')])
  t.regex(
    await admin.rpc(edit('<interface><name>secret0</name><description>later</description></interface>')),
    ok,
  )
  t.regex(await admin.rpc('<commit/>'), ok)
  const back = '<rollback xmlns="urn:weft:params:xml:ns:yang:weft-history"><back>1</back></rollback>'
  t.regex(
    await alice.rpc(edit('<interface><name>eth1</name><description>kept</description></interface>')),
    ok,
  )
  const refused = await alice.rpc(back)
  t.deepEqual(tags(refused), ['access-denied'])
  t.regex(refused, /<error-path/)
  t.notRegex(refused, /later|vault|secret0/)
  t.regex(await admin.rpc(config('candidate')), />kept</, 'what was pending is pending')
  t.regex(await admin.rpc(back), /<commit/)
  await released(t, appliance)
})

test('no rule binds a recovery session', async (t) => {
  const { as } = await begin(t, { recoveryUser: 'bob' })
  const bob = await as('bob')
  t.true((await bob.rpc(config('running'))).includes('vault'))
  t.regex(
    await bob.rpc(edit('<interface><name>secret0</name><description>mended</description></interface>')),
    ok,
  )
  t.regex(await bob.rpc('<commit/>'), ok)
})

/** Rules that do not hold any more are let go of. */
async function released(t: ExecutionContext, { context }: Appliance): Promise<void> {
  await t.notThrowsAsync(async () => {
    for (let i = 0; i < 100 && context.alive.accesses > 2; i++)
      await new Promise((resolve) => setImmediate(resolve))
  })
  t.true(context.alive.accesses <= 2, String(context.alive.accesses))
}
