import bbox from '@turf/bbox'
import booleanPointInPolygon from '@turf/boolean-point-in-polygon'
import type { MultiPolygon, Polygon } from 'geojson'
import type { DemonstrationProfile, Neighbourhood } from './profile.js'
import { happens, normal, pickWeighted, type Random } from './random.js'
import { findGrid, movePoint, type Point, type StreetPlace, toStreet } from './street-grid.js'

/** A place inside the city. */
export interface Place extends StreetPlace {
  zipcode: string
}

const tries = 500

function inside(shape: Polygon | MultiPolygon, { lat, long }: Point): boolean {
  return booleanPointInPolygon([long, lat], shape)
}

/** The neighbourhood of a point, or none when it lies outside the city. */
function neighbourhoodAt(profile: DemonstrationProfile, point: Point): Neighbourhood | undefined {
  if (!profile.boundary.some((shape) => inside(shape, point))) return undefined
  return profile.neighbourhoods.find(({ shape }) => inside(shape, point))
}

/** A point near a hot spot that serves the service; none when no spot does. */
function nearHotSpot(profile: DemonstrationProfile, service_code: string, random: Random): Point | undefined {
  const spots = profile.hot_spots.filter(({ services }) => services?.includes(service_code) ?? true)
  if (spots.length === 0) return undefined
  const spot = pickWeighted(random, spots, ({ weight }) => weight)
  return movePoint(spot, normal(random) * spot.metres, normal(random) * spot.metres)
}

/** Any point in the frame around a neighbourhood. */
function somewhere(profile: DemonstrationProfile, random: Random): Point | undefined {
  const { shape } = pickWeighted(random, profile.neighbourhoods, (neighbourhood) => neighbourhood.share)
  const [west, south, east, north] = bbox(shape)
  const point = { lat: south + random() * (north - south), long: west + random() * (east - west) }
  return inside(shape, point) ? point : undefined
}

/** Where somebody meets a fault of this service: a street place inside the boundary. */
export function choosePlace(profile: DemonstrationProfile, service_code: string, random: Random): Place {
  const service = profile.services[service_code]!
  const own = profile.hot_spots.filter(({ services }) => services?.includes(service_code))
  const spots = service.at_hot_spots_only ? { ...profile, hot_spots: own } : profile
  const atHotSpot = service.at_hot_spots_only || happens(random, profile.shares.hot_spot)
  for (let i = 0; i < tries; i++) {
    const point = atHotSpot ? nearHotSpot(spots, service_code, random) : somewhere(profile, random)
    if (!point) continue
    const place = toStreet(findGrid(profile.grids, point), point, profile.shares, random)
    const neighbourhood = neighbourhoodAt(profile, place)
    if (neighbourhood) return { ...place, zipcode: neighbourhood.zipcode }
  }
  throw new Error(`no place inside the boundary for ${service_code}: check hot_spots and neighbourhoods`)
}

/** The same place as another person's phone measures it: a few metres off, still inside the boundary. */
export function choosePlaceAgain(profile: DemonstrationProfile, place: Place, random: Random): Place {
  const point = movePoint(place, normal(random) * 5, normal(random) * 5)
  return neighbourhoodAt(profile, point) ? { ...place, ...point } : place
}
