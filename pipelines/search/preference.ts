import { createHash } from 'node:crypto'

/**
 * The same words go to the same shard copies, so that equal scores keep their order from page to page. A hash, because the
 * words themselves would stand in access logs, and half a character in a URL is refused.
 */
export function preferenceOf({ text }: { readonly text: string }): string {
  return `lexpand ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}
