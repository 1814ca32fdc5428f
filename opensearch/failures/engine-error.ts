import { errors } from '@opensearch-project/opensearch'
import { type ErrorCode, LexpandError } from '../../sparse/errors.ts'
import { pluginNeeded } from '../plugin-nodes.ts'
import { engineWords, withoutValues } from './engine-cause.ts'
import { type EngineFailure, limitOf } from './engine-failure.ts'
import { missingPrivilege, privilegeOfHead } from './privilege.ts'

/** Context of an engine error: the "[part]" and the names in the message. */
export interface EngineContext {
  /** Part of Lexpand that talked to the engine, for example `search` or `write-back`. */
  readonly part: string
  /** Index or alias of the request, when there was one. */
  readonly index?: string | undefined
}

/**
 * Turns any error of the OpenSearch client into a {@link LexpandError} that says what to do. A LexpandError is returned
 * unchanged, so the function may run at several levels of one call.
 *
 * Codes: SERVICE when the engine cannot be reached, refuses the login or is overloaded; INDEX when the index is
 * missing, blocked or refuses the mapping; QUERY when the engine cannot run the query; CONFIGURATION for a client that
 * cannot be built. The original error is the `cause`.
 */
export function translateEngineError(error: unknown, context: EngineContext): LexpandError {
  if (error instanceof LexpandError) return error
  if (error instanceof errors.ResponseError) {
    const failure = failureOf(error.body)
    // The answer to a refused HEAD request has no body; the request itself shows what was missing.
    const reason = failure.type === undefined && failure.reason === undefined ? headReason(error) : undefined
    return translateEngineFailure(
      reason === undefined ? failure : { reason },
      error.statusCode,
      context,
      error,
    )
  }
  const fail = (code: ErrorCode, text: string) =>
    new LexpandError(code, `[${context.part}] ${text}`, { cause: error })
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof errors.TimeoutError) {
    return fail(
      'SERVICE',
      `expected an answer${from(error)} in time, got none. Check the load of the cluster, or raise the request timeout.`,
    )
  }
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError) {
    return fail(
      'SERVICE',
      `expected OpenSearch${from(error)}, got ${message}. ${connectionAdvice(message, from(error).includes('https:'))}`,
    )
  }
  if (error instanceof errors.RequestAbortedError) {
    return fail('SERVICE', `expected an answer${from(error)}, got an aborted request. Try again.`)
  }
  if (error instanceof errors.DeserializationError) {
    const advice = /__proto__|constructor/.test(error.data ?? '')
      ? 'A document has a key __proto__ or constructor: create the client with disablePrototypePoisoningProtection: true.'
      : 'Check that the URL is that of OpenSearch and not of a proxy or a dashboard.'
    return fail('SERVICE', `expected JSON from the engine, got something else (${message}). ${advice}`)
  }
  if (error instanceof errors.ConfigurationError) {
    return fail('CONFIGURATION', `expected usable client options, got: ${message}. Correct them.`)
  }
  return fail('SERVICE', `expected a reply from OpenSearch, got ${message}. See the cause.`)
}

/** The same for one failure inside a successful reply: a bulk item, an `_msearch` item. */
export function translateEngineFailure(
  failure: EngineFailure,
  status: number | null | undefined,
  context: EngineContext,
  cause?: unknown,
): LexpandError {
  const index = context.index === undefined ? 'the index' : `index ${context.index}`
  const got = engineWords(failure) ?? `status ${status ?? 'unknown'}`
  const fail = (code: ErrorCode, text: string) =>
    new LexpandError(code, `[${context.part}] ${text}`, cause === undefined ? {} : { cause })

  if (has(failure, 'cluster_block_exception')) {
    return fail('INDEX', `expected ${index} open for this request, got ${got}. ${blockAdvice(got)}`)
  }
  if (got.includes('No handler for type [lexpand_impacts]')) {
    return pluginNeeded(context.part, 'an engine that does not know it', cause === undefined ? {} : { cause })
  }
  if (has(failure, 'index_not_found_exception')) {
    return fail('INDEX', `expected ${index} to exist, got no such index. Check the name, or create it first.`)
  }
  if (has(failure, 'index_closed_exception')) {
    return fail('INDEX', `expected ${index} open, got a closed index. Open it with POST /<index>/_open.`)
  }
  if (has(failure, 'too_many_clauses') || has(failure, 'too_many_nested_clauses')) {
    return fail(
      'QUERY',
      `expected a query within the clause limit of the cluster, got ${got}. Shorten the query or its filter, or raise indices.query.bool.max_clause_count.`,
    )
  }
  const limit = limitOf(failure)
  if (limit !== undefined) {
    const { setting, level } = limit
    const said = got.replace(/\.?$/, '.')
    return fail(
      setting.startsWith('index.mapping.') ? 'INDEX' : 'QUERY',
      level === 'index'
        ? `expected a request within ${setting} of ${index}, got: ${said} Ask for less, or raise it with PUT /<index>/_settings {"${setting}": ...}.`
        : `expected a request within ${setting} of the cluster, got: ${said} Ask for less, or raise it with PUT /_cluster/settings {"persistent": {"${setting}": ...}}.`,
    )
  }
  if (status === 401) {
    return fail(
      'SERVICE',
      'expected a valid login, got 401 Unauthorized. Check user name and password, or the token; what their files hold is read again by itself.',
    )
  }
  if (status === 403) {
    if (/Signature (expired|not yet current)/.test(got)) {
      return fail('SERVICE', `expected a signature of now, got 403 (${got}). Set the clock of this machine.`)
    }
    const missing = missingPrivilege(got)
    return fail(
      'SERVICE',
      missing === undefined
        ? `expected the permission for this request on ${index}, got 403 (${got}). Grant the user the privilege that it needs: lexpand doctor --privileges names what is missing.`
        : `expected the privilege ${missing.privileges} on ${index}${missing.user === undefined ? '' : ` for user ${missing.user}`}, got 403. Grant it (roles to start from: deploy/roles); lexpand doctor --privileges names all that is missing.`,
    )
  }
  if (status === 413) {
    return fail(
      'SERVICE',
      'expected a request within http.max_content_length, got 413. Send fewer or smaller documents at once.',
    )
  }
  if (status === 429) {
    return fail('SERVICE', `expected the engine to have room, got 429 (${got}). Slow down and try again.`)
  }
  if (status != null && status >= 500) {
    return fail(
      'SERVICE',
      `expected the engine to answer, got ${status} (${got}). Check its log and its health.`,
    )
  }
  if (QUERY_TYPES.some((name) => has(failure, name))) {
    return fail(
      'QUERY',
      `expected a query that the engine can run, got: ${got}. Correct the query or the filter.`,
    )
  }
  // The engine may quote a document only here: the messages above are about requests, nodes and indices.
  return fail(
    'INDEX',
    `expected ${index} to accept the request, got ${status ?? 'an error'}: ${withoutValues(got)}. Correct the request.`,
  )
}

