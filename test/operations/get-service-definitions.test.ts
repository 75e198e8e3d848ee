import { expect, test } from 'vitest'
import { getServiceDefinitions } from '../../src/operations/get-service-definitions.js'
import { createRequest, jurisdiction, service } from './city.js'

const translations = { es: { attributes: {} } }

test('EXT-21 A-58 the ETag of all definitions depends on changeset and language, not on the body', () => {
  const city = jurisdiction([service({ translations })])
  expect(getServiceDefinitions.cache!(createRequest({}, city))).toEqual({
    key: 'null',
    etagSource: city.changeset,
  })
  expect(getServiceDefinitions.cache!(createRequest({ locale: 'es' }, city))).toEqual({
    key: 'es',
    etagSource: `${city.changeset}es`,
  })
})
