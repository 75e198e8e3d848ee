import { JURISDICTION } from './options.js'

/** A hand-written SQL query of the baseline server. */
export interface Query {
  text: string
  values: unknown[]
}

const SELECT_PUBLIC = `
select r.service_request_id, r.status, r.status_notes, s.service_name, r.service_code, r.description,
       r.agency_responsible, r.service_notice, r.requested_datetime, r.updated_datetime, r.expected_datetime,
       r.address, r.address_id, r.zipcode, st_y(r.geom) as lat, st_x(r.geom) as long, r.media_urls[1] as media_url
  from service_request as r
  join service as s on s.jurisdiction_id = r.jurisdiction_id and s.service_code = r.service_code
 where r.jurisdiction_id = $1 and r.endpoint = 'production' and r.visibility = 'public'
   and r.service_request_id is not null`

export const SERVICES = {
  text: `
select s.service_code, s.service_name, s.description, array_to_string(s.keywords, ',') as keywords, s.type, s."group",
       exists (select from attribute as a
                where a.jurisdiction_id = s.jurisdiction_id and a.service_code = s.service_code) as metadata
  from service as s
 where s.jurisdiction_id = $1 and not s.retired
 order by s.position`,
  values: [JURISDICTION],
}

export function selectById(service_request_id: string): Query {
  return {
    text: `${SELECT_PUBLIC} and r.service_request_id = $2`,
    values: [JURISDICTION, service_request_id],
  }
}

/** Builds a list query from the list arguments of georeport, without any validation. */
export function buildListQuery(args: URLSearchParams): Query {
  const values: unknown[] = [JURISDICTION]
  let conditions = ''
  const and = (condition: (...params: string[]) => string, ...conditionValues: unknown[]) => {
    conditions += ` and ${condition(...conditionValues.map((value) => `$${values.push(value)}`))}`
  }
  const number = (name: string) => Number(args.get(name))
  if (args.has('service_request_id'))
    and((ids) => `r.service_request_id = any(${ids})`, args.get('service_request_id')!.split(','))
  if (args.has('service_code')) and((code) => `r.service_code = ${code}`, args.get('service_code'))
  if (args.has('status')) and((status) => `r.status = ${status}`, args.get('status'))
  if (args.has('channel')) and((channel) => `r.channel = ${channel}`, args.get('channel'))
  if (args.has('start_date')) and((start) => `r.requested_datetime >= ${start}`, args.get('start_date'))
  if (args.has('end_date')) and((end) => `r.requested_datetime <= ${end}`, args.get('end_date'))
  if (args.has('updated_after')) and((after) => `r.updated_datetime >= ${after}`, args.get('updated_after'))
  if (args.has('bbox')) {
    const corners = args.get('bbox')!.split(',').map(Number)
    and((w, s, e, n) => `r.geom && st_makeenvelope(${w}, ${s}, ${e}, ${n}, 4326)`, ...corners)
  }
  if (args.has('polygon'))
    and((wkt) => `st_intersects(r.geom, st_geomfromtext(${wkt}, 4326))`, args.get('polygon'))
  if (args.has('radius')) {
    const [long, lat, radius] = [number('long'), number('lat'), number('radius')]
    // 111 km per degree of latitude; per degree of longitude, 111 km times the cosine of the latitude.
    const degrees = radius / 111_000 / Math.cos((lat * Math.PI) / 180)
    and(
      (x, y, distance) => `r.geom && st_expand(st_setsrid(st_makepoint(${x}, ${y}), 4326), ${distance})`,
      long,
      lat,
      degrees,
    )
    and(
      (x, y, metres) => `st_dwithin(r.geom::geography, st_makepoint(${x}, ${y})::geography, ${metres})`,
      long,
      lat,
      radius,
    )
  }
  const limit = args.has('page_size') ? number('page_size') : 1000
  const offset = args.has('page') ? (number('page') - 1) * limit : 0
  const order = args.has('sort') ? 'r.updated_datetime, r.id' : 'r.requested_datetime desc, r.id desc'
  return { text: `${SELECT_PUBLIC}${conditions} order by ${order} limit ${limit} offset ${offset}`, values }
}

export const INSERT = `
insert into service_request (jurisdiction_id, endpoint, service_request_id, service_code, description,
                             requested_datetime, updated_datetime, geom)
values ($1, 'test', new_service_request_id($1, 'test', now()), $2, $3, now(), now(),
        st_setsrid(st_makepoint($4, $5), 4326))
returning service_request_id`

export function buildInsert(args: URLSearchParams): Query {
  const point = [Number(args.get('long')), Number(args.get('lat'))]
  return { text: INSERT, values: [JURISDICTION, args.get('service_code'), args.get('description'), ...point] }
}
