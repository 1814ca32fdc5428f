const PATIENCE_MS = 2_000

/**
 * Waits for an answer of Redis, for no longer than {@link PATIENCE_MS}: a worker's connection keeps its commands
 * until Redis is back.
 *
 * @returns undefined when there is none in time, or an error
 */
export async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, undefined)
  })
  return Promise.race([answer.catch(() => undefined), tooLate]).finally(() => clearTimeout(timer))
}
