import type { BenchEncodeResult } from '../../../bench/encode/encode-table.ts'
import { circumstances, fixed, image, type Section, table } from '../markdown.ts'
import { plot } from '../plot.ts'
import type { StepRecord } from '../store.ts'

/** Documents a second of the encoder and its peers, by length. */
export function encodeSection(record: StepRecord<BenchEncodeResult>): Section {
  const { result } = record
  const [names, lengths] = axes(result)
  const svg = plot({
    title: `Encoding on ${result.machine.cores} cores`,
    x: { title: 'word pieces a document', log: true },
    y: { title: 'documents a second', log: true },
    series: names.map((name) => ({
      label: name,
      joined: true,
      points: lengths.flatMap((length) => {
        const rate = result.variants[`${name}-${length}`]?.docs_per_second
        return rate === undefined ? [] : [[length, rate] as const]
      }),
    })),
  })
  return {
    text: [
      '## Encoding',
      encodeTable(record),
      image('encode.svg', 'documents a second by word pieces a document'),
      comparison(result),
      circumstances(record, result.versions),
      explained(record),
    ].join('\n\n'),
    plots: new Map([['encode.svg', svg]]),
  }
}

/** The block of the README. */
export function encodeSummary(record: StepRecord<BenchEncodeResult>): string {
  const { command, commit, machine } = record
  return `${encodeTable(record)}\n\n${comparison(record.result)}\n\nWritten by \`npm run report:benchmarks\` (\`${command}\`) on ${machine.date.slice(0, 10)} at commit ${commit}: model ${record.result.model}, Node ${machine.node}, all ${machine.cores} cores of ${machine.processor}, turn by turn; 2x1 is two processes of one thread. More: [docs/benchmarks.md](docs/benchmarks.md).`
}

function encodeTable({ result }: StepRecord<BenchEncodeResult>): string {
  const [names, lengths] = axes(result)
  return table(
    ['documents a second at word pieces a document', ...lengths.map(String), 'peak memory of a process, MiB'],
    names.map((name) => [
      name,
      ...lengths.map((length) => fixed(result.variants[`${name}-${length}`]?.docs_per_second, 1)),
      fixed(result.variants[`${name}-${lengths.at(-1)}`]?.peak_mib, 0),
    ]),
  )
}

/** Speed of Lexpand's encoder as shipped, compared with the best peer at a length; undefined where either is missing. */
export function bestPeer(
  result: BenchEncodeResult,
  length: number,
): { readonly ours: string; readonly name: string; readonly ratio: number } | undefined {
  const [names] = axes(result)
  const rate = (name: string) => result.variants[`${name}-${length}`]?.docs_per_second ?? 0
  const ours = names.find((name) => name.startsWith('lexpand-'))
  const [name] = names.filter((each) => !each.startsWith('lexpand-')).sort((a, b) => rate(b) - rate(a))
  if (ours === undefined || name === undefined || rate(name) === 0) return undefined
  return { ours, name, ratio: rate(ours) / rate(name) }
}

function comparison(result: BenchEncodeResult): string {
  const [, lengths] = axes(result)
  const best = lengths.flatMap((length) => {
    const found = bestPeer(result, length)
    return found === undefined ? [] : [{ ...found, length }]
  })
  const [first] = best
  if (first === undefined) return 'No peer was measured beside it.'
  const ratios = best.map(({ ratio, length, name }) => `${ratio.toFixed(1)} times at ${length} (${name})`)
  return `${first.ours} against the best peer: ${ratios.join(', ')}.`
}

function explained({ command, result }: StepRecord<BenchEncodeResult>): string {
  const { model, documents, rounds, skipped } = result
  const missing = Object.keys(skipped)
  const graph = command.includes('--float') ? 'the float32 graph of the same weights' : 'the same file'
  return `Model ${model}. Median of ${rounds} passes over ${documents} documents of one length, contestants by turns; 2x1 is two processes of one thread. Queueing and the way to the child processes and back count for ours; peers get their batches ready made. Those on onnxruntime run ${graph}, sentence-transformers a model of the same architecture.${missing.length > 0 ? ` Not measured here: ${missing.join(', ')}.` : ''}`
}

function axes({ variants }: BenchEncodeResult): [names: string[], lengths: number[]] {
  const keys = Object.keys(variants).map((key) => /^(.+)-(\d+)$/.exec(key))
  const lengths = new Set(keys.map((match) => Number(match?.[2])))
  return [[...new Set(keys.flatMap((match) => match?.[1] ?? []))], [...lengths].sort((a, b) => a - b)]
}
