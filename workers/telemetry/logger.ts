/** Where workers and sweepers write what happens; a pino logger is one, and so is `console`. */
export interface Logger {
  /** @param details of the event, such as `index` and `job` */
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** The logger of callers that want no log. */
export const SILENT_LOGGER: Logger = { info() {}, warn() {}, error() {} }
