/** Packets that members show: those that are traced through the graph, and those that are captured. */
import type { PacketFilter } from './filter.js'
import type { Direction, Prefix } from './operations.js'

/** The next packets that match in every respect that is said. */
export interface TraceRequest {
  /** 1 to 1000. */
  readonly count: number
  /** 1 to 60. */
  readonly seconds: number
  /** Of ingress. */
  readonly interface?: string
  /** By a port, or from the host's own stack. */
  readonly from?: 'port' | 'host'
  readonly family?: 4 | 6
  readonly source?: Prefix
  readonly destination?: Prefix
  readonly protocol?: number
  readonly sourcePort?: number
  readonly destinationPort?: number
}

export interface TraceStep {
  readonly node: string
  /** Empty: passed on. */
  readonly decision: string
  /** Of a packet that was made or let go because of the traced one. */
  readonly other: boolean
}

export interface TracedPacket {
  /** Milliseconds since the epoch. */
  readonly time: number
  /** Empty: from the host's stack, by no interface. */
  readonly interface: string
  readonly length: number
  readonly description: string
  readonly result: string
  readonly steps: readonly TraceStep[]
}

/** What is captured, and when that ends. */
export interface CaptureRequest {
  /** None: all that there are and come to be. */
  readonly interfaces: readonly string[]
  /** Packets that come in and leave. */
  readonly direction: Direction | undefined
  /** `all`, a node, or `node/reason`. */
  readonly drops: readonly string[]
  readonly filter: PacketFilter
  /** Octets of a packet. */
  readonly snapLength: number
  readonly packets: number
  /** Of the file. */
  readonly octets: number
  readonly seconds: number
  /** Packets a second. */
  readonly rate: number
}

export interface CaptureCounts {
  readonly packets: bigint
  /** Lost: above the rate, and because they were not taken in time. */
  readonly overRate: bigint
  readonly ringFull: bigint
}

/** What limit was reached; or it was stopped. */
export type CaptureEnd = 'packets' | 'size' | 'time' | 'stopped'

export interface RunningCapture {
  /** The rest is still to come. */
  stop(): void
  /** Why it ended, once all has been taken; rejects when the member went away or a piece was not taken. */
  readonly ended: Promise<CaptureEnd>
}
