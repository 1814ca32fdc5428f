import { join } from 'node:path'
import { OPENSEARCH_VERSION } from './engine/release.ts'
import { packageRoot } from './host/cache-folder.ts'
import { EngineError } from './host/errors.ts'
import { LOOPBACK } from './host/ports.ts'
import { type CommandResult, lastLines, runCommand } from './host/run-command.ts'
import type { ContainerRecord, ServiceName } from './host/state.ts'

/** Version in docker-compose.yml; a unit test compares the two. */
export const REDIS_IMAGE_VERSION = '7.4'

const IMAGE_PULL_MS = 900_000

/** Whether a Docker daemon answers; an installed client alone is not enough. */
export async function dockerAnswers(): Promise<boolean> {
  const answer = await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: 10_000,
  })
  return answer?.exitCode === 0
}

/**
 * Starts one service of docker-compose.yml on the given port; its data stays in a volume of the project.
 * Does not wait until it is healthy.
 *
 * @throws EngineError ENGINE_DOCKER, ENGINE_PORT when the port was taken
 */
export async function startContainer(
  name: ServiceName,
  project: string,
  port: number,
): Promise<ContainerRecord> {
  const variable = name === 'opensearch' ? 'LEXPAND_OPENSEARCH_PORT' : 'LEXPAND_REDIS_PORT'
  const memory = memoryFor(process.env)
  await compose(project, ['up', '--detach', name], {
    [variable]: String(port),
    ...(memory === undefined ? {} : { LEXPAND_OPENSEARCH_MEMORY: memory }),
  })
  return {
    kind: 'container',
    project,
    url: `${name === 'opensearch' ? 'http' : 'redis'}://${LOOPBACK}:${port}`,
    version: name === 'opensearch' ? OPENSEARCH_VERSION : REDIS_IMAGE_VERSION,
    dataDirectory: `${project}_${name}-data`,
    startedAt: new Date().toISOString(),
  }
}

/**
 * Twice the heap that was asked for: the limit in docker-compose.yml fits its default heap, and a container with a
 * larger one would be killed.
 */
function memoryFor({ LEXPAND_HEAP = '', LEXPAND_OPENSEARCH_MEMORY }: NodeJS.ProcessEnv): string | undefined {
  const [, number = '', unit = ''] = /^(\d+)([mg])$/i.exec(LEXPAND_HEAP) ?? []
  return LEXPAND_OPENSEARCH_MEMORY ?? (number === '' ? undefined : `${2 * Number(number)}${unit}`)
}

/** Removes the container of a service and keeps its volume. */
export async function stopContainer(name: ServiceName, project: string): Promise<void> {
  await compose(project, ['rm', '--stop', '--force', name])
}

/** Removes all containers of a project together with their volumes. */
export async function removeContainers(project: string): Promise<void> {
  await compose(project, ['down', '--volumes'])
}

/** The last lines of a container's log. */
export async function containerLog(name: ServiceName, project: string): Promise<string> {
  return lastLines((await compose(project, ['logs', '--no-color', '--tail', '20', name])).stdout, 20)
}

async function compose(
  project: string,
  composeArguments: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  const [command, ...prefix] = await composeCommand()
  const file = join(packageRoot(), 'docker-compose.yml')
  const result = await runCommand(
    command,
    [...prefix, '--file', file, '--project-name', project, ...composeArguments],
    {
      env: { ...process.env, ...environment },
      timeoutMs: IMAGE_PULL_MS,
    },
  )
  if (result?.exitCode === 0) return result
  const taken = /(\S*:\d+)[^\n]*(?:port is already allocated|address already in use)/.exec(
    result?.stderr ?? '',
  )?.[1]
  if (taken !== undefined) {
    throw new EngineError(
      'ENGINE_PORT',
      `expected a container to listen on ${taken}, got a port that another program has taken. Stop that program, or try again for another port.`,
    )
  }
  throw new EngineError(
    'ENGINE_DOCKER',
    `expected docker compose ${composeArguments.join(' ')} to succeed, got exit status ${result?.exitCode}. Correct what it says:\n${lastLines(result?.stderr ?? '')}`,
  )
}

/** Compose is a plug-in of the docker command or, on older machines, a program of its own. */
async function composeCommand(): Promise<[string, ...string[]]> {
  if ((await runCommand('docker', ['compose', 'version']))?.exitCode === 0) return ['docker', 'compose']
  if ((await runCommand('docker-compose', ['version']))?.exitCode === 0) return ['docker-compose']
  throw new EngineError(
    'ENGINE_DOCKER',
    'expected Docker with Compose, got Docker alone. Install its Compose plug-in, or a JDK, or name running servers in OPENSEARCH_URL and REDIS_URL.',
  )
}
