import { type Client, errors } from '@opensearch-project/opensearch'
import { EngineDenied } from '../../opensearch/failures/denied.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import type { EngineFailure } from '../../opensearch/failures/engine-failure.ts'
import { EngineBusy } from '../../opensearch/failures/transient.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { parseExactly } from '../../sparse/exact-json.ts'

/** The parts that name a document. */
export interface DocumentName {
  readonly id: string
  readonly routing?: string | undefined
}

/** A document as it is now. */
export interface RawDocument {
  readonly seqNo: number
  readonly primaryTerm: number
  /** `_version`: an object with the digits where JavaScript cannot hold the number, see `exactNumber`. */
  readonly version: number | object
  /** Numbers are kept as they were written, see `parseExactly`. */
  readonly source: Readonly<Record<string, unknown>>
}

export interface RawDocuments {
  /** In the order of the names; undefined where there is no document. */
  readonly documents: readonly (RawDocument | undefined)[]
  /** Length of the answer in bytes. */
  readonly bytes: number
}

export interface RawPlace {
  readonly index: string
  /** Subject of error messages. */
  readonly part: string
}

/**
 * Reads documents in real time; numbers are kept digit by digit as they were written.
 *
 * @param includes paths of `_source`; by default all
 * @throws EngineBusy when a shard does not answer; LexpandError INDEX or SERVICE when the engine cannot read
 */
export async function readRaw(
  client: Client,
  { index, part }: RawPlace,
  names: readonly DocumentName[],
  includes?: readonly string[],
): Promise<RawDocuments> {
  if (names.length === 0) return { documents: [], bytes: 0 }
  const text = await request(client, index, names, includes).catch((error: unknown) => {
    throw translateEngineError(error, { part, index })
  })
  const { docs } = parseExactly(text) as { docs: readonly Answer[] }
  const documents = docs.map((answer): RawDocument | undefined => {
    const { error, found, _source, _seq_no = -1, _primary_term = -1, _version = 1 } = answer
    if (error?.type === 'security_exception') {
      throw EngineDenied.of(403, error, { part, index })
    }
    if (error !== undefined) throw new EngineBusy(part, index, error.reason ?? 'no answer')
    if (found !== true) return undefined
    if (_source === undefined) {
      throw new LexpandError(
        'INDEX',
        `[${part}] expected index ${index} to keep _source, got a document without. Reindex into an index with _source on.`,
      )
    }
    return { seqNo: _seq_no, primaryTerm: _primary_term, version: _version, source: _source }
  })
  return { documents, bytes: text.length }
}

interface Answer {
  readonly error?: EngineFailure | undefined
  readonly found?: boolean | undefined
  readonly _seq_no?: number | undefined
  readonly _primary_term?: number | undefined
  readonly _version?: number | object | undefined
  readonly _source?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Reads the answer as a stream, because the client would parse it and lose digits; the client then leaves checking the
 * status to the caller, too.
 */
async function request(
  client: Client,
  index: string,
  names: readonly DocumentName[],
  includes: readonly string[] | undefined,
): Promise<string> {
  const reply = await client.transport.request(
    {
      method: 'POST',
      path: `/${encodeURIComponent(index)}/_mget`,
      querystring: includes === undefined ? {} : { _source_includes: includes.join(',') },
      body: {
        docs: names.map(({ id, routing }) => ({ _id: id, ...(routing === undefined ? {} : { routing }) })),
      },
    },
    { asStream: true },
  )
  const chunks: Buffer[] = []
  for await (const chunk of reply.body as unknown as AsyncIterable<Buffer>) chunks.push(Buffer.from(chunk))
  const text = Buffer.concat(chunks).toString()
  if (reply.statusCode === 200) return text
  throw new errors.ResponseError({ ...reply, body: parsedOr(text) } as unknown as ConstructorParameters<
    typeof errors.ResponseError
  >[0])
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
