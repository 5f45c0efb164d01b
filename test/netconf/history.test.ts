import test from 'ava'
import { startAppliance, until } from './support/appliance.js'
import type { Client } from './support/client.js'
import type { Appliance } from './support/appliance.js'

const OK = /<ok\/><\/rpc-reply>$/
const weft = 'xmlns="urn:weft:params:xml:ns:yang:weft-history"'

const edit = (name: string, description = ''): string =>
  `<edit-config><target><candidate/></target><config><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">
  <interface><name>${name}</name><type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:ethernetCsmacd</type>
  ${description === '' ? '' : `<description>${description}</description>`}</interface></interfaces></config></edit-config>`

const commit = (content = ''): string => `<commit>${content}</commit>`

async function running(client: Client): Promise<string[]> {
  const reply = await client.rpc('<get-config><source><running/></source></get-config>')
  return [...reply.matchAll(/<name>(\w+)<\/name>/g)].map(([, name]) => name as string)
}

const lines = (reply: string): string[] =>
  [...reply.matchAll(/<line[^>]*>([^<]*)</g)].map(([, line]) => line as string)

async function started(t: Parameters<typeof startAppliance>[0]): Promise<[Appliance, Client]> {
  const appliance = await startAppliance(t)
  return [appliance, await appliance.connect()]
}

async function history(client: Client): Promise<string> {
  return await client.rpc(`<get><filter type="subtree"><history ${weft}/></filter></get>`)
}

test('the end of a session that has not confirmed takes its commit back, however it ends', async (t) => {
  const [appliance, watcher] = await started(t)
  const ends: ((client: Client) => unknown)[] = [
    (client) => client.rpc('<close-session/>'),
    (client) => client.socket.resetAndDestroy(),
    (client) => client.raw('\n#0\n'),
    (client) => watcher.rpc(`<kill-session><session-id>${client.sessionId}</session-id></kill-session>`),
  ]
  for (const [count, end] of ends.entries()) {
    const client = await appliance.connect()
    t.regex(await client.rpc(edit('p1')), OK)
    t.regex(await client.rpc(commit('<confirmed/>')), OK)
    t.deepEqual(await running(watcher), ['p1'])
    t.regex(await watcher.rpc('<lock><target><running/></target></lock>'), /lock-denied/)
    await end(client)
    await until(t, 'it is taken back', () => appliance.datastores.confirmation === undefined)
    t.deepEqual(await running(watcher), [], `end ${count}`)
    t.regex(await history(watcher), new RegExp(`session ${client.sessionId} ended before it confirmed`))
  }
})

test('a token confirms and cancels from any session, and nothing else does', async (t) => {
  const [appliance, one] = await started(t)
  const two = await appliance.connect()
  t.regex(await one.rpc(edit('p1')), OK)
  t.regex(
    await one.rpc(commit('<persist>secret</persist>')),
    /<error-tag>invalid-value<.*>\/nc:rpc\/nc:commit\/nc:persist<.*<bad-element>persist</,
  )
  t.regex(
    await two.rpc('<commit><persist-id>none</persist-id></commit>'),
    /<error-tag>invalid-value<.*>\/nc:rpc\/nc:commit\/nc:persist-id<.*<bad-element>persist-id</,
  )
  t.regex(
    await two.rpc('<cancel-commit><persist-id>none</persist-id></cancel-commit>'),
    />\/nc:rpc\/nc:cancel-commit\/nc:persist-id</,
  )
  t.regex(
    await one.rpc(commit('<confirmed/><confirm-timeout>0</confirm-timeout>')),
    /<error-tag>invalid-value</,
  )
  t.regex(
    await one.rpc(commit('<confirmed/><confirm-timeout>500</confirm-timeout><persist>secret</persist>')),
    OK,
  )
  t.regex(await one.rpc('<close-session/>'), OK)
  const told = await history(two)
  t.regex(
    told,
    /<pending-confirmation><base>0<\/base><user>admin<\/user><persist>true<\/persist><time-left>\d+</,
  )
  t.notRegex(told, /secret/)
  t.regex(await two.rpc(commit()), /<error-tag>in-use</)
  t.regex(await two.rpc(commit('<persist-id>wrong</persist-id>')), /invalid-value.*<bad-element>persist-id</)
  t.regex(await two.rpc('<cancel-commit><persist-id>wrong</persist-id></cancel-commit>'), /invalid-value/)
  t.regex(await two.rpc(edit('p2')), OK)
  t.regex(await two.rpc(commit('<confirmed/><persist-id>secret</persist-id>')), OK)
  t.regex(await two.rpc('<cancel-commit><persist-id>secret</persist-id></cancel-commit>'), OK)
  t.deepEqual(await running(two), [])
  t.regex(await two.rpc('<cancel-commit/>'), /no confirmed commit to cancel/)
  t.regex(await two.rpc(edit('p3')), OK)
  t.regex(await two.rpc(commit('<confirmed/><persist>again</persist>')), OK)
  t.regex(await two.rpc(commit('<persist-id>again</persist-id>')), OK)
  t.deepEqual(await running(two), ['p3'])
})

