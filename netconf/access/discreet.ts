/**
 * Errors as one user may be told them: what is in nodes that may not be read stands in none (RFC 8341, section 3.2.5), nor whether
 * they are there. Of a configuration that another user made wrong it is said so much, and not where.
 */
import type { Access } from 'libyang-js'
import type { NetconfError } from '../error.js'

/** An instance path of data in a sentence. */
const paths = /\/[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*(?:\[(?:[^\]'"]|'[^']*'|"[^"]*")*\]|\/[A-Za-z_][\w.:-]*)*/g

export function discreet(errors: readonly NetconfError[], access: Access): readonly NetconfError[] {
  if (access.readsAll()) return errors
  const told = errors
    .map((error) => withoutOthers(error, access))
    .map((error) => (tells(error, access) ? veiled(error, access) : error))
  return told.filter(
    (error, index) => index === told.findIndex((other) => JSON.stringify(other) === JSON.stringify(error)),
  )
}

/** A controller names what stands in the way elsewhere: only to whom that may be told. */
function withoutOthers(error: NetconfError, access: Access): NetconfError {
  const { others } = error
  return others?.paths.some((path) => !access.reads(path)) === true
    ? { ...error, message: others.without }
    : error
}

/** Does it speak of what may not be read? */
function tells({ tag, path, message, info }: NetconfError, access: Access): boolean {
  if (tag === 'access-denied') return false
  const texts = [path ?? '', message, ...Object.values(info ?? {}).flat()]
  return texts.some((text) => [...text.matchAll(paths)].some(([found]) => !access.reads(found)))
}

/** That something is there, or is not, is refused in the words of `Access.denied`. */
function veiled({ type, tag, path, appTag, info }: NetconfError, access: Access): NetconfError {
  const hidden = path === undefined ? undefined : access.hidden(path)
  if (hidden && (tag === 'data-exists' || tag === 'data-missing')) {
    const within = tag === 'data-missing' && hidden.entry
    const at = within ? hidden.above : hidden.path
    return {
      type: 'application',
      tag: 'access-denied',
      ...(at === ''
        ? { message: 'access is denied' }
        : { message: `access is denied to ${within ? 'a node in it' : 'this node'}`, path: at }),
    }
  }
  const holder = info?.['session-id']
  return {
    type,
    tag,
    message:
      holder === undefined
        ? 'something is wrong in a part of the configuration that you may not read'
        : `session ${String(holder)} has locked a part of it`,
    ...(appTag !== undefined && { appTag }),
    ...(holder !== undefined && { info: { 'session-id': holder } }),
  }
}
