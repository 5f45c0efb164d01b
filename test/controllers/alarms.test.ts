/** Alarms at the door of the controllers: their configuration, and how they are told as operational state. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { everything, type Wanted } from '../../datastore/controller.js'
import { alarmTypes } from '../../src/alarms/index.js'
import { escape } from '../../src/controllers/xml.js'
import { searchDirs } from '../../yang/schema.js'
import { Box } from './box.js'

const alarms = (control: string): string =>
  `<alarms xmlns="urn:ietf:params:xml:ns:yang:ietf-alarms"><control>${control}</control></alarms>`
const shelf = (content: string): string =>
  alarms(`<alarm-shelving><shelf><name>quiet</name>${content}</shelf></alarm-shelving>`)
const type = (name: string, match: string): string =>
  `<alarm-type><alarm-type-id xmlns:w="urn:weft:params:xml:ns:yang:weft-alarms">w:${name}</alarm-type-id>` +
  `<alarm-type-qualifier-match>${match}</alarm-type-qualifier-match></alarm-type>`

const resource = "/weft-dataplane:dataplane/members/member[name='0']/port[name='p2']"
const other = "/ietf-interfaces:interfaces/interface[name='p1']"

async function raised(): Promise<Box> {
  const box = await Box.open()
  box.alarms.tell('test', [
    { resource, type: 'port-not-draining', severity: 'major', text: 'a < b' },
    { resource: other, type: 'link-alarm', severity: 'minor', text: 'no link' },
  ])
  await box.alarms.settled()
  return box
}

interface Told {
  readonly 'alarm-inventory': { readonly 'alarm-type': readonly object[] }
  readonly summary: {
    readonly 'alarm-summary': readonly { readonly severity: string }[]
    readonly 'shelves-active'?: readonly null[]
  }
  readonly 'alarm-list': { readonly alarm: readonly { readonly 'status-change': readonly object[] }[] }
  readonly 'shelved-alarms': { readonly 'shelved-alarm': readonly object[] }
}
const told = async (box: Box, wanted: Wanted = everything): Promise<Told> =>
  (await box.operational(wanted))['/ietf-alarms:alarms'] as Told

test('alarms are told with their resources, types and times', async (t) => {
  using box = await raised()
  const all = await told(box)
  t.like(all['alarm-list'], { 'number-of-alarms': 2 })
  const [first] = all['alarm-list'].alarm
  t.like(first, {
    resource: resource,
    'alarm-type-id': 'weft-alarms:port-not-draining',
    'alarm-type-qualifier': '',
    'is-cleared': false,
    'perceived-severity': 'major',
    'alarm-text': 'a < b',
  })
  t.is(first?.['status-change'].length, 1)
  t.like(
    all.summary['alarm-summary'].find(({ severity }) => severity === 'major'),
    { total: 1, 'not-cleared': 1, cleared: 0, 'not-cleared-not-closed': 1 },
  )
})

test('a read of one alarm makes one', async (t) => {
  using box = await raised()
  const path = '/ietf-alarms:alarms/alarm-list/alarm'
  const only = (leaf: string, value: string) => ({
    mayMatch: () => true,
    values: (asked: string) => (asked === `${path}/${leaf}` ? [value] : undefined),
  })
  for (const wanted of [
    only('resource', other),
    only('resource', "/ietf-interfaces:interfaces/ietf-interfaces:interface[ietf-interfaces:name='p1']"),
    only('alarm-type-id', 'weft-alarms:link-alarm'),
  ]) {
    const { alarm } = (await told(box, wanted))['alarm-list']
    t.is(alarm.length, 1)
    t.like(alarm[0], { resource: other })
  }
})

test('what is shelved is in the list of what is shelved', async (t) => {
  using box = await raised()
  await box.commit(shelf(type('port-alarm', '')))
  await box.alarms.settled()
  const all = await told(box)
  t.like(all['shelved-alarms'], { 'number-of-shelved-alarms': 1 })
  t.like(all['shelved-alarms']['shelved-alarm'][0], {
    resource: resource,
    'shelf-name': 'quiet',
  })
  t.deepEqual(all.summary['shelves-active'], [null])
  await box.commit(
    alarms('<alarm-shelving xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>'),
  )
  await box.alarms.settled()
  t.like((await told(box))['alarm-list'], { 'number-of-alarms': 2 })
})

test('what can not be is refused at its place', async (t) => {
  using box = await Box.open()
  const [said] = await box.refusal(shelf(type('link-alarm', '(')))
  t.regex(said ?? '', /alarm-type-qualifier-match='\('\]\/alarm-type-qualifier-match: "\(" is not a regular/)
  const [unknown, ...others] = await box.refusal(shelf(type('no-alarm', '.*')))
  t.regex(unknown ?? '', /\/alarm-type-id: .*no-alarm.* is unknown/)
  t.deepEqual(others, [])
  t.regex(
    (await box.refusal(alarms('<max-alarm-status-changes>infinite</max-alarm-status-changes>'))).join(),
    /1\D+1000/,
  )
  t.regex(
    (await box.refusal(alarms('<notify-status-changes>severity-level</notify-status-changes>'))).join(),
    /notify-status-changes/,
  )
})

test('an XPath expression that selects no resource is refused, each at its place, and none is changed', async (t) => {
  using box = await Box.open()
  const resources = [
    ['$a', /no variables|variable/],
    ['/if:interfaces/if:interface[if:name=$b]', /variable/],
    ['/if:interfaces/if:interface[if:name=', /./],
    ['a ! b', /./],
    [' ', /./],
    ['/zz:a', /zz/],
    ['count(/if:interfaces)', /number/],
    ['1 div 0', /number/],
    ["'a string'", /string/],
    ['true()', /boolean/],
    ['1.3.6.1', /./],
  ] as const
  const leaf = (value: string): string =>
    `<resource xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">${escape(value)}</resource>`
  for (const [value, why] of resources) {
    const [said, ...others] = await box.refusal(shelf(leaf(value)))
    t.deepEqual(others, [], value)
    t.true(said?.includes(`/shelf[name='quiet']/resource[.=`), said)
    t.true(said?.includes(' selects no resource: '), said)
    t.regex(said?.split(' selects no resource: ')[1] ?? '', why, value)
  }
  const all = await box.refusal(shelf(resources.map(([value]) => leaf(value)).join('')))
  t.is(all.length, resources.length)
  await box.commit(shelf(leaf("/if:interfaces/if:interface[if:name='$c']") + leaf('//if:interface')))
  const control = await box.running.json('/ietf-alarms:alarms/control')
  t.like(control, {
    'alarm-shelving': {
      shelf: [
        {
          resource: ["/ietf-interfaces:interfaces/interface[name='$c']", '//ietf-interfaces:interface'],
        },
      ],
    },
  })
})

test('the inventory has each identity of weft-alarms that is not abstract, derived as it says', async (t) => {
  const text = await readFile(join(searchDirs[0] as string, 'weft-alarms.yang'), 'utf8')
  const identities = new Map(
    [...text.matchAll(/identity ([\w-]+) \{\s*base ([\w:-]+);\s*description\s*"([^"]*)"/g)].map(
      ([, name = '', base = '', description = '']) =>
        [name, { base, abstract: description.includes('Abstract.') }] as const,
    ),
  )
  const concrete = [...identities].flatMap(([name, { abstract }]) => (abstract ? [] : [name]))
  t.deepEqual([...alarmTypes.keys()].sort() as string[], concrete.sort())
  for (const [name, { bases }] of alarmTypes) {
    const derived: string[] = []
    for (let base = identities.get(name)?.base; base !== 'al:alarm-type-id';) {
      derived.push(base ?? '')
      base = identities.get(base ?? '')?.base
    }
    t.deepEqual([...bases], derived, name)
  }
  using box = await Box.open()
  const { 'alarm-inventory': inventory } = await told(box)
  t.is(inventory['alarm-type'].length, alarmTypes.size)
})
