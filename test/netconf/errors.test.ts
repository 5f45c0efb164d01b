/**
 * Every error-tag of RFC 6241, appendix A, and every error-app-tag of RFC 7950, section 15, provoked over SSH: type, tag,
 * app-tag, path, error-info and message of each error of each reply. And docs/errors.md has a row for each.
 */
import { readFile } from 'node:fs/promises'
import test from 'ava'
import { edit, interfaces, port } from './errors/case.js'
import type { Case, Expected } from './errors/case.js'
import { constraints } from './errors/constraints.js'
import { edits } from './errors/edits.js'
import { protocol } from './errors/protocol.js'
import { errorsOf, prefixes, tags, type RpcError } from './errors/reply.js'
import { values } from './errors/values.js'
import { expandNames } from '../transcripts/support/xml.js'
import { startAppliance } from './support/appliance.js'
import { BASE, type Client } from './support/client.js'

const groups = { protocol, values, edits, constraints }
const OK = /<ok\/><\/rpc-reply>$/

const expanded = ({ error, path, info = [] }: Expected): Omit<RpcError, 'message'> => {
  const [type = '', tag = '', appTag] = error.split(' ')
  return {
    type,
    tag,
    ...(appTag !== undefined && { appTag }),
    ...(path !== undefined && { path: expandNames(path, prefixes) }),
    info: info.map((each) => {
      const [, prefix = 'nc', name = '', text = ''] = /^(?:(\w+):)?([\w-]+)=(.*)$/s.exec(each) ?? []
      return `{${prefixes.get(prefix)}}${name}=${expandNames(text, prefixes)}`
    }),
  }
}

async function answer(client: Client, request: string): Promise<string> {
  if (!request.startsWith('<rpc')) return client.rpc(request)
  const number = client.messages.length
  client.send(request)
  return client.message(number)
}

for (const [group, cases] of Object.entries(groups)) {
  test(`${group}: each error has its type, tag, app-tag, path, info and message`, async (t) => {
    const { connect } = await startAppliance(
      t,
      { limits: { messageBytes: 32 * 1024 }, budget: { deadline: 5_000, nodes: 200 } },
      [{ name: 'test-store' }],
    )
    const client = await connect()
    for (const { name, before = [], request, errors } of cases as readonly Case[]) {
      for (const each of before) t.regex(await client.rpc(each), OK, name)
      const found = errorsOf(await answer(client, request))
      t.deepEqual(
        found.map(({ message: _, ...rest }) => rest),
        errors.map(expanded),
        `${name}: ${JSON.stringify(found)}`,
      )
      errors.forEach(({ says }, i) => t.regex(found[i]?.message ?? '', says, name))
      t.regex(await client.rpc('<discard-changes/>'), OK, name)
    }
    t.regex(await client.rpc('<get-config><source><running/></source></get-config>'), /<data><\/data>/)
  })
}

test('in-use and lock-denied say which session is in the way', async (t) => {
  const { connect } = await startAppliance(t)
  const [one, two] = [await connect(), await connect()]
  t.regex(await one.rpc('<lock><target><candidate/></target></lock>'), OK)
  const config = '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"/>'
  for (const [request, type, tag, info] of [
    [
      '<lock><target><candidate/></target></lock>',
      'protocol',
      'lock-denied',
      [`{${BASE}}session-id=${one.sessionId}`],
    ],
    [
      `<edit-config><target><candidate/></target><config>${config}</config></edit-config>`,
      'application',
      'in-use',
      [],
    ],
    ['<commit/>', 'application', 'in-use', []],
  ] as const) {
    const [error, ...more] = errorsOf(await two.rpc(request))
    t.like(error, { type, tag, info }, request)
    t.regex(error?.message ?? '', new RegExp(`candidate is locked by session ${one.sessionId}`))
    t.is(more.length, 0)
  }
})

test('access-denied says what the user may not do', async (t) => {
  const nacm = 'urn:ietf:params:xml:ns:yang:ietf-netconf-acm'
  const { connect } = await startAppliance(t, { nacm: `<nacm xmlns="${nacm}"/>` })
  const client = await connect({ username: 'guest' })
  const config = interfaces(port('p1') + port('p2'))
  const [data] = errorsOf(await client.rpc(edit(config)))
  t.like(data, { type: 'application', tag: 'access-denied', info: [] })
  t.regex(data?.path ?? '', /interfaces/)
  const [operation] = errorsOf(await client.rpc('<kill-session><session-id>99</session-id></kill-session>'))
  t.like(operation, { type: 'protocol', tag: 'access-denied', info: [] })
  t.regex(operation?.message ?? '', /kill-session/)
})

test('a client of base:1.0 is told too that its message cannot be read, under a tag that it knows', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect({ base: '1.0' })
  const config = '<a>'.repeat(600) + '</a>'.repeat(600)
  const [error] = errorsOf(
    await client.rpc(`<edit-config><target><candidate/></target><config>${config}</config></edit-config>`),
  )
  t.like(error, { type: 'rpc', tag: 'operation-failed' })
  t.regex(error?.message ?? '', /deeper than 500/)
})

test('docs/errors.md has a row for each tag and app-tag, and none that is never sent', async (t) => {
  const page = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z-]+)`(?: `([a-z-]+)`)? \|/gm)].map(([, tag = '', appTag = '']) =>
    appTag === '' ? tag : `${tag} ${appTag}`,
  )
  const own = /^(no-percentage|no-capitals|too-heavy)$/
  const provoked = Object.values(groups)
    .flatMap((cases: readonly Case[]) =>
      cases.flatMap(({ errors }) => errors.map(({ error }) => error.split(' ').slice(1))),
    )
    .filter(([, appTag = '']) => !own.test(appTag))
    .map((each) => each.join(' '))
  const known = new Set([...tags, ...provoked])
  t.deepEqual([...new Set(rows)], rows, 'a row is there twice')
  t.deepEqual(
    [...known].filter((each) => !rows.includes(each)),
    [],
    'rows are missing',
  )
  t.deepEqual(
    rows.filter((row) => !tags.includes(row.split(' ')[0] ?? '')),
    [],
    'rows of tags that are never sent',
  )
})
