import { expect, test } from 'vitest'
import { getServiceDefinitions } from '../../src/operations/get-service-definitions.js'
import { call, jurisdiction, service } from './city.js'

const translations = { es: { attributes: {} } }

test('EXT-21 A-58 the ETag of the definitions is made of changeset and language, not of the body', () => {
  const city = jurisdiction([service({ translations })])
  expect(getServiceDefinitions.cache!(call({}, city))).toEqual({ key: 'null', etagSource: city.changeset })
  expect(getServiceDefinitions.cache!(call({ locale: 'es' }, city))).toEqual({
    key: 'es',
    etagSource: `${city.changeset}es`,
  })
})
