import { type Context, Hono } from 'hono'
import type { ReadinessCheck } from './readiness.ts'

export interface HttpAppOptions {
  /** Registry of prom-client. */
  readonly registry: { readonly contentType: string; metrics(): Promise<string> }
  readonly checks: readonly ReadinessCheck[]
  /** Describes a defect of this process, which should then be replaced; undefined without one. */
  readonly defect?: () => string | undefined
  /** Pages below {@link BOARD_PATH}. */
  readonly board?: Hono | undefined
  /** Refuses other names in the Host header, so that a web page cannot reach this server under a name of its own (DNS rebinding). */
  readonly onlyLoopback: boolean
}

export const BOARD_PATH = '/queues'

/** A probe that asks more often gets the last answer: probes must not become load. */
const FRESH_MS = 1_000
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/**
 * `/metrics`, `/healthz` (this process is fine), `/readyz` (so are the services that it needs) and the queue board. No
 * page changes anything: other methods than GET are refused.
 */
export function httpApp({ registry, checks, defect, board, onlyLoopback }: HttpAppOptions): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    const { method } = context.req
    if (method !== 'GET' && method !== 'HEAD') return refuse(context, 405, 'only GET is served here')
    if (onlyLoopback && !LOOPBACK_HOST.test(context.req.header('host') ?? '')) {
      return refuse(context, 421, 'this server listens on its own machine only')
    }
    await next()
    protect(context)
  })
  const ready = remembered(() => readiness(checks))
  // A scrape asks Redis and the engine, so simultaneous ones share an answer.
  const metrics = remembered(() => registry.metrics())
  app.get('/metrics', async (context) =>
    context.body(await metrics(), 200, { 'content-type': registry.contentType }),
  )
  app.get('/healthz', (context) => {
    const reason = defect?.()
    return reason === undefined
      ? context.json({ status: 'ok' })
      : context.json({ status: 'defect', reason }, 503)
  })
  app.get('/readyz', async (context) => {
    const result = await ready()
    return context.json(result, result.status === 'ready' ? 200 : 503)
  })
  if (board !== undefined) app.route(BOARD_PATH, board)
  app.notFound((context) => refuse(context, 404, 'no such page'))
  app.onError((_error, context) => refuse(context, 500, 'failed; see the log'))
  return app
}

async function readiness(checks: readonly ReadinessCheck[]) {
  const reasons = await Promise.all(checks.map((check) => check.problem()))
  const results = checks.map(({ name }, at) => [name, reasons[at] ?? 'ok'] as const)
  const isReady = reasons.every((reason) => reason === undefined)
  return { status: isReady ? 'ready' : 'not ready', checks: Object.fromEntries(results) }
}

/** Allows one call at a time, and keeps its answer for {@link FRESH_MS}. */
function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let latest: Promise<T> | undefined
  let until = Number.POSITIVE_INFINITY
  return () => {
    if (latest === undefined || performance.now() >= until) {
      until = Number.POSITIVE_INFINITY
      latest = ask().finally(() => {
        until = performance.now() + FRESH_MS
      })
    }
    return latest
  }
}

function refuse(context: Context, status: 404 | 405 | 421 | 500, error: string): Response {
  return context.json({ error }, status)
}

/** The board asks for fonts of another server; no page of a worker may contact one, or be shown inside another page. */
function protect(context: Context): void {
  context.header(
    'content-security-policy',
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
  )
  context.header('x-content-type-options', 'nosniff')
  context.header('cache-control', 'no-store')
}
