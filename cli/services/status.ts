import type { Command } from 'commander'
import { type ServiceStatus, status } from '../../embedded/index.ts'
import { withExamples, withJson } from '../shell/command.ts'
import { EXIT, printResult } from '../shell/output.ts'

/** `lexpand status`: the embedded services; `lexpand doctor` reports on those named by OPENSEARCH_URL and REDIS_URL. */
export function register(program: Command): void {
  const command = program
    .command('status')
    .description(
      'Show the embedded OpenSearch and Redis. Exit status 1 when one is unhealthy; stopped is not.',
    )
    .action(run)
  withExamples(withJson(command), ['lexpand status', "lexpand status --json | jq '.services[].state'"])
}

async function run(flags: { readonly json: boolean }): Promise<void> {
  const services = await status()
  printResult(flags.json, { services: services.map(asRow) }, () => services.map(asLine).join('\n'))
  if (services.some(({ state }) => state === 'unhealthy')) process.exitCode = EXIT.problems
}

/** The form for scripts: every key is present, null where it does not apply. */
export function asRow({ name, state, url, pid, version, memoryBytes, dataDirectory }: ServiceStatus) {
  return {
    name,
    state,
    url: url ?? null,
    pid: pid ?? null,
    version: version ?? null,
    memory_bytes: memoryBytes ?? null,
    data_directory: dataDirectory === '' ? null : dataDirectory,
  }
}

export function asLine({
  name,
  state,
  url,
  pid,
  version,
  memoryBytes,
  dataDirectory,
}: ServiceStatus): string {
  const facts = [
    version,
    url,
    pid === undefined ? undefined : `pid ${pid}`,
    memoryBytes === undefined ? undefined : `${Math.round(memoryBytes / 2 ** 20)} MB`,
    dataDirectory === '' ? 'not started by Lexpand' : `data in ${dataDirectory}`,
  ]
  return `${name.padEnd(10)}  ${state.padEnd(9)}  ${facts.filter((fact) => fact !== undefined).join('  ')}`
}
