import { dynamicTool, type Tool, tool } from 'ai'
import type { z } from 'zod'
import {
  callTool,
  DOCUMENT_TOOLS,
  type DocumentTool,
  Scope,
  type ScopeOptions,
  searchTool,
} from '../tools/index.ts'

export interface LexpandToolOptions extends ScopeOptions {
  /** Tells the model what is in the indices and when to ask. @default a general description of search */
  readonly description?: string | undefined
}

/**
 * Search as a tool of Vercel's AI SDK, for `tools` of `generateText`, `streamText` and agents. Indices and filter are fixed here:
 * no argument that a model writes widens them. The model reads a short text in which documents are quoted and marked as data;
 * the application gets the whole answer.
 *
 * @throws LexpandError CONFIGURATION for options that cannot be used
 */
export function lexpandTool({
  description = searchTool.description,
  ...options
}: LexpandToolOptions): LexpandSearchTool {
  const scope = new Scope(options)
  return tool({
    description,
    inputSchema: searchTool.input,
    outputSchema: searchTool.output,
    execute: (args, { abortSignal }) => callTool(searchTool, scope, args, abortSignal),
    toModelOutput: ({ output }) => ({ type: 'text', value: searchTool.text(output) }),
  })
}

export type LexpandSearchTool = Tool<z.output<typeof searchTool.input>, z.output<typeof searchTool.output>>

/**
 * All tools of the MCP server by their names: search, get_document, list_indices, explain_hit, find_similar.
 *
 * @throws LexpandError CONFIGURATION for options that cannot be used
 */
export function lexpandTools(options: ScopeOptions): Record<string, Tool> {
  const scope = new Scope(options)
  return Object.fromEntries(DOCUMENT_TOOLS.map((document) => [document.name, toolOf(document, scope)]))
}

/** The schema has checked the arguments, whose type the five tools do not share. */
function toolOf(document: DocumentTool, scope: Scope) {
  return dynamicTool({
    description: document.description,
    inputSchema: document.input,
    execute: (args, { abortSignal }) =>
      callTool(document, scope, args as Record<string, unknown>, abortSignal),
    toModelOutput: ({ output }) => ({
      type: 'text',
      value: document.text(output as Record<string, unknown>),
    }),
  })
}
