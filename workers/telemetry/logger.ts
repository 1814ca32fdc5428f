/** Logger of workers and sweepers; a pino logger fits, and so does `console`. */
export interface Logger {
  /** @param details facts of the event, such as `index` and `job` */
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** The logger for callers that want no log. */
export const SILENT_LOGGER: Logger = { info() {}, warn() {}, error() {} }
