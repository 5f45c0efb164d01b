/** Elements, attributes and operations of an edit that are wrong, in the second of two entries (RFC 6241, section 7.2; RFC 7950, section 8.3). */
import { at, edit, interfaces, operation, port, second, shelf, store, type Case } from './case.js'

const bad = (tag: string, path: string, says: RegExp, ...info: string[]): Case['errors'][number] => ({
  error: `application ${tag}`,
  path,
  says,
  info,
})
const wrong = (name: string, content: string, ...errors: Case['errors']): Case => ({
  name,
  request: edit(second(content)),
  errors,
})
const attribute = (name: string, of: string): string[] => [`bad-attribute=${name}`, `bad-element=${of}`]

const quotes = `a'b"c]/[.''`
const quoted = `/if:interfaces/if:interface[if:name=concat('a',"'",'b"c]/[.',"''")]`

export const edits: readonly Case[] = [
  wrong(
    'elements that no module has here',
    '<colours/><deep>1</deep><if:code>1</if:code>',
    bad(
      'unknown-element',
      `${at.b}/st:colours`,
      /no node "colours" here; there is "colour"/,
      'bad-element=colours',
    ),
    bad('unknown-element', `${at.b}/st:deep`, /needs the feature "cellar", which is off/, 'bad-element=deep'),
    bad('unknown-element', `${at.b}/if:code`, /"code" here is of module "test-store"/, 'bad-element=code'),
  ),
  wrong(
    'elements in a namespace that no module has, and in none',
    '<x:thing/><code xmlns="">1</code>',
    bad(
      'unknown-namespace',
      `${at.b}/code`,
      /is in no namespace: declare that of its module/,
      'bad-element=code',
      'bad-namespace=',
    ),
    bad(
      'unknown-namespace',
      `${at.b}/x:thing`,
      /urn:example:none/,
      'bad-element=thing',
      'bad-namespace=urn:example:none',
    ),
  ),
  wrong(
    'state that cannot be configured',
    '<seen>1</seen>',
    bad('invalid-value', `${at.b}/st:seen`, /is state/, 'bad-element=seen'),
  ),
  wrong(
    'text between elements, and elements in a value',
    'text<place>text</place><code><st:x/></code>',
    bad('bad-element', at.b, /text inside "shelf"/, 'bad-element=shelf'),
    bad('bad-element', `${at.b}/st:place`, /text inside "place"/, 'bad-element=place'),
    bad('unknown-element', `${at.b}/st:code/st:x`, /holds a value and no element/, 'bad-element=x'),
  ),
  wrong(
    'what is given twice, and two cases of a choice',
    '<code>1</code><code>2</code><place/><place/><line>x</line><line>x</line><lid>1</lid><sheet>2</sheet>',
    bad('bad-element', `${at.b}/st:code`, /more than once/, 'bad-element=code'),
    bad('bad-element', `${at.b}/st:place`, /more than once/, 'bad-element=place'),
    bad('bad-element', `${at.b}/st:sheet`, /"sheet" and "lid" are of two cases/, 'bad-element=sheet'),
    bad(
      'bad-element',
      `${at.b}/st:line[.='x']`,
      /value of "line" is given more than once/,
      'bad-element=line',
    ),
  ),
  {
    name: 'an entry that is given twice, under any error-option',
    request: edit(
      store(shelf('a') + shelf('b') + shelf('b')),
      '<error-option>continue-on-error</error-option>',
    ),
    errors: [bad('bad-element', at.b, /an entry of "shelf" is given more than once/, 'bad-element=shelf')],
  },
  {
    name: 'an entry without its key',
    request: edit(store(shelf('a') + '<shelf><owner>o</owner></shelf>')),
    errors: [bad('missing-element', '/st:store/st:shelf', /the key "name".*missing/, 'bad-element=name')],
  },
  wrong(
    'attributes that an element cannot have',
    '<code speed="1">x</code><word x:speed="1">xy</word><lid operation="delete"/><int nc:operation="destroy">1</int>',
    bad(
      'unknown-attribute',
      `${at.b}/st:code`,
      /"speed", which is in no namespace/,
      ...attribute('speed', 'code'),
    ),
    bad(
      'unknown-attribute',
      `${at.b}/st:word`,
      /"x:speed" of namespace urn:example:none/,
      ...attribute('speed', 'word'),
    ),
    bad(
      'unknown-attribute',
      `${at.b}/st:lid`,
      /"operation" is one of namespace urn:ietf:params:xml:ns:netconf:base:1\.0/,
      ...attribute('operation', 'lid'),
    ),
    bad(
      'bad-attribute',
      `${at.b}/st:int`,
      /"destroy".*merge, replace, create/,
      ...attribute('operation', 'int'),
    ),
  ),
  wrong(
    'places for what is not ordered by the user, and without what they need',
    '<code yang:insert="first">x</code><line yang:insert="after">x</line><step yang:key="[st:height=\'1\']"><height>2</height></step>',
    bad('unknown-attribute', `${at.b}/st:code`, /not ordered by the user/, ...attribute('insert', 'code')),
    bad(
      'missing-attribute',
      `${at.b}/st:line[.='x']`,
      /needs the attribute "value"/,
      ...attribute('value', 'line'),
    ),
    bad('bad-attribute', `${at.b}/st:step[st:height='2']`, /before or after/, ...attribute('key', 'step')),
  ),
  wrong(
    'a place that is none, and a key that names nothing',
    '<line yang:insert="middle">x</line><step yang:insert="before" yang:key="top"><height>2</height></step>',
    bad(
      'bad-attribute',
      `${at.b}/st:line`,
      /"middle".*first, last, before or after/,
      ...attribute('insert', 'line'),
    ),
    bad('bad-attribute', `${at.b}/st:step`, /"top".*\[st:height='…'\]/, ...attribute('key', 'step')),
  ),
  wrong(
    'a place beside an entry that is not there',
    '<step yang:insert="before" yang:key="[st:height=\'1\']"><height>2</height></step>',
    {
      error: 'application bad-attribute missing-instance',
      path: `${at.b}/st:step[st:height='2']`,
      says: /no entry .*1.* of "step" to insert before/,
      info: attribute('key', 'step'),
    },
  ),
  {
    name: 'operations that cannot be inside others',
    request: edit(
      store(
        `<shelf${operation('remove')}><name>a</name><code${operation('create')}>1</code></shelf>` +
          `<shelf><name${operation('delete')}>b</name></shelf>`,
      ),
    ),
    errors: [
      bad(
        'bad-attribute',
        `${at.a}/st:code`,
        /"create" inside of what "remove"/,
        ...attribute('operation', 'code'),
      ),
      bad(
        'bad-attribute',
        `${at.b}/st:name`,
        /cannot go without its entry/,
        ...attribute('operation', 'name'),
      ),
    ],
  },
  {
    name: 'a creation of what there is',
    before: [edit(second(''))],
    request: edit(store(shelf('c') + shelf('b', '', operation('create')))),
    errors: [{ error: 'application data-exists', path: at.b, says: /shelf\[name='b'\] exists already/ }],
  },
  {
    name: 'a creation of what there is, by a key with both kinds of quotes',
    before: [edit(interfaces(port(quotes)))],
    request: edit(interfaces(`<interface${operation('create')}><name>${quotes}</name></interface>`)),
    errors: [{ error: 'application data-exists', path: quoted, says: /exists already/ }],
  },
  {
    name: 'elements and values that do not fit, under a key with both kinds of quotes',
    request: edit(interfaces(port(quotes, '<colours/><enabled>x</enabled>'))),
    errors: [
      bad('unknown-element', `${quoted}/if:colours`, /no node "colours" here/, 'bad-element=colours'),
      bad('invalid-value', `${quoted}/if:enabled`, /"x"/, 'bad-element=enabled'),
    ],
  },
  {
    name: 'deletions of what there is not: each is told with continue-on-error',
    before: [edit(second(''))],
    request: edit(
      store(
        `<shelf${operation('delete')}><name>y</name></shelf><shelf${operation('delete')}><name>z</name></shelf>` +
          shelf('b', `<code${operation('delete')}/>`),
      ),
      '<error-option>continue-on-error</error-option>',
    ),
    errors: [
      ...['y', 'z'].map((name) => ({
        error: 'application data-missing',
        path: `/st:store/st:shelf[st:name='${name}']`,
        says: /does not exist.*"remove" does not mind/,
      })),
      { error: 'application data-missing', path: `${at.b}/st:code`, says: /code does not exist/ },
    ],
  },
  {
    name: 'something below what there is not, with the default operation none',
    before: [edit(second(''))],
    request: edit(store('<shelf><name>z</name></shelf>'), '<default-operation>none</default-operation>'),
    errors: [
      {
        error: 'application data-missing',
        path: "/st:store/st:shelf[st:name='z']",
        says: /does not exist, and the operation "none" does not create it/,
      },
    ],
  },
]
