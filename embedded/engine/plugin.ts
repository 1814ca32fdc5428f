import { createHash, randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { packageRoot } from '../host/cache-folder.ts'
import { withLock } from '../host/lock.ts'
import type { Jdk } from './jdk.ts'
import { embeddedRelease } from './release.ts'
import { unzip } from './unzip.ts'

/** Name in the plugin's descriptor and of the folder in which the engine expects it. */
const PLUGIN_NAME = 'lexpand'

/** Path of the plugin for the version of the embedded engine, as built by `npm run plugin:build`; undefined when it was not built. */
export function pluginZip(environment: NodeJS.ProcessEnv, root = packageRoot()): string | undefined {
  const { version } = embeddedRelease(environment)
  const folder = join(root, 'plugin', 'target')
  if (!existsSync(folder)) return undefined
  const built = readdirSync(folder).filter(
    (name) => name.startsWith('lexpand-') && name.endsWith(`-opensearch-${version}.zip`),
  )
  const [newest] = built.sort().reverse()
  return newest === undefined ? undefined : join(folder, newest)
}

/**
 * A home with the plugin: a copy of the given one by hard links (plugins cannot be kept outside the home). Its name
 * contains the hash of the zip, so that another build of the plugin gets another home.
 *
 * @param home an unpacked distribution, which is not changed
 * @throws EngineError ENGINE_FETCH when the zip cannot be unpacked
 */
export async function homeWithPlugin(home: string, zip: string, jdk: Jdk): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(zip)).digest('hex').slice(0, 12)
  const target = `${home}-${PLUGIN_NAME}-${hash}`
  if (existsSync(target)) return target
  return withLock(`${target}.lock`, {}, async () => {
    if (existsSync(target)) return target
    const draft = join(dirname(home), `plugin-draft-${randomUUID()}`)
    try {
      linkFolder(home, draft)
      await unpackPlugin(zip, join(draft, 'plugins', PLUGIN_NAME), jdk)
      renameSync(draft, target)
      removeOldHomes(home)
      return target
    } finally {
      rmSync(draft, { recursive: true, force: true })
    }
  })
}

/** Removes the homes of former builds of the plugin. A node that still runs from one has its files open. */
function removeOldHomes(home: string): void {
  const prefix = `${basename(home)}-${PLUGIN_NAME}-`
  for (const name of readdirSync(dirname(home)).filter((entry) =>
    /^[0-9a-f]{12}$/.test(entry.slice(prefix.length)),
  )) {
    const old = join(dirname(home), name)
    if (name.startsWith(prefix) && Date.now() - statSync(old).ctimeMs > OLD_HOME_MS) {
      rmSync(old, { recursive: true, force: true })
    }
  }
}

const OLD_HOME_MS = 7 * 86_400_000

/** Copies a folder by hard links, readable for the engine's user whatever the umask of this process. */
export function linkFolder(from: string, to: string): void {
  mkdirSync(to)
  chmodSync(to, 0o755)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) linkFolder(source, target)
    else linkSync(source, target)
  }
}

/** Unpacks a plugin's zip into its folder under `plugins`. */
export async function unpackPlugin(zip: string, folder: string, jdk: Jdk): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await unzip(zip, folder, jdk, 'Build or fetch it again.')
  for (const path of [join(folder, '..'), folder]) chmodSync(path, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
  }
}
