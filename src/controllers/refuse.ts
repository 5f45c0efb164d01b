/** What a controller refuses a change for, bounded: a client is told the first errors, and how many more there are. */
import { ConfigError, RequestError } from '../../datastore/index.js'

const told = 20

/** Throws RequestError unless there are no errors. `at`: a path that is over all of them; `more`: others of their kind. */
export function refuse(
  errors: readonly ConfigError[],
  { at, more = 0 }: { at: string; more?: number },
): void {
  if (errors.length === 0) return
  const rest = more + Math.max(0, errors.length - told)
  const tail = new ConfigError(at, `and ${rest} more like these`)
  throw new RequestError(
    [...errors.slice(0, told), ...(rest > 0 ? [tail] : [])].flatMap((each) => each.errors),
  )
}
