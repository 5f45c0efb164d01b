/** Random edits of the workshop, with everything that edit-config can say. */
export type Roll = (sides: number) => number

/** `part`: of `box` and the list `queue`, of the list `item` and the leaves, or of everything. */
export function randomEdit(roll: Roll, part: 'box' | 'item' | 'all' = 'all'): string {
  const pick = (words: readonly string[]): string => words[roll(words.length)] ?? ''
  const some = (sides: number, make: () => string): string => (roll(sides) === 0 ? make() : '')
  const several = (most: number, make: () => string): string =>
    Array.from({ length: roll(most + 1) }, make).join('')
  const op = (): string =>
    pick([
      '',
      '',
      '',
      '',
      '',
      ' op="replace"',
      ' op="create"',
      ' op="delete"',
      ' op="remove"',
      ' op="remove"',
    ])
  const leaf = (name: string, values: readonly string[]): string =>
    `<${name}${op()}>${pick(values)}</${name}>`
  const at = (key: (n: number) => string): string =>
    pick([
      '',
      '',
      ' insert="first"',
      ' insert="last"',
      ` insert="after" ${key(1)}`,
      ` insert="before" ${key(2)}`,
      ' op="remove"',
    ])
  const ways = [
    (): string => leaf('l1', ['ell', '2']) + some(2, () => leaf('l2', ['1'])),
    (): string => leaf('r1', ['1']) + some(2, () => leaf('r2', ['arr', '1'])),
    (): string =>
      `<rc${op()}>${some(2, () => leaf('x', ['1']))}${some(2, () => leaf('y', ['why', '1']))}</rc>`,
    (): string => leaf('i1', ['1']),
    (): string => leaf('i2', ['1']),
    (): string => `<il${op()}><k>${pick(['1', '2'])}</k></il>`,
    (): string => '',
  ]
  const box = (): string =>
    `<box${some(12, op)}>` +
    some(4, () => leaf('plain', ['1', '2'])) +
    some(4, () => leaf('limit', ['10', '6', '700'])) +
    some(4, () => leaf('tag', ['red', 'blue', 'z'])) +
    several(3, () => `<number${at((n) => `yang:value="${n}"`)}>${1 + roll(4)}</number>`) +
    some(4, () => leaf('free', ['1', '2'])) +
    some(
      4,
      () =>
        `<sub${op()}>${some(2, () => leaf('on', ['true', 'false']))}${some(2, () => leaf('note', ['1']))}</sub>`,
    ) +
    some(
      4,
      () =>
        `<there${op()}>${some(2, () => leaf('d', ['-1', '4']))}${some(2, () => leaf('e', ['1', '2']))}</there>`,
    ) +
    (ways[roll(ways.length)] ?? ((): string => ''))() +
    some(6, () => leaf('only-a', ['in a', 'go'])) +
    some(
      6,
      () =>
        `<only-b${op()}>${some(2, () => leaf('z', ['zed', '1']))}${some(2, () => leaf('x', ['1']))}</only-b>`,
    ) +
    some(6, () => leaf('checked', ['1'])) +
    some(8, () => `<any${op()}><plain xmlns="urn:q">${roll(3)}</plain></any>`) +
    '</box>'
  const item = (): string =>
    `<item${some(3, op)}><name>${pick(['a', 'b', 'c'])}</name>` +
    some(3, () => leaf('size', ['7', '3', '9'])) +
    some(5, () => leaf('serial', ['1', '2', '3', '4'])) +
    some(6, () => leaf('ref', ['a', 'b', 'c'])) +
    some(6, () => leaf('want', ['1', '2'])) +
    some(
      3,
      () => `<in${op()}>${some(2, () => leaf('a', ['aa', '1']))}${some(2, () => leaf('b', ['1']))}</in>`,
    ) +
    several(
      2,
      () =>
        `<part${op()}><id>${roll(3)}</id><kind>w:${pick(['bolt', 'nut'])}</kind>${some(2, () => leaf('dv', ['dd', '2']))}</part>`,
    ) +
    several(
      2,
      () =>
        `<step${at((n) => `yang:key="[w:n='${n}']"`)}><n>${1 + roll(4)}</n>${some(3, () => leaf('t', ['1']))}</step>`,
    ) +
    some(3, () => pick([leaf('ca', ['1']), leaf('cb', ['x', '1'])])) +
    '</item>'
  const queue = (): string =>
    `<queue${at((n) => `yang:key="[w:k='${n}']"`)}><k>${1 + roll(4)}</k>${some(3, () => leaf('v', ['1', '2']))}</queue>`
  const items = (): string =>
    some(5, () => leaf('motto', ['hello', 'bye'])) +
    some(4, () => leaf('mode', ['a', 'b', 'c'])) +
    several(2, item)
  const boxes = (): string => some(2, box) + several(2, queue)
  return agreeing((part === 'box' ? '' : items()) + (part === 'item' ? '' : boxes()))
}

/** The same without operations that cannot be inside of what another takes away. */
export function agreeing(xml: string): string {
  const open: boolean[] = []
  return xml.replace(/<(\/?)[\w:-]+([^<>]*)>/g, (tag, end: string, attributes: string) => {
    if (end !== '') {
      open.pop()
      return tag
    }
    const within = open.at(-1) === true
    const operation = / (?:nc:operation|op)="(\w+)"/.exec(attributes)
    const erases = /^(delete|remove)$/.test(operation?.[1] ?? '')
    if (!attributes.endsWith('/')) open.push(within || erases)
    return within && operation && !erases ? tag.replace(operation[0], '') : tag
  })
}
