/** What the tests of the datastore share: a context, a folder, a log and a stage that remember what they were told. */
import { createContext, type Context, type Filter } from 'libyang-js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  openDatastores,
  RequestError,
  type Change,
  type Controller,
  type DatastoreOptions,
  type Datastores,
  type Log,
  type Plan,
  type RecoveryReport,
  type Requester,
  type Stage,
  type Step,
} from '../../datastore/index.js'

const root = new URL('../../../', import.meta.url).pathname

export const alice: Requester = { session: 1, user: 'alice' }
export const bob: Requester = { session: 2, user: 'bob' }

export const openContext = (): Promise<Context> =>
  createContext({
    searchDirs: [
      join(root, 'test/datastore/modules'),
      '/usr/share/yuma/nmda-modules/ietf',
      '/usr/share/yuma/modules/ietf',
      '/usr/share/yang/modules/libyang',
    ],
    modules: [{ name: 'ietf-netconf' }, { name: 'test-box' }, { name: 'ietf-interfaces' }],
  })

export interface Cleanup {
  teardown(task: () => Promise<void>): void
}

export async function temporaryFolder(t: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-datastore-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export class MemoryLog implements Log {
  readonly lines: string[] = []
  info = (message: string): void => void this.lines.push(`info ${message}`)
  warn = (message: string): void => void this.lines.push(`warn ${message}`)
  error = (message: string): void => void this.lines.push(`error ${message}`)
  get alarms(): readonly string[] {
    return this.lines.filter((line) => line.startsWith('error '))
  }
}

/** Members that do nothing, and say what they were asked to. */
export class MemoryStage implements Stage<string> {
  readonly events: string[] = []
  prepared: readonly Step<string>[] = []
  refuse: Error | undefined
  failApply: Error | undefined

  async prepare(steps: readonly Step<string>[]) {
    this.events.push('prepare')
    if (this.refuse) throw this.refuse
    this.prepared = steps
    return {
      apply: async (commit: number) => {
        this.events.push(`apply ${commit}`)
        if (this.failApply) throw this.failApply
      },
      abort: async () => void this.events.push('abort'),
    }
  }
}

export type TestController = Controller<object, string>

export function controller(
  name: string,
  parts: Partial<Omit<TestController, 'plan'>> & {
    plan?: (change: Change) => Promise<Plan<string>>
  } = {},
): TestController {
  return {
    name,
    claims: ['/test-box:box'],
    needs: [],
    provides: [],
    ...parts,
    plan: parts.plan ?? (async () => ({ steps: [] })),
  }
}

export const step = (kind: Step['kind'], summary: string): Step<string> => ({
  kind,
  provides: 'thing',
  member: '0',
  operations: [summary],
  summary,
})

export interface Bench {
  readonly datastores: Datastores<string> & { readonly recovery: RecoveryReport }
  readonly log: MemoryLog
  readonly stage: MemoryStage
  readonly directory: string
  edit(
    xml: string,
    options?: Partial<Parameters<Datastores['edit']>[3]> & { readonly by?: Requester },
  ): Promise<void>
  /** The whole of a datastore, white space left out. */
  text(source: 'running' | 'candidate' | 'operational', filter?: Filter): Promise<string>
}

export async function openBench(
  t: Cleanup,
  context: Context,
  options: Partial<DatastoreOptions<object, string>> = {},
): Promise<Bench> {
  const directory = options.directory ?? (await temporaryFolder(t))
  const log = new MemoryLog()
  const stage = new MemoryStage()
  const datastores = await openDatastores<object, string>({
    directory,
    context,
    controllers: [],
    createContext: () => ({}),
    stage,
    log,
    // Modules of tests are no store of Weft's.
    migrations: [],
    ...options,
  })
  t.teardown(async () => datastores[Symbol.asyncDispose]())
  return {
    datastores,
    log,
    stage,
    directory,
    async edit(xml, { by = alice, ...rest } = {}) {
      using config = context.fragment(xml)
      await datastores.edit(by, 'candidate', config, {
        defaultOperation: 'merge',
        errorOption: 'rollback-on-error',
        testOption: 'set',
        ...rest,
      })
    },
    async text(source, filter) {
      return await collect(datastores.read({ source, ...(filter && { filter }) }))
    },
  }
}

export async function collect(slices: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = []
  for await (const slice of slices) all.push(slice)
  return Buffer.concat(all).toString().replace(/>\s+</g, '><').trim()
}

export const box = (content: string): string => `<box xmlns="urn:weft:test:box">${content}</box>`
export const named = (name: string): string => box(`<name>${name}</name>`)
export const routes = (first: number, count: number): string => {
  const entries = Array.from(
    { length: count },
    (_, index) => `<route><prefix>p${first + index}</prefix><next-hop>192.0.2.1</next-hop></route>`,
  )
  return `<routes xmlns="urn:weft:test:box">${entries.join('')}</routes>`
}

/** The RequestError that `work` rejects with. */
export async function refusal(work: Promise<unknown>): Promise<RequestError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof RequestError) return error
  throw new Error(`expected a RequestError, got ${String(error)}`)
}
