import bbox from '@turf/bbox'
import booleanPointInPolygon from '@turf/boolean-point-in-polygon'
import type { MultiPolygon, Polygon } from 'geojson'
import type { Point } from '../standard/geography.js'
import type { DemonstrationProfile, Neighbourhood } from './profile.js'
import { happens, normal, pickWeighted, type Random } from './random.js'
import { findGrid, movePoint, type StreetPlace, toStreet } from './street-grid.js'

export interface Place extends StreetPlace {
  zipcode: string
}

const MAX_TRIES = 500

function contains(polygon: Polygon | MultiPolygon, { lat, long }: Point): boolean {
  return booleanPointInPolygon([long, lat], polygon)
}

/** The neighbourhood of a point; undefined outside the city. */
function findNeighbourhood(profile: DemonstrationProfile, point: Point): Neighbourhood | undefined {
  if (!profile.boundary.some((polygon) => contains(polygon, point))) return undefined
  return profile.neighbourhoods.find(({ polygon }) => contains(polygon, point))
}

/** A random point near a hot spot of the service; undefined if it has none. */
function choosePointNearHotSpot(
  profile: DemonstrationProfile,
  service_code: string,
  random: Random,
): Point | undefined {
  const spots = profile.hot_spots.filter(({ services }) => services?.includes(service_code) ?? true)
  if (spots.length === 0) return undefined
  const spot = pickWeighted(random, spots, ({ weight }) => weight)
  return movePoint(spot, normal(random) * spot.metres, normal(random) * spot.metres)
}

/** A random point in the bounding box of a neighbourhood; undefined if it is outside the neighbourhood. */
function choosePoint(profile: DemonstrationProfile, random: Random): Point | undefined {
  const { polygon } = pickWeighted(random, profile.neighbourhoods, (neighbourhood) => neighbourhood.share)
  const [west, south, east, north] = bbox(polygon)
  const point = { lat: south + random() * (north - south), long: west + random() * (east - west) }
  return contains(polygon, point) ? point : undefined
}

/** Chooses a street address inside the boundary for a report of a service. */
export function choosePlace(profile: DemonstrationProfile, service_code: string, random: Random): Place {
  const service = profile.services[service_code]!
  const ownSpots = profile.hot_spots.filter(({ services }) => services?.includes(service_code))
  const spots = service.at_hot_spots_only ? { ...profile, hot_spots: ownSpots } : profile
  const isAtHotSpot = service.at_hot_spots_only || happens(random, profile.shares.hot_spot)
  for (let i = 0; i < MAX_TRIES; i++) {
    const point = isAtHotSpot
      ? choosePointNearHotSpot(spots, service_code, random)
      : choosePoint(profile, random)
    if (!point) continue
    const place = toStreet(findGrid(profile.grids, point), point, profile.shares, random)
    const neighbourhood = findNeighbourhood(profile, place)
    if (neighbourhood) return { ...place, zipcode: neighbourhood.zipcode }
  }
  throw new Error(`no place inside the boundary for ${service_code}: check hot_spots and neighbourhoods`)
}

/** Chooses a point a few metres from `place`, as another phone measures it, inside the boundary. */
export function choosePlaceAgain(profile: DemonstrationProfile, place: Place, random: Random): Place {
  const point = movePoint(place, normal(random) * 5, normal(random) * 5)
  return findNeighbourhood(profile, point) ? { ...place, ...point } : place
}
