const PATIENCE_MS = 2_000

/**
 * Waits for an answer of Redis for at most {@link PATIENCE_MS}: a worker's connection keeps its commands until Redis is
 * back.
 *
 * @returns undefined after an error, or when no answer comes in time
 */
export async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, undefined)
  })
  return Promise.race([answer.catch(() => undefined), tooLate]).finally(() => clearTimeout(timer))
}
