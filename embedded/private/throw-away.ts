import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeContainers } from '../containers.ts'
import { createOpen } from '../host/cache-folder.ts'
import { endProcess, isRunning, markProcess, type ProcessMark } from '../host/processes.ts'
import { readState } from '../host/state.ts'

const PARENT = 'throw-away'
const OWNER_FILE = 'owner.json'

/**
 * A folder for services that live no longer than this process. Folders whose owners no longer exist (killed test runs)
 * are cleared first: their services are stopped and their data deleted.
 */
export async function throwAwayFolder(cache: string): Promise<string> {
  await clearAbandoned(cache)
  const parent = createOpen(join(cache, PARENT))
  const name = randomUUID().slice(0, 8)
  const draft = createOpen(join(cache, `new-${name}`))
  writeFileSync(join(draft, OWNER_FILE), JSON.stringify(markProcess(process.pid)))
  // The folder appears together with its owner's mark, so no other process takes it for abandoned.
  renameSync(draft, join(parent, name))
  return join(parent, name)
}

/** Stops the services of owners that no longer exist and deletes their folders. */
export async function clearAbandoned(cache: string): Promise<void> {
  const parent = createOpen(join(cache, PARENT))
  for (const name of readdirSync(parent)) await clearIfAbandoned(join(parent, name))
}

async function clearIfAbandoned(folder: string): Promise<void> {
  const owner = ownerOf(folder)
  if (owner !== undefined && isRunning(owner)) return
  for (const record of Object.values(readState(join(folder, 'state.json')))) {
    if (record.kind === 'process') await endProcess(record, 0)
    else if (record.kind === 'container') await removeContainers(record.project)
  }
  rmSync(folder, { recursive: true, force: true })
}

function ownerOf(folder: string): ProcessMark | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, OWNER_FILE), 'utf8')) as ProcessMark
  } catch {
    // Another process clears it at this moment.
    return undefined
  }
}
