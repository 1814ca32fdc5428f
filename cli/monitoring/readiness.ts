import type { Client } from '@opensearch-project/opensearch'
import type { Encoder } from '../../sparse/index.ts'
import type { OnnxEncoder } from '../../workers/index.ts'

/** One requirement of a process. */
export interface ReadinessCheck {
  readonly name: string
  /** Description of what is wrong, or undefined; never rejects, and answers within {@link PATIENCE_MS}. */
  problem(): Promise<string | undefined>
}

/** Probes of container platforms give up after a few seconds; an answer with a reason is better than a time-out. */
const PATIENCE_MS = 2_500

/** @param ask sends a command that needs the keys of the work: a connection may be open while those are forbidden */
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
    // 403: the login is known, and other actions than this one may be allowed.
    return statusCode !== null && statusCode < 500 ? undefined : `HTTP ${statusCode}`
  })
}

/**
 * A running process is enough; without one (before the first batch, or after a death) one batch proves that the model
 * can be opened and run. A batch for a busy encoder would only measure its waiting line.
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
