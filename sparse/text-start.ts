/**
 * The beginning of a text, never half a character: a surrogate pair at the cut is left out as a whole.
 *
 * @param units largest number of UTF-16 units
 */
export function textStart(text: string, units: number): string {
  if (text.length <= units) return text
  const last = text.charCodeAt(units - 1)
  const isSplit = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, isSplit ? units - 1 : units)
}
