/** Forwarding objects of a member as elements of weft-dataplane's list: a page of them at a time, so that a million hold nothing up. */
import type { Member, ObjectPage, ObjectState, StateQuery } from '../../../dataplane/client/index.js'
import { formatAddress } from '../../rib/index.js'
import { leaf } from '../xml.js'

/** Objects in one piece of what is read: libyang's parser is quadratic in the entries of a list. */
const pieceObjects = 250

const keyPattern = /^0x[0-9a-f]{16}$/

const keyText = (key: bigint): string => `0x${key.toString(16).padStart(16, '0')}`

async function pageOf(
  member: Member,
  objects: NonNullable<StateQuery['objects']>,
): Promise<ObjectPage | undefined> {
  return (await member.state({ objects }).catch(() => undefined))?.objects
}

/** Pieces of elements; they end early when the member is lost. */
export async function* allObjects(member: Member): AsyncGenerator<string, void, undefined> {
  for (let from: number | undefined = 0; from !== undefined;) {
    const page: ObjectPage | undefined = await pageOf(member, { from, most: pieceObjects })
    if (!page) return
    if (page.objects.length > 0) yield page.objects.map(element).join('')
    from = page.next
  }
}

export async function* objectsNamed(
  member: Member,
  keys: readonly string[],
): AsyncGenerator<string, void, undefined> {
  for (const text of keys) {
    if (!keyPattern.test(text)) continue
    const page = await pageOf(member, { key: BigInt(text) })
    if (page) yield page.objects.map(element).join('')
  }
}

function element({
  key,
  type,
  kind,
  interface: name,
  nextHop,
  members,
  legs,
  packets,
  octets,
  routes,
}: ObjectState): string {
  return [
    `<object>${leaf('key', keyText(key))}`,
    leaf('type', type),
    leaf('kind', kind || undefined),
    leaf('interface', name || undefined),
    leaf('next-hop', nextHop && formatAddress(nextHop)),
    ...members.map((member) => leaf('member', keyText(member))),
    ...(legs ?? []).map(
      ({ interface: name, remote }) =>
        `<leg>${leaf('interface', name)}${leaf('remote', remote && formatAddress(remote))}</leg>`,
    ),
    leaf('packets', packets),
    leaf('octets', octets),
    leaf('routes', routes),
    '</object>',
  ].join('')
}
