import { context, DiagLogLevel, diag, propagation, trace } from '@opentelemetry/api'
import type { Logger } from 'pino'
import packageJson from '../../package.json' with { type: 'json' }

/** Batches that a collector does not accept are dropped; the end of a process waits for it at most this long. */
const EXPORT_MS = 5_000
const MAX_ATTRIBUTE_LENGTH = 256

/**
 * Sends traces to the collector of OTEL_EXPORTER_OTLP_ENDPOINT (or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT), over HTTP;
 * OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have their standard meaning. Without an
 * endpoint, or with OTEL_SDK_DISABLED=true, nothing is loaded and spans cost nothing.
 *
 * @param service default of OTEL_SERVICE_NAME
 * @returns a function that ends tracing; unsent spans are sent first, within {@link EXPORT_MS}
 */
export async function startTracing(
  service: string,
  environment: NodeJS.ProcessEnv,
  logger: Logger,
): Promise<() => Promise<void>> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT = '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = '' } = environment
  const isWanted = OTEL_EXPORTER_OTLP_ENDPOINT !== '' || OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== ''
  if (!isWanted || environment.OTEL_SDK_DISABLED === 'true') return async () => {}
  const [sdk, { OTLPTraceExporter }, resources, { AsyncLocalStorageContextManager }, core] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/core'),
    ])
  const report = (message: string) => logger.warn({ part: 'traces' }, message)
  const ignore = () => {}
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    DiagLogLevel.WARN,
  )
  const detected = resources.detectResources({
    detectors: [resources.serviceNameEnvDetector, resources.resourceAttributesEnvDetector],
  })
  const own = { 'service.name': service, 'service.version': packageJson.version }
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes(own).merge(detected),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter(), exportTimeoutMillis: EXPORT_MS }),
    ],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return () =>
    provider.shutdown().catch((error: unknown) => report(`not everything was sent: ${String(error)}`))
}
