// What a conformance run is pointed at. The global setup provides a list of these.

export type Format = 'xml' | 'json'

export interface Target {
  name: string // 'embedded' | 'postgres' | 'remote'
  url: string // production endpoint base without trailing slash, e.g. http://127.0.0.1:4001/open311/v2
  key: string | null // api key that may POST; null: POST tests are skipped
  jurisdiction_id: string | null // sent with every call when set
  discovery: string | null // discovery URL without suffix; null: {url}/discovery
  own: null | {
    // present only when the target is georeport itself serving its fixture city
    origin: string // http://127.0.0.1:4001
    testUrl: string // the test endpoint base, http://127.0.0.1:4001/open311/test/v2
    // a second server with two jurisdictions, harbourview.example and millfield.example;
    // key may file in both, keyOfHarbourview only in the first
    // keyOfCities and keyOfCityOfHarbourview are good for everything there
    two: {
      url: string
      key: string
      keyOfHarbourview: string
      keyOfCities: string
      keyOfCityOfHarbourview: string
    }
    keyOfCity: string // good for everything: report, update, manage, read_private
    keyOfReader: string // read_private only
    keyOfManager: string // manage only
    resolveToken: string // POST {token} as JSON here and the harness gives that token its id
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    targets: Target[]
  }
}
