/**
 * Is the link of an interface up? The member that has the port says so, and, where there is a fabric, the one beside the control plane
 * says whether that port is reached: it is up when both say so. Others may not reach it, which their engines know by themselves.
 * What has no port is as the first member says that is attached.
 */
import { localMember } from '../controllers/index.js'

export class LinkViews {
  readonly #ownerOf: (interfaceName: string) => string | undefined
  readonly #attached: () => readonly string[]
  readonly #fabric: () => boolean
  readonly #views = new Map<string, Map<string, boolean>>()

  /** `attached`: members, the one beside the control plane first. */
  constructor(
    ownerOf: (interfaceName: string) => string | undefined,
    attached: () => readonly string[],
    fabric: () => boolean,
  ) {
    this.#ownerOf = ownerOf
    this.#attached = attached
    this.#fabric = fabric
  }

  /** What a member says of an interface; what then is true. */
  tell(member: string, interfaceName: string, up: boolean): boolean {
    const views = this.#views.get(interfaceName) ?? new Map<string, boolean>()
    this.#views.set(interfaceName, views.set(member, up))
    const owner = this.#ownerOf(interfaceName)
    const attached = this.#attached().filter((name) => views.has(name))
    if (owner === undefined) return views.get(attached[0] ?? member) ?? up
    const reached = !this.#fabric() || !attached.includes(localMember) || views.get(localMember)
    return (reached ?? true) && (views.get(owner) ?? true)
  }
}
