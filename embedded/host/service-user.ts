import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The account that services run as. */
export interface ServiceUser {
  readonly uid: number
  readonly gid: number
}

/**
 * OpenSearch refuses to run as uid 0. Any other number is accepted; no account has to exist for it.
 *
 * @returns undefined when this process is not root; services then run as the user who started them
 */
export function serviceUser(uid = process.getuid?.()): ServiceUser | undefined {
  return uid === 0 ? { uid: 10_001, gid: 10_001 } : undefined
}

/**
 * The first folder on the way to `path`, itself included, that a user cannot pass through, judged by owner, group and
 * permission bits. Missing parts are skipped: the process that creates them decides.
 */
export function firstClosedFolder(path: string, user: ServiceUser): string | undefined {
  const folders: string[] = []
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    folders.unshift(folder)
    if (folder === dirname(folder)) break
  }
  return folders.find((folder) => {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (found === undefined || !found.isDirectory()) return false
    const searchBit = found.uid === user.uid ? 0o100 : found.gid === user.gid ? 0o010 : 0o001
    return (found.mode & searchBit) === 0
  })
}