test('comment, dry run, compare, rollback and history, as a client sees them', async (t) => {
  const [, client] = await started(t)
  const commitWith = (content: string) =>
    client.rpc(`<commit-configuration ${weft}>${content}</commit-configuration>`)
  t.regex(await commitWith('<dry-run/>'), OK)
  await client.rpc(edit('p1'))
  const rehearsed = await commitWith('<dry-run/>')
  t.regex(rehearsed, /<commit [^>]*>1<\/commit>/)
  t.true(lines(rehearsed).includes("+ /ietf-interfaces:interfaces/interface[name='p1']"))
  t.deepEqual(await running(client), [])
  t.regex(await commitWith('<comment>first &lt;one&gt;</comment>'), /<commit [^>]*>1<\/commit>/)
  await client.rpc(edit('p1', 'uplink'))
  t.deepEqual(lines(await client.rpc(`<compare ${weft}/>`)), [
    "+ /ietf-interfaces:interfaces/interface[name='p1']/description = uplink",
  ])
  t.regex(await commitWith('<comment>second</comment><confirmed/>'), /<commit [^>]*>2<\/commit>/)
  t.regex(await client.rpc(commit()), OK)
  t.deepEqual(
    lines(
      await client.rpc(
        `<compare ${weft}><source><commit>2</commit></source><target><commit>1</commit></target></compare>`,
      ),
    ),
    ["- /ietf-interfaces:interfaces/interface[name='p1']/description"],
  )
  t.regex(
    await client.rpc(`<compare ${weft}><source><commit>0</commit></source><limit>1</limit></compare>`),
    /<line [^>]*>[^<]*<\/line><more [^>]*><\/more>/,
  )
  t.regex(await client.rpc(`<rollback ${weft}><back>1</back></rollback>`), /<commit [^>]*>1<\/commit>/)
  t.regex(await client.rpc(commit()), OK)
  t.regex(await client.rpc(`<compare ${weft}><source><commit>1</commit></source></compare>`), OK)
  const told = await history(client)
  t.deepEqual([...told.matchAll(/<number>(\d+)</g)].map(([, number]) => Number(number)).sort(), [1, 2, 3])
  t.regex(
    told,
    /<user>admin<\/user><session>\d+<\/session><comment>first &lt;one(>|&gt;)<\/comment><size>\d+</,
  )
  t.regex(told, /<oldest-state>0</)
  const second = await client.rpc(
    `<get><filter type="subtree"><history ${weft}><commit><number>2</number></commit></history></filter></get>`,
  )
  t.deepEqual(
    [...second.matchAll(/<comment>(\w+)</g)].map(([, comment]) => comment),
    ['second'],
  )
})

for (const [name, request, expected] of [
  ['rollback of nothing', `<rollback ${weft}/>`, /missing-element|data-missing|missing-choice/],
  [
    'rollback to a commit that there is not',
    `<rollback ${weft}><commit>7</commit></rollback>`,
    /invalid-value.*\/nc:rpc\/weft-hist:rollback\/weft-hist:commit<.*there is no commit 7.*<bad-element>commit</,
  ],
  [
    'rollback by more commits than there are',
    `<rollback ${weft}><back>9</back></rollback>`,
    /invalid-value.*\/nc:rpc\/weft-hist:rollback\/weft-hist:back<.*9 are too many.*<bad-element>back</,
  ],
  [
    'compare with a state that there is not',
    `<compare ${weft}><source><commit>7</commit></source></compare>`,
    /invalid-value.*\/nc:rpc\/weft-hist:compare\/weft-hist:source\/weft-hist:commit<.*no commit 7/,
  ],
  [
    'compare by RFC 9144 with a state that there is not',
    '<compare xmlns="urn:ietf:params:xml:ns:yang:ietf-nmda-compare" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">' +
      '<source>ds:running</source><target>ds:running</target>' +
      '<target-commit xmlns="urn:weft:params:xml:ns:yang:weft-compare">7</target-commit></compare>',
    /invalid-value.*:target-commit<\/error-path>.*no commit 7.*<bad-element>target-commit</,
  ],
  ['compare without a bound', `<compare ${weft}><limit>0</limit></compare>`, /invalid-value/],
  [
    'a time to confirm what is not to be confirmed',
    `<commit-configuration ${weft}><confirm-timeout>5</confirm-timeout></commit-configuration>`,
    /invalid-value.*add &lt;confirmed\/&gt;/s,
  ],
  [
    'a time to confirm what is not to be confirmed, in the standard commit',
    '<commit><confirm-timeout>600</confirm-timeout></commit>',
    /invalid-value.*\/nc:rpc\/nc:commit\/nc:confirm-timeout<.*add &lt;confirmed\/&gt;/s,
  ],
  [
    'a comment that is too long',
    `<commit-configuration ${weft}><comment>${'x'.repeat(4097)}</comment></commit-configuration>`,
    /invalid-value/,
  ],
] as const) {
  test(`${name} is refused`, async (t) => {
    const [, client] = await started(t)
    t.regex(await client.rpc(request), expected)
    t.regex(await client.rpc(commit()), OK)
  })
}
