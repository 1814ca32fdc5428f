import { execFileSync, spawn } from 'node:child_process'
import { copyFile, mkdtemp, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { loadModel, type Model } from '../models/index.ts'
import type { TokenWindow } from '../sparse/encoder.ts'
import { describeEncoder } from '../testing/encoder-conformance.ts'
import { type OnnxEncoderOptions, type OnnxModel, onnxEncoder } from '../workers/encoders/onnx.ts'

const TWO_PROCESSES = { processes: 2, threads: 1 }

describeEncoder('onnx', async () => {
  const model = await loadModel()
  const { tokenizer } = model
  const words = 'the weather in new york is rainy today and people carry umbrellas through wet streets'
  const more = 'a vector names each piece of text that a reader might look for when asking questions'
  return {
    // Small enough that the suite's batches are spread over both processes.
    create: () => onnxEncoder(model, { ...TWO_PROCESSES, tokenBudget: 128 }),
    clsId: tokenizer.clsId,
    sepId: tokenizer.sepId,
    pieceIds: [...tokenizer.tokenize(`${words} ${more}`), ...tokenizer.tokenize(`${more} ${words}`)],
    hiddenIds: [...tokenizer.specialTokenIds, tokenizer.idOf('.') as number],
  }
})

describe('onnxruntime', () => {
  test('keeps nothing of its own about the user: no device id, no events', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'lexpand-home-'))
    const model = await loadModel()
    for (const name of ['HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'CI', 'ORT_DISABLE_TELEMETRY'])
      vi.stubEnv(name, name === 'HOME' || name === 'TMPDIR' ? empty : undefined)
    const encoder = onnxEncoder(model)
    onTestFinished(async () => {
      vi.unstubAllEnvs()
      await encoder.dispose()
      await rm(empty, { recursive: true, force: true })
    })
    await encoder.encode([
      {
        inputIds: Uint32Array.of(
          model.tokenizer.clsId,
          ...model.tokenizer.tokenize('rain'),
          model.tokenizer.sepId,
        ),
      },
    ])
    expect(await readdir(empty, { recursive: true })).toEqual([])
  })
})

