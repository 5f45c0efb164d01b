/**
 * Before there was access control only admin could log in, and could do everything. So it stays for admin; other users, who
 * can log in from now on, may read what is no secret.
 *
 * This step is frozen, as every step is once it has been released: stored configurations have gone through it, or will, and must
 * come out alike. What should be otherwise is another step.
 */
import type { Migration } from './index.js'

const reading = [
  ['ietf-netconf', 'get'],
  ['ietf-netconf', 'get-config'],
  ['ietf-netconf-nmda', 'get-data'],
  ['ietf-netconf-monitoring', 'get-schema'],
  ['ietf-nmda-compare', 'compare'],
  ['weft-history', 'compare'],
] as const

export const accessControl: Migration = {
  to: 1,
  summary: 'admin may do everything, other users read',
  migrate: (configuration) => ({
    'ietf-netconf-acm:nacm': {
      'read-default': 'permit',
      'write-default': 'deny',
      'exec-default': 'deny',
      groups: { group: [{ name: 'admin', 'user-name': ['admin'] }] },
      'rule-list': [
        {
          name: 'admin',
          group: ['admin'],
          rule: [{ name: 'all', 'module-name': '*', 'access-operations': '*', action: 'permit' }],
        },
        {
          name: 'everyone',
          group: ['everyone'],
          rule: reading.map(([module, operation]) => ({
            name: `${module}-${operation}`,
            'module-name': module,
            'rpc-name': operation,
            'access-operations': 'exec',
            action: 'permit',
          })),
        },
      ],
    },
    ...configuration,
  }),
}
