/** Failures of the embedded services, and what a caller should do about each. */
export const ENGINE_ERRORS = {
  ENGINE_SETTING: 'a setting of the embedded engine cannot be used',
  ENGINE_CACHE: 'the cache folder cannot be used by the engine',
  ENGINE_NO_JDK: 'the JDK that was named, or that the engine came with, will not do',
  ENGINE_NO_MAVEN: 'the engine is not in the cache and Maven, which fetches it, is missing',
  ENGINE_FETCH: 'the engine could not be fetched or unpacked',
  ENGINE_CHECKSUM: 'what was fetched is not the artifact that Lexpand was built for',
  ENGINE_NO_REDIS: 'no usable redis-server was found or could be installed',
  ENGINE_DOCKER: 'the containers could not be started or stopped',
  ENGINE_START: 'a service did not become healthy',
  ENGINE_PORT: 'another program took the port of a service before it started',
  ENGINE_STOP: 'a service did not stop',
  ENGINE_LOCK: 'another process holds the lock for too long',
} as const

export type EngineErrorCode = keyof typeof ENGINE_ERRORS

/** Every failure of `embedded/`: "[engine] expected X, got Y. Do Z.", with its cause, if there is one. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(`[engine] ${message}`, options)
    this.code = code
  }
}
