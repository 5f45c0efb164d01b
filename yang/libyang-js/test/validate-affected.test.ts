/**
 * What a small change breaks elsewhere is found by the incremental driver as by the whole one: by value, by order, by
 * position, through deref() and through a key that a leafref names.
 */
import test from 'ava'
import { createContext } from '../src/index.js'
import type { Context, Journal, Tree } from '../src/index.js'
import { ietf, modules } from './helpers.js'

const base =
  '<mode>open</mode><floor>1</floor>' +
  '<bay><name>a</name><size>20</size><plate>p</plate><owner><phone>1</phone></owner></bay>' +
  '<bay><name>b</name><size>20</size><plate>p</plate><owner><phone>2</phone></owner></bay>' +
  '<job><id>1</id><bay>a</bay><wide/><cash/></job><job><id>2</id><spare>b</spare><check>x</check><cash/></job>' +
  '<task><id>1</id><weight>1</weight></task><task><id>2</id><weight>2</weight></task>' +
  '<task><id>3</id><rank>1</rank></task>'

const changes: readonly [string, string, readonly string[]][] = [
  ['a value above', '<floor>20</floor>', ["bay[name='a']/size", "bay[name='b']/size"]],
  [
    'a value in the entry that a leafref names',
    '<bay><name>a</name><size>4</size></bay>',
    ["job[id='1']/bay", "job[id='1']/wide"],
  ],
  [
    'the value of a leafref, and with it the entry',
    '<bay><name>c</name><size>4</size></bay><job><id>1</id><bay>c</bay></job>',
    ["job[id='1']/bay", "job[id='1']/wide", "job[id='2']/check"],
  ],
  ['an entry that some leaf names', '<bay op="remove"><name>b</name></bay>', ["job[id='2']/spare"]],
  ['the number of entries', '<bay><name>c</name></bay>', ["job[id='2']/check"]],
  ['a string', '<mode>closed</mode>', ["job[id='2']/check"]],
  ['a move before others', '<task insert="first"><id>2</id></task>', ["task[id='1']/weight"]],
  [
    'a move to the first place',
    '<task insert="first"><id>3</id></task>',
    ["task[id='3']/rank", "task[id='1']/weight"],
  ],
  [
    'a new first entry',
    '<task insert="first"><id>4</id></task>',
    ["task[id='1']/weight", "task[id='3']/rank"],
  ],
  [
    'one leaf of a unique tuple',
    '<bay><name>b</name><owner><phone>1</phone></owner></bay>',
    ["bay[name='a']"],
  ],
  ['the case of a choice', '<job><id>1</id><cash op="delete"/></job>', ["job[id='1']"]],
]

async function edit(context: Context, tree: Tree, xml: string): Promise<Journal> {
  const attributes = xml.replaceAll(' op="', ' nc:operation="').replaceAll(' insert="', ' yang:insert="')
  using fragment = context.fragment(
    '<garage xmlns="urn:libyang-js:garage" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" ' +
      `xmlns:yang="urn:ietf:params:xml:ns:yang:1">${attributes}</garage>`,
  )
  const { journal, errors } = await tree.edit(fragment, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
  })
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return journal
}

for (const [what, xml, places] of changes) {
  test(`${what} is judged wherever it matters`, async (t) => {
    using context = await createContext({
      searchDirs: [modules, ...ietf],
      modules: [{ name: 'ietf-netconf' }, { name: 'garage' }],
    })
    using tree = context.tree()
    using first = await edit(context, tree, base)
    t.deepEqual(await tree.validate(first), [])
    using journal = await edit(context, tree, xml)
    using derived = context.journal()
    const found = await tree.validate(derived, { journal, from: 0 })
    t.deepEqual(
      found.map((error) => error.path?.replace('/garage:garage/', '')),
      places,
    )
    t.deepEqual(await tree.validate(journal), found)
  })
}
