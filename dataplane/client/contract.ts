/** Members as the rest of weftd sees them: transactions, state, events. */
import type { MacSelection } from './bridge.js'
import type { MemberEvent } from './events.js'
import type { MemberState, StateQuery } from './member-state.js'
import type { Operation } from './operations.js'
import type { CaptureCounts, CaptureRequest, RunningCapture, TraceRequest, TracedPacket } from './packets.js'

/** A prepared transaction of one member: all that can fail has been done. */
export interface PreparedTransaction {
  apply(commit: number): Promise<void>
  abort(): Promise<void>
}

/** One member, attached or not. */
export interface Member {
  readonly name: string
  readonly attached: boolean
  /** Process id the member said; undefined while it is not attached. */
  readonly pid: number | undefined
  /** Last commit the member applied, as it said or was told. */
  readonly commit: number
  /** Stages and prepares; rejects with what the member said, or `DeadlineError`. When not attached: resolves to a no-op. */
  prepare(
    operations: Iterable<Operation>,
    options: { full: boolean; deadline: number },
  ): Promise<PreparedTransaction>
  /** Rejects when the member is not attached. */
  state(query: StateQuery): Promise<MemberState>
  /** Forgets addresses that were learned; how many. */
  clearMacs(selection: MacSelection): Promise<number>
  /**
   * Resolves with the packets, in order, when there are enough, the time is over or the signal is given. Rejects with `MemberError` when the member
   * refuses (it traces for somebody else, there is no such interface), and when it is not attached or goes away.
   */
  trace(request: TraceRequest, signal: AbortSignal): Promise<readonly TracedPacket[]>
  /**
   * Resolves when it has begun; its pcapng is then given to `take`, piece by piece, each when the one before has been taken.
   * Rejects as trace() does.
   */
  capture(
    request: CaptureRequest,
    take: (octets: Uint8Array, counts: CaptureCounts) => Promise<void>,
  ): Promise<RunningCapture>
}

/**
 * The server side of the contract: listens on a unix socket, accepts members, keeps them by name.
 * `attached` handlers run each time a member comes (again): the reconciler sends it a full transaction.
 */
export interface Members extends AsyncDisposable {
  readonly member0: Member
  on(event: 'attached' | 'detached', handler: (member: Member) => void): void
  on(event: 'event', handler: (member: Member, event: MemberEvent) => void): void
  /** Tells every attached member to end, and waits until they have. */
  shutdown(): Promise<void>
}
