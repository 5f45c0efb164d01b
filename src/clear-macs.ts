/** clear-mac-addresses of weft-bridge: a member forgets addresses that it has learned. */
import type { Rpc } from 'libyang-js'
import { MemberLostError, type MacSelection, type Member } from '../dataplane/client/index.js'
import { RequestError } from '../datastore/index.js'
import { operationPath, type Operation } from '../netconf/index.js'
import { leaf } from './controllers/xml.js'
import { parseMac } from './rib/index.js'

const namespace = 'urn:weft:params:xml:ns:yang:weft-bridge'

export function clearMacsOperation(member: () => Member): Operation {
  return {
    name: 'clear-mac-addresses',
    namespace,
    async run({ rpc }) {
      try {
        return {
          kind: 'content',
          xml: leaf('cleared', await member().clearMacs(selectionOf(rpc)), namespace),
        }
      } catch (error) {
        if (!(error instanceof MemberLostError)) throw error
        throw new RequestError({
          type: 'application',
          tag: 'operation-failed',
          message: error.message,
          path: operationPath(rpc),
        })
      }
    },
  }
}

function selectionOf(rpc: Rpc): MacSelection {
  const [domain, name, text] = ['bridge-domain', 'interface', 'mac-address'].map((path) => rpc.value(path))
  const mac = text === undefined ? undefined : parseMac(text)
  return {
    ...(domain !== undefined && { domain }),
    ...(name !== undefined && { interface: name }),
    ...(mac && { mac }),
  }
}
