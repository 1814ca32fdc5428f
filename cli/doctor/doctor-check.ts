/** One line of `lexpand doctor`. */
export interface Check {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  /** The finding; for warn and fail also what to do. */
  readonly message: string
}

/** Runs one check; an error is a finding, too, and its message says what to do. */
export async function check(
  name: string,
  look: () => Promise<Omit<Check, 'name'> | string>,
  onError: 'warn' | 'fail' = 'fail',
): Promise<Check> {
  try {
    const found = await look()
    return typeof found === 'string' ? { name, status: 'ok', message: found } : { name, ...found }
  } catch (error) {
    return { name, status: onError, message: error instanceof Error ? error.message : String(error) }
  }
}

export function warn(message: string): Omit<Check, 'name'> {
  return { status: 'warn', message }
}

export function fail(message: string): Omit<Check, 'name'> {
  return { status: 'fail', message }
}
