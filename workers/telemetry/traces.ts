import { type Attributes, type Context, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { type Span as QueueSpan, type Telemetry as QueueTelemetry, SpanKind } from 'bullmq'
import { BullMQOtel } from 'bullmq-otel'

/** Does nothing until a process registers an SDK; the command line does so where OTEL_EXPORTER_OTLP_ENDPOINT is set. */
const tracer = trace.getTracer('lexpand')

/**
 * Runs a part of a job as a span below the active one. Attributes give numbers and the index, never texts or document
 * ids, since traces leave the cluster and are kept longer than documents.
 *
 * @param work may add attributes to its span
 */
export function traced<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      // Only the class of an error is recorded: messages of engines quote documents.
      const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
      span.setAttribute('error.type', code ?? (error instanceof Error ? error.name : 'unknown'))
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  })
}

/**
 * Carries the context of the caller who queues into the worker, so that a job belongs to the trace of its cause. Only
 * BullMQ's own spans of queueing and of the job remain: its polling would start a trace a second for ever.
 */
export function queueTraces(): QueueTelemetry<Context> {
  const { tracer: spans, contextManager } = new BullMQOtel({ tracerName: 'lexpand' })
  return {
    contextManager,
    tracer: {
      startSpan: (name, options, context) =>
        options?.kind === SpanKind.PRODUCER || options?.kind === SpanKind.CONSUMER
          ? withoutMessages(spans.startSpan(name, options, context))
          : NO_SPAN,
    },
  }
}

/** Drops messages: BullMQ's events and exceptions carry error messages, which may quote documents. */
function withoutMessages(span: QueueSpan<Context>): QueueSpan<Context> {
  return {
    setSpanOnContext: (context) => span.setSpanOnContext(context),
    setAttribute: (key, value) => span.setAttribute(key, value),
    setAttributes: (attributes) => span.setAttributes(attributes),
    addEvent() {},
    recordException() {},
    end: () => span.end(),
  }
}

const NO_SPAN: QueueSpan<Context> = {
  setSpanOnContext: (context) => context,
  setAttribute() {},
  setAttributes() {},
  addEvent() {},
  recordException() {},
  end() {},
}
