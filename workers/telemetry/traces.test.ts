import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { SpanKind } from 'bullmq'
import { beforeEach, expect, test } from 'vitest'
import { queueTraces, traced } from './traces.ts'

const exporter = new InMemorySpanExporter()
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))

beforeEach(() => exporter.reset())

test('spans nest across awaits and carry their attributes', async () => {
  const result = await traced('job', { 'lexpand.index': 'articles' }, async () => {
    await Promise.resolve()
    return traced('encode', { 'lexpand.documents': 3 }, async () => 'done')
  })
  expect(result).toBe('done')
  const [encode, job] = exporter.getFinishedSpans()
  expect(encode).toMatchObject({ name: 'encode', attributes: { 'lexpand.documents': 3 } })
  expect(encode?.parentSpanContext?.spanId).toBe(job?.spanContext().spanId)
  expect(job?.attributes).toEqual({ 'lexpand.index': 'articles' })
})

test('a failure is in the span by its code, its message is not: it may quote a document', async () => {
  const error = Object.assign(new Error('failed to parse [secret text]'), { code: 'ENCODER' })
  await expect(traced('encode', {}, () => Promise.reject(error))).rejects.toBe(error)
  const [span] = exporter.getFinishedSpans()
  expect(span?.status).toEqual({ code: SpanStatusCode.ERROR })
  expect(span?.attributes).toEqual({ 'error.type': 'ENCODER' })
  expect(span?.events).toEqual([])
})

test('a job continues the trace of whoever queued it, through what is stored with the job', async () => {
  const { tracer, contextManager } = queueTraces()
  const queueing = tracer.startSpan('addBulk q', { kind: SpanKind.PRODUCER })
  const stored = contextManager.getMetadata(queueing.setSpanOnContext(contextManager.active()))
  queueing.end()
  const there = contextManager.fromMetadata(contextManager.active(), stored)
  tracer.startSpan('process q', { kind: SpanKind.CONSUMER }, there).end()
  const [added, processed] = exporter.getFinishedSpans()
  expect(processed?.spanContext().traceId).toBe(added?.spanContext().traceId)
  expect(processed?.parentSpanContext?.spanId).toBe(added?.spanContext().spanId)
})

test('polling makes no spans, and messages of failed jobs do not get into any', () => {
  const { tracer } = queueTraces()
  const polling = tracer.startSpan('getNextJob q', { kind: SpanKind.INTERNAL })
  polling.setAttribute('a', 1)
  polling.end()
  const job = tracer.startSpan('process q', { kind: SpanKind.CONSUMER })
  job.recordException(new Error('secret text'))
  job.addEvent('job failed', { reason: 'secret text' })
  job.end()
  const spans = exporter.getFinishedSpans()
  expect(spans.map(({ name }) => name)).toEqual(['process q'])
  expect(spans[0]?.events).toEqual([])
})
