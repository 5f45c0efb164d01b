/**
 * What one client, and all of them together, may ask of the server. Memory of a session is bounded by
 * `messageBytes` while it sends and by `queuedBytes` and `spoolBytes` while it is answered.
 */
export interface Limits {
  /** NETCONF sessions at a time. */
  readonly sessions: number
  /** Of one user. */
  readonly sessionsPerUser: number
  /** Milliseconds without a message from the client before its session ends; 0 for none. */
  readonly idleTime: number
  /** Connections that have not logged in yet. */
  readonly logins: number
  /** Milliseconds to log in and ask for the subsystem. */
  readonly loginTime: number
  /** Failed attempts before the connection is closed. */
  readonly loginAttempts: number
  /** Milliseconds at least before a failed attempt is answered. */
  readonly loginDelay: number
  /** It doubles with each failure from the same address, up to this. */
  readonly loginDelayMax: number
  /** Milliseconds to send `<hello>`. */
  readonly helloTime: number
  readonly helloBytes: number
  /** One message; larger ones are skipped and answered with `too-big`. */
  readonly messageBytes: number
  /** Received and not yet begun: beyond either, the client is not read. */
  readonly queuedMessages: number
  readonly queuedBytes: number
  /** A reply that the client does not take: so much stays in memory, the rest goes to an unlinked file. */
  readonly spoolBytes: number
  /** Folder of such files. */
  readonly spoolDirectory: string | undefined
  /** Milliseconds of silence before the client is asked whether it lives, and how often before it counts as dead. */
  readonly keepaliveTime: number
  readonly keepaliveCount: number
  /** Milliseconds that `close` lets a running reply go on. */
  readonly closeTime: number
}

export const defaultLimits: Limits = {
  sessions: 256,
  sessionsPerUser: Infinity,
  idleTime: 0,
  logins: 64,
  loginTime: 30_000,
  loginAttempts: 6,
  loginDelay: 500,
  loginDelayMax: 10_000,
  helloTime: 30_000,
  helloBytes: 64 * 1024,
  messageBytes: 256 * 1024 * 1024,
  queuedMessages: 64,
  queuedBytes: 1024 * 1024,
  spoolBytes: 8 * 1024 * 1024,
  spoolDirectory: undefined,
  keepaliveTime: 15_000,
  keepaliveCount: 3,
  closeTime: 2_000,
}