describe('onnx encoder processes', () => {
  let model: Model
  let window: TokenWindow
  let manyWindows: TokenWindow[]

  beforeAll(async () => {
    model = await loadModel()
    const { tokenizer } = model
    const pieces = tokenizer.tokenize('currently new york is rainy')
    window = { inputIds: Uint32Array.of(tokenizer.clsId, ...pieces, tokenizer.sepId) }
    const long = Uint32Array.from({ length: 128 }, (_, at) => window.inputIds[at % 6] as number)
    manyWindows = Array.from({ length: 24 }, () => ({ inputIds: long }))
  })

  function encoder(options: OnnxEncoderOptions = TWO_PROCESSES, from: OnnxModel = model) {
    const made = onnxEncoder(from, options)
    onTestFinished(() => made.dispose())
    return made
  }

  test('gives the published expansion of a rainy sentence', async () => {
    const [vector] = await encoder().encode([window])
    const pieces = new Map(
      [...(vector?.tokenIds ?? [])].map((id, at) => [model.tokenizer.piece(id), vector?.weights[at]]),
    )
    expect(pieces.get('rain')).toBeGreaterThan(0.5)
    expect(pieces.get('weather')).toBeGreaterThan(0.5)
  })

  test('starts no process before there is work, and only as many as there are batches', async () => {
    const made = encoder()
    expect(made.processIds).toEqual([])
    await made.encode([window])
    expect(made.processIds).toHaveLength(1)
    await made.encode(manyWindows)
    expect(made.processIds).toHaveLength(2)
  })

  test('dispose ends every process at once', async () => {
    const made = encoder()
    await made.encode(manyWindows.slice(0, 16))
    const ids = made.processIds
    const running = made.encode(manyWindows).catch((error: unknown) => error)
    const startedAt = performance.now()
    await made.dispose()
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(ids.filter(isRunning)).toEqual([])
    expect(await running).toMatchObject({ code: 'ENCODER' })
  })

  test('kill -9 of a process rejects what it was encoding, with the signal, and the next call works', async () => {
    const made = encoder({ processes: 1, threads: 1 })
    await made.encode([window])
    const [pid = 0] = made.processIds
    const running = made.encode(manyWindows).catch((error: unknown) => error)
    await sleep(50)
    process.kill(pid, 'SIGKILL')
    expect(await running).toMatchObject({
      code: 'ENCODER',
      message: expect.stringContaining('SIGKILL'),
    })
    expect(await made.encode([window])).toHaveLength(1)
    expect(made.processIds).not.toContain(pid)
    expect(made.restarts).toBe(1)
  })

  test('a process that is killed does not disturb a call on the other process', async () => {
    const made = encoder({ ...TWO_PROCESSES, tokenBudget: 10_000 })
    // Each call is one batch, so each is on its own process.
    await Promise.all([made.encode([window]), made.encode([window])])
    const first = made.encode(manyWindows.slice(0, 8)).then(
      (vectors) => vectors.length,
      () => 'rejected',
    )
    const second = made.encode(manyWindows.slice(0, 8)).then(
      (vectors) => vectors.length,
      () => 'rejected',
    )
    await sleep(50)
    process.kill(made.processIds[0] ?? 0, 'SIGKILL')
    expect((await Promise.all([first, second])).toSorted()).toEqual([8, 'rejected'])
  })

  test('what stands in line at a process that is killed is encoded by the next one', async () => {
    const made = encoder({ processes: 1, threads: 1, tokenBudget: 10_000 })
    await made.encode([window])
    const calls = [1, 2, 3].map(() =>
      made.encode(manyWindows.slice(0, 8)).then(
        (vectors) => vectors.length,
        () => 'rejected',
      ),
    )
    await sleep(50)
    process.kill(made.processIds[0] ?? 0, 'SIGKILL')
    expect(await Promise.all(calls)).toEqual(['rejected', 8, 8])
    expect(made.restarts).toBe(1)
  })

  test('a call that comes while the next process has to wait starts none before its time', async () => {
    const made = encoder({ processes: 1, threads: 1, tokenBudget: 10_000 })
    await made.encode([window])
    const first = made.encode(manyWindows.slice(0, 8))
    await sleep(20)
    process.kill(made.processIds[0] ?? 0, 'SIGKILL')
    await expect(first).rejects.toMatchObject({ code: 'ENCODER' })
    const next = made.encode([window])
    await sleep(20)
    expect(made.processIds).toEqual([])
    expect(await next).toHaveLength(1)
  })

  test('a terminal interrupt does not end the processes, the worker decides', async () => {
    const made = encoder({ processes: 1, threads: 1 })
    await made.encode([window])
    const [pid = 0] = made.processIds
    process.kill(pid, 'SIGINT')
    process.kill(pid, 'SIGTERM')
    expect(await made.encode([window])).toHaveLength(1)
    expect(made.processIds).toEqual([pid])
  })

  test('the processes end when their parent is killed', async () => {
    const script = `
      import { loadModel } from './models/index.ts'
      import { onnxEncoder } from './workers/encoders/onnx.ts'
      const model = await loadModel()
      const encoder = onnxEncoder(model, { processes: 1, threads: 1 })
      await encoder.encode([{ inputIds: Uint32Array.of(model.tokenizer.clsId, model.tokenizer.sepId) }])
      console.log(encoder.processIds[0])
      setInterval(() => {}, 1000)`
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: new URL('..', import.meta.url),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const child = Number(await firstLine(parent.stdout))
    expect(isRunning(child)).toBe(true)
    parent.kill('SIGKILL')
    for (let tries = 0; isRunning(child) && tries < 100; tries++) await sleep(50)
    expect(isRunning(child)).toBe(false)
  })

  test('an output name that the graph lacks is an error that lists those it has', async () => {
    const wrong = {
      ...model,
      manifest: { ...model.manifest, output: { kind: 'logits' as const, logits: 'logit' } },
    }
    await expect(encoder(TWO_PROCESSES, wrong).encode([window])).rejects.toMatchObject({
      code: 'ENCODER',
      message: expect.stringMatching(/output logit, got only weights, token_ids/),
    })
  })

  test('an input that the graph needs and the manifest lacks is an error', async () => {
    const wrong = { ...model, manifest: { ...model.manifest, input_names: ['input_ids'] as const } }
    await expect(encoder(TWO_PROCESSES, wrong).encode([window])).rejects.toThrow(/input attention_mask/)
  })

  describe('with a model file that is damaged', () => {
    let folder: string
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lexpand-model-'))
      await copyFile(model.modelFile, join(folder, 'good.onnx'))
      await copyFile(model.modelFile, join(folder, 'short.onnx'))
      await truncate(join(folder, 'short.onnx'), 1_000_000)
    })
    afterAll(() => rm(folder, { recursive: true, force: true }))

    test.each(['short.onnx', 'missing.onnx'])('%s is an error that names the file, at once', async (name) => {
      const made = encoder(TWO_PROCESSES, { ...model, modelFile: join(folder, name) })
      const startedAt = performance.now()
      await expect(made.encode(manyWindows)).rejects.toMatchObject({
        code: 'ENCODER',
        message: expect.stringContaining(name),
      })
      expect(performance.now() - startedAt).toBeLessThan(10_000)
    })

    test('a file that is put back is used by the next call', async () => {
      const modelFile = join(folder, 'later.onnx')
      const made = encoder(TWO_PROCESSES, { ...model, modelFile })
      await expect(made.encode([window])).rejects.toThrow('later.onnx')
      await copyFile(join(folder, 'good.onnx'), modelFile)
      expect(await made.encode([window])).toHaveLength(1)
    })
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // A zombie waits for its parent to ask for its status: it runs no more.
  const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return !state.startsWith('Z')
}

async function firstLine(stream: AsyncIterable<Buffer>): Promise<string> {
  for await (const chunk of stream) return String(chunk)
  throw new Error('the process said nothing')
}
