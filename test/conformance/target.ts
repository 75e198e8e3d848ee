// A server that the conformance tests check. The global setup provides a list of targets.

export type Format = 'xml' | 'json'

export interface Target {
  name: string // 'embedded' | 'postgres' | 'remote'
  url: string // production endpoint base without trailing slash, e.g. http://127.0.0.1:4001/open311/v2
  key: string | null // API key with the scope report; null: tests that submit are skipped
  jurisdiction_id: string | null // sent with every request if not null
  discovery: string | null // discovery URL without suffix; null: {url}/discovery
  own: null | {
    // only if the target is georeport with its fixture city
    origin: string // http://127.0.0.1:4001
    testUrl: string // the test endpoint base, http://127.0.0.1:4001/open311/test/v2
    // a second server with two jurisdictions, harbourview.example and millfield.example;
    // key is valid for both, keyOfHarbourview only for the first
    // keyOfCities and keyOfCityOfHarbourview have all scopes
    two: {
      url: string
      key: string
      keyOfHarbourview: string
      keyOfCities: string
      keyOfCityOfHarbourview: string
    }
    keyOfCity: string // all scopes: report, update, manage, read_private
    keyOfReader: string // read_private only
    keyOfManager: string // manage only
    resolveToken: string // POST {token} as JSON to this URL assigns an id to the token
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    targets: Target[]
    /** Milliseconds since 1970 at the start of the run: windows of past days stay the same while it runs. */
    now: number
  }
}
