/**
 * All members as one, for what is a matter of the chassis: interfaces and neighbours are told by the member that has the port, what
 * is counted where packets pass is added up, tables that all have alike are read at one. With one member it is that member itself.
 */
import type {
  AclState,
  BridgeState,
  InterfaceState,
  MacSelection,
  Member,
  Members,
  MemberState,
  MirrorState,
  NeighbourState,
  StateQuery,
} from '../../dataplane/client/index.js'

/** `ownerOf`: the member that has the port below an interface; undefined: every member has it, or nobody. */
export function wholeChassis(
  members: Members,
  ownerOf: (interfaceName: string) => string | undefined,
): () => Member {
  const { member0 } = members
  const there = (): readonly Member[] => members.all.filter(({ attached }) => attached)
  const whole: Member = {
    get name() {
      return member0.name
    },
    get attached() {
      return there().length > 0
    },
    get pid() {
      return member0.pid
    },
    get boot() {
      return member0.boot
    },
    get version() {
      return member0.version
    },
    get address() {
      return member0.address
    },
    get since() {
      return member0.since
    },
    get commit() {
      return member0.commit
    },
    detach: () => member0.detach(),
    prepare: (...all) => member0.prepare(...all),
    trace: (...all) => member0.trace(...all),
    capture: (...all) => member0.capture(...all),
    async clearMacs(selection: MacSelection) {
      const [first = member0, ...others] = there()
      const [cleared] = await Promise.all([first, ...others].map((member) => member.clearMacs(selection)))
      return cleared ?? 0
    },
    async state(query) {
      const [first = member0, ...others] = there()
      const own = await first.state(query)
      const also = others.length > 0 ? everywhere(query) : undefined
      if (!also) return own
      const answers = await Promise.all(
        others.map(async (member) => {
          const state = await member.state(also).catch(() => undefined)
          return state && { member: member.name, state }
        }),
      )
      const told = [{ member: first.name, state: own }, ...answers.flatMap((answer) => answer ?? [])]
      return merged(own, told, ownerOf)
    },
  }
  return () => (members.all.length > 1 ? whole : member0)
}

/** What has to be asked of every member; undefined: nothing. */
function everywhere({
  interfaces = false,
  neighbours = false,
  acls = false,
  bridges = false,
  mirrors = false,
  interface: name,
  acl,
  bridge,
}: StateQuery): StateQuery | undefined {
  if (!interfaces && !neighbours && !acls && !bridges && !mirrors) return undefined
  return {
    ...{ interfaces, neighbours, acls, bridges, mirrors },
    ...(name !== undefined && { interface: name }),
    ...(acl !== undefined && { acl }),
    ...(bridge !== undefined && { bridge }),
  }
}

interface Told {
  readonly member: string
  readonly state: MemberState
}

function merged(
  own: MemberState,
  told: readonly Told[],
  ownerOf: (interfaceName: string) => string | undefined,
): MemberState {
  const there = new Set(told.map(({ member }) => member))
  /** Of several that tell the same, the owner, and of others the first. */
  const pick = <T>(
    list: (state: MemberState) => readonly T[],
    keyOf: (item: T) => string,
    name: (item: T) => string,
  ) => {
    const picked = new Map<string, T>()
    for (const { member, state } of told)
      for (const item of list(state)) {
        const owner = ownerOf(name(item))
        const known = picked.has(keyOf(item))
        if (owner === member || (!known && (owner === undefined || !there.has(owner))))
          picked.set(keyOf(item), item)
      }
    return [...picked.values()]
  }
  const taps = new Map(own.interfaces.map(({ name, tap }) => [name, tap]))
  return {
    ...own,
    interfaces: pick<InterfaceState>(
      ({ interfaces }) => interfaces,
      ({ name }) => name,
      ({ name }) => name,
    ).map((one) => {
      // The host's side of all of them is beside the first member.
      const tap = taps.get(one.name)
      return tap ? { ...one, tap } : one
    }),
    neighbours: pick<NeighbourState>(
      ({ neighbours }) => neighbours,
      (one) => `${one.interface} ${Buffer.from(one.address).toString('hex')}`,
      (one) => one.interface,
    ),
    acls: added(told, ({ acls }) => acls, addAcl),
    bridges: added(told, ({ bridges }) => bridges, addBridge),
    mirrors: added(told, ({ mirrors }) => mirrors, addMirror),
  }
}

/** Of each name one, which is what all say of it together. */
function added<T extends { readonly name: string }>(
  told: readonly Told[],
  list: (state: MemberState) => readonly T[],
  add: (sum: T, item: T) => T,
): readonly T[] {
  const sums = new Map<string, T>()
  for (const { state } of told)
    for (const item of list(state)) {
      const sum = sums.get(item.name)
      sums.set(item.name, sum ? add(sum, item) : item)
    }
  return [...sums.values()]
}

const addMirror = (a: MirrorState, b: MirrorState): MirrorState => ({
  name: a.name,
  packets: a.packets + b.packets,
  octets: a.octets + b.octets,
  overRate: a.overRate + b.overRate,
  lost: a.lost + b.lost,
})

const addCount = <T extends { readonly packets: bigint; readonly octets: bigint }>(
  a: T,
  b: T | undefined,
): T => ({
  ...a,
  packets: a.packets + (b?.packets ?? 0n),
  octets: a.octets + (b?.octets ?? 0n),
})

const addAcl = (a: AclState, b: AclState): AclState => ({
  name: a.name,
  entries: a.entries.map((entry, index) => addCount(entry, b.entries[index])),
  rest: addCount(a.rest, b.rest),
})

const addBridge = (a: BridgeState, b: BridgeState): BridgeState => ({
  ...a,
  limited: a.limited || b.limited,
  moving: [...a.moving, ...b.moving],
  discontinuity: Math.max(a.discontinuity, b.discontinuity),
  counters: Object.fromEntries(
    Object.entries(a.counters).map(([name, count]) => [
      name,
      count + b.counters[name as keyof BridgeState['counters']],
    ]),
  ) as BridgeState['counters'],
})
