/**
 * The demo chassis: two hosts on two ports, configured through the appliance's own NETCONF server at its first start, and
 * shown to reach each other through the engine.
 */
import type { Appliance } from '../appliance.js'
import { bareAddress, demoConfiguration, demoHosts, memberHost, type LabHost } from '../lab/topology.js'
import { reach } from '../lab/lab.js'
import { NetconfClient } from './client.js'
import { chassisConfiguration, type DemoMembers } from './members.js'

/** What the demo needs of a running appliance. */
export type DemoAppliance = Omit<Appliance, 'lost' | 'stop'>

/** Configures what there is at the first start, and has the other members join. */
async function configure(
  appliance: DemoAppliance,
  password: string,
  members: number,
  others: DemoMembers,
  signal: AbortSignal,
): Promise<void> {
  const { address: host, port } = appliance.listening
  await using client = await NetconfClient.connect({ host, port, username: 'admin', password })
  await client.edit(demoConfiguration())
  if (members > 1) await client.edit(await chassisConfiguration(members))
  await client.commit()
  if (members > 1) await others.start(members, client, signal)
}

/** Prints what happens, line by line. Throws when the configuration was refused. */
export async function startDemo(
  appliance: DemoAppliance,
  members: number,
  others: DemoMembers,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const [h1, h2] = demoHosts as [LabHost, LabHost]
  if (appliance.failsafe !== undefined) {
    print('demo: the appliance runs its failsafe configuration, and its ports stay as they are')
    return
  }
  if (appliance.firstPassword) {
    await configure(appliance, appliance.firstPassword.value, members, others, signal)
    print(`demo: interfaces ${h1.port} and ${h2.port} committed through NETCONF`)
  } else {
    if (members > 1) await others.start(members, undefined, signal)
    print(`demo: running is commit ${appliance.commits} of ${appliance.state}`)
  }
  const all = [h1, h2, ...Array.from({ length: members - 1 }, (_, index) => memberHost(index + 1))]
  const pairs = all.slice(1).map((to, index) => [all[index] as LabHost, to] as const)
  for (const [from, to] of pairs) await show(from, to)
  for (const line of appliance.inventory()) print(`demo: ${line}`)

  async function show(first: LabHost, second: LabHost): Promise<void> {
    for (const { family, from, to, address, milliseconds } of await reach(
      appliance.keeper,
      first,
      second,
      signal,
    )) {
      if (signal.aborted) return
      print(
        milliseconds === undefined
          ? `demo: ${from} does not reach ${to} over ${family} (${address}) with the configuration in running`
          : `demo: ${from} reaches ${to} over ${family} (${address}) through the engine in ${milliseconds} ms`,
      )
    }
  }
}

/** How to connect, and what to try. */
export function instructions(appliance: DemoAppliance, demo: boolean): string[] {
  const { address, port } = appliance.listening
  const first = appliance.firstPassword
  const password = first?.generated ? first.value : '…'
  const known = first?.generated
    ? `password ${first.value}  (generated; it is not shown again)`
    : `password: the one set at the first start of ${appliance.state}`
  const lines = [
    '',
    `  address  ${address} port ${port}   (NETCONF over SSH)`,
    ...appliance.hostKeys.map(({ type, fingerprint }) => `  host key ${fingerprint} (${type})`),
    `  user     admin`,
    `  ${known}`,
    '',
    `  /usr/bin/python3 -c "from ncclient import manager; m = manager.connect(host='${address}', port=${port}, username='admin', password='${password}', hostkey_verify=False, allow_agent=False, look_for_keys=False); print(m.get_config('running'))"`,
  ]
  if (demo)
    lines.push(
      '',
      `  bin/weft lab exec --state ${appliance.state} h1 -- ping -c 3 ${bareAddress((demoHosts[1] as LabHost).ipv4)}`,
    )
  return [...lines, '', '  Ctrl-C stops the appliance; its configuration stays in the state folder.', '']
}
