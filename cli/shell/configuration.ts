import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { LexpandError } from '../../sparse/errors.ts'

/** Where the services are and how to log in. Absent URLs mean: use the embedded engine and Redis. */
export interface Configuration {
  readonly opensearchUrl: string | undefined
  readonly redisUrl: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  /** PEM certificate authority for OpenSearch, content not path. */
  readonly caCertificate: string | undefined
  readonly verifyTls: boolean
  readonly requestTimeoutMs: number
  readonly logLevel: string
  /** Longest text that a worker encodes. */
  readonly maxTextBytes: number
  /** Above this p95 of searches, workers yield to them; undefined: never. */
  readonly maxSearchP95Ms: number | undefined
  /** File of the vector cache, or `off`; undefined: in the cache folder. */
  readonly vectorCache: string | undefined
  readonly vectorCacheBytes: number
}

/** Flags that every command which talks to services accepts; they win over the environment. */
export interface ConnectionFlags {
  readonly opensearch?: string | undefined
  readonly redis?: string | undefined
}

/** Flags of commands that encode. */
export interface PaceFlags {
  readonly maxTextBytes?: string | undefined
  readonly maxSearchP95?: string | undefined
  readonly vectorCache?: string | undefined
}

const optionalText = z
  .string()
  .optional()
  .transform((text) => (text === '' ? undefined : text))

const url = (protocols: readonly string[]) =>
  optionalText.refine(
    (text) => text === undefined || (URL.canParse(text) && protocols.includes(new URL(text).protocol)),
    { error: `expected a URL starting with ${protocols.map((p) => `${p}//`).join(' or ')}` },
  )

const environmentSchema = z
  .object({
    OPENSEARCH_URL: url(['http:', 'https:']),
    REDIS_URL: url(['redis:', 'rediss:']),
    OPENSEARCH_USERNAME: optionalText,
    OPENSEARCH_PASSWORD: optionalText,
    OPENSEARCH_PASSWORD_FILE: optionalText,
    OPENSEARCH_CA_FILE: optionalText,
    LEXPAND_TLS_VERIFY: z.enum(['true', 'false']).default('true'),
    LEXPAND_REQUEST_TIMEOUT_MS: z.coerce.number().int().min(100).max(3_600_000).default(60_000),
    LEXPAND_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    LEXPAND_MAX_TEXT_BYTES: z.coerce.number().int().min(1).max(100_000_000).default(10_000_000),
    LEXPAND_MAX_SEARCH_P95_MS: z.preprocess(
      (text) => (text === '' ? undefined : text),
      z.coerce.number().int().min(1).max(600_000).optional(),
    ),
    LEXPAND_VECTOR_CACHE: optionalText,
    LEXPAND_VECTOR_CACHE_BYTES: z.coerce.number().int().min(1_000_000).default(1_000_000_000),
  })
  .refine(
    (set) =>
      set.OPENSEARCH_USERNAME === undefined ||
      set.OPENSEARCH_PASSWORD !== undefined ||
      set.OPENSEARCH_PASSWORD_FILE !== undefined,
    {
      path: ['OPENSEARCH_USERNAME'],
      error: 'is set without OPENSEARCH_PASSWORD or OPENSEARCH_PASSWORD_FILE',
    },
  )

/**
 * Reads flags and environment through one schema.
 *
 * @throws LexpandError CONFIGURATION listing every mistake at once, each with the name of its variable or flag
 */
export function readConfiguration(
  flags: ConnectionFlags & PaceFlags,
  environment: NodeJS.ProcessEnv,
): Configuration {
  const parsed = environmentSchema.safeParse({
    ...environment,
    ...(flags.opensearch === undefined ? {} : { OPENSEARCH_URL: flags.opensearch }),
    ...(flags.redis === undefined ? {} : { REDIS_URL: flags.redis }),
    ...(flags.maxTextBytes === undefined ? {} : { LEXPAND_MAX_TEXT_BYTES: flags.maxTextBytes }),
    ...(flags.maxSearchP95 === undefined ? {} : { LEXPAND_MAX_SEARCH_P95_MS: flags.maxSearchP95 }),
    ...(flags.vectorCache === undefined ? {} : { LEXPAND_VECTOR_CACHE: flags.vectorCache }),
  })
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new LexpandError(
      'CONFIGURATION',
      `[configuration] ${mistakes.length} setting(s) cannot be used. Correct these (a flag wins over its variable):\n${mistakes.join('\n')}`,
    )
  }
  const settings = parsed.data
  return Object.freeze({
    opensearchUrl: settings.OPENSEARCH_URL,
    redisUrl: settings.REDIS_URL,
    username: settings.OPENSEARCH_USERNAME,
    password:
      settings.OPENSEARCH_PASSWORD ??
      readSecret(settings.OPENSEARCH_PASSWORD_FILE, 'OPENSEARCH_PASSWORD_FILE'),
    caCertificate: readSecret(settings.OPENSEARCH_CA_FILE, 'OPENSEARCH_CA_FILE'),
    verifyTls: settings.LEXPAND_TLS_VERIFY === 'true',
    requestTimeoutMs: settings.LEXPAND_REQUEST_TIMEOUT_MS,
    logLevel: settings.LEXPAND_LOG_LEVEL,
    maxTextBytes: settings.LEXPAND_MAX_TEXT_BYTES,
    maxSearchP95Ms: settings.LEXPAND_MAX_SEARCH_P95_MS,
    vectorCache: settings.LEXPAND_VECTOR_CACHE,
    vectorCacheBytes: settings.LEXPAND_VECTOR_CACHE_BYTES,
  })
}

function readSecret(file: string | undefined, variable: string): string | undefined {
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch (cause) {
    throw new LexpandError(
      'CONFIGURATION',
      `[configuration] expected ${variable} to name a readable file, got ${JSON.stringify(file)}. Check the path and its permissions.`,
      { cause },
    )
  }
}
