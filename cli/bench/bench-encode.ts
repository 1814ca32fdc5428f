import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  type Contestant,
  encoderContestant,
  interleave,
  speed,
  windowsOfLength,
} from '../../bench/encode/encode-speed.ts'
import { type BenchEncodeResult, encodeTable } from '../../bench/encode/encode-table.ts'
import { naiveNodeContestant } from '../../bench/encode/naive-node.ts'
import { type PeerTask, PYTHON_PEERS, startPythonPeer } from '../../bench/encode/python-peer.ts'
import { peakResidentMib } from '../../bench/resident-memory.ts'
import { machine } from '../../measure/machine.ts'
import type { Model } from '../../models/index.ts'
import { documentationPassages } from '../../sources/documentation.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { type TokenWindow, tokenBatches } from '../../sparse/index.ts'
import { DEFAULT_TOKEN_BUDGET, onnxEncoder } from '../../workers/encoders/onnx.ts'
import { integer, list } from '../shell/arguments.ts'
import { withExamples, withJson } from '../shell/command.ts'
import { type ModelFlags, openModel, withModel } from '../shell/model.ts'
import { note, printResult } from '../shell/output.ts'

/** Number of processes, and of threads in each. */
interface Layout {
  readonly processes: number
  readonly threads: number
}

export function registerBenchEncode(bench: Command): void {
  const cores = availableParallelism()
  const encode = bench
    .command('encode')
    .description('Documents a second through the encoder, beside the other ways to run such a model here.')
    .addOption(
      new Option('--lengths <list>', 'word pieces of a document, [CLS] and [SEP] included')
        .default([128, 32, 256, 512], '128,32,256,512')
        .argParser((text) => list()(text).map(integer(3, 65_536))),
    )
    .addOption(
      new Option('--documents <n>', 'documents of a pass').default(64).argParser(integer(1, 100_000)),
    )
    .addOption(
      new Option('--rounds <n>', 'counted passes of each variant').default(5).argParser(integer(1, 1_000)),
    )
    .addOption(
      new Option('--layouts <list>', 'processes x threads of the encoder')
        .default([{ processes: cores, threads: 1 }], `${cores}x1`)
        .argParser((text) => list()(text).map(layout)),
    )
    .addOption(
      new Option(
        '--float <file>',
        'float32 graph of the same model: measured, too, and what the peers run (they run the model itself without)',
      ),
    )
    .addOption(
      new Option('--python <path>', 'interpreter with onnxruntime, sentence-transformers').default('python3'),
    )
    .action(benchEncode)
  withExamples(withJson(withModel(encode)), [
    'lexpand bench encode',
    'python3 -m venv venv && venv/bin/pip install onnxruntime && lexpand bench encode --python venv/bin/python',
    'lexpand bench encode --lengths 128 --layouts 1x1,2x1,1x2 --json',
  ])
}

function layout(text: string): Layout {
  const [, processes, threads] = /^(\d{1,3})x(\d{1,3})$/.exec(text) ?? []
  if (Number(processes) > 0 && Number(threads) > 0)
    return { processes: Number(processes), threads: Number(threads) }
  throw new InvalidArgumentError('Expected processes x threads, such as 2x1.')
}

interface BenchEncodeFlags extends ModelFlags {
  readonly lengths: readonly number[]
  readonly documents: number
  readonly rounds: number
  readonly layouts: readonly Layout[]
  readonly float?: string | undefined
  readonly python: string
  readonly json: boolean
}

/** One way to encode the documents of a pass. */
interface Entry {
  readonly run: Contestant
  readonly cores: number
  peakMib(): number | undefined
  close(): Promise<void> | void
}

async function benchEncode(flags: BenchEncodeFlags): Promise<void> {
  const model = await openModel(flags)
  const passages = documentationPassages({ limit: 1_000, wordsPerPassage: 100 })
  const text = model.tokenizer.tokenize(passages.map((passage) => passage.text).join('\n'))
  const result: BenchEncodeResult = {
    machine: machine(),
    model: `${model.manifest.name} ${model.manifest.version} (${model.manifest.precision})`,
    documents: flags.documents,
    rounds: flags.rounds,
    variants: {},
    versions: {},
    skipped: {},
  }
  for (const length of flags.lengths) {
    if (length > model.manifest.max_length) throw tooLong(length, model)
    note(`${length} word pieces: ${flags.rounds} rounds of ${flags.documents} documents`)
    const windows = windowsOfLength(text, length, flags.documents, model.tokenizer)
    await measure({ model, windows, length, flags }, result)
  }
  printResult(flags.json, result, encodeTable)
}

