import { serviceRequests } from '../documents/service-requests.js'
import { LIST_FORMATS } from '../standard/terms.js'
import { filterArguments, listArguments } from './list-arguments.js'
import { defineOperation } from './operation.js'
import { planList } from './plan-list.js'
import { queryList } from './query-list.js'

/** Characters of a polygon in a request body. */
const MAX_POLYGON_LENGTH_IN_BODY = 200_000

/** EXT-12: GET service requests for polygons that are too long for a URL. */
export const postSearch = defineOperation({
  name: 'POST search',
  method: 'POST',
  path: '/requests/search',
  summary: 'Lists service requests, newest first; accepts polygons that are too long for a URL.',
  arguments: listArguments(MAX_POLYGON_LENGTH_IN_BODY),
  listFormats: LIST_FORMATS,
  document: serviceRequests,
  plan: planList(filterArguments(MAX_POLYGON_LENGTH_IN_BODY)),
  query: queryList,
})
