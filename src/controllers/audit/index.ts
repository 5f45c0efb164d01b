/** The audit controller: weft-audit becomes the places of the audit log. No affair of members. */
import type { Tree } from 'libyang-js'
import type { Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import { factorySettings, type AuditControl, type AuditSettings } from '../../audit/index.js'
import type { Context } from '../context.js'
import { rows } from '../rows.js'
import { auditState } from './state.js'

const claim = '/weft-audit:audit'

const query = {
  list: `${claim}/syslog`,
  columns: ['name', 'transport', 'address', 'port'],
}

export function auditController(control: AuditControl): Controller<Context, Operation> {
  return {
    name: 'audit',
    claims: [claim],
    needs: [],
    provides: [],
    async plan({ after }) {
      const settings = await readSettings(after)
      return { steps: [], adopt: () => control.configure(settings) }
    },
    state: [auditState(control)],
  }
}

async function readSettings(tree: Tree): Promise<AuditSettings> {
  const { file } = factorySettings
  const syslog: AuditSettings['syslog'][number][] = []
  for await (const row of rows(query, tree.entries(query))) {
    syslog.push({
      name: row.needed('name'),
      transport: row.text('transport') === 'tcp' ? 'tcp' : 'udp',
      address: row.needed('address'),
      port: row.number('port') ?? 514,
    })
  }
  return {
    reads: (await tree.value(`${claim}/reads`)) !== 'false',
    file: {
      size: Number((await tree.value(`${claim}/file/size`)) ?? file.size),
      keep: Number((await tree.value(`${claim}/file/keep`)) ?? file.keep),
    },
    syslog,
  }
}
