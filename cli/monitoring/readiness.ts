import type { Client } from '@opensearch-project/opensearch'
import type { Encoder } from '../../sparse/index.ts'
import type { OnnxEncoder } from '../../workers/index.ts'

/** One thing that a process needs for its work. */
export interface ReadinessCheck {
  readonly name: string
  /** What is wrong, or undefined; never rejects, and answers within {@link PATIENCE_MS}. */
  problem(): Promise<string | undefined>
}

/** Probes of container platforms give up after a few seconds; an answer with a reason beats a time-out. */
const PATIENCE_MS = 2_500

/** @param ask anything that needs the keys of the work: a bare connection may be up while those are forbidden */
export function redisCheck(ask: () => Promise<unknown>): ReadinessCheck {
  return check('redis', async () => {
    await ask()
    return undefined
  })
}

export function engineCheck(client: Client): ReadinessCheck {
  return check('opensearch', async () => {
    const { statusCode } = await client.http.head(
      { path: '/' },
      { requestTimeout: PATIENCE_MS, maxRetries: 0, ignore: [403, 404] },
    )
    // 403: it knows us and lets us do other things than this.
    return statusCode !== null && statusCode < 500 ? undefined : `HTTP ${statusCode}`
  })
}

/**
 * A living process will do; without one (before the first batch, or after a death) one batch proves that the model
 * can be opened and run. Asking a busy encoder for a batch would only measure its line.
 */
export function encoderCheck(
  encoder: Encoder & Pick<OnnxEncoder, 'processIds'>,
  model: { readonly tokenizer: { readonly clsId: number; readonly sepId: number } },
): ReadinessCheck {
  const { clsId, sepId } = model.tokenizer
  return check('encoder', async () => {
    if (encoder.processIds.length === 0) await encoder.encode([{ inputIds: Uint32Array.of(clsId, sepId) }])
    return undefined
  })
}

function check(name: string, ask: () => Promise<string | undefined>): ReadinessCheck {
  return {
    name,
    problem() {
      let timer: NodeJS.Timeout | undefined
      const tooLate = new Promise<string>((resolve) => {
        timer = setTimeout(() => resolve(`no answer within ${PATIENCE_MS} ms`), PATIENCE_MS)
      })
      const answer = ask().catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer))
    },
  }
}
