/** The captures that there are, as weft-capture shows them. */
import type { StateProvider } from '../../datastore/index.js'
import { dateAndTime, leaf } from '../controllers/xml.js'
import type { Capture, Captures } from './captures.js'
import { mostOctets } from './files.js'
import { namespace } from './operations.js'

function element({ asked, counts, started, ended, ...capture }: Capture): string {
  return [
    '<capture>',
    leaf('name', capture.name),
    leaf('member', capture.member),
    leaf('user', capture.user),
    leaf('state', ended === undefined ? 'running' : 'ended'),
    leaf('end-reason', capture.endReason),
    leaf('to', capture.to),
    ...(asked?.interfaces ?? []).map((name) => leaf('interface', name)),
    leaf('direction', asked?.direction),
    ...(asked?.drops ?? []).map((name) => leaf('drops', name)),
    leaf('filter', asked?.filter),
    leaf('started', started === undefined ? undefined : dateAndTime(started)),
    leaf('ended', ended === undefined ? undefined : dateAndTime(ended)),
    leaf('packets', counts?.packets),
    leaf('over-rate', counts?.overRate),
    leaf('not-taken', counts?.ringFull),
    leaf('size', capture.size),
    '</capture>',
  ].join('')
}

export function captureState(captures: Captures): StateProvider {
  return {
    path: '/weft-capture:captures',
    async *read() {
      const each = captures.all.map(element).join('')
      yield `<captures xmlns="${namespace}">${each}${leaf('size', captures.size)}${leaf('max-size', mostOctets)}</captures>`
    },
  }
}
