import { type Command, Option } from 'commander'
import {
  type Contestant,
  encoderContestant,
  interleave,
  type Speed,
  speed,
  windowsOfLength,
} from '../bench/encode-speed.ts'
import { type Machine, machine } from '../bench/machine.ts'
import { type BaselineTask, type PythonBaseline, startPythonBaseline } from '../bench/python-baseline.ts'
import type { Model } from '../models/index.ts'
import { LexpandError } from '../sparse/errors.ts'
import { type TokenWindow, tokenBatches } from '../sparse/index.ts'
import { DEFAULT_TOKEN_BUDGET, onnxEncoder } from '../workers/encoders/onnx.ts'
import { integer, list } from './arguments.ts'
import { withExamples, withJson } from './command.ts'
import { type ModelFlags, openModel, withModel } from './model.ts'
import { note, printResult } from './output.ts'
import { documentationPassages } from './sources/documentation.ts'

export function register(program: Command): void {
  const bench = program.command('bench').description('Measure speed on this machine.')
  const encode = bench
    .command('encode')
    .description('Documents a second through the encoder, beside plain Python onnxruntime on the same graph.')
    .addOption(
      new Option('--lengths <list>', 'word pieces of a document, [CLS] and [SEP] included')
        .default([128, 32, 256], '128,32,256')
        .argParser((text) => list()(text).map(integer(3, 65_536))),
    )
    .addOption(
      new Option('--documents <n>', 'documents of a pass').default(64).argParser(integer(1, 100_000)),
    )
    .addOption(
      new Option('--rounds <n>', 'counted passes of each variant').default(5).argParser(integer(1, 1_000)),
    )
    .addOption(new Option('--python <path>', 'interpreter with numpy and onnxruntime').default('python3'))
    .action(benchEncode)
  withExamples(withJson(withModel(encode)), [
    'lexpand bench encode',
    'python3 -m venv venv && venv/bin/pip install onnxruntime && lexpand bench encode --python venv/bin/python',
    'lexpand bench encode --lengths 128 --json',
  ])
}

interface BenchEncodeFlags extends ModelFlags {
  readonly lengths: readonly number[]
  readonly documents: number
  readonly rounds: number
  readonly python: string
  readonly json: boolean
}

interface BenchEncodeResult {
  readonly machine: Machine
  readonly model: string
  readonly documents: number
  readonly rounds: number
  readonly variants: Record<string, Speed>
  /** Why plain Python is not among the variants. */
  readonly missing?: string
}

async function benchEncode(flags: BenchEncodeFlags): Promise<void> {
  const model = await openModel(flags)
  const passages = documentationPassages({ limit: 1_000, wordsPerPassage: 100 })
  const text = model.tokenizer.tokenize(passages.map((passage) => passage.text).join('\n'))
  const variants: Record<string, Speed> = {}
  let missing: string | undefined
  for (const length of flags.lengths) {
    if (length > model.manifest.max_length) throw tooLong(length, model)
    note(`${length} word pieces: ${flags.rounds} rounds of ${flags.documents} documents`)
    const windows = windowsOfLength(text, length, flags.documents, model.tokenizer)
    const measured = await measure(model, windows, flags)
    missing = measured.missing
    for (const [name, seconds] of measured.seconds)
      variants[`${name}-${length}`] = speed(windows.length, length, seconds)
  }
  const result: BenchEncodeResult = {
    machine: machine(),
    model: `${model.manifest.name} ${model.manifest.version} (${model.manifest.precision})`,
    documents: flags.documents,
    rounds: flags.rounds,
    variants,
    ...(missing === undefined ? {} : { missing }),
  }
  printResult(flags.json, result, table)
}

async function measure(model: Model, windows: readonly TokenWindow[], flags: BenchEncodeFlags) {
  const encoder = onnxEncoder(model)
  let python: PythonBaseline | undefined
  let missing: string | undefined
  const contestants = new Map<string, Contestant>([['lexpand-onnx', encoderContestant(encoder, windows)]])
  try {
    try {
      python = await startPythonBaseline(flags.python, baselineTask(model, windows))
      contestants.set('python-onnxruntime', () => (python as PythonBaseline).run())
    } catch (error) {
      if (!(error instanceof LexpandError)) throw error
      missing = error.message
    }
    const seconds = await interleave(contestants, flags.rounds, () => undefined)
    return { seconds, missing }
  } finally {
    python?.close()
    await encoder.dispose()
  }
}

/** The same batches that our encoder makes, so that only the way of running them differs. */
function baselineTask(model: Model, windows: readonly TokenWindow[]): BaselineTask {
  const batches = tokenBatches(
    windows.map(({ inputIds }) => inputIds.length),
    DEFAULT_TOKEN_BUDGET,
  )
  return {
    modelFile: model.modelFile,
    inputNames: model.manifest.input_names,
    batches: batches.map((batch) => batch.flatMap((index) => windows[index]?.inputIds ?? [])),
  }
}

function tooLong(length: number, model: Model): LexpandError {
  return new LexpandError(
    'CONFIGURATION',
    `[bench] expected lengths up to ${model.manifest.max_length}, which is what ${model.manifest.name} reads, got ${length}. Change --lengths.`,
  )
}

function table({ machine, model, variants, missing }: BenchEncodeResult): string {
  const rows = Object.entries(variants).map(
    ([name, { docs_per_second, word_pieces_per_second }]) =>
      `${name.padEnd(28)} ${docs_per_second.toFixed(1).padStart(10)} ${word_pieces_per_second.toFixed(0).padStart(16)}`,
  )
  return [
    `${model} on ${machine.cores} cores of ${machine.processor}, Node ${machine.node}, ${machine.date}`,
    `${'variant'.padEnd(28)} ${'docs/s'.padStart(10)} ${'word pieces/s'.padStart(16)}`,
    ...rows,
    ...(missing === undefined ? [] : [`Without plain Python: ${missing}`]),
  ].join('\n')
}
