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

export interface Faults {
  /** Why an expression selects no resource. */
  readonly ofExpression: (expression: string) => string | undefined
  /** Takes what is wrong; what is left out of the settings then selects nothing. */
  readonly found: (error: ConfigError) => void
}

export async function readSettings(tree: Tree, faults: Faults): Promise<AlarmSettings> {
  const control = ((await tree.json(controlClaim)) ?? {}) as Document
  const notify = control['notify-status-changes'] ?? 'all-state-changes'
  return {
    mostChanges: control['max-alarm-status-changes'] ?? factorySettings.mostChanges,
    notify: notify === 'severity-level' ? { level: control['notify-severity-level'] ?? 'major' } : notify,
    shelves: (control['alarm-shelving']?.shelf ?? []).map((shelf) => readShelf(shelf, faults)),
  }
}

function readShelf(
  { name, resource = [], 'alarm-type': types = [] }: ShelfDocument,
  { ofExpression, found }: Faults,
): Shelf {
  const shelf = `${controlClaim}/alarm-shelving/shelf${key('name', name)}`
  for (const expression of resource) {
    const fault = ofExpression(expression)
    if (fault !== undefined)
      found(
        new ConfigError(
          `${shelf}/resource${key('.', expression)}`,
          `${quoted(expression)} selects no resource: ${fault}`,
        ),
      )
  }
  return {
    name,
    resources: resource,
    types: types.map(({ 'alarm-type-id': type, 'alarm-type-qualifier-match': match }) => {
      const at = `${shelf}/alarm-type${key('alarm-type-id', type)}${key('alarm-type-qualifier-match', match)}`
      return { type, qualifier: expressionOf(match, `${at}/alarm-type-qualifier-match`, found) }
    }),
  }
}

const quoted = (text: string): string => (text.includes('"') ? `'${text}'` : `"${text}"`)

const nothing = /(?!)/

/** An expression of XML Schema matches the whole of a text. */
function expressionOf(text: string, path: string, found: Faults['found']): RegExp {
  try {
    return new RegExp(`^(?:${text})$`, 'u')
  } catch {
    found(
      new ConfigError(
        path,
        `${quoted(text)} is not a regular expression; an empty one matches alarms without a qualifier, .* all`,
      ),
    )
    return nothing
  }
}
