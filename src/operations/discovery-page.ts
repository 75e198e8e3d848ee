import { html } from 'hono/html'
import type { Row } from '../documents/document.js'

interface DiscoveryDocument {
  changeset: string
  contact: string
  key_service: string
  endpoints: { url: string; type: string; changeset: string }[]
}

export const contentType = 'text/html; charset=utf-8'

/** The page loads nothing; only its inline style applies. */
export const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export interface JurisdictionLink {
  name: string
  /** Query string of its links: `?jurisdiction_id=…` or empty. */
  query: string
}

/** Limits that the page shows. */
export interface PageLimits {
  listDays: number
  listRows: number
  tokenDays: number
  maxBodyBytes: number
  /** Uploaded files per request. */
  maxFiles: number
  /** Bytes per uploaded file. */
  maxBytes: number
}

/** Renders the discovery document as an HTML page (DISC-04). `document` is its row. */
export async function renderDiscoveryPage(
  document: Row,
  jurisdictions: readonly JurisdictionLink[],
  discoveryUrl: string,
  limits: PageLimits,
): Promise<string> {
  const { changeset, contact, key_service, endpoints } = document as unknown as DiscoveryDocument
  const title = jurisdictions.length === 1 ? `Open311 for ${jurisdictions[0]!.name}` : 'Open311'
  const links = (url: string, query: string) =>
    html`<a href="${url}.xml${query}">XML</a> · <a href="${url}.json${query}">JSON</a>`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
  :root { color-scheme: light dark; --edge: color-mix(in srgb, currentcolor 18%, transparent); }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
  h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
  h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
  p { margin: .25rem 0 .75rem; }
  .quiet { opacity: .7; }
  time { white-space: nowrap; }
  section { border: 1px solid var(--edge); border-radius: .6rem; padding: .25rem 1.1rem 1rem; margin: 1rem 0; }
  section h2 { margin-top: .9rem; }
  table { border-collapse: collapse; width: 100%; }
  td { padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--edge); vertical-align: top; }
  td:first-child { width: 12rem; }
  code { font-size: .9em; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>${title}</h1>
<p class="quiet">Report problems in public space and follow what becomes of them, with any app that speaks
<a href="http://wiki.open311.org/GeoReport_v2">GeoReport v2</a>.</p>
${endpoints.map(
  ({ url, type, changeset }) => html`<section>
<h2>${type === 'production' ? 'Production' : 'Test'}</h2>
<p>${type === 'production' ? 'Reports are acted upon.' : 'For app makers: nobody acts on reports filed here.'}
Services last changed <time>${changeset}</time>.</p>
<table>
<tr><td>Endpoint</td><td><code>${url}</code></td></tr>
${jurisdictions.map(
  ({
    name,
    query,
  }) => html`${jurisdictions.length > 1 ? html`<tr><td colspan="2"><strong>${name}</strong></td></tr>` : ''}
<tr><td>Services</td><td>${links(`${url}/services`, query)}</td></tr>
<tr><td>Latest service requests</td><td>${links(`${url}/requests`, query)} ·
<a href="${url}/requests.geojson${query}">GeoJSON</a> · <a href="${url}/requests.csv${query}">CSV</a> ·
<a href="${url}/requests.rss${query}">RSS</a> · <a href="${url}/requests.ndjson${query}">NDJSON</a></td></tr>
<tr><td>Areas</td><td>${links(`${url}/areas`, query)} · <a href="${url}/areas.geojson${query}">GeoJSON</a></td></tr>`,
)}
</table>
</section>`,
)}
<h2>Keys</h2>
<p>Reading needs no key. ${key_service}</p>
<h2>Limits</h2>
<table>
<tr><td>One list</td><td>${limits.listRows} service requests of at most ${limits.listDays} days; <code>cursor=first</code>
and its links lead through all of them</td></tr>
<tr><td>Tokens</td><td>exchangeable for ${limits.tokenDays} days after the id was given</td></tr>
<tr><td>One submission</td><td>${limits.maxBodyBytes} bytes, and ${limits.maxFiles} pictures of at most ${limits.maxBytes} bytes
each</td></tr>
</table>
<h2>Contact</h2>
<p>${contact}</p>
<h2>For programs</h2>
<p>This page as a discovery document: ${links(discoveryUrl, '')},
last changed <time>${changeset}</time>.</p>
</body>
</html>
`
  return String(await page)
}
