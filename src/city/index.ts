import { getServiceRequest } from './get-service-request.js'
import type { CityOperation } from './operation.js'

/** The city API (EXT-40). */
export const cityOperations: readonly CityOperation[] = [getServiceRequest]
