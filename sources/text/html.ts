import { convert, type HtmlToTextOptions } from 'html-to-text'
import { MAX_RECORD_BYTES } from '../record.ts'

/** The text that a reader of the page sees: without markup, one block on each line, addresses of links left out. */
export function htmlText(html: string): { title: string; text: string } {
  const title = convert(html, {
    ...common,
    baseElements: { selectors: ['title'], returnDomByDefault: false },
  })
  return { title: title.trim(), text: convert(html, { ...common, selectors }) }
}

const common: HtmlToTextOptions = {
  wordwrap: false,
  // Pages nested deeper than this are generated or hostile; the converter is recursive.
  limits: { maxDepth: 256, ellipsis: '', maxInputLength: MAX_RECORD_BYTES },
}

const selectors: NonNullable<HtmlToTextOptions['selectors']> = [
  { selector: 'a', options: { ignoreHref: true } },
  { selector: 'img', format: 'skip' },
  { selector: 'title', format: 'skip' },
  { selector: 'table', format: 'dataTable' },
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
]
