import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../engine/cache-folder.ts'
import { LexpandError } from '../sparse/errors.ts'

/** A Python process that holds the graph and runs the same batches when asked. */
export interface PythonBaseline {
  readonly version: string
  /** Runs all batches once. @returns seconds */
  run(): Promise<number>
  close(): void
}

export interface BaselineTask {
  readonly modelFile: string
  readonly inputNames: readonly string[]
  /** Rows of one batch have one length. */
  readonly batches: readonly (readonly Uint32Array[])[]
}

/**
 * Starts python/onnx_baseline.py.
 *
 * @param python interpreter with numpy and onnxruntime
 * @throws LexpandError CONFIGURATION when the interpreter or its packages are missing; says how to get them
 */
export async function startPythonBaseline(python: string, task: BaselineTask): Promise<PythonBaseline> {
  // From the root, because the compiled file stands elsewhere than the script.
  const script = join(packageRoot(), 'bench', 'python', 'onnx_baseline.py')
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] })
  const complaints: string[] = []
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()))
  // Its end is seen by the reader of its answers; without listeners these events would end the process.
  child.on('error', (error) => complaints.push(error.message))
  child.stdin.on('error', () => undefined)
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  const ask = async (line: string): Promise<Record<string, unknown>> => {
    child.stdin.write(`${line}\n`)
    const answer = await answers.next()
    if (answer.done !== true) return JSON.parse(answer.value)
    throw missing(python, complaints.join('').trim().split('\n').at(-1) ?? '')
  }

  const { onnxruntime } = await ask(
    JSON.stringify({
      model: task.modelFile,
      inputs: task.inputNames,
      batches: task.batches.map((batch) => batch.map((row) => [...row])),
    }),
  )
  return {
    version: String(onnxruntime),
    async run() {
      return Number((await ask('')).seconds)
    },
    close: () => stop(child),
  }
}

function stop(child: ChildProcess): void {
  child.stdin?.end()
  child.kill()
}

function missing(python: string, complaint: string): LexpandError {
  return new LexpandError(
    'CONFIGURATION',
    `[bench] expected ${python} to run onnxruntime, got: ${complaint}. Make one with "python3 -m venv VENV && VENV/bin/pip install onnxruntime" and pass --python VENV/bin/python.`,
  )
}
