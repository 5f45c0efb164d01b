/**
 * The configuration of access control, `/nacm` of ietf-netconf-acm (RFC 8341, section 3.5), as values: what it says, and what of
 * that is about one user.
 */
import type { AccessOperation, AccessOptions, AccessRule, Tree } from 'libyang-js'

export const NACM_PATH = '/ietf-netconf-acm:nacm'

export interface AccessConfiguration {
  readonly enabled: boolean
  readonly defaults: readonly AccessOperation[]
  /** Do the groups count that a transport says a user is in? */
  readonly external: boolean
  /** Names of groups by user. */
  readonly groups: ReadonlyMap<string, readonly string[]>
  readonly lists: readonly RuleList[]
}

interface RuleList {
  /** `*`: every group. */
  readonly groups: readonly string[]
  readonly rules: readonly NamedRule[]
}

export interface NamedRule extends AccessRule {
  /** Instance path of the rule. */
  readonly at: string
}

/** As RFC 7951 writes it; what is at its default may be absent. */
interface Document {
  readonly 'enable-nacm'?: boolean
  readonly 'read-default'?: Action
  readonly 'write-default'?: Action
  readonly 'exec-default'?: Action
  readonly 'enable-external-groups'?: boolean
  readonly groups?: {
    readonly group?: readonly { readonly name: string; readonly 'user-name'?: readonly string[] }[]
  }
  readonly 'rule-list'?: readonly {
    readonly name: string
    readonly group?: readonly string[]
    readonly rule?: readonly {
      readonly name: string
      readonly 'module-name'?: string
      readonly 'rpc-name'?: string
      readonly 'notification-name'?: string
      readonly path?: string
      readonly 'access-operations'?: string
      readonly action: Action
    }[]
  }[]
}
type Action = 'permit' | 'deny'

const writing: readonly AccessOperation[] = ['create', 'update', 'delete']
const every: readonly AccessOperation[] = ['create', 'read', 'update', 'delete', 'exec']

/** What a tree says; the defaults of the module where it says nothing. O(rules). */
export async function readConfiguration(tree: Tree): Promise<AccessConfiguration> {
  const nacm = ((await tree.json(NACM_PATH)) ?? {}) as Document
  const groups = new Map<string, string[]>()
  for (const { name, 'user-name': users = [] } of nacm.groups?.group ?? [])
    for (const user of users) groups.set(user, [...(groups.get(user) ?? []), name])
  return {
    enabled: nacm['enable-nacm'] ?? true,
    defaults: [
      ...((nacm['read-default'] ?? 'permit') === 'permit' ? (['read'] as const) : []),
      ...((nacm['write-default'] ?? 'deny') === 'permit' ? writing : []),
      ...((nacm['exec-default'] ?? 'permit') === 'permit' ? (['exec'] as const) : []),
    ],
    external: nacm['enable-external-groups'] ?? true,
    groups,
    lists: (nacm['rule-list'] ?? []).map(({ name: list, group = [], rule = [] }) => ({
      groups: group,
      rules: rule.map((one) => ({
        at: `${NACM_PATH}/rule-list${key(list)}/rule${key(one.name)}`,
        module: one['module-name'] ?? '*',
        ...(one['rpc-name'] !== undefined && { operation: one['rpc-name'] }),
        ...(one['notification-name'] !== undefined && { notification: one['notification-name'] }),
        ...(one.path !== undefined && { path: one.path }),
        access: operations(one['access-operations']),
        permit: one.action === 'permit',
      })),
    })),
  }
}

function operations(bits = '*'): readonly AccessOperation[] {
  return bits === '*' ? every : every.filter((operation) => bits.split(' ').includes(operation))
}

function key(name: string): string {
  const quote = name.includes("'") ? '"' : "'"
  return `[name=${quote}${name}${quote}]`
}

/** The groups that a user is in; `reported`: those that the transport knows of. */
export function groupsOf(
  { groups, external }: AccessConfiguration,
  user: string,
  reported: readonly string[],
): readonly string[] {
  return [...new Set([...(groups.get(user) ?? []), ...(external ? reported : [])])].sort()
}

/** What is said of users in these groups; in none, no rule is about them (section 3.4.4, step 5). */
export function optionsOf(
  { lists, defaults }: AccessConfiguration,
  groups: readonly string[],
): AccessOptions & { readonly rules: readonly NamedRule[] } {
  const concerned = lists.filter(
    (list) => groups.length > 0 && list.groups.some((group) => group === '*' || groups.includes(group)),
  )
  return { rules: concerned.flatMap(({ rules }) => rules), defaults }
}
