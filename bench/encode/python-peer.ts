import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../../embedded/host/cache-folder.ts'
import { LexpandError } from '../../sparse/errors.ts'

/** A Python process that holds a model and runs the same batches when asked. */
export interface PythonPeer {
  /** Version of the library that is measured. */
  readonly version: string
  /** Runs all batches once. @returns seconds */
  run(): Promise<number>
  /** Largest resident memory so far, MiB. */
  readonly peakMib: number
  close(): void
}

/** The scripts in python/, and how to get the packages that they import. */
export const PYTHON_PEERS = {
  'python-onnxruntime': { script: 'plain_onnxruntime.py', packages: 'numpy onnxruntime' },
  'sentence-transformers': { script: 'sparse_encoder.py', packages: 'sentence-transformers' },
} as const

export interface PeerTask {
  readonly modelFile: string
  readonly tokenizerFile: string
  readonly inputNames: readonly string[]
  /** All rows of one batch have the same length. */
  readonly batches: readonly (readonly Uint32Array[])[]
}

/**
 * Starts a peer and waits until its model is loaded.
 *
 * @param python interpreter with the packages of the peer
 * @throws LexpandError CONFIGURATION when the interpreter or its packages are missing, with the command that installs
 *   them
 */
export async function startPythonPeer(
  python: string,
  peer: keyof typeof PYTHON_PEERS,
  task: PeerTask,
): Promise<PythonPeer> {
  const { script, packages } = PYTHON_PEERS[peer]
  // Started from the root, because the compiled file is not beside the script.
  const child = spawn(python, [join(packageRoot(), 'bench', 'encode', 'python', script)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ORT_DISABLE_TELEMETRY: '1', ...process.env },
  })
  const complaints: string[] = []
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()))
  // The reader of its answers notices its end; without listeners these events would end this process.
  child.on('error', (error) => complaints.push(error.message))
  child.stdin.on('error', () => undefined)
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let peakMib = 0

  const ask = async (line: string): Promise<Record<string, unknown>> => {
    child.stdin.write(`${line}\n`)
    const answer = await answers.next()
    if (answer.done !== true) return JSON.parse(answer.value)
    throw missing(python, packages, complaints.join('').trim().split('\n').at(-1) ?? '')
  }

  const { version } = await ask(
    JSON.stringify({
      model: task.modelFile,
      tokenizer: task.tokenizerFile,
      inputs: task.inputNames,
      batches: task.batches.map((batch) => batch.map((row) => [...row])),
    }),
  )
  return {
    version: String(version),
    async run() {
      const { seconds, peak_kib } = await ask('')
      peakMib = Number(peak_kib) / 1024
      return Number(seconds)
    },
    get peakMib() {
      return peakMib
    },
    close: () => stop(child),
  }
}

function stop(child: ChildProcess): void {
  child.stdin?.end()
  child.kill()
}

function missing(python: string, packages: string, complaint: string): LexpandError {
  return new LexpandError(
    'CONFIGURATION',
    `[bench] expected ${python} to import ${packages.replace(' ', ' and ')}, got: ${complaint}. Make one with "python3 -m venv VENV && VENV/bin/pip install ${packages}" and pass --python VENV/bin/python.`,
  )
}