/** Documents of one length, which every variant encodes. */
interface Pass {
  readonly model: Model
  readonly windows: readonly TokenWindow[]
  /** Word pieces of a document. */
  readonly length: number
  readonly flags: BenchEncodeFlags
}

/** Measures all variants at one length, in turns, and adds them to the result. */
async function measure(pass: Pass, result: BenchEncodeResult): Promise<void> {
  const { model, windows, length, flags } = pass
  const entries = new Map<string, Entry>()
  try {
    for (const where of flags.layouts) {
      const suffix = `${where.processes}x${where.threads}`
      const [precision = ''] = model.manifest.precision.split(' ')
      entries.set(`lexpand-${precision}-${suffix}`, ours(model, windows, where))
      if (flags.float !== undefined)
        entries.set(`lexpand-fp32-${suffix}`, ours({ ...model, modelFile: flags.float }, windows, where))
    }
    await addPeers(entries, pass, result)
    const contestants = new Map([...entries].map(([name, { run }]) => [name, run]))
    const seconds = await interleave(contestants, flags.rounds, () => undefined)
    for (const [name, { cores, peakMib }] of entries) {
      const measured = speed(windows.length, length, seconds.get(name) ?? Number.NaN)
      const peak = peakMib()
      result.variants[`${name}-${length}`] = {
        ...measured,
        cores,
        docs_per_second_per_core: measured.docs_per_second / cores,
        ...(peak === undefined ? {} : { peak_mib: Math.round(peak) }),
      }
    }
  } finally {
    for (const entry of entries.values()) await entry.close()
  }
}

function ours(
  model: Parameters<typeof onnxEncoder>[0],
  windows: readonly TokenWindow[],
  where: Layout,
): Entry {
  const encoder = onnxEncoder(model, where)
  return {
    run: encoderContestant(encoder, windows),
    cores: Math.min(where.processes * where.threads, availableParallelism()),
    peakMib() {
      const peaks = encoder.processIds.flatMap((pid) => peakResidentMib(pid) ?? [])
      return peaks.length === 0 ? undefined : Math.max(...peaks)
    },
    close: () => encoder.dispose(),
  }
}

/** Adds the alternatives that a user has, on all cores, used as in their first examples. */
async function addPeers(
  entries: Map<string, Entry>,
  { model, windows, flags }: Pass,
  result: BenchEncodeResult,
): Promise<void> {
  const task = peerTask(model, windows, flags.float ?? model.modelFile)
  const cores = availableParallelism()
  for (const name of Object.keys(PYTHON_PEERS) as (keyof typeof PYTHON_PEERS)[]) {
    try {
      const peer = await startPythonPeer(flags.python, name, task)
      result.versions[name] = peer.version
      entries.set(name, {
        run: () => peer.run(),
        cores,
        peakMib: () => peer.peakMib,
        close: () => peer.close(),
      })
    } catch (error) {
      if (!(error instanceof LexpandError)) throw error
      result.skipped[name] = error.message
    }
  }
  entries.set('onnxruntime-node-naive', {
    run: await naiveNodeContestant(task.modelFile, task.inputNames, windows),
    cores,
    // It runs in the process of the command itself.
    peakMib: () => undefined,
    close: () => undefined,
  })
}

/** The same batches as Lexpand's encoder makes, so that only the way of running them differs. */
function peerTask(model: Model, windows: readonly TokenWindow[], modelFile: string): PeerTask {
  const batches = tokenBatches(
    windows.map(({ inputIds }) => inputIds.length),
    DEFAULT_TOKEN_BUDGET,
  )
  return {
    modelFile,
    tokenizerFile: join(dirname(model.modelFile), 'tokenizer.json'),
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
