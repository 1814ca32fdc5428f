import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { TokenWindow } from '../../sparse/encoder.ts'
import type { Contestant } from './encode-speed.ts'

/**
 * onnxruntime-node used as in its first example: a session with default options, one document for each call. It blocks
 * the event loop of this process while it runs.
 */
export async function naiveNodeContestant(
  modelFile: string,
  inputNames: readonly string[],
  windows: readonly TokenWindow[],
): Promise<Contestant> {
  process.env.ORT_DISABLE_TELEMETRY ??= '1'
  const session = await InferenceSession.create(modelFile)
  return async () => {
    const startedAt = performance.now()
    for (const { inputIds } of windows) {
      const values: Record<string, BigInt64Array> = {
        input_ids: BigInt64Array.from(inputIds, BigInt),
        attention_mask: new BigInt64Array(inputIds.length).fill(1n),
        token_type_ids: new BigInt64Array(inputIds.length),
      }
      await session.run(
        Object.fromEntries(
          inputNames.map((name) => [
            name,
            new Tensor('int64', values[name] as BigInt64Array, [1, inputIds.length]),
          ]),
        ),
      )
    }
    return (performance.now() - startedAt) / 1000
  }
}
