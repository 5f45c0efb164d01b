import test from 'ava'
import { vrfNumber } from '../../src/rib/index.js'
import { Box, interfaces, routes, routing, type InterfaceText } from './box.js'

const ni = 'urn:weft:params:xml:ns:yang:weft-network-instance'
const nc = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const [red, blue] = [vrfNumber('red'), vrfNumber('blue')]

const instances = (...content: string[]) =>
  `<network-instances xmlns="${ni}" xmlns:nc="${nc}">${content.map((one) => `<network-instance${one.startsWith('<') ? '' : ' nc:operation="delete"'}>${one.startsWith('<') ? one : `<name>${one}</name>`}</network-instance>`).join('')}</network-instances>`
const named = (name: string, more = '') => `<name>${name}</name>${more}`
const imports = (from: string, ...prefixes: string[]) =>
  `<import><from>${from}</from>${prefixes.map((text) => `<prefix>${text}</prefix>`).join('')}</import>`
const within = (prefix: string, more = '') => `<prefix>${prefix}</prefix>${more}`

/** Interfaces that are in instances. */
const bound = (all: Readonly<Record<string, InterfaceText & { readonly in?: string }>>) =>
  Object.entries(all).reduce(
    (xml, [name, one]) =>
      one.in === undefined
        ? xml
        : xml.replace(
            new RegExp(`(<name>${name}</name><type[^/]*/type>)`),
            `$1<bind-network-instance-name xmlns="${ni}">${one.in}</bind-network-instance-name>`,
          ),
    interfaces(all),
  )
/** Static routes of a protocol that is in an instance. */
const routesIn = (instance: string, all: Readonly<Record<string, string>>, name: string) =>
  routes(all, name).replace(
    `<name>${name}</name>`,
    `<name>${name}</name><network-instance xmlns="${ni}">${instance}</network-instance>`,
  )
const into = (instance: string) => `<network-instance xmlns="${ni}">${instance}</network-instance>`

const two = instances(named('red'), named('blue'))
const ports = bound({
  p1: { ipv4: ['10.0.0.1/24'], in: 'red' },
  p2: { ipv4: ['10.0.0.1/24'], in: 'blue' },
  p3: { ipv4: ['10.0.0.1/24'] },
})

test('the same addresses in three instances are three interfaces, with routes of their own', async (t) => {
  using box = await Box.open()
  const steps = await box.commit(two + ports)
  t.deepEqual(
    steps.map(({ kind, provides }) => `${kind} ${provides}`),
    ['create vrf', 'create interface', 'create object', 'create route'],
  )
  t.deepEqual(
    [...box.member.vrfs].sort(),
    [
      [red, 'red'],
      [blue, 'blue'],
    ].sort() as [number, string][],
  )
  t.is(box.member.interfaces.get('p1')?.vrf, red)
  t.is(box.member.interfaces.get('p3')?.vrf, 0)
  t.deepEqual(box.member.fib.lookup(), {
    [`${red} 10.0.0.0/24`]: 'glean p1',
    [`${red} 10.0.0.1/32`]: `local ${red}`,
    [`${blue} 10.0.0.0/24`]: 'glean p2',
    [`${blue} 10.0.0.1/32`]: `local ${blue}`,
    '0 10.0.0.0/24': 'glean p3',
    '0 10.0.0.1/32': 'local',
  })
  t.deepEqual(
    [...(await box.full())].flatMap(({ operations }) => operations).filter(({ op }) => op === 'vrf-set')
      .length,
    2,
  )
  t.deepEqual(await box.refusal(bound({ p2: { ipv4: ['10.0.0.1/24'], in: 'red' } })), [
    "/ietf-interfaces:interfaces/interface[name='p2']/ietf-ip:ipv4/address[ip='10.0.0.1']/ip: 10.0.0.1 is an address of interface p1 already",
  ])
})

test('an interface moves with its routes; an instance that is disabled is not served; one that is deleted leaves nothing', async (t) => {
  using box = await Box.open()
  await box.commit(two + ports)
  await box.commit(
    bound({ p2: { operation: 'delete' } }).replace('</interfaces>', '') +
      bound({ p1: { in: 'blue' } }).replace(/^<interfaces[^>]*>/, ''),
  )
  t.deepEqual(Object.keys(box.member.fib.lookup()).sort(), [
    '0 10.0.0.0/24',
    '0 10.0.0.1/32',
    `${blue} 10.0.0.0/24`,
    `${blue} 10.0.0.1/32`,
  ])
  await box.commit(instances(named('blue', '<enabled>false</enabled>')))
  t.false(box.member.interfaces.get('p1')?.enabled)
  t.deepEqual(Object.keys(box.member.fib.lookup()).sort(), ['0 10.0.0.0/24', '0 10.0.0.1/32'])
  await box.commit(bound({ p1: { operation: 'delete' } }) + instances('red', 'blue'))
  t.is(box.member.vrfs.size, 0)
  t.deepEqual(Object.keys(box.member.fib.lookup()).sort(), ['0 10.0.0.0/24', '0 10.0.0.1/32'])
  t.deepEqual(box.rib.sizes.prefixes, 2)
})

