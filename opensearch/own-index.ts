/**
 * Settings of every index that Lexpand makes for itself. An owner's index template that matches all names would add
 * pipelines that change or hide stored documents, or a window too small for pages; the settings of a request to create
 * an index override templates.
 */
export const OWN_INDEX_SETTINGS = {
  'index.default_pipeline': '_none',
  'index.final_pipeline': '_none',
  'index.search.default_pipeline': '_none',
  'index.max_result_window': 10_000,
} as const
