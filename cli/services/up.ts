import type { Command } from 'commander'
import { up } from '../../embedded/index.ts'
import { withExamples, withJson } from '../shell/command.ts'
import { note, printResult } from '../shell/output.ts'
import { type ServiceFlags, servicesOf, withService } from './service-flags.ts'

/** `lexpand up`: the embedded OpenSearch and Redis. */
export function register(program: Command): void {
  const command = program
    .command('up')
    .description(
      'Start the embedded OpenSearch and Redis, or find them running. They run on until `lexpand down`.',
    )
    .action(run)
  withExamples(withJson(withService(command)), [
    'lexpand up',
    'lexpand up --only redis',
    'OPENSEARCH_URL=$(lexpand up --json | jq -r .opensearch_url)',
  ])
}

async function run(flags: ServiceFlags): Promise<void> {
  const { opensearchUrl, redisUrl, embedded } = await up({ ...servicesOf(flags), onProgress: note })
  const result = {
    // A service that was not asked for has no URL.
    opensearch_url: opensearchUrl === '' ? null : opensearchUrl,
    redis_url: redisUrl === '' ? null : redisUrl,
    embedded,
  }
  printResult(flags.json, result, () =>
    [
      opensearchUrl === '' ? '' : `OpenSearch  ${opensearchUrl}`,
      redisUrl === '' ? '' : `Redis       ${redisUrl}`,
    ]
      .filter((line) => line !== '')
      .join('\n'),
  )
}
