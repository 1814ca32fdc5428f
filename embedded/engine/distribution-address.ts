import { EngineError } from '../host/errors.ts'
import { embeddedRelease } from './release.ts'

/** Address of the OpenSearch project; below it `VERSION/opensearch-min-VERSION-PLATFORM-ARCHITECTURE.tar.gz` and its `.sha512`. */
const OFFICIAL = 'https://artifacts.opensearch.org/releases/core/opensearch'

/** A machine as Node names it. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly arch: string
  /** False on Alpine and similar systems, which cannot run the JDK of the distribution. */
  readonly hasGlibc: boolean
}

/**
 * Name of the archive for this kind of machine.
 *
 * @throws EngineError ENGINE_FETCH when none is published for it
 */
export function archiveName(environment: NodeJS.ProcessEnv, machine: Machine = thisMachine()): string {
  const { platform, arch, hasGlibc } = machine
  const isKnown = (platform === 'linux' && hasGlibc) || platform === 'darwin'
  if (isKnown && (arch === 'x64' || arch === 'arm64')) {
    return `opensearch-min-${embeddedRelease(environment).version}-${platform}-${arch}.tar.gz`
  }
  const libc = platform === 'linux' && !hasGlibc ? ' without glibc' : ''
  throw new EngineError(
    'ENGINE_FETCH',
    `expected Linux (glibc) or macOS on x64 or arm64, which OpenSearch's minimal distribution is made for, got ${platform} ${arch}${libc}. Install a JDK and Maven, use Docker, or name a cluster of your own in OPENSEARCH_URL.`,
  )
}

/**
 * Address of the archive: below LEXPAND_DISTRIBUTION_URL (a mirror with the same names), else at the project's address.
 * Without TLS, an attacker on the network could exchange archive and digest alike, so a mirror on plain http is
 * accepted only with a digest in LEXPAND_DISTRIBUTION_SHA512, or on this very machine.
 *
 * @throws EngineError ENGINE_SETTING
 */
export function archiveAddress(environment: NodeJS.ProcessEnv, machine?: Machine): URL {
  const given = environment.LEXPAND_DISTRIBUTION_URL || OFFICIAL
  const url = URL.parse(
    `${given.replace(/\/+$/, '')}/${embeddedRelease(environment).version}/${archiveName(environment, machine)}`,
  )
  const isSafe =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' &&
      (['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname) ||
        !!environment.LEXPAND_DISTRIBUTION_SHA512))
  if (url !== null && isSafe && url.search === '' && url.hash === '') return url
  throw new EngineError(
    'ENGINE_SETTING',
    `expected LEXPAND_DISTRIBUTION_URL as an https address (or http, with the archive's digest in LEXPAND_DISTRIBUTION_SHA512), got ${JSON.stringify(given.replace(/\/\/[^/@]*@/, '//***@'))}. Correct it.`,
  )
}

function thisMachine(): Machine {
  // The report would look up the names of this machine's connections, which takes seconds and is not needed here.
  Object.assign(process.report, { excludeNetwork: true })
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return {
    platform: process.platform,
    arch: process.arch,
    hasGlibc: header?.glibcVersionRuntime !== undefined,
  }
}
