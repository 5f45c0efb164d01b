import type { NativeFilter, NativeFragment, NativeRpc } from './native.js'
import type { Filter, Fragment, Rpc, ScopedText } from './types.js'

export class FragmentHandle implements Fragment {
  readonly native: NativeFragment

  constructor(native: NativeFragment) {
    this.native = native
  }

  get byteLength(): number {
    return this.native.byteLength()
  }

  [Symbol.dispose](): void {
    this.native.dispose()
  }
}

export function nativeFragment(fragment: Fragment): NativeFragment {
  if (!(fragment instanceof FragmentHandle)) throw new TypeError('expected a Fragment of this package')
  return fragment.native
}

export class FilterHandle implements Filter {
  readonly native: NativeFilter
  readonly kind: 'subtree' | 'xpath'
  readonly onTheWay: boolean

  constructor(native: NativeFilter) {
    this.native = native
    this.kind = native.kind()
    this.onTheWay = native.onTheWay()
  }

  mayMatch(schemaPath: string): boolean {
    return this.native.mayMatch(schemaPath)
  }

  values(leafPath: string): readonly string[] | undefined {
    return this.native.values(leafPath)
  }

  divides(schemaPath: string): boolean {
    return this.native.divides(schemaPath)
  }

  [Symbol.dispose](): void {
    this.native.dispose()
  }
}

export function nativeFilter(filter: Filter): NativeFilter {
  if (!(filter instanceof FilterHandle)) throw new TypeError('expected a Filter of this package')
  return filter.native
}

export class RpcHandle implements Rpc {
  readonly messageId: string | undefined
  readonly attributes: string
  readonly operation: Rpc['operation']
  readonly path: string | undefined
  readonly #native: NativeRpc

  constructor(native: NativeRpc) {
    this.#native = native
    const { messageId, attributes, operation, path } = native.describe()
    this.messageId = messageId
    this.attributes = attributes
    this.operation = operation
    this.path = path
  }

  value(path: string): string | undefined {
    return this.#native.value(path)
  }

  values(path: string): readonly string[] {
    return this.#native.values(path)
  }

  fragment(path: string): Fragment | undefined {
    const fragment = this.#native.fragment(path)
    return fragment && new FragmentHandle(fragment)
  }

  filter(): Filter | undefined {
    const filter = this.#native.filter()
    return filter && new FilterHandle(filter)
  }

  texts(name: string): readonly ScopedText[] {
    return this.#native.texts(name)
  }

  [Symbol.dispose](): void {
    this.#native.dispose()
  }
}