test('static routes are of the instance of their protocol and move with it; imports follow their filters', async (t) => {
  using box = await Box.open()
  await box.commit(instances(named('red'), named('blue'), named('green')) + ports)
  await box.commit(routesIn('red', { '20.0.0.0/8': '10.0.0.9', '30.0.0.0/8': into('green') }, 'a'))
  const lookup = () => box.member.fib.lookup()
  t.is(lookup()[`${red} 20.0.0.0/8`], 'p1:10.0.0.9')
  t.is(lookup()[`${red} 30.0.0.0/8`], `lookup ${vrfNumber('green')}`)
  // Into itself packets would go round.
  for (const change of [
    routesIn('red', { '30.0.0.0/8': into('red'), '2001:db8::/32': into('red') }, 'a'),
    routesIn('green', { '40.0.0.0/8': into('blue') }, 'a'),
    routes({ '30.0.0.0/8': into('default') }, 'main'),
  ])
    t.regex(
      (await box.refusal(change)).join('\n'),
      /route\[destination-prefix='30\.0\.0\.0\/8'\]\/next-hop\/weft-network-instance:network-instance: The route is of this instance itself/,
    )
  // The protocol goes to the other instance, with all its routes and another change.
  await box.commit(routesIn('blue', { '20.0.0.0/8': 'delete', '21.0.0.0/8': '10.0.0.7' }, 'a'))
  t.is(lookup()[`${blue} 21.0.0.0/8`], 'p2:10.0.0.7')
  t.is(lookup()[`${blue} 30.0.0.0/8`], `lookup ${vrfNumber('green')}`)
  t.false(Object.keys(lookup()).some((route) => /^\d+ [23]\d\./.test(route) && !route.startsWith(`${blue} `)))
  await box.commit(
    instances(
      named('red', imports('blue', within('21.0.0.0/8'), within('10.0.0.0/8', '<ge>24</ge><le>24</le>'))),
    ),
  )
  t.is(lookup()[`${red} 21.0.0.0/8`], 'p2:10.0.0.7')
  t.is(lookup()[`${red} 10.0.0.0/24`], 'glean p1')
  await box.commit(instances(named('blue', '<enabled>false</enabled>')))
  t.false(`${red} 21.0.0.0/8` in lookup())
})

test('what cannot be is refused at its place', async (t) => {
  using box = await Box.open()
  await box.commit(two + ports)
  const list = '/weft-network-instance:network-instances/network-instance'
  t.deepEqual(await box.refusal(instances(named('default', '<enabled>false</enabled>'))), [
    `${list}[name='default']/enabled: the default network instance cannot be disabled; disable its interfaces instead`,
  ])
  const filters = imports(
    'blue',
    within('10.0.0.0/8', '<ge>7</ge>'),
    within('11.0.0.0/8', '<ge>20</ge><le>19</le>'),
    within('12.0.0.0/8', '<le>33</le>'),
  )
  t.deepEqual(await box.refusal(instances(named('red', filters))), [
    `${list}[name='red']/import[from='blue']/prefix[prefix='10.0.0.0/8']/ge: ge 7 is no length of a route within 10.0.0.0/8; it is 8 to 32`,
    `${list}[name='red']/import[from='blue']/prefix[prefix='11.0.0.0/8']/le: le 19 leaves no length that a route within 11.0.0.0/8 can have; it is 20 to 32`,
    `${list}[name='red']/import[from='blue']/prefix[prefix='12.0.0.0/8']/le: le 33 leaves no length that a route within 12.0.0.0/8 can have; it is 8 to 32`,
  ])
  t.regex(
    (await box.refusal(instances(named('red', imports('red', within('10.0.0.0/8'))))))[0] ?? '',
    /an instance imports from another one/,
  )
  for (const [xml, path] of [
    [bound({ p1: { in: 'green' } }), 'bind-network-instance-name'],
    [routesIn('green', { '20.0.0.0/8': '10.0.0.9' }, 'g'), 'network-instance'],
    [routes({ '20.0.0.0/8': into('green') }), 'next-hop/weft-network-instance:network-instance'],
    [instances(named('red', imports('green', within('10.0.0.0/8')))), 'from'],
    [instances('red'), 'bind-network-instance-name'],
  ] as const) {
    const [first = ''] = await box.refusal(xml)
    t.true(first.split(': ')[0]?.endsWith(path), `${path}: ${first}`)
  }
  // Two names of one number.
  t.deepEqual(await box.refusal(instances(named('ne3ea'), named('n3pvu'))), [
    `${list}[name='n3pvu']/name: 'n3pvu' comes to the same number as 'ne3ea'; give one of them another name`,
  ])
  t.deepEqual(
    await box.refusal(
      routing(
        '<ribs><rib><name>green-ipv4</name><address-family xmlns:v="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">v:ipv4-unicast</address-family></rib></ribs>',
      ),
    ),
    [
      "/ietf-routing:routing/ribs/rib[name='green-ipv4']/name: no RIB named 'green-ipv4'; there are ipv4-master, ipv6-master, red-ipv4, red-ipv6, blue-ipv4 and blue-ipv6",
    ],
  )
})

test('state tells of instances and their RIBs', async (t) => {
  using box = await Box.open()
  await box.commit(two + ports)
  await box.commit(
    routesIn('red', { '30.0.0.0/8': into('blue') }, 'a') +
      instances(named('default', imports('blue', within('10.0.0.0/8', '<le>24</le>')))),
  )
  const state = await box.operational()
  const told = state['/weft-network-instance:network-instances'] as Record<string, unknown>
  t.regex(
    JSON.stringify(told),
    /"name":"default".*"namespace":"chassis","interface":\["p3"\],"ipv4-routes":"2"/,
  )
  t.regex(
    JSON.stringify(told),
    new RegExp(`"name":"red".*"number":${red},"namespace":"vrf-red","interface":\\["p1"\\]`),
  )
  const ribs = JSON.stringify(state['/ietf-routing:routing'])
  t.regex(ribs, /"name":"red-ipv4".*"weft-network-instance:network-instance":"red"/)
  t.regex(ribs, /"weft-network-instance:next-hop-network-instance":"blue"/)
  t.regex(ribs, /"source-protocol":"weft-network-instance:leaked"/)
  t.regex(ribs, /"weft-network-instance:source-network-instance":"blue"/)
})
