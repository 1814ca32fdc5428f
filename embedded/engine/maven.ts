import { EngineError } from '../host/errors.ts'
import { lastLines, runCommand } from '../host/run-command.ts'
import type { Jdk } from './jdk.ts'

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1'
const FETCH_MS = 900_000

/**
 * Copies one artifact into a folder.
 *
 * @param coordinate `group:artifact:version`, and `:zip` where it is no jar
 * @param folder empty, without a pom above it, so that no project of the user's is built
 * @throws EngineError ENGINE_NO_MAVEN, ENGINE_FETCH
 */
export function copyArtifact(coordinate: string, folder: string, jdk: Jdk): Promise<void> {
  return maven(
    [`${PLUGIN}:copy`, `-Dartifact=${coordinate}`, `-DoutputDirectory=${folder}`],
    coordinate,
    folder,
    jdk,
  )
}

/**
 * Copies all that a project depends on when it runs.
 *
 * @param project a folder with a pom.xml
 * @throws EngineError ENGINE_NO_MAVEN, ENGINE_FETCH
 */
export function copyDependencies(project: string, folder: string, jdk: Jdk): Promise<void> {
  return maven(
    [`${PLUGIN}:copy-dependencies`, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`],
    folder,
    project,
    jdk,
  )
}

async function maven(goal: readonly string[], what: string, cwd: string, jdk: Jdk): Promise<void> {
  const done = await runCommand('mvn', ['--quiet', '--batch-mode', ...goal], {
    cwd,
    // On a JDK that is known to work.
    env: { ...process.env, JAVA_HOME: jdk.home },
    timeoutMs: FETCH_MS,
  })
  if (done === undefined) {
    throw new EngineError(
      'ENGINE_NO_MAVEN',
      'expected the command mvn, which fetches the engine once, got none on PATH. Install Maven, or use a cluster of your own with OPENSEARCH_URL.',
    )
  }
  if (done.exitCode === 0) return
  throw new EngineError(
    'ENGINE_FETCH',
    `expected Maven to fetch ${what}, got exit status ${done.exitCode}. Check that Maven reaches its repository. Its last lines:\n${lastLines(done.stdout + done.stderr)}`,
  )
}
