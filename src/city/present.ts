import type { z } from 'zod'
import { findAreas } from '../documents/present-extended-attributes.js'
import type { Jurisdiction } from '../standard/catalog.js'
import type { FullServiceRequest } from '../store/service-requests/full-service-request.js'
import type { serviceRequest } from './schemas.js'

/** Presents a service request with all fields (EXT-41); names of areas come from the catalog. */
export function presentServiceRequest(
  { area_ids, exact_location, ...row }: FullServiceRequest,
  { areas }: Pick<Jurisdiction, 'areas'>,
): z.input<typeof serviceRequest> {
  const { address = null, address_id = null, zipcode = null, lat = null, long = null } = exact_location ?? {}
  return {
    ...row,
    exact_location: exact_location && { address, address_id, zipcode, lat, long },
    areas: findAreas(area_ids, areas).map(({ area_type, area_id, name }) => ({ area_type, area_id, name })),
  }
}
