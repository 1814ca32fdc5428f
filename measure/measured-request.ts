import { type Agent, request } from 'node:http'
import { LexpandError } from '../sparse/errors.ts'

/** One way to search: the path and the body of the request for each query. */
export interface SearchContestant {
  readonly path: string
  readonly bodies: readonly string[]
}

export interface Answer {
  /** Time from sending the request to the last byte of the answer. */
  readonly milliseconds: number
  readonly text: string
}

/** @throws LexpandError SERVICE with the server's message when the request fails */
export function post(agent: Agent, url: URL, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('error', reject)
      response.on('end', () => {
        const milliseconds = performance.now() - startedAt
        if (response.statusCode === 200) resolve({ milliseconds, text })
        else reject(refused(url, response.statusCode, text))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Ids of the hits in the answer of a `_search`, or of all lists in that of an `_msearch`. */
export function hitIds(answer: string): string[] {
  const found = JSON.parse(answer) as Hits | { responses: Hits[] }
  const lists = 'responses' in found ? found.responses : [found]
  return lists.flatMap(({ hits }) => hits.hits.map(({ _id }) => _id))
}

interface Hits {
  readonly hits: { readonly hits: readonly { readonly _id: string }[] }
}

function refused(url: URL, status: number | undefined, text: string): LexpandError {
  return new LexpandError(
    'SERVICE',
    `[bench] expected hits from ${url.pathname}, got ${status}: ${text.slice(0, 500)}. Leave the variant out, or install what it needs.`,
  )
}
