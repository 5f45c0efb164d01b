/**
 * From a received message to an answer (RFC 6241, sections 4.1 to 4.4): what is wrong with the envelope is said here, what
 * is wrong with the request comes from the parser, the operation or the datastore as it is. Sends nothing.
 */
import { isUtf8 } from 'node:buffer'
import type { Access, Rpc } from 'libyang-js'
import { RequestError, type Requester, type Log } from '../datastore/index.js'
import { discreet, type AccessControl, type Admission } from './access/index.js'
import { MalformedMessage, readEnvelope, replyTags } from './envelope.js'
import type { Envelope, Name, ReplyTags } from './envelope.js'
import type { NetconfError } from './error.js'
import { rpcPath } from './error.js'
import { requestOf, type Request } from './observer.js'
import type { OperationRegistry } from './operations/index.js'
import type { Operation, Reply, Services } from './operations/operation.js'
import { BASE_NAMESPACE, YANG_NAMESPACE } from './xml.js'

export interface Answer {
  readonly tags: ReplyTags
  readonly reply: Reply | { readonly kind: 'errors'; readonly errors: readonly NetconfError[] }
  /** The message was not a correct rpc (in-bad-rpcs of RFC 6022): no XML, or wrong in the layer of messages. */
  readonly bad: boolean
  /** The start of the rpc could be read: a reply bears its attributes. */
  readonly readable: boolean
  /** What was asked for; undefined when the session was over before it began. */
  readonly request: Request | undefined
  /** To be disposed when the reply has been sent, as the rpc is. */
  readonly admission: Admission | undefined
  readonly rpc: Rpc | undefined
}

/** The session as the dispatcher sees it. */
export interface Asker {
  readonly requester: Requester
  /** True when the session is over: nothing may be begun for it. */
  readonly ended: boolean
  /** Given when it ends. */
  readonly ending: AbortSignal
  /** The most that a message may have. */
  readonly messageBytes: number
  release(): Promise<void>
}

export class Dispatcher {
  constructor(
    private readonly services: Services,
    private readonly operations: OperationRegistry,
    private readonly log: Log,
    private readonly control?: AccessControl,
  ) {}

  /** Never rejects. */
  async answer(message: Buffer, tooBig: boolean, asker: Asker): Promise<Answer> {
    let envelope: Envelope | undefined
    let rpc: Rpc | undefined
    let admission: Admission | undefined
    try {
      envelope = readRpcEnvelope(message)
      if (envelope.operation === undefined && !isUtf8(message))
        throw new MalformedMessage('the message is not UTF-8')
      if (tooBig)
        refuse({
          type: 'rpc',
          tag: 'too-big',
          message: `the message is larger than ${asker.messageBytes} bytes`,
        })
      identified(envelope)
      // Which action it is (RFC 7950, section 7.15) stands deeper in the message.
      const early =
        envelope.operation && !isAction(envelope.operation) ? this.find(envelope.operation) : undefined
      rpc = await this.parse(message)
      const operation = early ?? this.find({ ...rpc.operation, local: rpc.operation.name })
      if (asker.ended)
        return {
          tags: replyTags(envelope),
          reply: { kind: 'ok' },
          bad: false,
          readable: true,
          request: undefined,
          admission,
          rpc,
        }
      admission = await this.control?.enter(asker.requester)
      return {
        tags: replyTags(envelope),
        reply: await this.run(operation, rpc, asker, admission?.access),
        bad: false,
        readable: true,
        request: requestOf(envelope, rpc),
        admission,
        rpc,
      }
    } catch (error) {
      const errors = this.errors(error, admission?.access)
      return {
        tags: replyTags(envelope),
        reply: { kind: 'errors', errors },
        bad: rpc === undefined && errors.some(({ type }) => type === 'rpc'),
        readable: envelope !== undefined,
        request: requestOf(envelope, rpc),
        admission,
        rpc,
      }
    }
  }

