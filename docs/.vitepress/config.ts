import { defineConfig } from 'vitepress'

export default defineConfig({
  title: 'Lexpand',
  description: 'Learned sparse search for OpenSearch without a model at query time',
  // The site has to work on a closed network: nothing is loaded from elsewhere.
  head: [],
  lastUpdated: false,
  // Pages link to files of the repository, which are no pages; a test checks that these exist.
  ignoreDeadLinks: [/^\.\/\.\.\//, /LICENSE/, /\.(json|yml|ts|mts)$/],
  srcExclude: ['package.json', 'node_modules/**'],
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [
      {
        text: 'Use',
        items: [
          { text: 'Start', link: '/start' },
          { text: 'Search', link: '/searching' },
          { text: 'Index', link: '/indexing' },
          { text: 'Agents and frameworks', link: '/agents' },
          { text: 'Operate', link: '/operating' },
          { text: 'Plugin', link: '/plugin' },
          { text: 'Privileges', link: '/privileges' },
          { text: 'Versions', link: '/versions' },
          { text: 'Runbook', link: '/runbook' },
          { text: 'Threat model', link: '/threat-model' },
          { text: 'Demo', link: '/demo' },
        ],
      },
      {
        text: 'Figures',
        items: [
          { text: 'Quality', link: '/quality' },
          { text: 'Benchmarks', link: '/benchmarks' },
          { text: 'Scale', link: '/scale' },
        ],
      },
      { text: 'Reference', items: [{ text: 'API', link: '/api/' }] },
    ],
  },
})
