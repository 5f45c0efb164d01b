/**
 * Sends one answer. Data go through a spool, so that the engine is read at its own speed and the client at its own; an
 * error that comes before the first byte was sent takes the place of the data (RFC 6241, section 4.3).
 */
import { RequestError } from '../datastore/index.js'
import type { Answer } from './dispatch.js'
import type { ErrorPrinter, NetconfError } from './error.js'
import type { Reply } from './operations/operation.js'
import type { MessageWriter } from './transport/framing.js'
import type { Spool } from './transport/spool.js'

export interface Sending {
  readonly printer: ErrorPrinter
  /** Told of the errors that a reply bears. */
  failed(errors: readonly NetconfError[]): void
  writer(): MessageWriter
  /** Made for one reply; whoever made it closes it when the session ends early. */
  spool(): Spool
}

/** Octets of a reply that waits in memory until it is whole. */
const SMALL = 64 * 1024

export type Sent = 'data' | 'errors' | 'broken'

/**
 * `broken`: the client is gone, or data failed in the middle of a reply, which the session cannot outlive. Rejects with
 * what failed in the latter case.
 */
export async function sendAnswer(answer: Answer, sending: Sending): Promise<Sent> {
  const { tags, reply } = answer
  switch (reply.kind) {
    case 'errors':
      return sendErrors(answer, reply.errors, sending)
    case 'ok':
      return sendText(`${tags.open}<${tags.prefix}ok/>${tags.close}`, 'data', sending)
    case 'content':
      return sendText(`${tags.open}${reply.xml}${tags.close}`, 'data', sending)
    case 'data':
      return sendData(answer, reply, sending)
  }
}

async function sendErrors(
  { tags }: Answer,
  errors: readonly NetconfError[],
  sending: Sending,
): Promise<Sent> {
  sending.failed(errors)
  const content = errors.map((error) => sending.printer.print(error, tags.prefix)).join('')
  return sendText(`${tags.open}${content}${tags.close}`, 'errors', sending)
}

async function sendText(text: string, kind: Sent, sending: Sending): Promise<Sent> {
  return (await sending.writer().end(text)) ? kind : 'broken'
}

async function sendData(
  answer: Answer,
  { slices, namespace }: Extract<Reply, { kind: 'data' }>,
  sending: Sending,
): Promise<Sent> {
  const { tags } = answer
  const name = namespace === undefined ? `${tags.prefix}data` : 'data'
  const open = `${tags.open}<${namespace === undefined ? name : `${name} xmlns="${namespace}"`}>`
  const close = `</${name}>${tags.close}`
  const source = slices[Symbol.asyncIterator]()
  const begun: Buffer[] = []
  let whole: boolean
  try {
    whole = await isSmall(source, begun)
  } catch (error) {
    return await sendErrors(answer, RequestError.from(error).errors, sending)
  }
  if (whole) return await sendPieces([open, ...begun, close], sending)
  const spool = sending.spool()
  const filled = fill(spool, begun, source)
  try {
    const writer = sending.writer()
    await writer.write(open)
    for (let piece = await spool.read(); piece !== undefined; piece = await spool.read()) {
      if (!(await writer.write(piece))) return 'broken'
    }
    if (spool.isClosed) return 'broken'
    return (await writer.end(close)) ? 'data' : 'broken'
  } finally {
    await spool.close()
    await filled
  }
}

/** Takes the first slice, and, when that is small, the one behind it; true when there are no more. */
async function isSmall(source: AsyncIterator<Buffer>, begun: Buffer[]): Promise<boolean> {
  while (begun.length === 0 || (begun.length === 1 && (begun[0] as Buffer).length < SMALL)) {
    const { value, done } = await source.next()
    if (done === true) return true
    begun.push(value)
  }
  return false
}

async function sendPieces(pieces: readonly (string | Buffer)[], sending: Sending): Promise<Sent> {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
  return (await sending.writer().end(Buffer.concat(bytes))) ? 'data' : 'broken'
}

/** Never rejects. Breaking off gives the tree back. */
async function fill(spool: Spool, begun: readonly Buffer[], source: AsyncIterator<Buffer>): Promise<void> {
  try {
    for (const slice of begun) await spool.write(slice)
    for (let next = await source.next(); next.done !== true; next = await source.next()) {
      if (await spool.write(next.value)) continue
      await source.return?.()
      break
    }
    spool.end()
  } catch (error) {
    spool.fail(error)
  }
}
