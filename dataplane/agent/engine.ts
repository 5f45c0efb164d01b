/**
 * The engine as the addon shows it (dataplane/agent/addon): one per process, shared by all environments that load it. Its
 * programming calls are done in the order in which they are made; an empty text is success.
 */
import { createRequire } from 'node:module'
import type {
  CaptureRequestMessage,
  EventMessage,
  MacSelectionMessage,
  Outcome,
  TracedPacketMessage,
  TraceRequestMessage,
} from '../proto/contract.js'

/** What a capture has seen since it was read last, as pcapng, and its counts since it began. */
export interface CaptureChunk {
  readonly octets: Uint8Array
  readonly packets: bigint
  readonly overRate: bigint
  readonly ringFull: bigint
  /** Why nothing more comes; empty while something may. */
  readonly ended: string
}

export interface Engine {
  /** Makes the engine and its forwarding threads; the first call counts. Throws when that fails. */
  start(keeper: string, workers: number): void
  /** Ends forwarding. */
  stop(): void

  /** What is wrong with the records is said by prepare(). */
  stage(transaction: number, records: Uint8Array): void
  prepare(transaction: number, full: boolean): Promise<Pick<Outcome, 'error' | 'refusals'>>
  apply(transaction: number, commit: number): Promise<string>
  abort(transaction: number): Promise<string>
  /** Aborts all that has not been applied. */
  reset(): Promise<string>

  interfaces(only?: string): Record<string, unknown>[]
  neighbours(only?: string): Record<string, unknown>[]
  ports(): Record<string, unknown>[]
  /** Network devices that can be ports. */
  devices(): Record<string, unknown>[]
  drops(): Record<string, unknown>[]
  nodes(): Record<string, unknown>[]
  /** One or none. */
  object(key: bigint): Record<string, unknown>[]
  /** At most `most` from a place on: 0, or what the call before said was next, until that is 2^32 - 1. */
  objects(from: number, most: number): { objects: Record<string, unknown>[]; next: number }
  acls(only?: string): Record<string, unknown>[]
  bridges(only?: string): Record<string, unknown>[]
  /** About `most` addresses from a place on, as objects(). */
  macs(
    selection: MacSelectionMessage,
    from: number,
    most: number,
  ): { macs: Record<string, unknown>[]; next: number }
  /** Forgets what was learned; how many addresses. */
  clearMacs(selection: MacSelectionMessage): number
  holds(): Record<string, unknown>[]
  punts(): Record<string, unknown>[]
  workers(): Record<string, unknown>[]
  mirrors(): Record<string, unknown>[]
  statistics(): Record<string, bigint>
  /** Resolves when the trace has ended; rejects with what is wrong with it. */
  trace(request: TraceRequestMessage): Promise<readonly TracedPacketMessage[]>
  /** Ends the trace under way, with what it has. */
  endTrace(): void
  /** Throws what is wrong with the request. */
  beginCapture(number: number, request: CaptureRequestMessage): void
  /** About `most` octets; undefined when there is no such capture, which after its end there is not. */
  readCapture(number: number, most: number): CaptureChunk | undefined
  /** The rest is to be read still. */
  endCapture(number: number): void
  /** Ends all, unread. */
  forgetCaptures(): void
  /** For as long as the calling environment lives. */
  onEvent(handler: (event: EventMessage) => void): void
}

export function loadEngine(): Engine {
  return createRequire(import.meta.url)('../../engine/weft-engine.node') as Engine
}
