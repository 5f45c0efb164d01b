import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import test from 'ava'
import { connectKeeper } from '../../dataplane/client/index.js'
import { startTimeOf } from '../../dataplane/client/process-file.js'
import { addresses, Router, until } from '../lab/router.js'

const execute = promisify(execFile)
const asRoot = process.getuid?.() === 0 ? test.serial : test.serial.skip
const routerModule = new URL('../lab/router.js', import.meta.url).href

/** A script in which `router` is a started one. */
const withRouter = (body: string) => `
  import { Router, addresses } from ${JSON.stringify(routerModule)}
  const router = await Router.start()
  ${body}`

const nodeArguments = (script: string) => ['--input-type=module', '--eval', script]

test.serial('keeper and data plane outlive the process group that started them', async (t) => {
  const script = withRouter(
    `process.stdout.write(JSON.stringify({ folder: router.lab.folder, keeper: router.lab.keeper.pid, dataplane: router.dataplane.pid }) + '\\n')`,
  )
  const starter = spawn(process.execPath, nodeArguments(script), {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(starter.stdout!, 'data')) as [Buffer]
  const { folder, keeper, dataplane } = JSON.parse(line.toString()) as {
    folder: string
    keeper: number
    dataplane: number
  }
  process.kill(-(starter.pid as number), 'SIGKILL')
  await once(starter, 'exit')
  await using router = await Router.adopt(folder)
  t.is(router.lab.keeper.pid, keeper)
  t.is(router.dataplane.pid, dataplane)
  t.is(router.member.pid, dataplane)
  t.true(await router.h1.pings(addresses.h2[0]))
  t.true(await router.h1.pings(addresses.h2[1]))
})

test.serial(
  "what runs in the chassis has no more than the namespace's privileges, and one thread of forwarding",
  async (t) => {
    await using router = await Router.start()
    const status = readFileSync(`/proc/${router.dataplane.pid}/status`, 'utf8')
    t.is(/^Uid:\s+(\d+)/m.exec(status)?.[1], String(process.getuid?.()))
    const namespaces = async (pid: number | 'self') =>
      (await execute('readlink', [`/proc/${pid}/ns/user`])).stdout
    t.not(await namespaces(router.dataplane.pid as number), await namespaces('self'))
    t.is(await namespaces(router.dataplane.pid as number), await namespaces(router.lab.keeper.pid))
  },
)

asRoot('an ordinary user runs it all in a user namespace of his own', async (t) => {
  const script = withRouter(`
    const results = {}
    for (const [name, host, address] of [
      ['h1 to h2', router.h1, addresses.h2[0]],
      ['h1 to h2, IPv6', router.h1, addresses.h2[1]],
      ['h1 to the router', router.h1, addresses.p1[0]],
      ['the router to h1', router.chassis, addresses.h1[0]],
      ['the router to h2, IPv6', router.chassis, addresses.h2[1]],
    ]) results[name] = await host.pings(address)
    results.pid = router.dataplane.pid
    process.kill(results.pid, 'SIGKILL')
    results['h1 to h2, after a kill'] = await router.h1.pings(addresses.h2[0], { seconds: 10 })
    results['the router to h1, after a kill'] = await router.chassis.pings(addresses.h1[0], { seconds: 10 })
    await router[Symbol.asyncDispose]()
    process.stdout.write(JSON.stringify(results))`)
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--']
  const { stdout } = await execute('setpriv', [...nobody, process.execPath, ...nodeArguments(script)], {
    cwd: '/',
  })
  const { pid, ...reached } = JSON.parse(stdout) as { pid: number } & Record<string, boolean>
  t.log(reached)
  t.deepEqual(Object.values(reached), Array(7).fill(true))
  t.is(startTimeOf(pid), undefined)
})

asRoot('without a user namespace, root gives up all but what forwarding needs', async (t) => {
  await using router = await Router.start({ userNamespace: false })
  t.false((await connectKeeper(router.lab.keeperSocket)).userNamespace)
  const capabilities = (pid: number | 'self', set: string) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return BigInt(`0x${new RegExp(`^${set}:\\s*(\\w+)`, 'm').exec(status)?.[1]}`)
  }
  // NET_ADMIN, NET_RAW, IPC_LOCK, PERFMON and BPF, as far as this root itself has them.
  const needed = [12n, 13n, 14n, 38n, 39n].reduce((all, number) => all | (1n << number), 0n)
  for (const set of ['CapEff', 'CapPrm', 'CapBnd'])
    t.is(capabilities(router.dataplane.pid as number, set), needed & capabilities('self', 'CapBnd'), set)
  t.true(await router.h1.pings(addresses.h2[0]))
  t.true(await router.chassis.pings(addresses.h2[1]))
})

test.serial('nothing is left when a lab is gone', async (t) => {
  const router = await Router.start()
  const pids = [router.lab.keeper.pid, router.dataplane.pid as number]
  await router[Symbol.asyncDispose]()
  await until('all processes have ended', () => pids.every((pid) => startTimeOf(pid) === undefined))
  t.pass()
})
