/** What the operations around commits have in common: parameters of confirmed commits, output of weft-history. */
import type { Rpc } from 'libyang-js'
import type { CommitOptions, Difference } from '../../datastore/index.js'
import { escapeXml, HISTORY_NAMESPACE } from '../xml.js'
import { ok, type Reply } from './operation.js'
import { invalid } from './parameters.js'

/** The parameters of a confirmed commit (RFC 6241, section 8.4.5.1). */
export function confirmationOf(rpc: Rpc): Pick<CommitOptions, 'confirmed' | 'persistId'> {
  const persist = rpc.value('persist')
  const persistId = rpc.value('persist-id')
  const timeout = rpc.value('confirm-timeout')
  const confirmed = rpc.value('confirmed') !== undefined
  if (persist !== undefined && !confirmed)
    invalid(rpc, 'persist', 'persist is the token of a confirmed commit: add <confirmed/>, or leave it out')
  if (rpc.given('confirm-timeout') && !confirmed)
    invalid(
      rpc,
      'confirm-timeout',
      'confirm-timeout is the time of a confirmed commit: add <confirmed/>, or leave it out',
    )
  return {
    ...(confirmed && {
      confirmed: {
        ...(timeout !== undefined && { timeoutSeconds: Number(timeout) }),
        ...(persist !== undefined && { persist }),
      },
    }),
    ...(persistId !== undefined && { persistId }),
  }
}

const defaultLimit = 10_000

/** The most lines that the client wants. */
export function limitOf(rpc: Rpc): number {
  return Number(rpc.value('limit') ?? defaultLimit)
}

/** An element of weft-history. */
export function inHistory(name: string, text: string | number = ''): string {
  return `<${name} xmlns="${HISTORY_NAMESPACE}">${escapeXml(String(text))}</${name}>`
}

export function difference({ lines, more }: Difference): string[] {
  const printed = lines.map((line) => inHistory('line', line))
  return more ? [...printed, inHistory('more')] : printed
}

/** RFC 7950, section 7.14.4: a reply without output parameters is `ok`. */
export function output(elements: readonly string[]): Reply {
  return elements.length === 0 ? ok : { kind: 'content', xml: elements.join('') }
}
