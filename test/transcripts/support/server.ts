/**
 * The server of a transcript: the schema of the appliance, datastores in a folder of their own and NETCONF over SSH; no
 * controllers. Its time stands still until a step lets it go on, and it can be restarted.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext } from 'libyang-js'
import { openDatastores } from '../../../datastore/index.js'
import type { Datastores, RecoveryReport } from '../../../datastore/index.js'
import {
  AccessControl,
  accessState,
  historyState,
  modulesState,
  monitoringState,
  SessionRegistry,
  startNetconf,
  yangLibraryState,
} from '../../../netconf/index.js'
import type { Authenticator, NetconfServer } from '../../../netconf/index.js'
import { schema } from '../../../yang/schema.js'
import type { OptionalCapability } from '../../../yang/schema.js'
import { HostKeys } from '../../../netconf/index.js'
import { hostKeys, PASSWORD } from '../../netconf/support/appliance.js'
import { patience, VirtualTime } from './time.js'
import { configuration } from './transcript.js'
import type { Transcript } from './transcript.js'

/** Everybody who knows the password. */
const authenticate: Authenticator = {
  password: (_user, password) => Promise.resolve(password === PASSWORD),
  publicKey: () => false,
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const stage = {
  prepare: () => Promise.resolve({ apply: () => Promise.resolve(), abort: () => Promise.resolve() }),
}

const factory = configuration('factory')

export class TranscriptServer implements AsyncDisposable {
  private readonly time = new VirtualTime()
  private boots = 0
  /** Undone backwards. */
  private closers: (() => unknown)[] = []
  private netconf: NetconfServer | undefined
  private datastores: Datastores | undefined

  private constructor(
    private readonly directory: string,
    private readonly features: readonly OptionalCapability[],
    private readonly controlled: boolean,
  ) {}

  static async start({ features, config, access }: Transcript): Promise<TranscriptServer> {
    const server = new TranscriptServer(await mkdtemp(join(tmpdir(), 'weft-transcript-')), features, access)
    await server.open(config)
    return server
  }

  get port(): number {
    return this.netconf?.address.port ?? 0
  }

  has(session: number): boolean {
    return this.netconf?.registry.get(session) !== undefined
  }

  /** Lets time go on; settles when what it was time for is done. */
  async pass(seconds: number): Promise<void> {
    const pending = this.datastores?.confirmation
    this.time.pass(seconds * 1000)
    if (pending === undefined || pending.secondsLeft > seconds) return
    const deadline = Date.now() + patience
    while (this.datastores?.confirmation !== undefined) {
      if (Date.now() > deadline) throw new Error('it was time, and running was not taken back')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  /** `process`: only weftd is started anew; `machine`: all is. */
  async restart(what: 'process' | 'machine'): Promise<void> {
    await this.close()
    if (what === 'machine') this.boots++
    await this.open('')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
    await rm(this.directory, { recursive: true })
  }

  private async close(): Promise<void> {
    for (let closer = this.closers.pop(); closer !== undefined; closer = this.closers.pop()) await closer()
  }

  private async folder(name: string): Promise<string> {
    const path = join(this.directory, name)
    await mkdir(path, { recursive: true })
    return path
  }

  private async open(config: string): Promise<void> {
    const context = await createContext(schema({ capabilities: this.features }))
    this.closers.push(() => context[Symbol.dispose]())
    const access = this.controlled
      ? new AccessControl({ context, sensitive: [], recoveryUser: 'rescue', log: silent })
      : undefined
    if (access) this.closers.push(() => access[Symbol.asyncDispose]())
    const registry = new SessionRegistry(() => new Date(this.time.now))
    const datastores: Datastores & { readonly recovery: RecoveryReport } = await openDatastores({
      directory: join(this.directory, 'state'),
      context,
      controllers: [],
      createContext: () => ({}),
      state: [
        monitoringState(registry, context, () => datastores),
        yangLibraryState(context),
        modulesState(context),
        historyState(() => datastores),
        ...(access ? [accessState(access)] : []),
      ],
      stage,
      factory: { configuration: () => ({ xml: factory }), shown: factory },
      guards: access ? [access] : [],
      log: silent,
      clock: () => this.time.now,
      timers: this.time,
      boot: `boot ${this.boots}`,
    })
    this.closers.push(() => datastores[Symbol.asyncDispose]())
    this.datastores = datastores
    access?.follow(datastores)
    if (config !== '') {
      const owner = { session: 0, user: 'weftd' }
      using fragment = context.fragment(config)
      await datastores.copy(owner, 'candidate', fragment)
      await datastores.commit(owner)
    }
    const netconf = await startNetconf({
      context,
      datastores,
      registry,
      listen: { address: '127.0.0.1', port: 0 },
      hostKeys: new HostKeys(await hostKeys()),
      authenticate,
      ...(access && { access }),
      log: silent,
      limits: { spoolDirectory: this.directory, loginDelay: 0 },
      ...(this.features.includes('url') && { urlFolder: await this.folder('files') }),
    })
    this.closers.push(() => netconf.close())
    this.netconf = netconf
  }
}
