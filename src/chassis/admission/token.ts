/**
 * Enrolment tokens: what an operator carries from the chassis to a new member. A token says by which authority the member is to know
 * the chassis, and holds a secret by which the chassis knows the member, once.
 */
import { randomBytes } from 'node:crypto'

const form = /^weft1\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/

export interface TokenParts {
  /** SHA-256 of the authority's certificate. */
  readonly authority: Buffer
  readonly secret: Buffer
}

export function newToken(authority: Buffer): { readonly text: string; readonly secret: Buffer } {
  const secret = randomBytes(32)
  return { text: `weft1.${authority.toString('base64url')}.${secret.toString('base64url')}`, secret }
}

/** Undefined: it is none. */
export function parseToken(text: string): TokenParts | undefined {
  const match = form.exec(text.trim())
  if (!match) return undefined
  return {
    authority: Buffer.from(match[1] as string, 'base64url'),
    secret: Buffer.from(match[2] as string, 'base64url'),
  }
}
