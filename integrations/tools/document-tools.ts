import { explainHitTool } from './explain-hit.ts'
import { findSimilarTool } from './find-similar.ts'
import { getDocumentTool } from './get-document.ts'
import { listIndicesTool } from './list-indices.ts'
import { searchTool } from './search-tool.ts'
import type { DocumentTool } from './tool.ts'

/** All tools of an agent, in the order in which they are listed. */
export const DOCUMENT_TOOLS = [
  searchTool,
  getDocumentTool,
  listIndicesTool,
  explainHitTool,
  findSimilarTool,
] as unknown as readonly DocumentTool[]
