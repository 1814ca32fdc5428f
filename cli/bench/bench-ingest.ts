import { availableParallelism } from 'node:os'
import { type Command, Option } from 'commander'
import { measureIngest } from '../../bench/ingest/ingest.ts'
import { encoderAlone } from '../../bench/ingest/ingest-alone.ts'
import type { BenchEncoderKind } from '../../bench/ingest/ingest-encoder.ts'
import { type IngestResult, ingestTable, runLines } from '../../bench/ingest/ingest-table.ts'
import { INGEST_WAYS, type IngestWay } from '../../bench/ingest/ingest-ways.ts'
import { documentText } from '../../mappings/index.ts'
import { machine } from '../../measure/machine.ts'
import { documentationPassages } from '../../sources/documentation.ts'
import { openSource } from '../../sources/open-source.ts'
import { findTextFields } from '../../sources/text-fields.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { connect as connectRedis, type SourceDocument } from '../../workers/index.ts'
import { integer, list } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { type ModelFlags, modelCache, openModel, withModel } from '../shell/model.ts'
import { note, printResult } from '../shell/output.ts'

export function registerBenchIngest(bench: Command): void {
  const ingest = bench
    .command('ingest')
    .description(
      'Documents a second through the whole pipeline, beside the encoder alone; who uses the time, the processor and the memory.',
    )
    .argument(
      '[source]',
      'JSONL or CSV file, folder or BEIR folder (default: documentation of installed packages)',
    )
    .addOption(
      new Option('--documents <n>', 'documents of a run').default(500).argParser(integer(1, 10_000_000)),
    )
    .addOption(
      new Option(
        '--ways <list>',
        'push: enqueue; hook: plain bulk requests, found by the sweeper; reindex: in place',
      )
        .default([...INGEST_WAYS], INGEST_WAYS.join(','))
        .argParser(list(INGEST_WAYS)),
    )
    .addOption(
      new Option('--workers <list>', 'numbers of worker processes; the cores are shared among them')
        .default([1, 2], '1,2')
        .argParser((text) => list()(text).map(integer(1, 64))),
    )
    .option('--fake', 'weights from a hash at no cost: what everything but the encoder can do', false)
    .action(benchIngest)
  withExamples(withJson(withModel(withConnection(ingest))), [
    'lexpand bench ingest',
    'lexpand bench ingest corpus.jsonl --documents 2000 --ways push --json',
    'lexpand bench ingest --fake --documents 20000 --workers 1',
  ])
}

interface BenchIngestFlags extends ModelFlags, ConnectionFlags {
  readonly documents: number
  readonly ways: readonly IngestWay[]
  readonly workers: readonly number[]
  readonly fake: boolean
  readonly json: boolean
}

async function benchIngest(source: string | undefined, flags: BenchIngestFlags): Promise<void> {
  const encoder: BenchEncoderKind = flags.fake ? 'fake' : 'model'
  const model = await openModel(flags)
  const { fields, documents } = await read(source, flags.documents)
  const { client, opensearchUrl, redisUrl, configuration } = await connect(flags)
  const redis = await connectRedis(redisUrl, { role: 'queue' })
  const services = { client, redis, opensearchUrl, redisUrl }
  const layouts: IngestResult['layouts'][number][] = []
  try {
    for (const workers of flags.workers) {
      const cores = availableParallelism()
      const encoderProcesses = Math.max(1, Math.floor(cores / workers))
      const all = workers * encoderProcesses
      const share = { encoder, threads: Math.max(1, Math.floor(cores / all)) }
      const alone = () => encoderAlone(model, fields, documents, { ...share, encoderProcesses: all })
      note(`${documents.length} documents through the encoder alone, ${all} processes`)
      // Measured before each way and at the end, so that other load of the machine affects both alike.
      const aside = [await alone()]
      const runs: IngestResult['layouts'][number]['runs'][number][] = []
      for (const way of flags.ways) {
        const source = { reference: flags.model, modelCache: modelCache(), clientSettings: configuration }
        const options = { way, services, model, ...source, fields, documents, workers }
        const run = await measureIngest({ ...options, ...share, encoderProcesses })
        aside.push(await alone())
        const ofAlone = run.docs_per_second / between(aside.at(-2), aside.at(-1))
        runs.push({ ...run, of_encoder_alone: ofAlone })
        // Printed at once: when a run of an hour is stopped, its results so far are visible.
        note(runLines({ ...run, of_encoder_alone: ofAlone }).join('\n'))
      }
      layouts.push({ workers, encoder_alone: aside, runs })
    }
  } finally {
    redis.disconnect()
    await client.close()
  }
  const { name, version, precision } = model.manifest
  const result: IngestResult = {
    machine: machine(),
    model: encoder === 'fake' ? 'fake encoder' : `${name} ${version} (${precision})`,
    documents: documents.length,
    layouts,
  }
  printResult(flags.json, result, ingestTable)
}

type Alone = Awaited<ReturnType<typeof encoderAlone>>

/** Documents a second over both passes. */
function between(before: Alone | undefined, after: Alone | undefined): number {
  const passes = [before, after].flatMap((pass) => pass ?? [])
  const seconds = passes.reduce((sum, pass) => sum + pass.seconds, 0)
  const documents = passes.reduce((sum, pass) => sum + pass.docs_per_second * pass.seconds, 0)
  return documents / seconds
}

/** Number of words of a passage of documentation: about 130 word pieces. */
const PASSAGE_WORDS = 100

async function read(
  reference: string | undefined,
  limit: number,
): Promise<{ fields: readonly string[]; documents: SourceDocument[] }> {
  if (reference === undefined) {
    const passages = documentationPassages({ limit, wordsPerPassage: PASSAGE_WORDS })
    const documents = passages.map(({ id, title, text }) => ({ id, source: { title, text } }))
    return { fields: ['title', 'text'], documents }
  }
  const problems: string[] = []
  const onProblem = ({ position, message }: { position: string; message: string }) =>
    problems.push(`${position}: ${message}`)
  const { records } = await openSource(reference, { onProblem }, process.stdin)
  // Ids are distinct: of several equal ones the last would win, and the expected count would never be reached.
  const documents = new Map<string, SourceDocument>()
  for await (const record of records) {
    documents.set(record.id ?? record.position, { ...record, id: record.id ?? record.position })
    if (documents.size === limit) break
  }
  const fields = findTextFields([...documents.values()].slice(0, 20).map(({ source }) => ({ source })))
  const withText = [...documents.values()].filter(({ source }) => {
    const found = documentText(source, fields)
    return 'text' in found && found.text !== ''
  })
  if (withText.length > 0) return { fields, documents: withText }
  throw new LexpandError(
    'INPUT',
    `[bench] expected documents with text in ${reference}, got none (${problems[0] ?? 'it is empty'}). Name another source.`,
  )
}
