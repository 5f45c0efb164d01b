/**
 * The agent: dials weftd, says hello, carries out what the chassis asks of the engine, and dials again for ever when the
 * stream ends. It holds no state of its own that matters: the engine has it all, and a new Worker goes on from there.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { credentials, type ChannelCredentials } from '@grpc/grpc-js'
import {
  channelOptions,
  Chassis,
  controlName,
  protocolVersion,
  type ChassisMessage,
  type MemberAttach,
  type MemberMessage,
} from '../proto/contract.js'
import { checkSocketPath } from '../proto/socket-path.js'
import { Captures } from './captures.js'
import { readCredentials } from './credentials.js'
import { DeviceReports } from './devices.js'
import { loadEngine } from './engine.js'
import type { WorkerSettings } from './options.js'
import { Renewal } from './renewal.js'
import { stateReply } from './state.js'

const firstPause = 50
const longestPause = 1_000

const settings = workerData as WorkerSettings
const engine = loadEngine()

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} weft-dataplane[${process.pid}]: ${text}\n`)
}

/** False when a leader with a higher term has spoken before. */
function current(term: string): boolean {
  const value = BigInt(term)
  const highest = Atomics.load(settings.term, 0)
  if (value < highest) {
    say(`a message of term ${value} is left alone: the leader's term is ${highest}`)
    return false
  }
  Atomics.store(settings.term, 0, value)
  return true
}

/** Traces that are not answered yet. */
const traces = new Set<string>()

async function carryOut(
  message: ChassisMessage,
  answer: (message: MemberMessage) => void,
  captures: Captures,
  renewal: Renewal | undefined,
): Promise<void> {
  const { stage, prepare, apply, abort, state, trace, endTrace, clearMacs } = message
  if (stage) engine.stage(Number(stage.transaction), stage.records)
  else if (prepare) {
    const outcome = await engine.prepare(Number(prepare.transaction), prepare.full)
    answer({ outcome: { transaction: prepare.transaction, ...outcome } })
  } else if (apply) {
    const error = await engine.apply(Number(apply.transaction), Number(apply.commit))
    answer({ outcome: { transaction: apply.transaction, error } })
  } else if (abort) {
    const error = await engine.abort(Number(abort.transaction))
    answer({ outcome: { transaction: abort.transaction, error } })
  } else if (state) answer({ state: stateReply(engine, state) })
  else if (trace) {
    const { id } = trace
    traces.add(id)
    engine
      .trace(trace)
      .then(
        (packets) => answer({ trace: { id, packets } }),
        (error: Error) => answer({ trace: { id, error: error.message } }),
      )
      .finally(() => traces.delete(id))
  } else if (endTrace) {
    if (traces.has(endTrace.id)) engine.endTrace()
  } else if (message.capture) captures.begin(message.capture)
  else if (message.captureMore) captures.more(message.captureMore.id)
  else if (message.endCapture) captures.end(message.endCapture.id)
  else if (clearMacs) answer({ state: { id: clearMacs.id, cleared: engine.clearMacs(clearMacs) } })
  else if (message.certificate) renewal?.receive(message.certificate)
  else if (message.shutdown) parentPort?.postMessage('shutdown')
}

/** The stream events are told on; none while weftd is away. */
let listener: MemberAttach | undefined
engine.onEvent((event) => {
  // An event is a hint to look at the state; behind a full stream it is left out.
  if (listener && !listener.writableNeedDrain) listener.write({ event })
})

/** Where weftd is, and what is shown there: over its own unix socket nothing. */
function dialling(): { shown: ChannelCredentials; chassis: string } {
  if (settings.credentials === undefined)
    return { shown: credentials.createInsecure(), chassis: settings.chassis }
  const held = readCredentials(settings.credentials)
  if (!held) throw new Error(`there are no credentials in ${settings.credentials}`)
  const [authority, key, certificate] = [held.authority, held.key, held.certificate].map((text) =>
    Buffer.from(text),
  )
  return {
    shown: credentials.createSsl(authority, key, certificate),
    chassis: held.chassis,
  }
}

/** A control plane whose machine fell silent is dialled again after this. */
const aliveness = { 'grpc.keepalive_time_ms': 2_000, 'grpc.keepalive_timeout_ms': 3_000 }

/** One attachment, from the dial to its end. Resolves with why it ended, and whether weftd had welcomed the member. */
async function attach(): Promise<{ why: string; welcomed: boolean }> {
  await engine.reset()
  // Nobody is there any more to be told of it.
  engine.endTrace()
  const { shown, chassis } = dialling()
  const client = new Chassis(`unix:${settings.socket}`, shown, {
    ...channelOptions,
    ...(settings.credentials !== undefined && { ...aliveness, 'grpc.ssl_target_name_override': controlName }),
    'grpc.use_local_subchannel_pool': 1,
  })
  const stream = (client['Attach'] as () => MemberAttach).call(client)
  let welcomed = false
  const answer = (message: MemberMessage) => {
    if (!stream.destroyed && !stream.writableEnded) stream.write(message)
  }
  const captures = new Captures(engine, (capture) => answer({ capture }))
  captures.forget()
  let devices: DeviceReports | undefined
  let renewal: Renewal | undefined
  try {
    return await new Promise((resolve) => {
      stream.on('data', (message: ChassisMessage) => {
        if (!current(message.term)) return
        if (message.welcome) {
          welcomed = true
          listener = stream
          say(`attached to weftd ${message.welcome.version}`)
          devices = new DeviceReports(engine, (found) => answer({ ports: { devices: found } }))
          if (settings.credentials !== undefined)
            renewal = new Renewal(settings.credentials, settings.member, answer, say)
          return
        }
        carryOut(message, answer, captures, renewal).catch((error: unknown) => {
          say(`${message.body ?? 'a message'}: ${(error as Error).message}`)
          stream.cancel()
        })
      })
      stream.on('error', (error) => resolve({ why: error.message, welcomed }))
      stream.on('end', () => resolve({ why: 'weftd ended the stream', welcomed }))
      const { member, boot, version } = settings
      const commit = String(engine.statistics()['commit'] ?? 0)
      stream.write({
        hello: { chassis, member, boot, version, commit, pid: process.pid, protocol: protocolVersion },
      })
    })
  } finally {
    listener = undefined
    devices?.[Symbol.dispose]()
    renewal?.[Symbol.dispose]()
    captures.forget()
    stream.cancel()
    stream.on('error', () => undefined)
    client.close()
  }
}

checkSocketPath(settings.socket)
let said = ''
for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
  const { why, welcomed } = await attach()
  if (welcomed) pause = firstPause
  if (why !== said) say(`not attached: ${why}`)
  said = welcomed ? '' : why
  await delay(pause)
}
