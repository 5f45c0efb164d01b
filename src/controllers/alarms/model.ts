/** The control of alarms as values, from ietf-alarms (RFC 8632, section 4.1). */
import type { Tree } from 'libyang-js'
import { ConfigError } from '../../../datastore/index.js'
import { factorySettings, type AlarmSettings, type Severity, type Shelf } from '../../alarms/index.js'
import { key } from '../path.js'

export const alarmsPath = '/ietf-alarms:alarms'
export const controlClaim = `${alarmsPath}/control`

interface ShelfDocument {
  readonly name: string
  readonly resource?: readonly string[]
  readonly 'alarm-type'?: readonly {
    readonly 'alarm-type-id': string
    readonly 'alarm-type-qualifier-match': string
  }[]
}

interface Document {
  readonly 'max-alarm-status-changes'?: number
  readonly 'notify-status-changes'?: 'all-state-changes' | 'raise-and-clear' | 'severity-level'
  readonly 'notify-severity-level'?: Severity
  readonly 'alarm-shelving'?: { readonly shelf?: readonly ShelfDocument[] }
}

/** Throws ConfigError. */
export async function readSettings(tree: Tree): Promise<AlarmSettings> {
  const control = ((await tree.json(controlClaim)) ?? {}) as Document
  const notify = control['notify-status-changes'] ?? 'all-state-changes'
  return {
    mostChanges: control['max-alarm-status-changes'] ?? factorySettings.mostChanges,
    notify: notify === 'severity-level' ? { level: control['notify-severity-level'] ?? 'major' } : notify,
    shelves: (control['alarm-shelving']?.shelf ?? []).map(readShelf),
  }
}

function readShelf({ name, resource = [], 'alarm-type': types = [] }: ShelfDocument): Shelf {
  return {
    name,
    resources: resource,
    types: types.map(({ 'alarm-type-id': type, 'alarm-type-qualifier-match': match }) => ({
      type,
      qualifier: expressionOf(match, () => {
        const shelf = `${controlClaim}/alarm-shelving/shelf${key('name', name)}`
        return `${shelf}/alarm-type${key('alarm-type-id', type)}${key('alarm-type-qualifier-match', match)}`
      }),
    })),
  }
}

/** An expression of XML Schema matches the whole of a text. */
function expressionOf(text: string, at: () => string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`, 'u')
  } catch {
    throw new ConfigError(
      `${at()}/alarm-type-qualifier-match`,
      `${JSON.stringify(text)} is not a regular expression; an empty one matches alarms without a qualifier, .* all`,
    )
  }
}
