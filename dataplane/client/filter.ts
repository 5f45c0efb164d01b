/**
 * Filter expressions of pcap-filter(7) to the programs that members run on packets. A host's name in an expression is looked up
 * once, when it is compiled.
 */
import { createRequire } from 'node:module'

/** Classic BPF, by what a packet begins with: an Ethernet header, or an IP header. Empty: all packets match. */
export interface PacketFilter {
  readonly ethernet: Uint8Array
  readonly layer3: Uint8Array
}

interface Compiler {
  compile(expression: string, link: number): Promise<Uint8Array>
}

/** DLT_EN10MB and DLT_RAW. */
const links = { ethernet: 1, layer3: 12 } as const

/** Instructions that a member takes, of 8 octets each. */
const longest = 4096 * 8

/** `ret #0` */
const nothing = new Uint8Array([6, 0, 0, 0, 0, 0, 0, 0])

let compiler: Compiler | undefined

export const noFilter: PacketFilter = { ethernet: new Uint8Array(), layer3: new Uint8Array() }

/** Rejects with an Error in libpcap's words. What asks for Ethernet matches no packet that has none. */
export async function compileFilter(expression: string): Promise<PacketFilter> {
  compiler ??= createRequire(import.meta.url)('../../engine/weft-filter.node') as Compiler
  const ethernet = await compiler.compile(expression, links.ethernet)
  if (ethernet.length > longest)
    throw new Error(`it takes ${ethernet.length / 8} instructions; a filter has at most ${longest / 8}`)
  const layer3 = await compiler.compile(expression, links.layer3).catch(() => nothing)
  return { ethernet, layer3: layer3.length > longest ? nothing : layer3 }
}
