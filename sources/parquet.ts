import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { LexpandError } from '../sparse/errors.ts'
import { numberOf } from '../sparse/exact-json.ts'
import { isProblem, MAX_RECORD_BYTES, type OnProblem, type SourceRecord, toRecord } from './record.ts'

/**
 * Reads a Parquet file, one row group after the other; one group is in memory at a time. Numbers keep their digits,
 * times become ISO 8601 text, and empty values are left out.
 *
 * @param name name of the file, for positions
 * @throws LexpandError INPUT for a damaged file, a codec other than snappy, gzip, zstd and brotli, decimals of more
 *   than 15 digits (they would be rounded)
 */
export async function* readParquet(
  path: string,
  name: string,
  idField: string | undefined,
  onProblem: OnProblem,
): AsyncGenerator<SourceRecord> {
  const file = await asyncBufferFromFile(path)
  const metadata = await inOurWords(name, () => parquetMetadataAsync(file))
  const decimal = metadata.schema.find(
    ({ converted_type, logical_type, precision = 0 }) =>
      (converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL') && precision > EXACT_DIGITS,
  )
  if (decimal !== undefined) {
    throw new LexpandError(
      'INPUT',
      `[source] expected decimals of at most ${EXACT_DIGITS} digits in ${name}, got ${decimal.precision} in the column ${decimal.name}, which would be rounded. Cast the column to text or double.`,
    )
  }
  let row = 0
  for (const { num_rows } of metadata.row_groups) {
    const end = row + Number(num_rows)
    const objects = await inOurWords(name, () =>
      parquetReadObjects({ file, metadata, rowStart: row, rowEnd: end, compressors }),
    )
    for (const object of objects) {
      row++
      const position = `${name} row ${row}`
      const record = toRecord(jsonObject(object), idField, position)
      if (isProblem(record)) onProblem(record)
      else yield record
    }
  }
}

const EXACT_DIGITS = 15

const compressors = {
  GZIP: (packed: Uint8Array) => new Uint8Array(gunzipSync(packed, limit)),
  ZSTD: (packed: Uint8Array) => new Uint8Array(zstdDecompressSync(packed, limit)),
  BROTLI: (packed: Uint8Array) => new Uint8Array(brotliDecompressSync(packed, limit)),
}
/** Largest size of an unpacked page: a small file must not fill the memory. */
const limit = { maxOutputLength: 16 * MAX_RECORD_BYTES }

async function inOurWords<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LexpandError(
      'INPUT',
      `[source] expected a Parquet file in ${name} (uncompressed, snappy, gzip, zstd or brotli), got: ${reason}. Write it again, or export it as JSON lines.`,
      { cause },
    )
  }
}

function jsonObject(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      const plain = jsonValue(value)
      return plain === undefined || plain === null ? [] : [[key, plain]]
    }),
  )
}

function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return numberOf(String(value))
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map((item) => jsonValue(item) ?? null)
  if (typeof value === 'object' && value !== null) return jsonObject(value as Record<string, unknown>)
  return value
}
