/** The version after `version`, by semantic versioning. */
export function nextVersion(version: string, kind: 'patch' | 'minor' | 'major'): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  if (kind === 'major') return `${major + 1}.0.0`
  return kind === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}

/**
 * The changelog with its unreleased section under the new version.
 *
 * @param day day of the release, ISO 8601
 * @throws Error when nothing is unreleased
 */
export function releasedChangelog(changelog: string, version: string, day: string): string {
  const heading = '## Unreleased\n'
  const at = changelog.indexOf(heading)
  const rest = at === -1 ? '' : changelog.slice(at + heading.length)
  const notes = rest.split(/^## /m)[0]?.trim() ?? ''
  if (notes === '') {
    throw new Error('[release] expected entries under "## Unreleased" in CHANGELOG.md, got none. Write them.')
  }
  return `${changelog.slice(0, at)}${heading}\n## ${version} (${day})\n${rest}`
}
