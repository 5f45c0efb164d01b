/** Random contents, rules, filters and edits of the vault (vault.ts), each from the dice of its seed. */
import type { AccessRule, Context, Filter } from '../src/index.js'
import { nodesOf } from './naive-access.js'
import { all, namespaces } from './vault.js'

export type Roll = (sides: number) => number

export function randomContents(roll: Roll): string {
  const some = (xml: string) => (roll(4) > 0 ? xml : '')
  const rooms = [1, 2].flatMap((floor) =>
    ['red', 'blue'].map((name) =>
      some(
        `<room><floor>${floor}</floor><name>${name}</name>${some(`<size>${roll(3)}</size>`)}${some('<tag>x</tag>')}${some('<tag>y</tag>')}` +
          some(
            `<door>${some(`<lock>${roll(2)}</lock>`)}${some(`<alarm><code>${roll(2)}</code></alarm>`)}</door>`,
          ) +
          ['a', 'b']
            .map((id) =>
              some(
                `<box><id>${id}</id>${some(`<content>${roll(2)}</content>`)}${some(`<weight>${roll(2)}</weight>`)}</box>`,
              ),
            )
            .join('') +
          `${some(`<p:colour>${roll(2)}</p:colour>`)}${some(`<p:shelf><p:count>${roll(2)}</p:count></p:shelf>`)}</room>`,
      ),
    ),
  )
  return `${some(`<label>${roll(2)}</label>`)}${some('<secret>s</secret>')}${some(`<plan>${some('<author>ann</author>')}${some(`<copies>${roll(3)}</copies>`)}</plan>`)}${rooms.join('')}`
}

export function randomRule(roll: Roll): AccessRule {
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T
  const keys = () =>
    ['', "[floor='1']", "[name='red']", "[floor='2'][name='red']", "[name='blue'][floor='1']"][roll(5)] ?? ''
  const room = () => `/vault:vault/room${keys()}`
  const box = () => `/box${pick(['', "[id='a']", "[id='b']"])}`
  const path = pick([
    () => '/',
    () => '/vault:vault',
    () => '/vault:vault/label',
    () => '/vault:vault/secret',
    () => '/vault:vault/plan',
    () => '/vault:vault/plan/copies',
    room,
    room,
    () => `${room()}${pick(['/size', '/name', '/tag', "/tag[.='x']", '/door', '/door/lock', '/door/alarm'])}`,
    () => `${room()}${box()}`,
    () => `${room()}${box()}${pick(['/content', '/weight', '/id'])}`,
    () => `${room()}${pick(['/vault-plus:colour', '/vault-plus:shelf', '/vault-plus:shelf/count'])}`,
  ])()
  return {
    module: pick(['*', '*', '*', 'vault', 'vault-plus']),
    ...pick([{ path }, { path }, { path }, { path }, {}, { operation: '*' }, { notification: '*' }]),
    access: roll(2) === 0 ? all : all.filter(() => roll(2) === 0),
    permit: roll(2) === 0,
  }
}

export function randomFilters(context: Context, roll: Roll): Filter[] {
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T
  const subtree = pick([
    '<room><size>1</size></room>',
    '<room><floor>1</floor><name>red</name></room>',
    '<room><name>red</name><box><content>1</content><id/></box></room>',
    '<secret>s</secret><label/>',
    '<room><tag>x</tag><size/><p:shelf/></room>',
    '<plan/><room><door><alarm/></door></room>',
  ])
  const xpath = pick([
    "/vault:vault/room[size='1']",
    "//box[content='1' or id='b']/..",
    '/vault:vault/room[count(box) > 1]/name',
    "//code[.='1']/.. | //colour[.='1'] | //content[.='1']",
    '/vault:vault/room[tag]/size | /vault:vault/secret',
    "/vault:vault/room[floor='1'][name='red']/box[id='a']",
    '/vault:vault/plan[author]/copies',
  ])
  return [context.subtreeFilter(`<vault ${namespaces}>${subtree}</vault>`), context.xpathFilter(xpath)]
}

/** Contents, merged; some rooms and boxes of before are taken out, some boxes go to the front. */
export function randomEdit(roll: Roll, before: unknown, pick: <T>(list: readonly T[]) => T): string {
  const nodes = nodesOf(before as never).filter(({ steps }) =>
    ['room', 'box', 'label', 'secret'].includes(steps.at(-1)?.name ?? ''),
  )
  if (nodes.length > 0 && roll(2) === 0) {
    const { steps } = pick(nodes)
    return steps.slice(1).reduceRight((inside, { name, keys }, index) => {
      const operation = index === steps.length - 2 ? ' nc:operation="delete"' : ''
      const entries = Object.entries(keys).map(([key, value]) => `<${key}>${value}</${key}>`)
      return `<${name}${operation}>${entries.join('')}${inside}</${name}>`
    }, '')
  }
  return randomContents(roll)
}
