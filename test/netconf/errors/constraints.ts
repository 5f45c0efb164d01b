/** Configuration that is not valid, in the second of two entries (RFC 7950, sections 8.1 and 15). */
import { at, set, second, shelf, store, validate, type Case, type Expected } from './case.js'

const invalid = (name: string, config: string, ...errors: Expected[]): Case => ({
  name,
  before: [set(config)],
  request: validate,
  errors,
})
const box = (...numbers: number[]): string =>
  numbers.map((number) => `<box><number>${number}</number><content>x</content></box>`).join('')

export const constraints: readonly Case[] = [
  invalid('a mandatory leaf', store(shelf('a') + '<shelf><name>b</name><open/></shelf>'), {
    error: 'application data-missing',
    path: `${at.b}/st:owner`,
    says: /"owner" is mandatory in "shelf"/,
    info: ['bad-element=owner'],
  }),
  invalid('a mandatory choice', store(shelf('a') + '<shelf><name>b</name><owner>o</owner></shelf>'), {
    error: 'application data-missing missing-choice',
    path: at.b,
    says: /"cover" in "shelf" needs one of its cases: "lid", "sheet", "open"/,
    info: ['yang:missing-choice=cover'],
  }),
  invalid('a must', second('<limit>95</limit>'), {
    error: 'application operation-failed must-violation',
    path: `${at.b}/st:limit`,
    says: /"limit" must fulfil "\. mod 10 = 0"/,
  }),
  invalid('a must with an error-app-tag', second('<load>200</load>'), {
    error: 'application operation-failed too-heavy',
    path: `${at.b}/st:load`,
    says: /"load" must fulfil "\. <= \.\.\/limit"/,
  }),
  invalid('a must with an error-message', second(`<locked>true</locked>${box(1, 2)}`), {
    error: 'application operation-failed must-violation',
    path: at.b,
    says: /^A locked shelf has one box at most\.$/,
  }),
  invalid('a when', second('<locked>true</locked><lamp>true</lamp>'), {
    error: 'application unknown-element',
    path: `${at.b}/st:lamp`,
    says: /"lamp" cannot exist.*"\.\.\/locked = 'false'"/,
    info: ['bad-element=lamp'],
  }),
  invalid(
    'unique leafs, one and two',
    store(
      shelf('a', '<code>1</code>') +
        shelf('b', '<code>1</code><place><row>1</row><column>2</column></place>') +
        shelf('c', '<place><row>1</row><column>2</column></place>'),
    ),
    {
      error: 'application operation-failed data-not-unique',
      path: at.a,
      says: /"code" must be unique: shelf\[name='a'\] and shelf\[name='b'\] have "1"/,
      info: [`yang:non-unique=${at.a}/st:code`, `yang:non-unique=${at.b}/st:code`],
    },
    {
      error: 'application operation-failed data-not-unique',
      path: at.b,
      says: /"row", "column" must be unique: shelf\[name='b'\] and shelf\[name='c'\] have "1", "2"/,
      info: ['b', 'c'].flatMap((name) =>
        ['row', 'column'].map(
          (leaf) => `yang:non-unique=/st:store/st:shelf[st:name='${name}']/st:place/st:${leaf}`,
        ),
      ),
    },
  ),
  invalid(
    'too many entries and values',
    second(`${box(1, 3)}<box><number>2</number>${'wxyz'.replace(/./g, '<content>$&</content>')}</box>`),
    {
      error: 'application operation-failed too-many-elements',
      path: `${at.b}/st:box`,
      says: /"box" takes at most 2, there are 3/,
    },
    {
      error: 'application operation-failed too-many-elements',
      path: `${at.b}/st:box[st:number='2']/st:content`,
      says: /"content" takes at most 3, there are 4/,
    },
  ),
  invalid('too few values', second('<box><number>1</number></box>'), {
    error: 'application operation-failed too-few-elements',
    path: `${at.b}/st:box[st:number='1']/st:content`,
    says: /"content" needs at least 1, there are 0/,
  }),
  invalid(
    'references to what there is not',
    second(
      "<beside>z</beside><before>7</before><points>/st:store/st:shelf[st:name='z']</points><where>z</where>",
    ),
    ...(
      [
        ['beside', /no \/test-store:store\/shelf\/name with the value "z"/],
        ['before', /no \/test-store:store\/shelf\/box\/number with the value "7"/],
        ['points', /no node \/test-store:store\/shelf\[name='z'\]/],
        ['where', /fits no other of its types/],
      ] as const
    ).map(([leaf, says]) => ({
      error: 'application data-missing instance-required',
      path: `${at.b}/st:${leaf}`,
      says,
    })),
  ),
  invalid(
    'several at once',
    store('<shelf><name>a</name><owner>o</owner></shelf>' + shelf('b', '<beside>z</beside><lift/>')),
    {
      error: 'application data-missing missing-choice',
      path: at.a,
      says: /"cover"/,
      info: ['yang:missing-choice=cover'],
    },
    {
      error: 'application data-missing instance-required',
      path: `${at.b}/st:beside`,
      says: /value "z"/,
    },
    {
      error: 'application data-missing',
      path: `${at.b}/st:lift/st:speed`,
      says: /"speed" is mandatory in "lift"/,
      info: ['bad-element=speed'],
    },
  ),
]
