/** start-capture, stop-capture, read-capture and delete-capture of weft-capture. */
import type { Rpc } from 'libyang-js'
import { compileFilter, noFilter, type Direction, type Member } from '../../dataplane/client/index.js'
import { RequestError } from '../../datastore/index.js'
import { invalidParameter, operationPath, type Operation } from '../../netconf/index.js'
import { leaf } from '../controllers/xml.js'
import { CaptureRefusal, type Asked, type Capture, type Captures } from './captures.js'

export const namespace = 'urn:weft:params:xml:ns:yang:weft-capture'

const defaults = {
  snapLength: 262144,
  packets: 1000,
  octets: { file: 10 << 20, reply: 4 << 20 },
  seconds: 60,
  rate: 10_000,
}

/** `member`: the one of a name, undefined when there is none. */
export function captureOperations(
  captures: Captures,
  member: (name: string) => Member | undefined,
): readonly Operation[] {
  return [
    {
      name: 'start-capture',
      namespace,
      run: ({ rpc, requester, ending }) =>
        toldOf(rpc, async () => {
          const memberName = rpc.value('member') ?? '0'
          const one =
            member(memberName) ?? invalidParameter(rpc, 'member', `there is no member ${memberName}`)
          const to = rpc.value('to') === 'reply' ? 'reply' : 'file'
          const asked = askedOf(rpc, to)
          const name = rpc.value('name') ?? (to === 'reply' ? `session-${requester.session}` : undefined)
          if (name === undefined) return missingName(rpc)
          const filter =
            asked.filter === undefined
              ? noFilter
              : await compileFilter(asked.filter).catch((error: Error) =>
                  invalidParameter(rpc, 'filter', error.message),
                )
          const options = { name, member: one, user: requester.user, asked, filter }
          if (to === 'file') {
            await captures.startFile(options)
            return { kind: 'ok' }
          }
          const { capture, pcapng } = await captures.startReply(options, ending)
          return { kind: 'content', xml: replyOf(capture, pcapng) }
        }),
    },
    {
      name: 'stop-capture',
      namespace,
      run: ({ rpc }) =>
        toldOf(rpc, async () => {
          await captures.stop(nameOf(rpc))
          return { kind: 'ok' }
        }),
    },
    {
      name: 'read-capture',
      namespace,
      run: ({ rpc }) =>
        toldOf(rpc, async () => {
          const offset = Number(rpc.value('offset') ?? 0)
          const length = Number(rpc.value('length') ?? 1 << 20)
          const { data, size } = await captures.read(nameOf(rpc), offset, length)
          const octets = data.length > 0 ? leaf('data', data.toString('base64'), namespace) : ''
          return { kind: 'content', xml: octets + leaf('size', size, namespace) }
        }),
    },
    {
      name: 'delete-capture',
      namespace,
      run: ({ rpc }) =>
        toldOf(rpc, async () => {
          captures.delete(nameOf(rpc))
          return { kind: 'ok' }
        }),
    },
  ]
}

const nameOf = (rpc: Rpc): string => rpc.value('name') ?? ''

function missingName(rpc: Rpc): never {
  throw new RequestError({
    type: 'application',
    tag: 'missing-element',
    message: 'a capture to a file needs a name',
    path: operationPath(rpc),
    info: { 'bad-element': 'name' },
  })
}

/** The reply, or what was refused in NETCONF's words. */
async function toldOf<Reply>(rpc: Rpc, work: () => Promise<Reply>): Promise<Reply> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CaptureRefusal)) throw error
    const { tag, parameter, message } = error
    if (tag === 'invalid-value' && parameter !== undefined) return invalidParameter(rpc, parameter, message)
    throw new RequestError({
      type: 'application',
      tag,
      message,
      path: parameter === undefined ? operationPath(rpc) : `${operationPath(rpc)}/${parameter}`,
    })
  }
}

function askedOf(rpc: Rpc, to: 'file' | 'reply'): Asked {
  const number = (path: string, preset: number): number => Number(rpc.value(path) ?? preset)
  const drops = rpc.values('drops')
  const octets = number('max-size', defaults.octets[to])
  if (to === 'reply' && octets > defaults.octets.reply)
    invalidParameter(rpc, 'max-size', `a reply has at most ${defaults.octets.reply} octets`)
  return {
    interfaces: rpc.values('interface'),
    direction: (rpc.value('direction') as Direction | undefined) ?? (drops.length > 0 ? undefined : 'both'),
    drops,
    filter: rpc.value('filter'),
    snapLength: number('snap-length', defaults.snapLength),
    packets: number('max-packets', defaults.packets),
    octets,
    seconds: number('max-seconds', defaults.seconds),
    rate: number('max-rate', defaults.rate),
  }
}

function replyOf({ endReason, counts }: Capture, pcapng: Buffer): string {
  return [
    leaf('pcapng', pcapng.length > 0 ? pcapng.toString('base64') : undefined, namespace),
    leaf('end-reason', endReason, namespace),
    leaf('packets', counts?.packets, namespace),
    leaf('over-rate', counts?.overRate, namespace),
    leaf('not-taken', counts?.ringFull, namespace),
  ].join('')
}
