/**
 * What can be said to this appliance: the YANG modules that it implements, with revisions, features and where they are
 * found. Together with `modules/weft-deviations.yang` it is the truth that yang-library (RFC 8525) tells.
 *
 * Standard modules are installed, not copied: IETF and IANA ones by Debian's `libyuma-base`, some by `libyang2` itself.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ContextOptions, ModuleRequest } from 'libyang-js'

/** Weft's own modules, seen from build/yang/. */
const own = fileURLToPath(new URL('../../yang/modules', import.meta.url))
const yuma = '/usr/share/yuma'
const libyang = '/usr/share/yang/modules/libyang'

/** The NMDA revisions come before the older ones of the same names. */
export const searchDirs: readonly string[] = [
  own,
  join(yuma, 'nmda-modules/ietf'),
  join(yuma, 'modules/ietf'),
  join(yuma, 'modules'),
  libyang,
]

/** In this order: a module comes after those that it augments. */
export const modules: readonly ModuleRequest[] = [
  // Protocol.
  {
    name: 'ietf-netconf',
    revision: '2011-06-01',
    features: ['candidate', 'confirmed-commit', 'rollback-on-error', 'validate', 'xpath'],
  },
  { name: 'ietf-netconf-with-defaults', revision: '2011-06-01' },
  { name: 'ietf-netconf-acm', revision: '2018-02-14' },
  { name: 'ietf-netconf-monitoring', revision: '2010-10-04' },
  { name: 'ietf-netconf-partial-lock', revision: '2009-10-19' },
  { name: 'ietf-datastores', revision: '2018-02-14' },
  { name: 'ietf-yang-library', revision: '2019-01-04' },
  { name: 'ietf-origin', revision: '2018-02-14' },
  {
    name: 'ietf-factory-default',
    revision: '2020-08-31',
    features: ['factory-default-datastore'],
  },
  { name: 'weft-datastores', revision: '2026-11-21' },
  { name: 'ietf-netconf-nmda', revision: '2019-01-07', features: ['origin', 'with-defaults'] },
  // Interfaces; if-mib is for admin-status and if-index.
  { name: 'ietf-interfaces', revision: '2018-02-20', features: ['arbitrary-names', 'if-mib'] },
  { name: 'iana-if-type', revision: '2014-05-08' },
  { name: 'ietf-ip', revision: '2018-02-22' },
  { name: 'weft-interfaces', revision: '2026-11-21' },
  { name: 'weft-vlan', revision: '2026-11-22' },
  { name: 'weft-cross-connect', revision: '2026-11-22' },
  { name: 'weft-bridge', revision: '2026-11-22' },
  { name: 'weft-acl', revision: '2026-11-21' },
  // Routing.
  { name: 'ietf-routing', revision: '2018-03-13', features: ['router-id'] },
  { name: 'ietf-ipv4-unicast-routing', revision: '2018-03-13' },
  { name: 'ietf-ipv6-unicast-routing', revision: '2018-03-13' },
  { name: 'weft-network-instance', revision: '2026-11-22' },
  // System.
  {
    name: 'iana-crypt-hash',
    revision: '2014-08-06',
    features: ['crypt-hash-sha-256', 'crypt-hash-sha-512'],
  },
  { name: 'ietf-system', revision: '2014-08-06', features: ['authentication', 'local-users'] },
  { name: 'weft-netconf-server', revision: '2026-11-21' },
  { name: 'weft-history', revision: '2026-11-21' },
  { name: 'ietf-nmda-compare', revision: '2021-12-10' },
  { name: 'weft-compare', revision: '2026-11-21' },
  { name: 'weft-dataplane', revision: '2026-11-21' },
  { name: 'weft-forwarding', revision: '2026-11-21' },
  { name: 'weft-ports', revision: '2026-11-21' },
  { name: 'weft-chassis', revision: '2026-11-22' },
  { name: 'weft-tunnels', revision: '2026-11-22' },
  { name: 'weft-capture', revision: '2026-11-21' },
  { name: 'weft-mirror', revision: '2026-11-21' },
  { name: 'weft-audit', revision: '2026-11-21' },
  {
    name: 'ietf-alarms',
    revision: '2019-09-11',
    features: ['operator-actions', 'alarm-shelving', 'alarm-history', 'alarm-summary'],
  },
  { name: 'weft-alarms', revision: '2026-11-21' },
  { name: 'weft-deviations', revision: '2026-11-21' },
]

/** Modules that are kept here: Weft's own, and standard ones that no package has. */
const ours = /^(?:weft-.*|ietf-factory-default|ietf-nmda-compare|ietf-yang-patch)$/

/** Schema paths of secrets that no module marks `nacm:default-deny-all` (RFC 8341, section 3.4.3); here they count as marked. */
export const sensitive: readonly string[] = [
  '/ietf-system:system/authentication/user/password',
  '/ietf-system:system/authentication/user/authorized-key',
  // Its paths name entries that the reader may not see.
  '/ietf-netconf-monitoring:netconf-state/datastores/datastore/locks/partial-lock',
]

/** A module of the list is in none of the folders. */
export class MissingModuleError extends Error {
  override readonly name = 'MissingModuleError'
}

function find({ name, revision }: ModuleRequest, folders: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const files = revision === undefined ? [`${name}.yang`] : [`${name}@${revision}.yang`, `${name}.yang`]
  return [...folders.values()].some((present) => files.some((file) => present.has(file)))
}

/** Capabilities of NETCONF that are off unless the appliance is started with them. */
export type OptionalCapability = 'writable-running' | 'startup' | 'url'

export interface SchemaOptions {
  readonly capabilities?: readonly OptionalCapability[]
  /** Folders in which modules are found; those of this system when absent. */
  readonly dirs?: readonly string[]
}

/** The options for a libyang context of this appliance. Throws `MissingModuleError`, which says what to install. */
export function schema({ capabilities = [], dirs = searchDirs }: SchemaOptions = {}): ContextOptions {
  const folders = new Map(
    dirs.filter((dir) => existsSync(dir)).map((dir) => [dir, new Set(readdirSync(dir))] as const),
  )
  for (const request of modules) {
    if (find(request, folders)) continue
    const file = request.revision === undefined ? request.name : `${request.name}@${request.revision}`
    const remedy = ours.test(request.name)
      ? `it belongs to Weft itself: is ${own} complete?`
      : request.name === 'ietf-yang-library' || request.name === 'ietf-datastores'
        ? 'install the Debian package libyang2 (apt-get install libyang2-dev)'
        : 'install the Debian package libyuma-base (apt-get install libyuma-base)'
    throw new MissingModuleError(`no YANG module ${file} in ${dirs.join(', ')}: ${remedy}`)
  }
  return {
    searchDirs: [...folders.keys()],
    modules: modules.map((request) => extended(request, capabilities)),
  }
}

function extended(request: ModuleRequest, capabilities: readonly OptionalCapability[]): ModuleRequest {
  if (request.name !== 'ietf-netconf') return request
  return { ...request, features: [...(request.features ?? []), ...capabilities] }
}
