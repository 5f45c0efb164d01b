/** Which datastores there are, and which of them a session may write now: features, locks, a confirmed commit that waits. */
import type { ConfirmedCommits } from './confirmed.js'
import { RequestError } from './errors.js'
import type { Locks } from './locks.js'
import type { DatastoreName, Requester } from './types.js'

export interface TargetParts {
  /** Features of ietf-netconf that the schema has. */
  readonly features: readonly string[]
  readonly locks: Pick<Locks, 'check'>
  readonly confirmed: Pick<ConfirmedCommits, 'admitDirect'>
}

export class Targets {
  constructor(private readonly parts: TargetParts) {}

  get startup(): boolean {
    return this.parts.features.includes('startup')
  }

  /** Throws RequestError unless there is such a datastore. */
  check(name: DatastoreName): void {
    if (name === 'startup' && !this.startup)
      throw unsupported('there is no startup: running is durable by itself')
  }

  /** Throws RequestError unless this requester may write to the target now. */
  admit(requester: Requester, target: DatastoreName): void {
    this.check(target)
    const { features, locks, confirmed } = this.parts
    if (target === 'running') {
      if (!features.includes('writable-running'))
        throw unsupported('running cannot be written directly; edit candidate and commit')
      confirmed.admitDirect(requester)
    }
    locks.check(requester, target)
  }

  /** As `admit`, for an edit of a part. */
  admitEdit(requester: Requester, target: DatastoreName): asserts target is 'running' | 'candidate' {
    if (target === 'startup')
      throw unsupported('startup is not edited, only replaced: edit running and copy it')
    this.admit(requester, target)
  }
}

function unsupported(message: string): RequestError {
  return new RequestError({ type: 'application', tag: 'operation-not-supported', message })
}
