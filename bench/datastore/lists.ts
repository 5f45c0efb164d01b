/**
 * What a constraint over a list of 100,000 entries costs: the datastore itself, with its journal on disk and without a
 * protocol or controllers, over bench/modules/bench-lists. Each round is an edit of the candidate and its commit.
 */
import { createContext, type Context } from 'libyang-js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatastores, type Datastores, type Requester } from '../../datastore/index.js'
import { searchDirs } from '../../yang/schema.js'
import { milliseconds } from '../clock.js'
import { single, type Figure } from '../report.js'

const entries = 100_000
const operator: Requester = { session: 1, user: 'admin' }
const modules = fileURLToPath(new URL('../../../bench/modules', import.meta.url))

const lists = (content: string): string =>
  `<lists xmlns="urn:weft:bench:lists" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:yang="urn:ietf:params:xml:ns:yang:1">${content}</lists>`
const many = (entry: (index: number) => string): string =>
  Array.from({ length: entries }, (_, i) => entry(i)).join('')

class Box {
  constructor(
    readonly context: Context,
    readonly datastores: Datastores,
  ) {}

  async edit(xml: string): Promise<void> {
    using config = this.context.fragment(lists(xml))
    await this.datastores.edit(operator, 'candidate', config, {
      defaultOperation: 'merge',
      errorOption: 'rollback-on-error',
      testOption: 'set',
    })
  }

  /** Edit and commit. */
  async change(xml: string): Promise<void> {
    await this.edit(xml)
    await this.datastores.commit(operator)
  }

  /** An edit whose commit is refused; throws when it is not. */
  async refused(xml: string): Promise<void> {
    await this.edit(xml)
    const refused = await this.datastores.commit(operator).then(
      () => false,
      () => true,
    )
    if (!refused) throw new Error(`the datastore took ${xml}`)
    await this.datastores.discard(operator)
  }
}

async function rounds(count: number, work: (round: number) => Promise<unknown>): Promise<readonly number[]> {
  await work(-1)
  const times: number[] = []
  for (let round = 0; round < count; round++) times.push(await milliseconds(() => work(round)))
  return times
}

async function measure(box: Box): Promise<Figure[]> {
  const half = entries / 2
  const figure = (name: string, times: readonly number[]) => single(`100k-${name}`, 'ms', 'lower', times)
  await box.change(many((i) => `<port><name>p${i}</name><address>a${i}</address><note>n</note></port>`))
  const unique = await rounds(11, () =>
    box.refused(`<port><name>p${half}</name><address>a7</address></port>`),
  )
  const toggles = await rounds(4, (round) =>
    round % 2 === 0
      ? box.change(
          many((i) => `<port><name>p${i}</name><note>n</note></port>`).concat('<annotated>true</annotated>'),
        )
      : box.change('<annotated>false</annotated>'),
  )
  await box.change(`<port nc:operation="delete"><name>p1</name></port>`)
  await box.change(many((i) => `<rule><name>r${i}</name><action>pass</action></rule>`))
  const insert = await rounds(21, (round) =>
    box.change(
      `<rule yang:insert="after" yang:key="[name='r${half}']"><name>i${round}</name><action>drop</action></rule>`,
    ),
  )
  await box.change('<link><name>used</name></link><link><name>unused</name></link>')
  await box.change(many((i) => `<user><name>u${i}</name><link>used</link></user>`))
  const used = await rounds(11, () => box.refused(`<link nc:operation="delete"><name>used</name></link>`))
  const unused = await rounds(11, (round) =>
    round % 2 === 0
      ? box.change('<link><name>unused</name></link>')
      : box.change('<link nc:operation="delete"><name>unused</name></link>'),
  )
  return [
    figure('violate-unique', unique),
    figure(
      'when-off-over-all',
      toggles.filter((_, round) => round % 2 === 1),
    ),
    figure('insert-in-ordered-list', insert),
    figure('delete-referred-by-all', used),
    figure(
      'delete-referred-by-none',
      unused.filter((_, round) => round % 2 === 1),
    ),
  ]
}

export async function listFigures(): Promise<readonly Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-bench-'))
  try {
    using context = await createContext({
      searchDirs: [modules, ...searchDirs],
      modules: [{ name: 'ietf-netconf' }, { name: 'bench-lists' }],
    })
    await using datastores = await openDatastores({
      directory,
      context,
      controllers: [],
      createContext: () => ({}),
      stage: { prepare: async () => ({ apply: async () => undefined, abort: async () => undefined }) },
      log: { info: () => undefined, warn: console.error, error: console.error },
    })
    return await measure(new Box(context, datastores))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
