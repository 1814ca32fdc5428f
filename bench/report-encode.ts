// Measures encoding and writes the table into the README: node bench/report-encode.ts PYTHON_WITH_ONNXRUNTIME
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
  readonly variants: Readonly<Record<string, { readonly docs_per_second: number } | undefined>>
}

const LENGTHS = [32, 128, 256]

const [python] = process.argv.slice(2)
if (python === undefined)
  throw new Error('[report] expected a Python with onnxruntime, got none. Name its path.')
const { machine, model, variants } = lexpandJson<Measurement>([
  'bench',
  'encode',
  '--lengths',
  LENGTHS.join(','),
  '--python',
  python,
  '--json',
])
writeGeneratedBlock(
  projectFile('README.md'),
  'encode',
  [
    '| word pieces a document | Lexpand, docs/s | plain Python onnxruntime, docs/s |',
    '| ---: | ---: | ---: |',
    ...LENGTHS.map(
      (length) =>
        `| ${length} | ${rate(`lexpand-onnx-${length}`)} | ${rate(`python-onnxruntime-${length}`)} |`,
    ),
    '',
    `Written by \`node bench/report-encode.ts\` on ${machine.date.slice(0, 10)} at commit ${commit()}: model ${model}, Node ${machine.node}, ${machine.cores} cores of ${machine.processor}. Both run the same graph on the same batches, turn by turn.`,
  ].join('\n'),
)

function rate(variant: string): string {
  const found = variants[variant]
  if (found === undefined)
    throw new Error(`[report] expected the variant ${variant}, got ${Object.keys(variants).join(', ')}.`)
  return found.docs_per_second.toFixed(1)
}
