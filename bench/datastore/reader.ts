/**
 * A client with a thread of its own that reads running again and again, so that what it costs to take a long reply does not
 * slow down the one who measures. Told `read`, it does one get-config and answers with a Reading; told `end`, it ends.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { NetconfClient, type Connection } from '../../src/demo/client.js'

export interface Reading {
  /** Milliseconds from the request to the first byte of the reply, and to its last. */
  readonly first: number
  readonly whole: number
  readonly bytes: number
}

export async function readOnce(client: NetconfClient, operation: string): Promise<Reading> {
  const start = performance.now()
  let first: number | undefined
  let bytes = 0
  await client.send(operation, (piece) => {
    first ??= performance.now() - start
    bytes += piece.length
  })
  return { first: first ?? NaN, whole: performance.now() - start, bytes }
}

export class Reader implements AsyncDisposable {
  readonly #worker: Worker
  readonly #waiting: { resolve(reading: Reading): void; reject(error: Error): void }[] = []

  constructor(to: Connection, operation: string) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { to, operation } })
    this.#worker.on('message', (reading: Reading) => this.#waiting.shift()?.resolve(reading))
    this.#worker.on('error', (error: Error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    })
  }

  read(): Promise<Reading> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#worker.postMessage('read')
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}

async function serve(): Promise<void> {
  const { to, operation } = workerData as { to: Connection; operation: string }
  const client = await NetconfClient.connect(to)
  parentPort?.on('message', () => {
    void readOnce(client, operation).then((reading) => parentPort?.postMessage(reading))
  })
}

if (!isMainThread) await serve()
