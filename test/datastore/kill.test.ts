import test, { type ExecutionContext } from 'ava'
import type { Context } from 'libyang-js'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { clears, size } from './committer.js'
import { openBench, openContext, temporaryFolder } from './support.js'

const script = new URL('./committer.js', import.meta.url).pathname

let context: Context
test.before(async () => {
  context = await openContext()
})

/** Lets a process commit, kills it at a random moment after its first answer, and returns the last acknowledged commit. */
async function commitUntilKilled(directory: string): Promise<number> {
  const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  let acknowledged = 0
  let timer: NodeJS.Timeout | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line)
    timer ??= setTimeout(() => child.kill('SIGKILL'), Math.random() * 120)
  }
  await exit
  return acknowledged
}

for (const folder of [1, 2, 3, 4]) {
  test.serial(
    `acknowledged commits survive kill -9, any other is there whole or not at all (folder ${folder})`,
    async (t) => {
      t.timeout(120_000)
      const directory = await temporaryFolder(t)
      for (let round = 1; round <= 5; round++) await verify(t, directory, await commitUntilKilled(directory))
    },
  )
}

async function verify(t: ExecutionContext, directory: string, acknowledged: number): Promise<void> {
  t.true(acknowledged > 0)
  const { datastores, text } = await openBench(t, context, { directory })
  const head = datastores.head?.number ?? 0
  t.deepEqual(datastores.recovery.lost, [])
  t.deepEqual(datastores.recovery.invalid, [])
  t.true(
    head === acknowledged || head === acknowledged + 1,
    `${acknowledged} acknowledged, ${head} are there`,
  )
  const running = await text('running')
  t.regex(running, new RegExp(`<name>c${head}</name>`))
  const counts = new Map<number, number>()
  for (const [, prefix] of running.matchAll(/<prefix>p(\d+)</g)) {
    const commit = Math.floor(Number(prefix) / 100_000)
    counts.set(commit, (counts.get(commit) ?? 0) + 1)
  }
  let number = head
  for (; number > 0; number--) {
    t.is(counts.get(number) ?? 0, size(number))
    counts.delete(number)
    if (clears(number)) break
  }
  t.is(counts.size, 0, `commit ${number} replaced all that was there before`)
  await datastores[Symbol.asyncDispose]()
}
