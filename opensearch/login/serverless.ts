import { LexpandError } from '../../sparse/errors.ts'

/** The reason why a Serverless collection (`aoss`) cannot keep Lexpand's vectors up to date. */
export const SERVERLESS_LACKS =
  'no refresh, no ids of its own in bulk requests of some collection types, no sequence numbers, no ingest pipelines and no point in time'

/** @throws LexpandError CONFIGURATION */
export function refuseServerless(part: string): never {
  throw new LexpandError(
    'CONFIGURATION',
    `[${part}] expected an OpenSearch that can be written to in order, got a Serverless collection: it has ${SERVERLESS_LACKS}. Only lexpand search works there, on an index that was filled elsewhere; use an OpenSearch Service domain (--aws-sigv4 es) for the rest.`,
  )
}
