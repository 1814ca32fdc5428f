import { errors, Serializer } from '@opensearch-project/opensearch'
import { parseLossless } from '../sparse/exact-json.ts'

/** Reads replies without rounding: numbers of documents that JavaScript cannot hold stay as the engine sent them. */
export class ExactSerializer extends Serializer {
  override deserialize(json: string): unknown {
    try {
      return parseLossless(json)
    } catch (error) {
      throw new errors.DeserializationError(error instanceof Error ? error.message : String(error), json)
    }
  }
}
