import { expect, test } from 'vitest'
import { changes } from '../../src/documents/changes.js'
import { compileEventStream } from '../../src/formats/event-stream.js'

test('EXT-36 an event has the change_type as its name, seq as its id, and the change on one line', () => {
  const encode = compileEventStream(changes)
  const rows = ['create', 'change', 'tombstone'].map((change_type, index) => ({
    seq: index + 1,
    change_type,
    service_request_id: 'RT-1\nevent: forged',
  }))
  const events = encode(rows).split('\n\n').slice(0, -1)
  expect(events.map((event) => event.split('\n').slice(0, 2))).toEqual([
    ['id: 1', 'event: create'],
    ['id: 2', 'event: change'],
    ['id: 3', 'event: tombstone'],
  ])
  for (const [index, event] of events.entries()) {
    const [, , data, ...rest] = event.split('\n')
    expect(rest).toEqual([])
    expect(JSON.parse(data!.replace(/^data: /, ''))).toMatchObject(rows[index]!)
  }
})
