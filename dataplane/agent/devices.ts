/** Tells the chassis which network devices this member has for ports, when it attaches and soon after one of them is otherwise. */
import type { DeviceMessage } from '../proto/contract.js'
import type { Engine } from './engine.js'

/** Milliseconds. */
const lookEvery = 500

export class DeviceReports {
  readonly #engine: Engine
  readonly #send: (devices: readonly DeviceMessage[]) => void
  readonly #timer: NodeJS.Timeout
  #said = ''

  constructor(engine: Engine, send: (devices: readonly DeviceMessage[]) => void) {
    this.#engine = engine
    this.#send = send
    this.#timer = setInterval(() => this.#look(), lookEvery)
    this.#look()
  }

  #look(): void {
    const devices = this.#engine.devices().map((device) => ({ ...device, speed: String(device['speed']) }))
    const now = JSON.stringify(devices)
    if (now === this.#said) return
    this.#said = now
    this.#send(devices as unknown as DeviceMessage[])
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
