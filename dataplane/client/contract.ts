/** Members as the rest of weftd sees them: transactions, state, events. */
import type { MacSelection } from './bridge.js'
import type { MemberEvent } from './events.js'
import type { Credentials, Device, Gate, Listening, Peer } from './gate.js'
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
  /** New whenever its engine started anew; empty before it was attached first. */
  readonly boot: string
  /** Of its software, as it said last. */
  readonly version: string | undefined
  /** `ADDRESS:PORT` that it dials from; undefined: it is not attached, or beside the control plane. */
  readonly address: string | undefined
  /** When it was attached or detached last. */
  readonly since: Date | undefined
  /** Ends its attachment, if there is one; it may come again. */
  detach(): void
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
 * The server side of the contract: listens on a unix socket and a TLS port, accepts members, keeps them by name.
 * `attached` handlers run each time a member comes (again): the reconciler sends it a full transaction.
 */
export interface Members extends AsyncDisposable {
  readonly member0: Member
  /** That were attached once or asked for by name, the one beside the control plane first. */
  readonly all: readonly Member[]
  /** Attached or not. */
  named(name: string): Member
  /** Ends its attachment, if there is one, and knows it no more. */
  forget(name: string): void
  /** Has members of other machines attach and enrol there, as far as the gate lets them. Rejects when the port can't be had. */
  listenTls(
    at: { readonly address: string; readonly port: number },
    credentials: Credentials,
    gate: Gate,
  ): Promise<Listening>
  on(event: 'attached' | 'detached', handler: (member: Member) => void): void
  on(event: 'event', handler: (member: Member, event: MemberEvent) => void): void
  /** All network devices that it has for ports: when it came, and whenever one of them is otherwise. */
  on(event: 'devices', handler: (member: Member, devices: readonly Device[]) => void): void
  /** Somebody was refused; `member`: who it said to be. */
  on(event: 'refused', handler: (why: string, peer: Peer | undefined, member: string) => void): void
  /** Tells the members beside the control plane to end, and waits until they have. Those of other machines go on. */
  shutdown(): Promise<void>
}
