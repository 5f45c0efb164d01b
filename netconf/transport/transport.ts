/**
 * What a session sees of its transport: ordered bytes in both directions with backpressure in both, a user whose name has
 * been proved, and an end. SSH is one; others fit behind the same interface.
 */

/** Takes bytes as they arrive. */
export interface Receiver {
  /** A promise: send no more until it settles. */
  data(bytes: Buffer): Promise<void> | undefined
  /** The client will send no more. */
  end(): void
}

export interface Transport {
  /** As in ietf-netconf-monitoring: `netconf-ssh`. */
  readonly kind: string
  readonly user: string
  /** Address of the client, for logs and monitoring. */
  readonly peer: { readonly address: string; readonly port: number }
  /** Settles when nothing can be sent or received any more, for whatever reason; never rejects. */
  readonly closed: Promise<void>
  /** Begins to deliver. */
  start(receiver: Receiver): void
  /** Settles when more may be written: true, or false when the transport is closed. Never rejects. */
  write(bytes: Buffer): Promise<boolean>
  /** Sends what was written, then closes. */
  end(): Promise<void>
  /** Closes now. */
  destroy(): void
}
