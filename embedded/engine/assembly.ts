import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../host/errors.ts'
import type { Jdk } from './jdk.ts'
import { copyDependencies } from './maven.ts'
import type { ModuleName, Parts, Release } from './release.ts'

/** Where a module's class is, less its end (`Plugin` in OpenSearch 2, `ModulePlugin` since), and whose classes it uses. */
const MODULES: Readonly<Record<ModuleName, { artifact: string; class: string; extended?: ModuleName }>> = {
  'transport-netty4': { artifact: 'transport-netty4-client', class: 'org.opensearch.transport.Netty4' },
  'lang-painless': { artifact: 'lang-painless', class: 'org.opensearch.painless.Painless' },
  'mapper-extras': { artifact: 'mapper-extras-client', class: 'org.opensearch.index.mapper.MapperExtras' },
  'ingest-common': {
    artifact: 'ingest-common',
    class: 'org.opensearch.ingest.common.IngestCommon',
    extended: 'lang-painless',
  },
  'search-pipeline-common': {
    artifact: 'search-pipeline-common',
    class: 'org.opensearch.search.pipeline.common.SearchPipelineCommonModule',
    extended: 'lang-painless',
  },
  'analysis-common': {
    artifact: 'analysis-common',
    class: 'org.opensearch.analysis.common.CommonAnalysis',
    extended: 'lang-painless',
  },
  reindex: { artifact: 'reindex-client', class: 'org.opensearch.index.reindex.Reindex' },
  'parent-join': { artifact: 'parent-join-client', class: 'org.opensearch.join.ParentJoin' },
}

/** Annotations for compilers, which no distribution holds. */
const NEEDLESS = /^(error_prone_annotations|jspecify)-/

export interface AssemblyContext {
  readonly jdk: Jdk
  /** A whole node that lends what this release does not publish. */
  readonly lender: string
  readonly onProgress: (message: string) => void
}

/**
 * Makes a whole node in a folder that holds what the release's zip has, or nothing. Maven checks each jar against its
 * repository; all of them together are checked against the digest that is pinned here.
 *
 * @throws EngineError ENGINE_NO_MAVEN, ENGINE_FETCH, ENGINE_CHECKSUM
 */
export async function assemble(
  home: string,
  release: Release,
  parts: Parts,
  context: AssemblyContext,
): Promise<void> {
  for (const name of ['bin', 'config', 'lib', 'modules', 'plugins'])
    mkdirSync(join(home, name), { recursive: true })
  const lib = join(home, 'lib')
  if (parts.lib.length > 0) await fetchJars(parts.lib, lib, context.jdk)
  for (const name of parts.modules) {
    context.onProgress(`fetching the module ${name} of OpenSearch ${release.version} with Maven`)
    await addModule(home, name, release, context)
  }
  for (const name of parts.borrowed) {
    const folder = join(home, 'modules', name)
    cpSync(join(context.lender, 'modules', name), folder, { recursive: true })
    writeFileSync(join(folder, DESCRIPTOR), descriptor(name, release))
  }
  const got = digestOfJars(home)
  if (got === parts.sha256) return
  throw new EngineError(
    'ENGINE_CHECKSUM',
    `expected the jars of OpenSearch ${release.version} with sha256 ${parts.sha256}, got ${got}. Delete org/opensearch in Maven's local repository and try again; if it stays, do not trust the source.`,
  )
}

/** The sha256 of the lines `sha256  path` of all jars, sorted by path. */
export function digestOfJars(home: string): string {
  const jars = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.jar'),
  )
  const lines = jars.sort().map((path) => `${sha256(readFileSync(join(home, path)))}  ${path}\n`)
  return sha256(lines.join(''))
}

const DESCRIPTOR = 'plugin-descriptor.properties'

async function addModule(
  home: string,
  name: ModuleName,
  release: Release,
  { jdk, lender }: AssemblyContext,
): Promise<void> {
  const { artifact, extended } = MODULES[name]
  const folder = join(home, 'modules', name)
  await fetchJars([`org.opensearch.plugin:${artifact}:${release.version}`], folder, jdk)
  // The engine refuses to load a class from two places.
  const inherited = [join(home, 'lib'), ...(extended === undefined ? [] : [join(home, 'modules', extended)])]
  const known = new Set(inherited.flatMap((place) => readdirSync(place)).map(artifactOf))
  for (const jar of readdirSync(folder)) if (known.has(artifactOf(jar))) rmSync(join(folder, jar))
  writeFileSync(join(folder, DESCRIPTOR), descriptor(name, release))
  const policy = join(lender, 'modules', name, 'plugin-security.policy')
  if (existsSync(policy)) cpSync(policy, join(folder, 'plugin-security.policy'))
}

async function fetchJars(coordinates: readonly string[], folder: string, jdk: Jdk): Promise<void> {
  const project = `${folder}-project`
  mkdirSync(project, { recursive: true })
  writeFileSync(join(project, 'pom.xml'), pom(coordinates))
  mkdirSync(folder, { recursive: true })
  await copyDependencies(project, folder, jdk)
  rmSync(project, { recursive: true })
  for (const jar of readdirSync(folder)) if (NEEDLESS.test(jar)) rmSync(join(folder, jar))
}

function pom(coordinates: readonly string[]): string {
  const dependencies = coordinates.map((coordinate) => {
    const [group, artifact, version] = coordinate.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`
  })
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>org.lexpand</groupId><artifactId>assembly</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies></project>\n`
}

function descriptor(name: ModuleName, { version, java }: Release): string {
  const module = MODULES[name]
  const isModule = version.startsWith('2.') || module.class.endsWith('Module')
  return [
    `description=${name}`,
    `version=${version}`,
    `name=${name}`,
    `classname=${module.class}${isModule ? 'Plugin' : 'ModulePlugin'}`,
    `java.version=${java.least}`,
    `opensearch.version=${version}`,
    `extended.plugins=${module.extended ?? ''}`,
    'has.native.controller=false\n',
  ].join('\n')
}

/** `asm` of `asm-9.7.jar`. */
function artifactOf(jar: string): string {
  return jar.replace(/-\d[^-]*(\.Final)?\.jar$/, '')
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
