import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { EngineError } from '../host/errors.ts'
import { runCommand } from '../host/run-command.ts'
import { firstClosedFolder, type ServiceUser } from '../host/service-user.ts'
import { javaFeature } from '../host/versions.ts'
import { embeddedRelease, type Release } from './release.ts'

/** The engine is tested with this release, so it is preferred among the JDKs in the usual folders. */
const TESTED_JAVA = 25

export interface Jdk {
  readonly home: string
  readonly version: string
  readonly feature: number
}

export interface JdkSearch {
  /** Variables with places of JDKs, and LEXPAND_OPENSEARCH_VERSION, whose release limits the versions. */
  readonly environment: NodeJS.ProcessEnv
  /** The account that must be able to run the JDK. */
  readonly user: ServiceUser | undefined
  /** Folders that contain JDKs. @default the usual ones of Linux, macOS and version managers */
  readonly folders?: readonly string[] | undefined
}

/**
 * Looks for a JDK that can run OpenSearch: LEXPAND_JAVA_HOME (which is binding), OPENSEARCH_JAVA_HOME, JAVA_HOME, the
 * `java` commands on PATH, then the usual folders. The one on PATH is often too old and then skipped.
 *
 * @throws EngineError ENGINE_NO_JDK with every place and the reason why its JDK cannot be used
 */
export async function findJdk({ environment, user, folders = usualFolders() }: JdkSearch): Promise<Jdk> {
  const { java } = embeddedRelease(environment)
  const tried: string[] = []
  const look = async (home: string, place: string): Promise<Jdk | undefined> => {
    const found = await inspectJdk(home, user, java)
    if (typeof found !== 'string') return found
    tried.push(`${place} ${found}`)
    return undefined
  }
  for (const variable of ['LEXPAND_JAVA_HOME', 'OPENSEARCH_JAVA_HOME', 'JAVA_HOME']) {
    const home = environment[variable]
    if (!home) continue
    const jdk = await look(home, `${variable}=${home}`)
    if (jdk !== undefined) return jdk
    if (variable === 'LEXPAND_JAVA_HOME') throw noJdk(java, tried)
  }
  for (const home of homesOnPath(environment.PATH ?? '')) {
    const jdk = await look(home, `PATH: ${home}`)
    if (jdk !== undefined) return jdk
  }
  const installed: Jdk[] = []
  for (const home of folders.flatMap(homesIn)) {
    const jdk = await look(home, home)
    if (jdk !== undefined) installed.push(jdk)
  }
  const [best] = installed.sort((a, b) => distance(a) - distance(b))
  if (best === undefined) throw noJdk(java, [...tried, `nothing else in ${folders.join(', ')}`])
  return best
}

/** Orders the tested release first, then older ones, then newer ones, the nearest first in each group. */
function distance({ feature }: Jdk): number {
  return feature <= TESTED_JAVA ? TESTED_JAVA - feature : TESTED_JAVA + feature
}

function noJdk({ least, most }: Release['java'], tried: readonly string[]): EngineError {
  const wanted = most === undefined ? `${least} or newer` : `${least} to ${most}`
  return new EngineError(
    'ENGINE_NO_JDK',
    `expected a JDK of version ${wanted}, got none. Install one, or point LEXPAND_JAVA_HOME at it. Tried:\n${tried.map((line) => `  ${line}`).join('\n')}`,
  )
}

/** @returns the JDK, or the reason why it cannot be used */
export async function inspectJdk(
  home: string,
  user: ServiceUser | undefined,
  { least, most = Number.POSITIVE_INFINITY }: Release['java'],
): Promise<Jdk | string> {
  const java = join(home, 'bin', 'java')
  if (!existsSync(java)) return 'has no bin/java'
  const release = readRelease(home)
  const version = release.version ?? (await askVersion(java))
  if (version === undefined) return 'does not tell its version'
  const feature = javaFeature(version)
  if (feature < least || feature > most) return `is version ${version}`
  if (!existsSync(join(home, 'bin', 'jar')))
    return `is a runtime of version ${version}, not a JDK: it has no bin/jar`
  // A reduced runtime starts the engine but fails every index creation: the engine's analyzers need the Thai segmenter.
  if (release.modules !== undefined && !release.modules.includes('jdk.localedata')) {
    return `is a cut-down runtime of version ${version} without the module jdk.localedata`
  }
  const closed = user === undefined ? undefined : firstClosedFolder(realpathSync(home), user)
  if (closed !== undefined)
    return `is version ${version}, but ${closed} is closed to uid ${user?.uid}, which the engine of root runs as`
  return { home, version, feature }
}

function readRelease(home: string): { version?: string; modules?: readonly string[] } {
  let text: string
  try {
    text = readFileSync(join(home, 'release'), 'utf8')
  } catch {
    // Some packages lack the file; `java -version` gives the same answer.
    return {}
  }
  const version = /^JAVA_VERSION="([^"]+)"/m.exec(text)?.[1]
  const modules = /^MODULES="([^"]*)"/m.exec(text)?.[1]?.split(' ')
  return { version, modules }
}

async function askVersion(java: string): Promise<string | undefined> {
  const answer = await runCommand(java, ['-version'], { timeoutMs: 10_000 })
  return /version "([^"]+)"/.exec(answer?.stderr ?? '')?.[1]
}

function homesOnPath(path: string): string[] {
  const commands = path
    .split(delimiter)
    .map((folder) => join(folder, 'java'))
    .filter((file) => existsSync(file))
  return [...new Set(commands.map((file) => dirname(dirname(realpathSync(file)))))]
}

/** JDKs in a folder; on macOS the real home is two levels further down. */
function homesIn(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    // Most of the usual folders do not exist on a given machine.
    return []
  }
  const candidates = names.flatMap((name) => [join(folder, name), join(folder, name, 'Contents', 'Home')])
  const homes = candidates.filter((home) => existsSync(join(home, 'bin', 'java')))
  return [...new Set(homes.map((home) => realpathSync(home)))]
}

function usualFolders(): string[] {
  const home = homedir()
  return [
    '/usr/lib/jvm',
    '/usr/java',
    '/opt',
    '/opt/java',
    '/Library/Java/JavaVirtualMachines',
    join(home, 'Library/Java/JavaVirtualMachines'),
    join(home, '.sdkman/candidates/java'),
    join(home, '.asdf/installs/java'),
    join(home, '.local/share/mise/installs/java'),
    join(home, '.jdks'),
  ]
}
