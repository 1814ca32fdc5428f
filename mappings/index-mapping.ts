/** One field of a mapping as the engine returns it. */
export interface FieldMapping {
  readonly type?: string | undefined
  readonly properties?: Readonly<Record<string, FieldMapping>> | undefined
  /** The same text indexed in other ways, as `title.raw`; never in `_source`. */
  readonly fields?: Readonly<Record<string, FieldMapping>> | undefined
  /** Fields that the engine fills from this one; they are never in `_source`. */
  readonly copy_to?: string | readonly string[] | undefined
  /** For a field of type `alias`, the path of the field that it names. */
  readonly path?: string | undefined
  /** Whether queries find the field. */
  readonly index?: boolean | undefined
}

export interface IndexMapping {
  readonly _meta?: Readonly<Record<string, unknown>> | undefined
  readonly properties?: Readonly<Record<string, FieldMapping>> | undefined
  /** Fields that the engine computes by a script at query time; they are never in `_source`. */
  readonly derived?: Readonly<Record<string, FieldMapping>> | undefined
  readonly _source?:
    | {
        readonly enabled?: boolean | undefined
        readonly includes?: readonly string[] | undefined
        readonly excludes?: readonly string[] | undefined
      }
    | undefined
}

/** A field by its dotted path; only own keys are read. */
export function fieldAt(
  properties: Readonly<Record<string, FieldMapping>>,
  path: string,
): FieldMapping | undefined {
  let found: FieldMapping | undefined = { properties }
  for (const step of path.split('.')) found = ownField(found?.properties ?? {}, step)
  return found
}

export function ownField(
  properties: Readonly<Record<string, FieldMapping>>,
  key: string,
): FieldMapping | undefined {
  return Object.hasOwn(properties, key) ? properties[key] : undefined
}

/** All fields with their dotted paths; an object comes before its own fields. */
export function* allFields(
  properties: Readonly<Record<string, FieldMapping>>,
  prefix = '',
): Generator<[path: string, field: FieldMapping]> {
  for (const [name, field] of Object.entries(properties)) {
    const path = prefix + name
    yield [path, field]
    if (field.properties !== undefined) yield* allFields(field.properties, `${path}.`)
  }
}
