import { createHash } from 'node:crypto'

/**
 * Sends the same words to the same shard copies, so that equal scores keep their order from page to page. A hash is
 * sent, because the words themselves would appear in access logs, and a URL cannot hold half a character.
 */
export function preferenceOf({ text }: { readonly text: string }): string {
  return `lexpand ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}
