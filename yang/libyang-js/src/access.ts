import { nativeJournal } from './journal.js'
import type { NativeAccess } from './native.js'
import { nativeFilter, nativeFragment } from './rpc.js'
import type { Access, EditOptions, Filter, Fragment, Journal, YangError } from './types.js'

export class AccessHandle implements Access {
  readonly native: NativeAccess

  constructor(native: NativeAccess) {
    this.native = native
  }

  executes(module: string, operation: string): boolean {
    return this.native.executes(module, operation)
  }

  executesAt(path: string, action: string): boolean {
    return this.native.executesAt(path, action)
  }

  reads(path: string): boolean {
    return this.native.reads(path)
  }

  hidden(path: string): ReturnType<Access['hidden']> {
    return this.native.hidden(path)
  }

  readsAll(schemaPath?: string): boolean {
    return this.native.readsAll(schemaPath)
  }

  readsNone(schemaPath: string): boolean {
    return this.native.readsNone(schemaPath)
  }

  get writesAll(): boolean {
    return this.native.writesAll()
  }

  clears(filter: Filter): boolean {
    return this.native.clears(nativeFilter(filter))
  }

  async denied(journal: Journal, limit: number, whose: 'any' | 'own'): Promise<readonly YangError[]> {
    return this.native.denied(nativeJournal(journal), limit, whose)
  }

  async refused(
    config: Fragment,
    defaultOperation: EditOptions['defaultOperation'],
    limit: number,
  ): Promise<readonly YangError[]> {
    return this.native.refused(nativeFragment(config), defaultOperation, limit)
  }

  [Symbol.dispose](): void {
    this.native.dispose()
  }
}

export function nativeAccess(access: Access): NativeAccess {
  if (!(access instanceof AccessHandle)) throw new TypeError('expected an Access of this package')
  return access.native
}
