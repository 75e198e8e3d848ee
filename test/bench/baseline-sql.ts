import { JURISDICTION } from './setting.js'

/** The SQL of the baseline, as one writes it by hand: text and parameters. */
export interface Query {
  text: string
  values: unknown[]
}

const FIELDS = `
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

export function one(id: string): Query {
  return { text: `${FIELDS} and r.service_request_id = $2`, values: [JURISDICTION, id] }
}

/** A list by the arguments of georeport, none of them checked. */
export function list(said: URLSearchParams): Query {
  const values: unknown[] = [JURISDICTION]
  let where = ''
  const and = (sql: (...names: string[]) => string, ...given: unknown[]) => {
    where += ` and ${sql(...given.map((value) => `$${values.push(value)}`))}`
  }
  const number = (name: string) => Number(said.get(name))
  if (said.has('service_request_id'))
    and((ids) => `r.service_request_id = any(${ids})`, said.get('service_request_id')!.split(','))
  if (said.has('service_code')) and((code) => `r.service_code = ${code}`, said.get('service_code'))
  if (said.has('status')) and((status) => `r.status = ${status}`, said.get('status'))
  if (said.has('channel')) and((channel) => `r.channel = ${channel}`, said.get('channel'))
  if (said.has('start_date')) and((start) => `r.requested_datetime >= ${start}`, said.get('start_date'))
  if (said.has('end_date')) and((end) => `r.requested_datetime <= ${end}`, said.get('end_date'))
  if (said.has('updated_after')) and((after) => `r.updated_datetime >= ${after}`, said.get('updated_after'))
  if (said.has('bbox')) {
    const corners = said.get('bbox')!.split(',').map(Number)
    and((w, s, e, n) => `r.geom && st_makeenvelope(${w}, ${s}, ${e}, ${n}, 4326)`, ...corners)
  }
  if (said.has('polygon'))
    and((wkt) => `st_intersects(r.geom, st_geomfromtext(${wkt}, 4326))`, said.get('polygon'))
  if (said.has('radius')) {
    const given = [number('long'), number('lat'), number('radius')]
    // A degree of latitude has 111 km, one of longitude at most so many.
    const degrees = given[2]! / 111_000 / Math.cos((given[1]! * Math.PI) / 180)
    and(
      (x, y, more) => `r.geom && st_expand(st_setsrid(st_makepoint(${x}, ${y}), 4326), ${more})`,
      given[0],
      given[1],
      degrees,
    )
    and(
      (x, y, metres) => `st_dwithin(r.geom::geography, st_makepoint(${x}, ${y})::geography, ${metres})`,
      ...given,
    )
  }
  const rows = said.has('page_size') ? number('page_size') : 1000
  const skip = said.has('page') ? (number('page') - 1) * rows : 0
  const order = said.has('sort') ? 'r.updated_datetime, r.id' : 'r.requested_datetime desc, r.id desc'
  return { text: `${FIELDS}${where} order by ${order} limit ${rows} offset ${skip}`, values }
}

export const INSERTION = `
insert into service_request (jurisdiction_id, endpoint, service_request_id, service_code, description,
                             requested_datetime, updated_datetime, geom)
values ($1, 'test', new_service_request_id($1, 'test', now()), $2, $3, now(), now(),
        st_setsrid(st_makepoint($4, $5), 4326))
returning service_request_id`

export function insertion(said: URLSearchParams): Query {
  const [code, description] = [said.get('service_code'), said.get('description')]
  const point = [Number(said.get('long')), Number(said.get('lat'))]
  return { text: INSERTION, values: [JURISDICTION, code, description, ...point] }
}
