import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Replaces the text between `<!-- generated: name -->` and `<!-- /generated: name -->` in a document, so that no figure
 * in it is typed by hand.
 *
 * @throws Error when the document does not have exactly one such block
 */
export function writeGeneratedBlock(file: string, name: string, content: string): void {
  writeFileSync(file, withGeneratedBlock(readFileSync(file, 'utf8'), name, content))
}

export function withGeneratedBlock(document: string, name: string, content: string): string {
  const [opening, closing] = [`<!-- generated: ${name} -->`, `<!-- /generated: ${name} -->`]
  const [before, middle, ...more] = document.split(opening)
  const after = middle?.split(closing)
  if (before === undefined || after?.length !== 2 || more.length > 0) {
    throw new Error(`[report] expected one block ${opening} ... ${closing}, got another number. Add it.`)
  }
  return `${before}${opening}\n${content.trim()}\n${closing}${after[1]}`
}
