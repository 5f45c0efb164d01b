/**
 * Errors as one user may be told them: what is in nodes that may not be read stands in none (RFC 8341, section 3.2.3). The errors of a
 * whole configuration that another user made wrong say so much, and not where.
 */
import type { Access } from 'libyang-js'
import type { NetconfError } from '../error.js'

/** An instance path of data in a sentence. */
const paths = /\/[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*(?:\[(?:[^\]'"]|'[^']*'|"[^"]*")*\]|\/[A-Za-z_][\w.:-]*)*/g

export function discreet(errors: readonly NetconfError[], access: Access): readonly NetconfError[] {
  return access.readsAll() ? errors : errors.map((error) => (tells(error, access) ? veiled(error) : error))
}

/** Does it speak of what may not be read? */
function tells({ tag, path, message, info }: NetconfError, access: Access): boolean {
  if (tag === 'access-denied') return false
  const texts = [path ?? '', message, ...Object.values(info ?? {}).flat()]
  return texts.some((text) => [...String(text).matchAll(paths)].some(([found]) => !access.reads(found)))
}

function veiled({ type, tag, path, appTag }: NetconfError): NetconfError {
  // That something is there, or is not, is told by the very error.
  if (tag === 'data-exists' || tag === 'data-missing')
    return {
      type,
      tag: 'access-denied',
      message: 'access is denied: this node may not be read, so that it cannot be said whether it is there',
      ...(path !== undefined && { path }),
    }
  return {
    type,
    tag,
    message: 'something is wrong in a part of the configuration that you may not read',
    ...(appTag !== undefined && { appTag }),
  }
}
