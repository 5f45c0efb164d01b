/**
 * A NETCONF server for tests: real schema, real datastores on a folder of their own, no controller that programs anything.
 * It ends with the test that made it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { createContext } from 'libyang-js'
import type { Context, ModuleRequest } from 'libyang-js'
import { openDatastores } from '../../../datastore/index.js'
import type {
  Controller,
  Datastores,
  Factory,
  RecoveryReport,
  StateProvider,
} from '../../../datastore/index.js'
import {
  AccessControl,
  accessState,
  historyState,
  HostKeys,
  loadOrCreateHostKeys,
  monitoringState,
  SessionRegistry,
  startNetconf,
  yangLibraryState,
} from '../../../netconf/index.js'
import type { Authenticator, HostKey, NetconfOptions, NetconfServer } from '../../../netconf/index.js'
import type { OptionalCapability } from '../../../yang/schema.js'
import { Client } from './client.js'
import type { ClientOptions } from './client.js'

export const PASSWORD = 'correct horse'

const yuma = '/usr/share/yuma'
const modules = {
  searchDirs: [
    fileURLToPath(new URL('../../../../test/netconf/modules', import.meta.url)),
    fileURLToPath(new URL('../../../../yang/modules', import.meta.url)),
    join(yuma, 'nmda-modules/ietf'),
    join(yuma, 'modules/ietf'),
    join(yuma, 'modules'),
    '/usr/share/yang/modules/libyang',
  ],
  modules: [
    {
      name: 'ietf-netconf',
      revision: '2011-06-01',
      features: ['candidate', 'confirmed-commit', 'rollback-on-error', 'validate', 'xpath'],
    },
    { name: 'ietf-netconf-with-defaults' },
    { name: 'ietf-netconf-monitoring' },
    { name: 'ietf-netconf-partial-lock' },
    { name: 'ietf-datastores' },
    { name: 'ietf-yang-library', revision: '2019-01-04' },
    { name: 'ietf-origin' },
    { name: 'ietf-factory-default', features: ['factory-default-datastore'] },
    { name: 'weft-datastores' },
    { name: 'ietf-netconf-nmda', features: ['origin', 'with-defaults'] },
    { name: 'ietf-interfaces', revision: '2018-02-20' },
    { name: 'iana-if-type' },
    { name: 'ietf-ip', revision: '2018-02-22' },
    { name: 'ietf-routing', revision: '2018-03-13' },
    { name: 'ietf-ipv4-unicast-routing', revision: '2018-03-13' },
    { name: 'weft-history' },
    { name: 'ietf-nmda-compare' },
    { name: 'weft-compare' },
  ],
}

type Recovered = Datastores & { readonly recovery: RecoveryReport }

export interface Appliance {
  readonly server: NetconfServer
  readonly context: Context
  readonly datastores: Datastores
  readonly log: string[]
  connect(options?: Partial<ClientOptions>): Promise<Client>
}

interface Capabilities {
  /** Of those that are off by default. */
  readonly capabilities?: readonly OptionalCapability[]
}

let keys: Promise<HostKey[]> | undefined

/** Host keys, made once for all tests of a process. */
export async function hostKeys(): Promise<readonly HostKey[]> {
  keys ??= (async () => {
    const directory = await mkdtemp(join(tmpdir(), 'weft-host-keys-'))
    try {
      return await loadOrCreateHostKeys(directory)
    } finally {
      await rm(directory, { recursive: true })
    }
  })()
  return keys
}

/** Takes every name for that of a user. */
const anyone: Authenticator = {
  password: (_user, password) => Promise.resolve(password === PASSWORD),
  publicKey: () => false,
}

interface Controlled {
  /** Turns access control on: configuration to begin with, `<nacm>` at least. Then any user may log in. */
  readonly nacm?: string
  readonly recoveryUser?: string
}

const sensitive = ['/ietf-interfaces:interfaces/interface/description']

/** Knows one user, `admin`. */
export const admin: Authenticator = {
  password: (user, password) => Promise.resolve(user === 'admin' && password === PASSWORD),
  publicKey: () => false,
}

interface Parts {
  readonly state?: readonly StateProvider[]
  readonly factory?: Factory
}

export async function startAppliance(
  t: ExecutionContext,
  {
    capabilities = [],
    state = [],
    factory,
    nacm,
    recoveryUser,
    ...options
  }: Partial<NetconfOptions> & Capabilities & Controlled & Parts = {},
  /** Modules on top of those of every appliance, in searchDirs. */
  more: readonly ModuleRequest[] = [],
): Promise<Appliance> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-netconf-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const context = await createContext({
    ...modules,
    modules: [
      ...modules.modules.map((module) =>
        module.name === 'ietf-netconf'
          ? { ...module, features: [...(module.features ?? []), ...capabilities] }
          : module,
      ),
      ...(nacm === undefined ? [] : [{ name: 'ietf-netconf-acm' }]),
      ...more,
    ],
  })
  t.teardown(() => context[Symbol.dispose]())
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const log = { info: write, warn: write, error: write }
  const registry = new SessionRegistry()
  const access = nacm === undefined ? undefined : new AccessControl({ context, sensitive, recoveryUser, log })
  const datastores: Recovered = await openDatastores({
    directory: join(directory, 'state'),
    context,
    controllers: [stateOnly(registry, context, () => datastores)],
    createContext: () => ({}),
    state: access ? [...state, accessState(access)] : state,
    guards: access ? [access] : [],
    ...(factory && { factory }),
    stage: {
      prepare: () => Promise.resolve({ apply: () => Promise.resolve(), abort: () => Promise.resolve() }),
    },
    log,
  })
  t.teardown(() => datastores[Symbol.asyncDispose]())
  t.teardown(() => access?.[Symbol.asyncDispose]())
  access?.follow(datastores)
  if (nacm !== undefined) await commit(context, datastores, nacm)
  const server = await startNetconf({
    context,
    datastores,
    registry,
    listen: { address: '127.0.0.1', port: 0 },
    hostKeys: new HostKeys(await hostKeys()),
    authenticate: access ? anyone : admin,
    ...(access && { access }),
    log,
    ...options,
    limits: { spoolDirectory: directory, ...options.limits },
  })
  t.teardown(() => server.close())
  const clients: Client[] = []
  t.teardown(() => clients.forEach((client) => client.destroy()))
  return {
    server,
    context,
    datastores,
    log: lines,
    async connect(given = {}) {
      const client = await Client.connect({ port: server.address.port, password: PASSWORD, ...given })
      clients.push(client)
      return client
    },
  }
}

/** By the appliance itself: no rule binds it. */
async function commit(context: Context, datastores: Datastores, xml: string): Promise<void> {
  const requester = { session: 0, user: 'weftd' }
  using config = context.fragment(xml)
  await datastores.edit(requester, 'candidate', config, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
    testOption: 'set',
  })
  await datastores.commit(requester)
}

function stateOnly(
  registry: SessionRegistry,
  context: Context,
  datastores: () => Recovered,
): Controller<object> {
  return {
    name: 'netconf',
    claims: [],
    needs: [],
    provides: [],
    plan: () => Promise.resolve({ steps: [] }),
    state: [
      monitoringState(registry, context, datastores),
      yangLibraryState(context),
      historyState(datastores),
    ],
  }
}

/** Waits until a condition holds; fails the test after ten seconds. */
export async function until(t: ExecutionContext, what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.fail(`waited in vain until ${what}`)
}
