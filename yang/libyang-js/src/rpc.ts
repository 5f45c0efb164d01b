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

  constructor(native: NativeFilter) {
    this.native = native
  }

  get kind(): 'subtree' | 'xpath' {
    return this.native.kind()
  }

  get onTheWay(): boolean {
    return this.native.onTheWay()
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

interface Operation {
  readonly of: Rpc['operation']
  readonly action: boolean
}

/** The operations that have been asked for, of which a schema has some dozens. */
const operations = new Map<string, Operation>()

function operationOf(text: string): Operation {
  const [name = '', module = '', namespace = '', action] = text.split(' ')
  const operation = { of: { name, module, namespace }, action: action !== undefined }
  operations.set(text, operation)
  return operation
}

export class RpcHandle implements Rpc {
  readonly operation: Rpc['operation']
  readonly #native: NativeRpc
  readonly #action: boolean
  #filter: FilterHandle | undefined

  constructor(native: NativeRpc) {
    this.#native = native
    const operation = native.operation()
    const { of, action } = operations.get(operation) ?? operationOf(operation)
    this.operation = of
    this.#action = action
  }

  get messageId(): string | undefined {
    return this.#native.describe().messageId
  }

  get attributes(): string {
    return this.#native.describe().attributes
  }

  get path(): string | undefined {
    return this.#action ? this.#native.describe().path : undefined
  }

  value(path: string): string | undefined {
    return this.#native.value(path)
  }

  given(path: string): boolean {
    return this.#native.given(path)
  }

  values(path: string): readonly string[] {
    return this.#native.values(path)
  }

  fragment(path: string): Fragment | undefined {
    const fragment = this.#native.fragment(path)
    return fragment && new FragmentHandle(fragment)
  }

  filter(): Filter | undefined {
    if (this.#filter === undefined) {
      const filter = this.#native.filter()
      this.#filter = filter && new FilterHandle(filter)
    }
    return this.#filter
  }

  texts(name: string): readonly ScopedText[] {
    return this.#native.texts(name)
  }

  [Symbol.dispose](): void {
    this.#filter?.[Symbol.dispose]()
    this.#native.dispose()
  }
}
