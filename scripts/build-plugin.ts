// Builds plugin/target/lexpand-*.zip with Maven: `npm run plugin:build [-- --test] [-- -Dopensearch.version=3.8.0]`.
// Exit status: 0 done, 1 failed, 3 when this machine lacks Maven or a JDK, so that callers can skip tests of the
// plugin.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findJdk, type Jdk } from '../embedded/engine/jdk.ts'
import { embeddedRelease } from '../embedded/engine/release.ts'
import { EngineError } from '../embedded/host/errors.ts'
import { DEFAULT_MODEL } from '../models/index.ts'

const MISSING_TOOLS = 3
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { test = false, properties } = readArguments(process.argv.slice(2))

let jdk: Jdk | undefined
try {
  // The compiler runs as the present user; the user of the engine does not matter here.
  jdk = await findJdk({ environment: process.env, user: undefined })
} catch (error) {
  if (!(error instanceof EngineError)) throw error
  process.stderr.write(`[plugin] not built: ${error.message}\n`)
}
process.exitCode = jdk === undefined ? MISSING_TOOLS : build(jdk)

function build({ home }: Jdk): number {
  const goals = [
    '--quiet',
    '--batch-mode',
    'package',
    `-Dlexpand.model=${DEFAULT_MODEL}`,
    `-Dopensearch.version=${embeddedRelease(process.env).version}`,
    ...properties,
  ]
  const { status, error } = spawnSync('mvn', [...goals, ...(test ? [] : ['-DskipTests'])], {
    cwd: join(root, 'plugin'),
    env: { ...process.env, JAVA_HOME: home },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error !== undefined) {
    process.stderr.write('[plugin] not built: expected the command mvn, got none on PATH. Install Maven.\n')
    return MISSING_TOOLS
  }
  if (status === 0) return 0
  process.stderr.write('[plugin] expected the build to succeed, got the failure above. Correct it.\n')
  return 1
}

function readArguments(given: readonly string[]): { test: boolean; properties: string[] } {
  const properties = given.filter((argument) => /^-D[\w.]+=\S+$/.test(argument))
  const rest = given.filter((argument) => !properties.includes(argument))
  const unknown = rest.find((argument) => argument !== '--test')
  if (unknown !== undefined) {
    process.stderr.write(`[plugin] expected --test or -Dname=value, got ${unknown}. Correct it.\n`)
    process.exit(2)
  }
  return { test: rest.length > 0, properties }
}
