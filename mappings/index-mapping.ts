/** One field of a mapping as the engine returns it. */
export interface FieldMapping {
  readonly type?: string | undefined
  readonly properties?: Readonly<Record<string, FieldMapping>> | undefined
}

export interface IndexMapping {
  readonly _meta?: Readonly<Record<string, unknown>> | undefined
  readonly properties?: Readonly<Record<string, FieldMapping>> | undefined
  readonly _source?: {
    readonly enabled?: boolean | undefined
    readonly includes?: readonly string[] | undefined
    readonly excludes?: readonly string[] | undefined
  }
}
