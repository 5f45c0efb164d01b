/** The operations that this server knows: one line each. */
import { cancelCommit } from './cancel-commit.js'
import { closeSession } from './close-session.js'
import { commitConfiguration } from './commit-configuration.js'
import { commit } from './commit.js'
import { compare } from './compare.js'
import { copyConfig } from './copy-config.js'
import { deleteConfig } from './delete-config.js'
import { discardChanges } from './discard-changes.js'
import { editData } from './edit-data.js'
import { editConfig } from './edit-config.js'
import { factoryReset } from './factory-reset.js'
import { getConfig } from './get-config.js'
import { getData } from './get-data.js'
import { getSchema } from './get-schema.js'
import { get } from './get.js'
import { killSession } from './kill-session.js'
import { lock } from './lock.js'
import type { Operation } from './operation.js'
import { nmdaCompare } from './nmda-compare.js'
import { partialLock, partialUnlock } from './partial-lock.js'
import { rollback } from './rollback.js'
import { unlock } from './unlock.js'
import { validate } from './validate.js'

export const standardOperations: readonly Operation[] = [
  get,
  getConfig,
  editConfig,
  getData,
  editData,
  copyConfig,
  deleteConfig,
  factoryReset,
  lock,
  unlock,
  partialLock,
  partialUnlock,
  validate,
  commit,
  commitConfiguration,
  cancelCommit,
  discardChanges,
  rollback,
  compare,
  nmdaCompare,
  closeSession,
  killSession,
  getSchema,
]

export class OperationRegistry {
  private readonly byName = new Map<string, Operation>()

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) this.byName.set(key(operation.namespace, operation.name), operation)
  }

  find(namespace: string, name: string): Operation | undefined {
    return this.byName.get(key(namespace, name))
  }
}

function key(namespace: string, name: string): string {
  return `{${namespace}}${name}`
}
