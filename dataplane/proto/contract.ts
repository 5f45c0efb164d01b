/**
 * The gRPC contract of dataplane.proto as TypeScript sees it: the loaded service and the shapes of its messages. 64-bit
 * numbers travel as decimal strings, a message's `body` names the one field that is set.
 */
import { fileURLToPath } from 'node:url'
import {
  loadPackageDefinition,
  type ClientDuplexStream,
  type GrpcObject,
  type ServerDuplexStream,
  type ServiceClientConstructor,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

export interface Hello {
  readonly chassis: string
  readonly member: string
  readonly boot: string
  readonly version: string
  readonly commit: string
  readonly pid: number
  readonly protocol: number
}

/** Of the contract and of the records (dataplane/engine/program/records.h): it grows with each change that the other side must know. */
export const protocolVersion = 1

export interface EnrolRequest {
  readonly member: string
  readonly request: string
  readonly token: string
  readonly protocol: number
  readonly version: string
}

export interface EnrolReply {
  readonly certificate: string
  readonly chassis: string
  readonly slot: number
}

export interface DeviceMessage {
  readonly name: string
  readonly mac: Uint8Array
  readonly mtu: number
  readonly speed: string
  readonly up: boolean
}

export interface Outcome {
  readonly transaction: string
  readonly error: string
  readonly refusals?: readonly Refusal[]
}

/** What a member refused. */
export interface Refusal {
  /** `port` or `interface`, what asked for it; empty: the transaction as a whole. */
  readonly kind: string
  readonly name: string
  /** A sentence for a person. */
  readonly text: string
}

export interface StateRequest {
  readonly id: string
  readonly interfaces?: boolean
  readonly neighbours?: boolean
  readonly ports?: boolean
  readonly drops?: boolean
  readonly statistics?: boolean
  readonly interface?: string
  readonly acls?: boolean
  readonly acl?: string
  readonly holds?: boolean
  readonly punt?: boolean
  readonly mirrors?: boolean
  readonly workers?: boolean
  readonly nodes?: boolean
  readonly objects?: ObjectQuery | null
  readonly bridges?: boolean
  readonly bridge?: string
  readonly macs?: MacQuery | null
}

/** What is undefined or empty matches any address. */
export interface MacSelectionMessage {
  readonly domain?: string
  readonly interface?: string
  readonly mac?: Uint8Array
}

/** About so many addresses from a place on. */
export interface MacQuery extends MacSelectionMessage {
  readonly from: number
  readonly most: number
}

export interface MacPage {
  readonly macs: readonly Fields[]
  readonly next: number
}

/** One object by its key, or at most so many from a place on. */
export interface ObjectQuery {
  readonly key?: string
  readonly from?: number
  readonly most?: number
}

export interface ObjectPage {
  readonly objects: readonly Fields[]
  readonly next: number
}

/** ObjectPage.next when there are no more. */
export const lastObject = 0xffffffff

type Fields = Readonly<Record<string, unknown>>

export interface StateReply {
  readonly id: string
  readonly interfaces: readonly Fields[]
  readonly neighbours: readonly Fields[]
  readonly ports: readonly Fields[]
  readonly drops: readonly Fields[]
  readonly statistics: Fields | null
  readonly acls: readonly Fields[]
  readonly holds: readonly Fields[]
  readonly punt: readonly Fields[]
  readonly workers: readonly Fields[]
  readonly mirrors: readonly Fields[]
  readonly nodes: readonly Fields[]
  readonly objects: ObjectPage | null
  readonly bridges: readonly Fields[]
  readonly macs: MacPage | null
  readonly cleared: number
}

export interface ResolveMessage {
  readonly kind: string
  readonly id: number
  readonly vrf: number
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
}

export interface EventMessage {
  readonly kind: string
  readonly interface: string
  readonly up: boolean
  readonly resolve?: ResolveMessage | null
}

/** What is undefined or empty matches any packet. */
export interface TraceRequestMessage {
  readonly id: string
  readonly count: number
  readonly seconds: number
  readonly interface?: string
  readonly from?: string
  readonly family?: number
  readonly source?: Uint8Array
  readonly sourceLength?: number
  readonly destination?: Uint8Array
  readonly destinationLength?: number
  readonly protocol?: number
  readonly sourcePort?: number
  readonly destinationPort?: number
}

export interface TraceStepMessage {
  readonly node: string
  readonly decision: string
  readonly other: boolean
}

export interface TracedPacketMessage {
  readonly time: string | number
  readonly interface: string
  readonly length: number
  readonly description: string
  readonly result: string
  readonly steps: readonly TraceStepMessage[]
}

export interface TraceReplyMessage {
  readonly id: string
  readonly error?: string
  readonly packets?: readonly TracedPacketMessage[]
}

export interface CaptureRequestMessage {
  readonly id: string
  readonly interfaces: readonly string[]
  readonly in: boolean
  readonly out: boolean
  readonly drops: readonly string[]
  readonly ethernetFilter: Uint8Array
  readonly layer3Filter: Uint8Array
  readonly snapLength: number
  readonly packets: number | string
  readonly octets: number | string
  readonly seconds: number
  readonly rate: number
}

export interface CaptureReplyMessage {
  readonly id: string
  readonly error?: string
  readonly octets?: Uint8Array
  readonly packets?: string
  readonly overRate?: string
  readonly ringFull?: string
  readonly ended?: string
}

/** Pieces of a capture that may be on their way. */
export const capturePieces = 4

export interface MemberMessage {
  readonly body?: 'hello' | 'outcome' | 'state' | 'event' | 'trace' | 'ports' | 'renew' | 'capture'
  readonly hello?: Hello
  readonly outcome?: Outcome
  readonly state?: Partial<StateReply>
  readonly event?: EventMessage
  readonly trace?: TraceReplyMessage
  readonly ports?: { readonly devices: readonly DeviceMessage[] }
  readonly renew?: { readonly request: string }
  readonly capture?: CaptureReplyMessage
}

export interface ChassisMessage {
  readonly term: string
  readonly body?:
    | 'welcome'
    | 'stage'
    | 'prepare'
    | 'apply'
    | 'abort'
    | 'state'
    | 'shutdown'
    | 'trace'
    | 'endTrace'
    | 'capture'
    | 'captureMore'
    | 'endCapture'
    | 'clearMacs'
    | 'certificate'
  readonly welcome?: { readonly chassis: string; readonly version: string }
  readonly stage?: { readonly transaction: string; readonly records: Uint8Array }
  readonly prepare?: { readonly transaction: string; readonly full: boolean }
  readonly apply?: { readonly transaction: string; readonly commit: string }
  readonly abort?: { readonly transaction: string }
  readonly state?: StateRequest
  readonly shutdown?: Record<string, never>
  readonly trace?: TraceRequestMessage
  readonly endTrace?: { readonly id: string }
  readonly capture?: CaptureRequestMessage
  readonly captureMore?: { readonly id: string }
  readonly endCapture?: { readonly id: string }
  readonly clearMacs?: MacSelectionMessage & { readonly id: string }
  readonly certificate?: { readonly certificate: string; readonly error: string }
}

export type ServerAttach = ServerDuplexStream<MemberMessage, ChassisMessage>
export type MemberAttach = ClientDuplexStream<MemberMessage, ChassisMessage>

// The compiled file lies at the same place below build/.
const file = fileURLToPath(new URL('../../../dataplane/proto/dataplane.proto', import.meta.url))

const root = loadPackageDefinition(
  loadSync(file, { longs: String, enums: String, defaults: true, arrays: true, oneofs: true }),
)
const names = ['weft', 'dataplane', 'v1']
const contract = names.reduce((parent, name) => parent[name] as GrpcObject, root as GrpcObject)

/** The name in the certificate of every chassis' control plane. */
export const controlName = 'weftd'

export const Chassis = contract['Chassis'] as ServiceClientConstructor

/** Both ends take state replies of any size: many interfaces and neighbours come in one. */
export const channelOptions = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
}
