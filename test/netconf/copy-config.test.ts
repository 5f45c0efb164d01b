/**
 * copy-config and delete-config (RFC 6241, sections 7.3, 7.4, 8.2, 8.7 and 8.8): every source to every target, with and
 * without the capabilities that offer them.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { OptionalCapability } from '../../yang/schema.js'
import { startAppliance } from './support/appliance.js'
import { BASE } from './support/client.js'
import { copy, done, edit, interfaces, names, outcome } from './support/interfaces.js'

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'weft-copy-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

const url = (name: string): string => `<url>file:///${name}.xml</url>`
const inline = `<config>${interfaces('inline')}</config>`

/** As an element, and the interfaces that it holds before the copy. */
const sources: readonly (readonly [element: string, holds: readonly string[]])[] = [
  ['<running/>', ['r']],
  ['<candidate/>', ['r', 'c']],
  ['<startup/>', ['r', 's']],
  [url('source'), ['u']],
  [inline, ['inline']],
]
const targets = ['<running/>', '<candidate/>', '<startup/>', url('target')]
const all: readonly OptionalCapability[] = ['writable-running', 'startup', 'url']
const subsets = [[], ...all.map((one) => [one]), ['startup', 'url'], all] as const

for (const capabilities of subsets)
  test(`copy-config of every source to every target with ${capabilities.join(', ') || 'no more'}`, async (t) => {
    const urlFolder = await folder(t)
    await writeFile(join(urlFolder, 'source.xml'), `<config xmlns="${BASE}">${interfaces('u')}</config>`)
    const { connect } = await startAppliance(t, { capabilities, urlFolder })
    const client = await connect()
    const offered = (element: string, target: boolean): boolean =>
      element.startsWith('<url>')
        ? capabilities.includes('url' as never)
        : element === '<startup/>'
          ? capabilities.includes('startup' as never)
          : element !== '<running/>' || !target || capabilities.includes('writable-running' as never)
    const holds = async (element: string): Promise<string[]> => {
      const name = element.slice(1, -2)
      if (!element.startsWith('<url>')) return names(client, name)
      await done(client, copy(element, '<candidate/>'))
      return names(client, 'candidate')
    }
    for (const target of targets)
      for (const [source, content] of sources) {
        const what = `${source} to ${target}`
        await done(
          client,
          edit('candidate', interfaces('r'), '<default-operation>replace</default-operation>'),
          '<commit/>',
        )
        if (offered('<startup/>', true)) {
          await done(client, edit('candidate', interfaces('s')), copy('<candidate/>', '<startup/>'))
          await done(client, '<discard-changes/>')
        }
        await done(client, edit('candidate', interfaces('c')))
        const errors = await outcome(client, copy(source, target))
        if (source === target) {
          t.is(errors[0]?.tag, offered(target, true) ? 'invalid-value' : 'operation-not-supported', what)
          continue
        }
        if (!offered(source, false) || !offered(target, true)) {
          t.is(errors[0]?.tag, 'operation-not-supported', what)
          t.deepEqual(await names(client, 'candidate'), ['r', 'c'], what)
          t.deepEqual(await names(client, 'running'), ['r'], what)
          continue
        }
        t.deepEqual(errors, [], what)
        if (target !== '<candidate/>' && source !== '<candidate/>')
          t.deepEqual(await names(client, 'candidate'), ['r', 'c'], what)
        t.deepEqual(await holds(target), content, what)
      }
  })

test('source and target that are one are refused, also when their URLs are written otherwise', async (t) => {
  const urlFolder = await folder(t)
  await writeFile(join(urlFolder, 'a.xml'), `<config xmlns="${BASE}"/>`)
  const { connect } = await startAppliance(t, { capabilities: all, urlFolder })
  const client = await connect()
  for (const [source, target] of [
    ['<candidate/>', '<candidate/>'],
    ['<running/>', '<running/>'],
    ['<startup/>', '<startup/>'],
    ['<url>file:///a.xml</url>', '<url>file://localhost/%61.xml</url>'],
  ] as const) {
    const [error] = await outcome(client, copy(source, target))
    t.is(error?.tag, 'invalid-value', source)
    t.regex(error?.message ?? '', /source and target of copy-config are the same/)
  }
})

test('what is not valid goes to no datastore but the candidate', async (t) => {
  const { connect } = await startAppliance(t, { capabilities: all })
  const client = await connect()
  const invalid = `<config>${interfaces('<interface><name>p9</name></interface>')}</config>`
  await done(client, copy(invalid, '<candidate/>'))
  for (const source of [invalid, '<candidate/>'])
    for (const target of ['<running/>', '<startup/>']) {
      const [error] = await outcome(client, copy(source, target))
      t.is(error?.tag, 'data-missing', `${source} to ${target}`)
      t.regex(error?.path ?? '', /interface\[if:name='p9'\]/)
    }
  t.deepEqual(await names(client, 'running'), [])
  t.deepEqual(await names(client, 'startup'), [])
})

test('running and candidate are not deleted, and the error says what is', async (t) => {
  const { connect } = await startAppliance(t, { capabilities: all })
  const client = await connect()
  for (const target of ['running', 'candidate']) {
    const [error, ...more] = await outcome(
      client,
      `<delete-config><target><${target}/></target></delete-config>`,
    )
    t.is(more.length, 0)
    t.is(error?.tag, 'unknown-element', target)
    t.regex(error?.message ?? '', new RegExp(`no element .*\\b${target}\\b.* takes .*startup.*url`))
  }
})
