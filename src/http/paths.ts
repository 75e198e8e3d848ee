import type { Endpoint } from '../standard/terms.js'

/** Base path of each GeoReport endpoint (DISC-10). */
export const ENDPOINT_PATHS: Readonly<Record<Endpoint, string>> = {
  production: '/open311/v2',
  test: '/open311/test/v2',
}

/** DISC-02, DISC-13, A-37: the discovery document of the server; each endpoint serves the same one. */
export const DISCOVERY_PATH = '/open311/discovery'

/** Base path of the city API (EXT-40). */
export const CITY_PATH = '/city/v1'

/** Base path of pictures (EXT-39). */
export const MEDIA_PATH = '/media'

/** Path of the OpenAPI document, without its suffix (EXT-46). */
export const OPENAPI_PATH = '/openapi'

/** Whether a path belongs to the city API, which answers in JSON only. */
export function isCityPath(path: string): boolean {
  return path.startsWith(`${CITY_PATH}/`)
}
