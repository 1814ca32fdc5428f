/**
 * Ends a request when the signal aborts; it then rejects with the client's RequestAbortedError.
 *
 * @param signal undefined lets the request run to its end
 */
export async function abortable<T>(request: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return request
  const abort = () => (request as { abort?: () => void }).abort?.()
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  try {
    return await request
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
