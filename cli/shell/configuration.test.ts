import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reveal } from '../../opensearch/login/secret.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { readConfiguration } from './configuration.ts'

function mistakesOf(environment: NodeJS.ProcessEnv): string {
  try {
    readConfiguration({}, environment)
  } catch (error) {
    if (error instanceof LexpandError && error.code === 'CONFIGURATION') return error.message
    throw error
  }
  throw new Error('expected the configuration to be refused')
}

describe('readConfiguration', () => {
  it('asks for the embedded services and verified TLS when nothing is set', () => {
    expect(readConfiguration({}, {})).toMatchObject({
      opensearchUrl: undefined,
      redisUrl: undefined,
      verifyTls: true,
      requestTimeoutMs: 60_000,
    })
  })

  it('lets a flag win over its variable', () => {
    const configuration = readConfiguration(
      { opensearch: 'https://flag:9200' },
      { OPENSEARCH_URL: 'http://variable:9200' },
    )
    expect(configuration.opensearchUrl).toBe('https://flag:9200')
  })

  it('bounds texts by default, and the latency of searches only when asked', () => {
    expect(readConfiguration({}, {})).toMatchObject({ maxTextBytes: 10_000_000, maxSearchP95Ms: undefined })
    const variables = { LEXPAND_MAX_TEXT_BYTES: '5000', LEXPAND_MAX_SEARCH_P95_MS: '80' }
    expect(readConfiguration({ maxSearchP95: '50' }, variables)).toMatchObject({
      maxTextBytes: 5_000,
      maxSearchP95Ms: 50,
    })
    expect(mistakesOf({ LEXPAND_MAX_SEARCH_P95_MS: '0' })).toContain('LEXPAND_MAX_SEARCH_P95_MS')
  })

  it('keeps up to one gigabyte of vectors in the cache folder when nothing is set', () => {
    expect(readConfiguration({}, {})).toMatchObject({ vectorCache: undefined, vectorCacheBytes: 1e9 })
    const variables = { LEXPAND_VECTOR_CACHE: '/tmp/vectors', LEXPAND_VECTOR_CACHE_BYTES: '2000000' }
    expect(readConfiguration({ vectorCache: 'off' }, variables)).toMatchObject({
      vectorCache: 'off',
      vectorCacheBytes: 2_000_000,
    })
    expect(mistakesOf({ LEXPAND_VECTOR_CACHE_BYTES: '10' })).toContain('LEXPAND_VECTOR_CACHE_BYTES')
  })

  it('reports every mistake at once, each with its name', () => {
    const message = mistakesOf({
      OPENSEARCH_URL: 'localhost',
      REDIS_URL: 'http://localhost',
      LEXPAND_REQUEST_TIMEOUT_MS: 'soon',
    })
    expect(message).toContain('3 setting(s)')
    expect(message).toContain('OPENSEARCH_URL')
    expect(message).toContain('REDIS_URL')
    expect(message).toContain('LEXPAND_REQUEST_TIMEOUT_MS')
  })

  it('treats an empty variable as not set', () => {
    expect(readConfiguration({}, { OPENSEARCH_URL: '', REDIS_URL: '' }).opensearchUrl).toBeUndefined()
  })

  it('reads the password from a file, without its final newline', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lexpand-'))
    try {
      writeFileSync(join(folder, 'password'), 's3cret\n')
      const configuration = readConfiguration({}, { OPENSEARCH_PASSWORD_FILE: join(folder, 'password') })
      expect(reveal(configuration.password ?? '')).toBe('s3cret')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('names the variable when its file cannot be read', () => {
    expect(mistakesOf({ OPENSEARCH_CA_FILE: '/nowhere/ca.pem' })).toContain('OPENSEARCH_CA_FILE')
  })

  it('never repeats a secret in a message', () => {
    expect(mistakesOf({ OPENSEARCH_PASSWORD: 's3cret', OPENSEARCH_URL: 'bad' })).not.toContain('s3cret')
  })
})
