// Measures the figures of docs/benchmarks.md and docs/scale.md, and writes both with their plots:
//   npm run report:benchmarks -- --passages passages.jsonl --vectors a.jsonl,b.jsonl --queries queries.txt
//     [--sizes 100000,300000,1000000] [--python venv/bin/python] [--float model.float.onnx] [--model REFERENCE]
//     [--heap 4g] [--only STEP,...] [--again STEP,...] [--render-only] [--readme]
// passages: JSON lines with text. vectors: output of `lexpand encode --no-prune` for them. queries: one on each line.
// Each step's result stays in .lexpand/benchmarks: a stopped run continues where it was, and the pages have the steps
// that are done. The results for clusters come from `node reports/cluster/cluster.ts`.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { machine } from '../measure/machine.ts'
import packageJson from '../package.json' with { type: 'json' }
import { type BenchmarkPages, benchmarkPages } from './benchmarks/page.ts'
import { BenchServices } from './benchmarks/services.ts'
import { type Step, steps } from './benchmarks/steps.ts'
import { StepStore } from './benchmarks/store.ts'
import { type CorpusSources, writeCorpus } from './corpus/corpus.ts'
import { writeGeneratedBlock } from './generated-block.ts'
import { commit, projectFile } from './report-source.ts'

const { values } = parseArgs({
  options: {
    passages: { type: 'string' },
    vectors: { type: 'string' },
    queries: { type: 'string' },
    sizes: { type: 'string', default: '100000,300000,1000000' },
    model: { type: 'string' },
    python: { type: 'string' },
    float: { type: 'string' },
    'ingest-documents': { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '2' },
    heap: { type: 'string', default: '4g' },
    results: { type: 'string', default: projectFile('.lexpand/benchmarks') },
    pages: { type: 'string', default: projectFile('docs') },
    only: { type: 'string' },
    again: { type: 'string', default: '' },
    'render-only': { type: 'boolean', default: false },
    readme: { type: 'boolean', default: false },
  },
})
const store = new StepStore(values.results)
const services = new BenchServices({ heap: values.heap })
let running: ChildProcess | undefined
let isStopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    isStopping = true
    running?.kill(signal)
    await services.stop()
    process.exit(130)
  })
}
if (!values['render-only']) await measure()
render()

async function measure(): Promise<void> {
  const sizes = values.sizes.split(',').map(Number)
  const corpusFolder = join(values.results, 'corpus')
  const corpus = await writeCorpus(sources(), corpusFolder, sizes, say)
  const all = steps({
    sizes,
    corpus,
    ingestDocuments: Number(values['ingest-documents']),
    rounds: Number(values.rounds),
    ...(values.model === undefined ? {} : { model: values.model }),
    ...(values.python === undefined ? {} : { python: values.python }),
    ...(values.float === undefined ? {} : { float: values.float }),
  })
  const names = ['corpus', ...all.map(({ name }) => name)]
  const [only, again] = [
    values.only?.split(',') ?? names,
    values.again.split(',').filter((name) => name !== ''),
  ]
  const unknown = [...only, ...again].find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new Error(`[report] expected steps of ${names.join(', ')}, got ${unknown}.`)
  store.write(record({ name: 'corpus', services: [], arguments: [] }, 0, { real: corpus.real, sizes }))
  try {
    for (const step of all) {
      if (!only.includes(step.name)) continue
      if (!again.includes(step.name) && store.read(step.name) !== undefined) continue
      say(`step ${step.name}`)
      try {
        await run(step)
      } catch (error) {
        if (isStopping) return
        // The remaining steps still run.
        say(`step ${step.name} failed: ${error instanceof Error ? error.message : error}`)
        process.exitCode = 1
      }
    }
  } finally {
    await services.stop()
  }
}

async function run(step: Step): Promise<void> {
  const startedAt = performance.now()
  const flags = await services.flags(step.services)
  const result = JSON.parse(await lexpand([...step.arguments, ...flags, '--json']))
  store.write(record(step, (performance.now() - startedAt) / 1000, result))
  render()
}

function sources(): CorpusSources {
  const { passages, vectors, queries } = values
  if (passages === undefined || vectors === undefined || queries === undefined)
    throw new Error(
      '[report] expected --passages, --vectors and --queries, got fewer. See the head of this file.',
    )
  return { passages, vectors: vectors.split(','), queries }
}

/** Standard output of a call; its messages for people go to the terminal. */
async function lexpand(callArguments: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [projectFile('cli/main.ts'), ...callArguments], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running = child
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const [code] = await once(child, 'close')
  running = undefined
  if (code === 0) return text
  throw new Error(
    `[report] expected lexpand ${callArguments.slice(0, 2).join(' ')} to succeed, got exit ${code}: ${text}`,
  )
}

function record(step: Step, seconds: number, result: unknown) {
  // Files by their names: their folders on this machine say nothing to the reader.
  const call = step.arguments.map((argument) => (argument.includes('/') ? basename(argument) : argument))
  return {
    step: step.name,
    command: `lexpand ${call.join(' ')}`,
    commit: commit(),
    machine: machine(),
    versions: {
      lexpand: packageJson.version,
      'onnxruntime-node': packageJson.optionalDependencies['onnxruntime-node'],
    },
    seconds,
    result,
  }
}

function render(): void {
  const pages: BenchmarkPages = benchmarkPages(store, projectFile('docs/quality.md'))
  mkdirSync(join(values.pages, 'benchmarks'), { recursive: true })
  for (const [name, text] of pages.files) writeFileSync(join(values.pages, name), text)
  if (!values.readme) return
  for (const [name, text] of pages.readmeBlocks) writeGeneratedBlock(projectFile('README.md'), name, text)
}

function say(message: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${message}\n`)
}
