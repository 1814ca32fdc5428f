import type { IngestResult } from '../../../bench/ingest/ingest-table.ts'
import { PARTS } from '../../../bench/ingest/ingest-usage.ts'
import { byteSize } from '../../../measure/byte-size.ts'
import { circumstances, count, fixed, percent, type Section, table } from '../markdown.ts'
import type { StepRecord } from '../store.ts'

/** Speed of the whole pipeline, beside that of the encoder alone. */
export function ingestSection(record: StepRecord<IngestResult>): Section {
  const { layouts, documents, model } = record.result
  const runs = layouts.flatMap((layout) => layout.runs)
  const alone = layouts.map(
    ({ workers, encoder_alone }) =>
      `${workers} worker${workers === 1 ? '' : 's'}: ${encoder_alone.map((pass) => fixed(pass.docs_per_second, 1)).join(', ')}`,
  )
  const parts = PARTS.filter((part) => runs.some((run) => run.cpu_seconds[part] !== undefined))
  return {
    text: [
      '## Ingesting',
      table(
        [
          'way, workers x encoder processes',
          'documents a second',
          'of the encoder alone',
          'encoder busy',
          'read',
          'encode',
          'write',
          'queue',
        ],
        runs.map((run) => [
          name(run),
          fixed(run.docs_per_second, 1),
          percent(run.of_encoder_alone),
          percent(run.encoder_busy),
          ...[run.places.read, run.places.encode, run.places.write, run.places.queue].map((share) =>
            percent(share),
          ),
        ]),
      ),
      `${count(documents)} documents. push: \`enqueue\`; hook: plain bulk requests, stamped by the ingest pipeline and found by the sweeper; reindex: an index that is filled where it is. "Encoder busy" is the share of the time in which an encoder process computes. Read, encode, write and queue are shares of the time of the places for jobs; encode holds the waiting for the encoder. The encoder alone, with everything at hand, before each run and after the last, in documents a second: ${alone.join('; ')}.`,
      table(
        ['processor time, memory of the largest process', ...parts],
        runs.map((run) => {
          const all = parts.reduce((sum, part) => sum + (run.cpu_seconds[part] ?? 0), 0)
          return [
            name(run),
            ...parts.map((part) => {
              const [seconds, resident] = [run.cpu_seconds[part], run.resident_bytes[part]]
              const figures = [
                ...(seconds === undefined ? [] : [percent(seconds / all)]),
                ...(resident === undefined ? [] : [byteSize(resident)]),
              ]
              return figures.join(', ')
            }),
          ]
        }),
      ),
      circumstances(record, { model }),
    ].join('\n\n'),
    plots: new Map(),
  }
}

function name({
  way,
  workers,
  encoder_processes,
}: {
  way: string
  workers: number
  encoder_processes: number
}): string {
  return `${way}, ${workers} x ${encoder_processes}`
}
