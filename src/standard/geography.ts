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

/** A box of a list query. */
export interface QueryBox extends Box {
  /** True if the box has no area: a line or a point. */
  isDegenerate: boolean
}

/** A circle of a list query, with bounding boxes for the index. */
export interface QueryCircle extends Circle {
  bounds: Box[]
}

/** Shortest degree of latitude on the WGS84 spheroid, in metres, rounded down. */
export const METRES_PER_DEGREE = 110_500

/** Returns one box, or two if it crosses the antimeridian (west > east). */
export function splitAtAntimeridian(west: number, south: number, east: number, north: number): Box[] {
  if (west <= east) return [{ west, south, east, north }]
  return [
    { west, south, east: 180, north },
    { west: -180, south, east, north },
  ]
}

/**
 * Builds boxes from two opposite corners, in any order. If x1 > x2, a difference of up to 180° means
 * swapped corners; a larger one means a box across the antimeridian (RFC 7946, section 5.2).
 */
export function boxesFromCorners([x1, y1, x2, y2]: readonly [number, number, number, number]): Box[] {
  const [south, north] = y1 <= y2 ? [y1, y2] : [y2, y1]
  return x1 > x2 && x1 - x2 <= 180
    ? splitAtAntimeridian(x2, south, x1, north)
    : splitAtAntimeridian(x1, south, x2, north)
}

/**
 * Returns bounding boxes of a circle, slightly too large; correct at the poles and the antimeridian too.
 */
export function boundCircle({ lat, long, radius }: Circle): Box[] {
  const latRadius = radius / METRES_PER_DEGREE
  const south = Math.max(-90, lat - latRadius)
  const north = Math.min(90, lat + latRadius)
  const minCosine = Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180)
  const longRadius = latRadius / Math.max(minCosine, 1e-9)
  if (north >= 90 || south <= -90 || longRadius >= 180) return splitAtAntimeridian(-180, south, 180, north)
  const normalize = (degrees: number) => ((((degrees + 180) % 360) + 360) % 360) - 180
  return splitAtAntimeridian(
    long - longRadius < -180 ? normalize(long - longRadius) : long - longRadius,
    south,
    long + longRadius > 180 ? normalize(long + longRadius) : long + longRadius,
    north,
  )
}

export function toQueryBox(box: Box): QueryBox {
  return { ...box, isDegenerate: box.west >= box.east || box.south >= box.north }
}

export function toQueryCircle(circle: Circle): QueryCircle {
  return { ...circle, bounds: boundCircle(circle) }
}
