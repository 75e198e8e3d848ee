import type { Jurisdiction } from '../standard/catalog.js'
import { type Endpoint, SPECIFICATION } from '../standard/terms.js'
import type { Row } from './document.js'

/** An endpoint and its base URL, without a trailing slash (DISC-12). */
export interface PublishedEndpoint {
  endpoint: Endpoint
  url: string
}

/**
 * Presents the discovery document (DISC-01, 05): both endpoints (DISC-10, 14) in both formats (DISC-11).
 * `changeset` is the time of the newest change of any service or definition (DISC-07, 08, A-42).
 */
export function presentDiscovery(
  jurisdictions: readonly Jurisdiction[],
  endpoints: readonly PublishedEndpoint[],
): Row {
  const changesets = jurisdictions.map((each) => each.changeset).sort()
  const changeset = changesets.at(-1) ?? '1970-01-01T00:00:00Z'
  return {
    changeset,
    contact: joinDistinct(
      jurisdictions.map((each) => each.contact),
      'No jurisdiction is served here yet.',
    ),
    key_service: joinDistinct(
      jurisdictions.map((each) => each.key_service),
      'No keys are given out here yet.',
    ), // GR-KEY-06
    endpoints: endpoints.map(({ endpoint, url }) => ({
      specification: SPECIFICATION, // DISC-09
      url,
      changeset,
      type: endpoint,
      formats: ['text/xml', 'application/json'], // GR-GEN-03, 04
    })),
  }
}

function joinDistinct(texts: readonly string[], fallback: string): string {
  return [...new Set(texts)].join('; ') || fallback
}