const QUERY_TYPES = [
  'parsing_exception',
  'query_shard_exception',
  'x_content_parse_exception',
  'search_phase_execution_exception',
]

/**
 * The reason why a request failed as a whole. A request to many shards has no `error`, only an error for each of them;
 * a gateway in front of the engine has a `message`.
 */
export function failureOf(body: unknown): EngineFailure {
  if (typeof body !== 'object' || body === null) return {}
  const { error, _shards, message, Message } = body as {
    readonly error?: unknown
    readonly _shards?: { readonly failures?: readonly { readonly reason?: unknown }[] }
    readonly message?: unknown
    readonly Message?: unknown
  }
  const found = error ?? _shards?.failures?.[0]?.reason ?? message ?? Message
  if (typeof found === 'string') return { reason: found }
  return typeof found === 'object' && found !== null ? found : {}
}

function headReason(error: errors.ResponseError): string | undefined {
  const { method, path } =
    (error.meta as { meta?: { request?: { params?: { method?: string; path?: string } } } }).meta?.request
      ?.params ?? {}
  const privilege = method === 'HEAD' && path !== undefined ? privilegeOfHead(path) : undefined
  return error.statusCode === 403 && privilege !== undefined ? `no permissions for [${privilege}]` : undefined
}

function has(failure: EngineFailure, type: string): boolean {
  return (
    failure.type === type ||
    (failure.root_cause ?? []).some((cause) => has(cause, type)) ||
    (failure.caused_by !== undefined && has(failure.caused_by, type))
  )
}

function blockAdvice(reason: string): string {
  if (reason.includes('flood-stage')) {
    return 'The disk of a node is nearly full: free space, then the block goes away by itself.'
  }
  if (reason.includes('read-only') || reason.includes('write')) {
    return 'Lift the block with PUT /<index>/_settings {"index.blocks.read_only": null, "index.blocks.write": null}.'
  }
  return 'Wait until the cluster has recovered, then try again.'
}

function connectionAdvice(message: string, isTls: boolean): string {
  if (/has expired/.test(message)) {
    return "The cluster's certificate is over: renew it there (and look at the clock of this machine)."
  }
  if (/not yet valid/.test(message)) {
    return "The cluster's certificate is not valid yet: look at the clocks of this machine and of the one that made it."
  }
  if (/does not match certificate/.test(message)) {
    return "Use a name in the URL that the cluster's certificate holds, or have one made with this name."
  }
  if (/alert|handshake failure|certificate required/i.test(message)) {
    return 'The cluster refuses the certificate of this client, or asks for one: set OPENSEARCH_CERT_FILE and OPENSEARCH_KEY_FILE to a pair that it trusts.'
  }
  if (/certificate|self.signed|CERT_/i.test(message)) {
    return 'Give the certificate authority of the cluster; turn verification off only for a test.'
  }
  if (/wrong version number|EPROTO/i.test(message)) {
    return 'The server does not speak TLS there: use http:// in the URL.'
  }
  if (isTls && /socket hang up|ECONNRESET/i.test(message)) {
    return 'Look at the log of the cluster; if it asks for a certificate of the client, set OPENSEARCH_CERT_FILE and OPENSEARCH_KEY_FILE to a pair that it trusts.'
  }
  if (/socket hang up|ECONNRESET/i.test(message)) {
    return 'If the cluster uses TLS, write https:// in the URL; otherwise look at its log.'
  }
  return 'Check that it is running and that the URL is right.'
}

/** " at http://host:9200", without the user name and password that a URL may carry. */
function from(error: { meta?: unknown }): string {
  const meta = error.meta as { meta?: { connection?: { url?: URL } } } | undefined
  const url = meta?.meta?.connection?.url
  return url === undefined ? '' : ` at ${url.origin}`
}
