/** The drivers that are measured, and the kernel fast path. What works only somewhere says where it does not, and is left out there. */
import type { NetconfClient } from '../../src/demo/client.js'

export interface BenchDriver {
  /** In the names of figures. */
  readonly name: string
  /** Of a port, in weft-ports. */
  readonly settings: string
  /** Packets are forwarded where they are received: no worker is placed. */
  readonly inKernel?: boolean
  /** The hosts have generic receive offload on, as what it takes of them. */
  readonly receiveOffload?: boolean
  /** With both ports set: undefined, it works here. */
  readonly missing?: (client: NetconfClient) => Promise<string | undefined>
}

/** Why port p1 has not that fast path. */
async function noFastPath(client: NetconfClient, hook: string): Promise<string | undefined> {
  const state = await client.rpc(
    '<get><filter type="subtree"><dataplane xmlns="urn:weft:params:xml:ns:yang:weft-dataplane"><members><member><name>0</name>' +
      '<port><name>p1</name></port></member></members></dataplane></filter></get>',
  )
  const [, found, reason] = /<hook>([^<]*)<\/hook>\s*(?:<reason>([^<]*)<)?/.exec(state) ?? []
  return found === hook ? undefined : (reason ?? 'it is not attached')
}

export const drivers: readonly BenchDriver[] = [
  { name: 'af_packet', settings: '<driver>af_packet</driver>' },
  { name: 'af_xdp', settings: '<driver>af_xdp</driver>' },
  {
    name: 'ebpf-tc',
    settings: '<driver>af_packet</driver><fast-path>tc</fast-path>',
    inKernel: true,
    missing: (client) => noFastPath(client, 'tc'),
  },
  {
    name: 'ebpf-xdp',
    settings: '<driver>af_packet</driver><fast-path>xdp</fast-path>',
    inKernel: true,
    receiveOffload: true,
    missing: (client) => noFastPath(client, 'xdp'),
  },
]
