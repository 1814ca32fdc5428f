import { appendFileSync, closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../host/errors.ts'
import { readBody, request, type WebContext } from './web-request.ts'

export interface Download extends WebContext {
  readonly url: URL
  /** Target file. The rest of an earlier call is continued. */
  readonly file: string
  /** Called with the numbers of bytes received and in total (undefined when the server does not say). */
  readonly onProgress: (received: number, total: number | undefined) => void
}

/** Larger than any archive downloaded here: a server must not fill the disk. */
const LIMIT_BYTES = 2 * 2 ** 30
/** Number of breaks in a row without a single byte between them. */
const FRUITLESS_BREAKS = 4

/**
 * Downloads a file, and continues with a range request where the connection breaks or an earlier process was killed.
 * The caller checks the content.
 *
 * @throws EngineError ENGINE_FETCH when the server refuses, or when connections break without a byte
 */
export async function download(options: Download): Promise<void> {
  const file = openSync(options.file, 'a')
  try {
    let fruitless = 0
    for (;;) {
      const { size: before } = fstatSync(file)
      try {
        await fetchRest(options, before, file)
        return
      } catch (error) {
        if (error instanceof EngineError) throw error
        fruitless = fstatSync(file).size > before ? 0 : fruitless + 1
        if (fruitless === FRUITLESS_BREAKS) throw unreachable(options.url, error)
        await sleep((options.retryDelayMs ?? 500) * 2 ** fruitless)
      }
    }
  } finally {
    closeSync(file)
  }
}

/** @throws EngineError ENGINE_FETCH */
export async function downloadText(url: URL, context: WebContext): Promise<string> {
  try {
    const response = await request(url, {}, context)
    if (response.statusCode === 200) return await readBody(response, 4_096)
    response.destroy()
    throw refused(url, response)
  } catch (error) {
    if (error instanceof EngineError) throw error
    throw unreachable(url, error)
  }
}

/** @throws Error when the connection breaks, which is worth another attempt; EngineError when it is not */
async function fetchRest(
  { url, onProgress, ...context }: Download,
  have: number,
  file: number,
): Promise<void> {
  const headers = have === 0 ? {} : { range: `bytes=${have}-` }
  const response = await request(url, headers, context)
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers['content-range'] ?? '')
  try {
    if (response.statusCode === 416) {
      if (Number(range?.[2]) === have) return
      // The stored part is not the beginning of the server's file.
      ftruncateSync(file, 0)
      throw new Error('the server has fewer bytes than there are already')
    }
    const continues = response.statusCode === 206 && Number(range?.[1]) === have
    if (!continues) {
      if (response.statusCode !== 200) throw repeatable(response) ?? refused(url, response)
      ftruncateSync(file, 0)
    }
    const start = continues ? have : 0
    const length = Number(response.headers['content-length'])
    const total = Number.isNaN(length) ? undefined : start + length
    await append(response, file, { url, start, total, onProgress })
  } finally {
    response.destroy()
  }
}

interface Piece extends Pick<Download, 'url' | 'onProgress'> {
  readonly start: number
  readonly total: number | undefined
}

/**
 * Writes chunks at once as they arrive: the content of an async iterator would be lost when the connection breaks, and
 * a connection that always breaks early would never finish.
 */
function append(response: IncomingMessage, file: number, piece: Piece): Promise<void> {
  const { url, start, total, onProgress } = piece
  let received = start
  return new Promise((resolve, reject) => {
    response.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received > LIMIT_BYTES) {
        reject(tooLong(url))
        response.destroy()
        return
      }
      try {
        appendFileSync(file, chunk)
      } catch (cause) {
        reject(unwritable(url, cause))
        response.destroy()
        return
      }
      onProgress(received, total)
    })
    response.once('error', reject)
    response.once('close', () => {
      if (response.complete && (total === undefined || received === total)) resolve()
      else reject(new Error(`the connection ended at ${received} of ${total ?? 'unknown'} bytes`))
    })
  })
}

function tooLong(url: URL): EngineError {
  return new EngineError(
    'ENGINE_FETCH',
    `expected at most ${LIMIT_BYTES} bytes from ${shown(url)}, got more. Name the right address.`,
  )
}

function unwritable(url: URL, cause: unknown): EngineError {
  return new EngineError(
    'ENGINE_FETCH',
    `expected to write what ${shown(url)} sends, got an error. Check the free space.`,
    { cause },
  )
}

/** Overload and failures of gateways pass; permanent refusals do not. */
function repeatable({ statusCode = 0 }: IncomingMessage): Error | undefined {
  return statusCode >= 500 || statusCode === 429 || statusCode === 408
    ? new Error(`status ${statusCode}`)
    : undefined
}

function refused(url: URL, { statusCode }: IncomingMessage): EngineError {
  return new EngineError(
    'ENGINE_FETCH',
    `expected the file ${shown(url)}, got status ${statusCode}. Check the address.`,
  )
}

function unreachable(url: URL, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EngineError(
    'ENGINE_FETCH',
    `expected an answer from ${shown(url)}, got: ${reason}. Check the network and its proxy (HTTPS_PROXY, NO_PROXY).`,
    { cause },
  )
}

/** The URL without user name and password. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`
}
