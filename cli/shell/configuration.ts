import { z } from 'zod'
import type { AwsSigning } from '../../opensearch/login/aws-signing.ts'
import type { Secret } from '../../opensearch/login/secret.ts'
import { certificateFile, clientCertificateFiles, secretFile } from '../../opensearch/login/secret-files.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { DEFAULT_MAX_TEXT_BYTES } from '../../workers/encode/encode-documents.ts'
import type { RedisByUrl } from '../../workers/index.ts'

/** Addresses of the services and their logins. Without a URL the embedded engine and Redis are used. */
export interface Configuration {
  readonly opensearchUrl: string | undefined
  readonly redisUrl: string | undefined
  /** Settings of Redis that its URL does not contain. */
  readonly redisSecrets: Omit<RedisByUrl, 'url'>
  readonly username: string | undefined
  /** Password, read anew from its file when OpenSearch refuses it. */
  readonly password: Secret | undefined
  /** Bearer token, read anew from its file when OpenSearch refuses it. */
  readonly token: Secret | undefined
  /** Signs requests for a managed service. */
  readonly aws: AwsSigning | undefined
  /** PEM certificate authority for OpenSearch, content not path. */
  readonly caCertificate: Secret | undefined
  /** PEM certificate and key of this client, for a cluster that asks for one. */
  readonly clientCertificate?: Secret | undefined
  readonly clientKey?: Secret | undefined
  readonly verifyTls: boolean
  readonly requestTimeoutMs: number
  readonly logLevel: string
  /** Longest text that a worker encodes, in bytes. */
  readonly maxTextBytes: number
  /** Above this p95 of searches, in milliseconds, workers yield to them; undefined: never. */
  readonly maxSearchP95Ms: number | undefined
  /** File of the vector cache, or `off`; undefined: in the cache folder. */
  readonly vectorCache: string | undefined
  readonly vectorCacheBytes: number
  /** Bearer token that callers of `lexpand mcp --http` have to send. */
  readonly mcpToken: Secret | undefined
}

/** Options of every command that talks to services; they override the environment. */
export interface ConnectionFlags {
  readonly opensearch?: string | undefined
  readonly awsSigv4?: true | string | undefined
  readonly redis?: string | undefined
}

/** Options of commands that encode. */
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
    REDIS_URL: optionalText.refine(
      (text) => text === undefined || /^rediss?(-sentinel|-cluster)?:\/\/./.test(text),
      {
        error:
          'expected a URL starting with redis://, redis-sentinel:// or redis-cluster:// (rediss for TLS)',
      },
    ),
    REDIS_PASSWORD_FILE: optionalText,
    REDIS_CA_FILE: optionalText,
    REDIS_CERT_FILE: optionalText,
    REDIS_KEY_FILE: optionalText,
    OPENSEARCH_USERNAME: optionalText,
    OPENSEARCH_PASSWORD: optionalText,
    OPENSEARCH_PASSWORD_FILE: optionalText,
    OPENSEARCH_TOKEN_FILE: optionalText,
    OPENSEARCH_CA_FILE: optionalText,
    OPENSEARCH_CERT_FILE: optionalText,
    OPENSEARCH_KEY_FILE: optionalText,
    OPENSEARCH_AWS_SIGV4: z.preprocess(
      (text) => (text === '' ? undefined : text),
      z.enum(['es', 'aoss']).optional(),
    ),
    AWS_REGION: optionalText,
    LEXPAND_TLS_VERIFY: z.enum(['true', 'false']).default('true'),
    LEXPAND_REQUEST_TIMEOUT_MS: z.coerce.number().int().min(100).max(3_600_000).default(60_000),
    LEXPAND_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    LEXPAND_MAX_TEXT_BYTES: z.coerce.number().int().min(1).max(100_000_000).default(DEFAULT_MAX_TEXT_BYTES),
    LEXPAND_MAX_SEARCH_P95_MS: z.preprocess(
      (text) => (text === '' ? undefined : text),
      z.coerce.number().int().min(1).max(600_000).optional(),
    ),
    LEXPAND_VECTOR_CACHE: optionalText,
    LEXPAND_MCP_TOKEN: optionalText,
    LEXPAND_MCP_TOKEN_FILE: optionalText,
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
  .refine((set) => set.OPENSEARCH_AWS_SIGV4 === undefined || set.AWS_REGION !== undefined, {
    path: ['OPENSEARCH_AWS_SIGV4'],
    error: 'is set without AWS_REGION',
  })
  .refine(
    (set) =>
      [set.OPENSEARCH_USERNAME, set.OPENSEARCH_TOKEN_FILE, set.OPENSEARCH_AWS_SIGV4].filter(
        (way) => way !== undefined,
      ).length < 2,
    {
      path: ['OPENSEARCH_USERNAME'],
      error: 'is set beside OPENSEARCH_TOKEN_FILE or OPENSEARCH_AWS_SIGV4: keep one way to log in',
    },
  )