  /** The parser begins its paths at the operation, which stands in `<rpc>`. */
  private async parse(message: Buffer): Promise<Rpc> {
    try {
      return await this.services.context.parseRpc(message)
    } catch (thrown) {
      const { errors } = RequestError.from(thrown)
      throw new RequestError(
        errors.map((error) => {
          const { type, path = '' } = error
          if (type === 'protocol' || (type !== 'application' && path.startsWith('/')))
            return { ...error, path: `${rpcPath('')}${path}` }
          return error
        }),
      )
    }
  }

  private async run(operation: Operation, rpc: Rpc, asker: Asker, access?: Access): Promise<Reply> {
    const { requester } = asker
    if (access) this.admit(rpc, requester, access)
    const restricted = access !== undefined && !access.readsAll()
    return operation.run({
      rpc,
      requester,
      services: this.services,
      ...(restricted && { access }),
      ending: asker.ending,
      release: () => asker.release(),
    })
  }

  /** RFC 8341, section 3.4.4; of an action, section 3.4.5. */
  private admit({ operation: { module, name }, path }: Rpc, { user }: Requester, access: Access): void {
    if (module === 'ietf-netconf' && name === 'close-session') return
    if (path === undefined ? access.executes(module, name) : access.executesAt(path, name)) return
    if (this.control) this.control.denials.operations++
    refuse({
      type: 'protocol',
      tag: 'access-denied',
      message: `${user} may not execute ${name}`,
      path: path ?? rpcPath(name),
    })
  }

  private find(name: Pick<Name, 'local' | 'namespace'>): Operation {
    const operation = this.operations.find(name.namespace, name.local)
    if (operation !== undefined) return operation
    const module = this.services.context.modules.find(({ namespace }) => namespace === name.namespace)
    if (module === undefined && name.namespace !== BASE_NAMESPACE) {
      return refuse({
        type: 'protocol',
        tag: 'unknown-namespace',
        message: `no module of this server has the namespace ${JSON.stringify(name.namespace)} of <${name.local}>`,
        path: rpcPath(''),
        info: { 'bad-element': name.local, 'bad-namespace': name.namespace },
      })
    }
    return refuse({
      type: 'protocol',
      tag: 'operation-not-supported',
      message: `operation ${name.local} is not supported`,
      path: rpcPath(''),
      info: { 'bad-element': name.local },
    })
  }

  private errors(thrown: unknown, access?: Access): readonly NetconfError[] {
    if (thrown instanceof MalformedMessage)
      return [{ type: 'rpc', tag: 'malformed-message', message: thrown.message }]
    const { errors } = RequestError.from(thrown)
    if (!(thrown instanceof RequestError) && thrown instanceof Error && thrown.name !== 'LibyangError') {
      this.log.error(`internal error: ${thrown.stack ?? thrown.message}`)
    }
    return access ? discreet(errors, access) : errors
  }
}

const isAction = ({ local, namespace }: Name): boolean => local === 'action' && namespace === YANG_NAMESPACE

function readRpcEnvelope(message: Buffer): Envelope {
  const envelope = readEnvelope(message)
  const { local, namespace } = envelope.root
  if (local !== 'rpc' || namespace !== BASE_NAMESPACE) {
    const found = `<${local}> of namespace ${JSON.stringify(namespace)}`
    throw new MalformedMessage(`expected <rpc xmlns="${BASE_NAMESPACE}">, received ${found}`)
  }
  return envelope
}

/** Throws RequestError. */
function identified(envelope: Envelope): void {
  if (envelope.attributes.has('message-id')) return
  refuse({
    type: 'rpc',
    tag: 'missing-attribute',
    message: 'every rpc needs a message-id attribute',
    path: rpcPath(''),
    info: { 'bad-attribute': 'message-id', 'bad-element': 'rpc' },
  })
}

function refuse(error: NetconfError): never {
  throw new RequestError(error)
}
