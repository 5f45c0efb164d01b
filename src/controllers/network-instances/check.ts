/** What YANG cannot say of network instances: how many there are, numbers of their own, lengths that a prefix can have. */
import { ConfigError } from '../../../datastore/index.js'
import { widthOf } from '../../rib/index.js'
import { defaultName } from './namespace.js'
import { lengthsOf, pathOf, type ImportPrefix, type Instance, type Instances } from './model.js'

/** With the default one: each has a namespace, which takes the kernel some milliseconds to make. */
const most = 1024

export function check(after: Instances): readonly ConfigError[] {
  return [...checkNumbers(after), ...[...after.values()].flatMap((one) => [...checkOne(one)])]
}

function* checkNumbers(after: Instances): Iterable<ConfigError> {
  const owners = new Map<number, string>()
  let count = 0
  for (const { name, vrf } of after.values()) {
    const owner = owners.get(vrf)
    if (owner !== undefined) {
      const message = `'${name}' comes to the same number as '${owner}'; give one of them another name`
      yield new ConfigError(pathOf.leaf(name, 'name'), message)
    }
    owners.set(vrf, name)
    count++
    if (count === most + 1) {
      const message = `'${name}' is one network instance too many; there can be ${most} with the default one`
      yield new ConfigError(pathOf.leaf(name, 'name'), message)
    }
  }
}

function* checkOne({ name, enabled, imports }: Instance): Iterable<ConfigError> {
  if (name === defaultName && !enabled) {
    const message = 'the default network instance cannot be disabled; disable its interfaces instead'
    yield new ConfigError(pathOf.leaf(name, 'enabled'), message)
  }
  for (const { from, prefixes } of imports)
    for (const one of prefixes) yield* checkLengths(one, (leaf) => pathOf.prefix(name, from, one.text, leaf))
}

function* checkLengths(one: ImportPrefix, path: (leaf: string) => string): Iterable<ConfigError> {
  const { prefix, text, ge, le } = one
  const width = widthOf(prefix.address.length === 4 ? 4 : 6)
  const { least } = lengthsOf(one)
  if (ge !== undefined && (ge < prefix.length || ge > width)) {
    const message = `ge ${ge} is no length of a route within ${text}; it is ${prefix.length} to ${width}`
    yield new ConfigError(path('ge'), message)
  } else if (le !== undefined && (le < least || le > width)) {
    const message = `le ${le} leaves no length that a route within ${text} can have; it is ${least} to ${width}`
    yield new ConfigError(path('le'), message)
  }
}