/**
 * Reads options and environment through one schema.
 *
 * @throws LexpandError CONFIGURATION listing every mistake at once, each with the name of its variable or option
 */
export function readConfiguration(
  flags: ConnectionFlags & PaceFlags,
  environment: NodeJS.ProcessEnv,
): Configuration {
  const parsed = environmentSchema.safeParse({
    ...environment,
    ...(flags.opensearch === undefined ? {} : { OPENSEARCH_URL: flags.opensearch }),
    ...(flags.awsSigv4 === undefined
      ? {}
      : { OPENSEARCH_AWS_SIGV4: flags.awsSigv4 === true ? 'es' : flags.awsSigv4 }),
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
    redisSecrets: redisSecrets(settings),
    username: settings.OPENSEARCH_USERNAME,
    password:
      settings.OPENSEARCH_PASSWORD ??
      secretFile('OPENSEARCH_PASSWORD_FILE', settings.OPENSEARCH_PASSWORD_FILE),
    token: secretFile('OPENSEARCH_TOKEN_FILE', settings.OPENSEARCH_TOKEN_FILE),
    aws:
      settings.OPENSEARCH_AWS_SIGV4 === undefined
        ? undefined
        : { region: settings.AWS_REGION ?? '', service: settings.OPENSEARCH_AWS_SIGV4 },
    caCertificate: certificateFile('OPENSEARCH_CA_FILE', settings.OPENSEARCH_CA_FILE),
    ...clientCertificateFiles('OPENSEARCH', settings.OPENSEARCH_CERT_FILE, settings.OPENSEARCH_KEY_FILE),
    verifyTls: settings.LEXPAND_TLS_VERIFY === 'true',
    requestTimeoutMs: settings.LEXPAND_REQUEST_TIMEOUT_MS,
    logLevel: settings.LEXPAND_LOG_LEVEL,
    maxTextBytes: settings.LEXPAND_MAX_TEXT_BYTES,
    maxSearchP95Ms: settings.LEXPAND_MAX_SEARCH_P95_MS,
    vectorCache: settings.LEXPAND_VECTOR_CACHE,
    vectorCacheBytes: settings.LEXPAND_VECTOR_CACHE_BYTES,
    mcpToken:
      settings.LEXPAND_MCP_TOKEN ?? secretFile('LEXPAND_MCP_TOKEN_FILE', settings.LEXPAND_MCP_TOKEN_FILE),
  })
}

function redisSecrets(settings: z.infer<typeof environmentSchema>): Omit<RedisByUrl, 'url'> {
  const { REDIS_PASSWORD_FILE, REDIS_CA_FILE, REDIS_CERT_FILE, REDIS_KEY_FILE } = settings
  const { clientCertificate, clientKey } = clientCertificateFiles('REDIS', REDIS_CERT_FILE, REDIS_KEY_FILE)
  return {
    password: secretFile('REDIS_PASSWORD_FILE', REDIS_PASSWORD_FILE),
    ca: certificateFile('REDIS_CA_FILE', REDIS_CA_FILE)?.(),
    cert: clientCertificate?.(),
    key: clientKey?.(),
  }
}
