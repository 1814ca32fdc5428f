// Measures encoding and writes the table into the README: node bench/report-encode.ts PYTHON [FLOAT_GRAPH]
import { writeGeneratedBlock } from './generated-block.ts'
import { commit, lexpandJson, projectFile } from './report-source.ts'

/** The part of `lexpand bench encode --json` that the table shows. */
interface Measurement {
  readonly machine: {
    readonly processor: string
    readonly cores: number
    readonly node: string
    readonly date: string
  }
  readonly model: string
  readonly variants: Readonly<
    Record<string, { readonly docs_per_second: number; readonly peak_mib?: number } | undefined>
  >
  readonly versions: Readonly<Record<string, string>>
  readonly skipped: Readonly<Record<string, string>>
}

const LENGTHS = [32, 128, 256, 512]

const [python, floatGraph] = process.argv.slice(2)
if (python === undefined)
  throw new Error(
    '[report] expected a Python with onnxruntime and sentence-transformers, got none. Name its path.',
  )
const { machine, model, variants, versions, skipped } = lexpandJson<Measurement>([
  'bench',
  'encode',
  '--lengths',
  LENGTHS.join(','),
  '--python',
  python,
  ...(floatGraph === undefined ? [] : ['--float', floatGraph]),
  '--json',
])
const names = [...new Set(Object.keys(variants).map((name) => name.replace(/-\d+$/, '')))]
const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
writeGeneratedBlock(
  projectFile('README.md'),
  'encode',
  [
    `| docs/s at word pieces a document | ${LENGTHS.join(' | ')} | peak memory of a process, MiB |`,
    `| --- | ${LENGTHS.map(() => '---:').join(' | ')} | ---: |`,
    ...names.map(
      (name) => `| ${name} | ${LENGTHS.map((length) => rate(name, length)).join(' | ')} | ${memory(name)} |`,
    ),
    '',
    `Written by \`node bench/report-encode.ts\` on ${machine.date.slice(0, 10)} at commit ${commit()}: model ${model}, Node ${machine.node}, all ${machine.cores} cores of ${machine.processor}, turn by turn; 2x1 is two processes of one thread. ${peers.length > 0 ? `Peers: ${peers.join(', ')}. ` : ''}${floatGraph === undefined ? 'Peers on onnxruntime run the same file' : 'Peers on onnxruntime run the float32 graph'}; sentence-transformers runs a model of the same architecture, with its word pieces ready-made.${Object.keys(skipped).length > 0 ? ` Not measured: ${Object.keys(skipped).join(', ')}.` : ''}`,
  ].join('\n'),
)

function rate(name: string, length: number): string {
  const found = variants[`${name}-${length}`]
  if (found === undefined)
    throw new Error(
      `[report] expected the variant ${name}-${length}, got ${Object.keys(variants).join(', ')}.`,
    )
  return found.docs_per_second.toFixed(1)
}

/** Of the longest documents: memory grows with them. */
function memory(name: string): string {
  return variants[`${name}-${LENGTHS.at(-1)}`]?.peak_mib?.toFixed(0) ?? ''
}
