import { once } from 'node:events'
import type { Client } from '@opensearch-project/opensearch'
import type { Command } from 'commander'
import { openQueue, type RunningWorker, startWorker, sweepAll } from '../workers/index.ts'
import { withConnection, withExamples, withJson } from './command.ts'
import type { ConnectionFlags } from './configuration.ts'
import { connect } from './connect.ts'
import { interruption } from './interrupt.ts'
import { processLogger } from './logger.ts'
import { type ModelFlags, openModel, withModel } from './model.ts'
import { note, printResult } from './output.ts'

export function register(program: Command): void {
  const command = program
    .command('worker')
    .description(
      'Encode what is queued for one model, in any index, until stopped; at its start, documents that wait in no job are queued. Several workers share the queue. SIGTERM and Ctrl-C finish the running jobs first.',
    )
    .action(work)
  withExamples(withJson(withModel(withConnection(command))), [
    'lexpand worker',
    'LEXPAND_LOG_LEVEL=warn lexpand worker --model ./my-model',
    'lexpand worker --opensearch https://search.example:9200 --redis redis://queue.example:6379',
  ])
}

interface WorkerFlags extends ModelFlags, ConnectionFlags {
  readonly json: boolean
}

async function work(flags: WorkerFlags): Promise<void> {
  const signal = interruption(
    'Stopping: the running jobs are finished first. A second signal ends it at once.',
  )
  const model = await openModel(flags)
  const { client, redisUrl, configuration } = await connect(flags)
  await queueWhatWaits(client, redisUrl, model.identity)
  const worker = await startWorker({ client, redisUrl, model, logger: processLogger(configuration.logLevel) })
  note(`Encoding with ${model.manifest.name} ${model.manifest.version}. Stop with Ctrl-C.`)
  if (!signal.aborted) await once(signal, 'abort')
  await worker.close()
  printResult(flags.json, worker.stats, summary)
}

/** What Redis lost while no worker ran, and what other clients wrote, is in no job: the indices know it. */
async function queueWhatWaits(client: Client, redisUrl: string, identity: string): Promise<void> {
  const queue = await openQueue(redisUrl, identity)
  try {
    for (const { index, found, error } of await sweepAll(client, queue, identity)) {
      if (error !== undefined) note(`${index} was not swept: ${error}`)
      else if (found > 0) note(`${index}: ${found} documents wait for a vector`)
    }
  } finally {
    await queue.close()
  }
}

function summary({ ready, empty, failed, jobs, failedJobs }: RunningWorker['stats']): string {
  return `${ready} encoded, ${empty} without text, ${failed} failed in ${jobs} jobs; ${failedJobs} jobs given up`
}
