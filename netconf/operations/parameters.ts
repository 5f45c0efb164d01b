/** Reading the parameters of an rpc: what is missing or not supported is an error with its place in the request. */
import type { Access, Context, Fragment, Rpc } from 'libyang-js'
import { RequestError, UnavailableError, type DatastoreName } from '../../datastore/index.js'
import { rpcPath } from '../error.js'
import { BASE_NAMESPACE } from '../xml.js'
import type { Services } from './operation.js'
import { datastoreNamed, identityOf, offers } from './nmda.js'

const datastores: readonly DatastoreName[] = ['running', 'candidate', 'startup']

/** The datastore that a `source` or `target` names; undefined when it holds something else or is not there. */
function named(rpc: Rpc, parameter: string, context?: Context): DatastoreName | undefined {
  const plain = datastores.find((name) => rpc.value(`${parameter}/${name}`) !== undefined)
  const identity = plain === undefined ? identityOf(rpc, parameter) : undefined
  if (identity === undefined) return plain
  const there = datastores.filter((name) => name !== 'startup' || (context && offers(context, name)))
  return datastoreNamed(rpc, identity, there)
}

/** `context`: where identities may name the datastore too. */
export function datastoreOf(rpc: Rpc, parameter: 'source' | 'target', context?: Context): DatastoreName {
  return named(rpc, parameter, context) ?? noPlace(rpc, parameter)
}

/** Where a configuration goes. */
export function targetOf(rpc: Rpc): DatastoreName | { readonly url: string } {
  const url = rpc.value('target/url')
  return named(rpc, 'target') ?? (url === undefined ? noPlace(rpc, 'target') : { url })
}

/** Where a configuration comes from: a datastore, or a `<config>` of the message or of a file. */
export type Source = DatastoreName | (Fragment & { readonly url?: string })

/** `access`: what it hides of factory-default is left out. */
export async function sourceOf(rpc: Rpc, services: Services, access?: Access): Promise<Source> {
  const url = rpc.value('source/url')
  if (url !== undefined) return Object.assign(await contentOf(rpc, services, 'source/url'), { url })
  return (
    (await factoryDefault(rpc, services, access)) ??
    named(rpc, 'source', services.context) ??
    rpc.fragment('source/config') ??
    noPlace(rpc, 'source')
  )
}

/** As a source, factory-default (RFC 8808) is the configuration that it holds. */
async function factoryDefault(
  rpc: Rpc,
  { context, datastores }: Services,
  access?: Access,
): Promise<Fragment | undefined> {
  const identity = identityOf(rpc, 'source')
  if (identity === undefined || rpc.value(identity) !== 'ietf-factory-default:factory-default')
    return undefined
  const slices: Buffer[] = []
  for await (const slice of datastores.read({ source: 'factory-default', ...(access && { access }) }))
    slices.push(slice)
  return context.fragment(Buffer.concat(slices))
}

/** The content of the `<config>` in the file that a parameter names. */
export async function contentOf(
  rpc: Rpc,
  { files, context }: Services,
  parameter: string,
): Promise<Fragment> {
  const url = rpc.value(parameter) ?? ''
  return await atParameter(rpc, parameter, async () => {
    const document = await openFiles(files).read(url)
    try {
      return await context.content(document, { name: 'config', namespace: BASE_NAMESPACE })
    } catch (error) {
      const { errors } = RequestError.from(error)
      throw new RequestError(
        errors.map(({ message }) => ({
          type: 'application',
          tag: 'invalid-value',
          message: `${url} is not a <config> document: ${message}`,
        })),
      )
    }
  })
}

/** Does a task with the file that a parameter names; what refuses it gets its place. */
export async function atParameter<T>(rpc: Rpc, parameter: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    const path = parameterPath(rpc, parameter)
    throw new RequestError(RequestError.from(error).errors.map((each) => ({ path, ...each })))
  }
}

/** Does a task that may be refused for a parameter, which the error then names as its `bad-element`. */
export async function atBadElement<T>(rpc: Rpc, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw new RequestError(
      RequestError.from(error).errors.map((each) => {
        const name = each.info?.['bad-element']
        const given = typeof name === 'string' && rpc.value(name) !== undefined
        return given ? { path: parameterPath(rpc, name), ...each } : each
      }),
    )
  }
}

/**
 * Does a task that may find that there is nothing of what a parameter asks for; the error then gets that parameter's place.
 * `asked`: the commit, or the datastore, that each parameter names.
 */
export async function atAsked<T>(
  rpc: Rpc,
  asked: Readonly<Record<string, string | number | undefined>>,
  task: () => Promise<T>,
): Promise<T> {
  try {
    return await task()
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    const [parameter] = Object.entries(asked).find(([, value]) => value === error.wanted) ?? []
    if (parameter === undefined) throw error
    throw new RequestError(
      error.errors.map((each) => ({
        ...each,
        path: parameterPath(rpc, parameter),
        ...(each.tag === 'invalid-value' && { info: { 'bad-element': parameter.replace(/^.*[/:]/, '') } }),
      })),
    )
  }
}

/** Where a parameter stands, for `error-path`. */
export function parameterPath(rpc: Rpc, parameter: string): string {
  return `${operationPath(rpc)}/${parameter}`
}

export function operationPath({ operation: { module, name } }: Rpc): string {
  return rpcPath(`${module}:${name}`)
}

export function openFiles(files: Services['files']): NonNullable<Services['files']> {
  if (files) return files
  throw new RequestError({
    type: 'protocol',
    tag: 'operation-not-supported',
    message: 'this server has no folder for configuration files',
  })
}

function noPlace(rpc: Rpc, parameter: string): never {
  return missing(
    rpc,
    parameter,
    `${rpc.operation.name} needs a <${parameter}> that holds <candidate/> or <running/>`,
  )
}

export function missing(rpc: Rpc, element: string, message: string): never {
  throw new RequestError({
    type: 'protocol',
    tag: 'missing-element',
    message,
    path: parameterPath(rpc, element),
    info: { 'bad-element': element },
  })
}

export function invalid(rpc: Rpc, element: string, message: string): never {
  throw new RequestError({
    type: 'protocol',
    tag: 'invalid-value',
    message,
    path: parameterPath(rpc, element),
    info: { 'bad-element': element },
  })
}

/** One of the values that an enumerated parameter may have, or its default. */
export function choiceOf<T extends string>(rpc: Rpc, element: string, values: readonly [T, ...T[]]): T {
  const given = rpc.value(element)
  if (given === undefined) return values[0]
  const found = values.find((value) => value === given)
  return (
    found ?? invalid(rpc, element, `${element} must be ${values.join(', ')}, not ${JSON.stringify(given)}`)
  )
}
