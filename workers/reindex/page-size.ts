/** Most documents of a page, for the memory of this process and the time of one request. */
const MOST = 1_024

/** Documents of the first page: two jobs, so that encoders have something to do while the rest is read. */
export const FIRST_PAGE = 128

/** Each page is twice as large as the one before it, up to the most. */
export function nextPage(size: number): number {
  return Math.min(2 * size, MOST)
}
