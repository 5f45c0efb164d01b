/** What can be configured of the audit log, as values. */

export interface SyslogServer {
  readonly name: string
  readonly transport: 'udp' | 'tcp'
  /** An IP address. */
  readonly address: string
  readonly port: number
}

export interface AuditSettings {
  /** Requests that only read are recorded too. */
  readonly reads: boolean
  readonly file: {
    /** Octets. */
    readonly size: number
    readonly keep: number
  }
  readonly syslog: readonly SyslogServer[]
}

/** Until something else is configured. */
export const factorySettings: AuditSettings = {
  reads: true,
  file: { size: 10 << 20, keep: 9 },
  syslog: [],
}

/** What became of the records of one place since the start. */
export interface PlaceState {
  readonly written: number
  readonly lost: number
  readonly waiting: number
  /** Why the last attempt failed. */
  readonly failure: string | undefined
}

/** The audit log as its controller sees it. */
export interface AuditControl {
  /** From the next record on. */
  configure(settings: AuditSettings): void
  readonly state: { readonly file: PlaceState; readonly syslog: ReadonlyMap<string, PlaceState> }
}
