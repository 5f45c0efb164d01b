/** The data-plane client: members and their transactions, the keeper, the supervised weft-dataplane process. */
export type * from './types.js'
export { puntClasses } from './types.js'
export { DeadlineError, MemberError, MemberLostError } from './errors.js'
export { connectKeeper, KeeperClient, startKeeper, type KeeperOptions, type Namespace } from './keeper.js'
export { listenMembers, type MembersOptions } from './members.js'
export type { MemberLog } from './member.js'
export { DataplaneProcess, endDataplane, type DataplaneOptions } from './process.js'
export { encodeRecords } from './records.js'
