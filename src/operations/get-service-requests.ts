import { serviceRequests } from '../documents/service-requests.js'
import { LIST_FORMATS } from '../standard/terms.js'
import { filterArguments, listArguments } from './list-arguments.js'
import { MAX_POLYGON_LENGTH_IN_URL } from './next-link.js'
import { defineOperation } from './operation.js'
import { planList } from './plan-list.js'
import { queryList } from './query-list.js'

/**
 * GET service requests: by ids, or by service, status and time; newest first (GR-LIST-08, 09, A-14).
 * Without arguments of extensions, the response is that of the standard, byte for byte.
 */
export const getServiceRequests = defineOperation({
  name: 'GET service requests',
  method: 'GET',
  path: '/requests',
  summary: 'Lists service requests, newest first.',
  arguments: listArguments(MAX_POLYGON_LENGTH_IN_URL),
  listFormats: LIST_FORMATS,
  document: serviceRequests,
  plan: planList(filterArguments(MAX_POLYGON_LENGTH_IN_URL)),
  query: queryList,
})
