/** Text under one heading. */
export interface Section {
  /** Heading without markup; '' before the first heading. */
  readonly heading: string
  /** Paragraphs separated by one blank line, without markup. */
  readonly text: string
}

/**
 * Splits Markdown at its headings and removes the markup: link targets, images, comments, tags, emphasis. This is a
 * reading aid, not a parser: markup that it does not know stays as text.
 *
 * @param options.code whether code blocks are text, too
 */
export function markdownSections(markdown: string, options: { readonly code: boolean }): Section[] {
  const sections: Section[] = []
  let heading = ''
  let lines: string[] = []
  const finish = () => {
    const text = paragraphs(lines)
    if (heading !== '' || text !== '') sections.push({ heading, text })
    lines = []
  }
  let fence: string | undefined
  for (const line of markdown.replace(/<!--[\s\S]*?-->/g, '').split(/\r?\n/)) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined
      else if (options.code) lines.push(line)
      continue
    }
    if (mark !== undefined) {
      fence = mark
      lines.push('')
      continue
    }
    const atx = /^ {0,3}#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1]
    const underlined = /^ {0,3}(=+|-{2,})\s*$/.test(line) ? lines.at(-1)?.trim() : undefined
    if (atx !== undefined || (underlined !== undefined && underlined !== '')) {
      if (atx === undefined) lines.pop()
      finish()
      heading = inline(atx ?? underlined ?? '')
    } else lines.push(inline(line))
  }
  finish()
  return sections
}

function paragraphs(lines: readonly string[]): string {
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter((paragraph) => paragraph !== '')
    .join('\n\n')
}

function inline(line: string): string {
  return line
    .replace(/^\s*\[[^\]]+\]:\s+\S+.*$/, '')
    .replace(/!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])?/g, '')
    .replace(/\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replace(/<\/?[a-z][^>]*>/gi, '')
    .replace(/(\*\*|__|`|~~)/g, '')
    .replace(/^\s*(?:[-*+]|\d+\.)\s+(?:\[[ x]\]\s+)?/i, '')
    .replace(/^\s*(?:>\s?)+/, '')
    .replace(/^\s*\|?(?:\s*:?-{2,}:?\s*\|?)+\s*$/, '')
    .replace(/\s*\|\s*/g, ' ')
    .trim()
}
