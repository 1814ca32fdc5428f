import type { Command } from 'commander'
import { LexpandError } from '../../sparse/errors.ts'
import {
  encodeQueueName,
  lexpandIndices,
  openQueue,
  pauseQueue,
  type QueueState,
  queueState,
  resumeQueue,
} from '../../workers/index.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { printResult } from '../shell/output.ts'

/** `lexpand queue`: pauses encoding, for example while a cluster is repaired, and resumes it. */
export function register(program: Command): void {
  const queue = program
    .command('queue')
    .description('Pause and resume encoding, for example while a cluster is repaired.')
  const pause = queue
    .command('pause')
    .description(
      'Let no worker take a job until resume; running jobs are finished. Documents are stored and found as before, the new ones without a vector. The queue belongs to a model: all its indices are held.',
    )
    .action((flags: QueueFlags) => change(flags, 'paused'))
  const resume = queue
    .command('resume')
    .description('Let workers go on.')
    .action((flags: QueueFlags) => change(flags, 'resumed'))
  for (const [command, name] of [
    [pause, 'pause'],
    [resume, 'resume'],
  ] as const) {
    command.option(
      '--index <name...>',
      'queues of the models of these indices or aliases (default: of all indices of the cluster)',
    )
    withExamples(withJson(withConnection(command)), [
      `lexpand queue ${name}`,
      `lexpand queue ${name} --index articles`,
    ])
  }
}

interface QueueFlags extends ConnectionFlags {
  readonly index?: readonly string[] | undefined
  readonly json: boolean
}

interface Changed {
  readonly indices: readonly string[]
  readonly state: QueueState
}

async function change(flags: QueueFlags, to: 'paused' | 'resumed'): Promise<void> {
  const { client, redisPlace } = await connect(flags)
  const all = await lexpandIndices(client)
  const named = flags.index === undefined ? all : await lexpandIndices(client, { indices: flags.index })
  if (named.length === 0) {
    throw new LexpandError(
      'INDEX',
      `[queue] expected ${flags.index?.join(', ') ?? 'an index of this cluster'} to be set up by Lexpand, got none that is. Run lexpand indices to see which are.`,
    )
  }
  const changed: Changed[] = []
  for (const identity of new Map(
    named.map((one) => [encodeQueueName(one.identity), one.identity]),
  ).values()) {
    const queue = await openQueue({ redis: redisPlace, model: { identity } })
    try {
      await (to === 'paused' ? pauseQueue(queue) : resumeQueue(queue))
      const held = all.filter((index) => encodeQueueName(index.identity) === queue.name)
      changed.push({ indices: held.map(({ name }) => name), state: await queueState(queue) })
    } finally {
      await queue.close()
    }
  }
  printResult(flags.json, { queues: changed.map(asRow) }, () =>
    changed.map((one) => asLine(one, to)).join('\n'),
  )
}

function asRow({ indices, state: { name, waiting, active, failed, isPaused, workers } }: Changed) {
  return { name, paused: isPaused, waiting, active, failed, workers, indices }
}

function asLine({ indices, state: { name, waiting, active, workers } }: Changed, to: string): string {
  const next =
    to === 'paused'
      ? 'Next: lexpand queue resume'
      : workers === 0
        ? 'Next: lexpand worker'
        : `${workers} working`
  return `${name} ${to} (${indices.join(', ')}): ${waiting} jobs wait, ${active} run. ${next}`
}
