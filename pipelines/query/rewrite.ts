import { LexpandError } from '../../sparse/errors.ts'

/** Input of the rewriter of a conversation. */
export interface Conversation {
  readonly text: string
  /** Oldest first. */
  readonly history: readonly string[]
  readonly rewrite?: ((text: string, history: readonly string[]) => string | Promise<string>) | undefined
  /** Time limit of the rewriter in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * The question from the application's rewriter; it replaces text and history.
 *
 * @param longest largest number of UTF-16 units of a question
 * @throws LexpandError QUERY for a rewriter that fails, exceeds its time, or returns no usable text; the reason of the
 *   signal
 */
export async function rewritten<Request extends Conversation>(
  request: Request,
  longest: number,
): Promise<Request> {
  const { text, history, rewrite, signal } = request
  if (rewrite === undefined) return request
  signal?.throwIfAborted()
  const answer: unknown = await inTime(async () => rewrite(text, history), request)
  if (typeof answer === 'string' && answer.trim() !== '' && answer.length <= longest) {
    return { ...request, text: answer.toWellFormed().trim(), history: [] }
  }
  const got = typeof answer === 'string' ? `${answer.length} characters` : typeof answer
  throw new LexpandError(
    'QUERY',
    `[search] expected rewrite to answer with a question of 1 to ${longest} characters, got ${got}. Return the text as it is where nothing is to be changed.`,
  )
}

async function inTime<T>(work: () => Promise<T>, { timeoutMs, signal }: Conversation): Promise<T> {
  const over = new AbortController()
  const timer = setTimeout(() => {
    over.abort(
      new LexpandError(
        'QUERY',
        `[search] expected an answer of rewrite within ${timeoutMs} ms, got none. Raise timeoutMs, or make it quicker.`,
      ),
    )
  }, timeoutMs)
  const either = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal])
  try {
    return await Promise.race([work(), aborted(either)])
  } catch (cause) {
    if (cause instanceof LexpandError || signal?.aborted === true) throw cause
    throw new LexpandError(
      'QUERY',
      '[search] expected rewrite to answer, got an error. Look at its cause, or catch it there and return the text as it is.',
      { cause },
    )
  } finally {
    clearTimeout(timer)
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
