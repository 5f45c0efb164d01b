/** Where weft-chassis is in the configuration. */
export const claim = '/weft-chassis:chassis'
export const namespace = 'urn:weft:params:xml:ns:yang:weft-chassis'
