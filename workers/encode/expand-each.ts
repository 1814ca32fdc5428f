import type { Expansion } from '../../sparse/expand.ts'
import { type ExpandedText, expandTexts } from '../../sparse/expand.ts'

/** A text's vector, or why this text alone has none. */
export type ExpandedOrFailed = ExpandedText | { readonly error: Error }

/**
 * Expands texts so that a bad one never fails its neighbours: a failing batch is halved until the culprit is alone. A
 * text is blamed only if it fails twice while the encoder still encodes something else, so neither a killed process nor
 * a broken model marks good documents.
 *
 * @returns one entry for each text, in order
 * @throws any error of an encoder that fails on everything; no text is blamed then
 */
export async function expandEach(
  texts: readonly string[],
  expansion: Expansion,
): Promise<ExpandedOrFailed[]> {
  if (texts.length === 0) return []
  try {
    return await expandTexts(texts, expansion)
  } catch (error) {
    await assertEncoderWorks(expansion, error)
    if (texts.length === 1) return [await expandSuspect(texts[0] ?? '', expansion)]
    const middle = Math.ceil(texts.length / 2)
    const first = await expandEach(texts.slice(0, middle), expansion)
    return [...first, ...(await expandEach(texts.slice(middle), expansion))]
  }
}

async function expandSuspect(text: string, expansion: Expansion): Promise<ExpandedOrFailed> {
  try {
    const [expanded] = await expandTexts([text], expansion)
    return expanded ?? { error: new Error('the encoder gave no vector') }
  } catch (error) {
    await assertEncoderWorks(expansion, error)
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }
}

/** Encodes the smallest possible window; when that fails as well, the first error counts for all texts. */
async function assertEncoderWorks({ encoder, tokenizer }: Expansion, error: unknown): Promise<void> {
  try {
    await encoder.encode([{ inputIds: Uint32Array.of(tokenizer.clsId, tokenizer.sepId) }])
  } catch {
    throw error
  }
}
