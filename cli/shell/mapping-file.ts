import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { LexpandError } from '../../sparse/errors.ts'
import type { IndexBody } from '../../workers/reindex/index.ts'
import { jsonObject } from './arguments.ts'

const schema = z.strictObject({
  mappings: z.looseObject({}).optional(),
  settings: z.looseObject({}).optional(),
})

/** Reads the file of `--mapping-file`. @throws LexpandError CONFIGURATION for anything else */
export async function readMappingFile(file: string, part: string): Promise<IndexBody> {
  try {
    return schema.parse(jsonObject(await readFile(file, 'utf8'))) as IndexBody
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause)
    throw new LexpandError(
      'CONFIGURATION',
      `[${part}] expected ${file} to hold {"mappings": ..., "settings": ...} as for PUT /index, got: ${reason}. Correct it.`,
      { cause },
    )
  }
}
