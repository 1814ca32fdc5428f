/**
 * Settings of every index that Lexpand makes for itself. An index template of the owner that fits all names would give
 * it pipelines that change or hide what we store there, or a window too small for our pages; what a request to create
 * an index says wins over templates.
 */
export const OWN_INDEX_SETTINGS = {
  'index.default_pipeline': '_none',
  'index.final_pipeline': '_none',
  'index.search.default_pipeline': '_none',
  'index.max_result_window': 10_000,
} as const
