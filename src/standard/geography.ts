/** Degrees in WGS84; `west` to `east` never crosses the antimeridian. */
export interface Box {
  west: number
  south: number
  east: number
  north: number
}

/** Degrees in WGS84. */
export interface Point {
  lat: number
  long: number
}

/** `radius` in metres. */
export interface Circle extends Point {
  radius: number
}

/** A box of a client; a line or a point has no area. */
export interface QueryBox extends Box {
  isFlat: boolean
}

/** A circle and boxes that hold all of it. */
export interface QueryCircle extends Circle {
  bounds: Box[]
}

/** Shortest length of a degree of latitude on the WGS84 spheroid, in metres, rounded down. */
export const METRES_PER_DEGREE = 110_500

/** One box, or the two halves of one that crosses the antimeridian. */
export function splitAtAntimeridian(west: number, south: number, east: number, north: number): Box[] {
  if (west <= east) return [{ west, south, east, north }]
  return [
    { west, south, east: 180, north },
    { west: -180, south, east, north },
  ]
}

/**
 * The box with these corners, whichever two they are: given the wrong way round, a narrow box is turned, a wide one is
 * meant to cross the antimeridian (RFC 7946, 5.2).
 */
export function boxesFromCorners([x1, y1, x2, y2]: readonly [number, number, number, number]): Box[] {
  const [south, north] = y1 <= y2 ? [y1, y2] : [y2, y1]
  return x1 > x2 && x1 - x2 <= 180
    ? splitAtAntimeridian(x2, south, x1, north)
    : splitAtAntimeridian(x1, south, x2, north)
}

/** Boxes that hold all of a circle, a little more than it, also at the poles and the antimeridian. */
export function boundCircle({ lat, long, radius }: Circle): Box[] {
  const high = radius / METRES_PER_DEGREE
  const south = Math.max(-90, lat - high)
  const north = Math.min(90, lat + high)
  const narrowest = Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180)
  const wide = high / Math.max(narrowest, 1e-9)
  if (north >= 90 || south <= -90 || wide >= 180) return splitAtAntimeridian(-180, south, 180, north)
  const around = (degrees: number) => ((((degrees + 180) % 360) + 360) % 360) - 180
  return splitAtAntimeridian(
    long - wide < -180 ? around(long - wide) : long - wide,
    south,
    long + wide > 180 ? around(long + wide) : long + wide,
    north,
  )
}

/** `box` as a client asks for it. */
export function toQueryBox(box: Box): QueryBox {
  return { ...box, isFlat: box.west >= box.east || box.south >= box.north }
}

/** `circle` with the boxes that hold it. */
export function toQueryCircle(circle: Circle): QueryCircle {
  return { ...circle, bounds: boundCircle(circle) }
}
