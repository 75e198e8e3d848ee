import { crc32, deflateRawSync, deflateSync } from 'node:zlib'
import sharp from 'sharp'

// Pictures as phones take them, and files that are not accepted as pictures.

/** A picture of `width` by `height` pixels; its left half is red and its right half blue. */
export function drawRedAndBlue(width = 80, height = 40) {
  const half = { width: width / 2, height, channels: 3 as const }
  return sharp({ create: { ...half, background: '#ff0000' } }).extend({
    right: width / 2,
    background: '#0000ff',
  })
}

/** A text in the GPS data of `createPhonePhoto`. */
export const PLANTED_PLACE = 'planted-place'

/** A portrait photo of a phone: the pixels lie on their side, and EXIF has the orientation and the location. */
export function createPhonePhoto(width = 80, height = 40): Promise<Buffer> {
  return drawRedAndBlue(width, height)
    .withExif({
      IFD0: { Make: 'planted-make', Orientation: '6' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1', GPSMapDatum: PLANTED_PLACE },
    })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
}

/** A picture that cannot be compressed well. */
export function drawNoise(width: number, height: number) {
  const create = {
    width,
    height,
    channels: 3 as const,
    background: '#000',
    noise: { type: 'gaussian' as const, mean: 128, sigma: 60 },
  }
  return sharp({ create })
}

export function createAnimatedGif(): Promise<Buffer> {
  const frame = (background: string) =>
    sharp({ create: { width: 8, height: 8, channels: 3, background } })
      .png()
      .toBuffer()
  return Promise.all([frame('#f00'), frame('#00f')]).then((frames) =>
    sharp(frames, { join: { animated: true } })
      .gif({ delay: [100, 100] })
      .toBuffer(),
  )
}

function createChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A PNG that declares `width` by `height` pixels and has `rows` rows of zeros. */
export function createPng(width: number, height: number, rows = 1): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const pixels = deflateSync(Buffer.alloc(rows * (width * 3 + 1)))
  const magic = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([
    magic,
    createChunk('IHDR', header),
    createChunk('IDAT', pixels),
    createChunk('IEND', new Uint8Array()),
  ])
}

/** A ZIP archive with one file of `size` zeros. */
export function createZipBomb(size = 50_000_000): Buffer {
  const content = Buffer.alloc(size)
  const packed = deflateRawSync(content)
  const name = Buffer.from('photo.jpg')
  const entry = Buffer.alloc(26)
  entry.writeUInt16LE(20, 0)
  entry.writeUInt16LE(8, 4)
  entry.writeUInt32LE(crc32(content), 10)
  entry.writeUInt32LE(packed.length, 14)
  entry.writeUInt32LE(size, 18)
  entry.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), entry, name, packed])
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), entry, Buffer.alloc(14), name])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, central, end])
}

/** The beginning of an ISO base media file, such as HEIC. */
export function createIsoFile(brand: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, 0, 0, 24]),
    Buffer.from(`ftyp${brand}\0\0\0\0mif1`),
    Buffer.alloc(500, 7),
  ])
}

/** Adds a comment segment to a JPEG. */
export function addComment(jpeg: Buffer, comment: string | Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(comment.length + 2)
  return Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from([0xff, 0xfe]),
    length,
    Buffer.from(comment as string),
    jpeg.subarray(2),
  ])
}

/** Contents that make a picture a polyglot file, and bytes by which each is recognized. */
const FOREIGN_CONTENTS: readonly [name: string, content: Buffer, signatures: string[]][] = [
  ['a ZIP archive', createZipBomb(1000), ['PK\x03\x04', 'PK\x05\x06']],
  [
    'HTML',
    Buffer.from('<!DOCTYPE html><html><script>alert(1)</script></html>'),
    ['<html', '<script', 'alert('],
  ],
  ['PHP', Buffer.from('<?php system($_GET["x"]) ?>'), ['<?php', 'system(']],
  [
    'a PDF',
    Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF'),
    ['%PDF-', '/Catalog', '%%EOF'],
  ],
]

/** JPEG pictures with other content after the end of the picture, or in a comment segment (EXT-38). */
export async function createPolyglots(): Promise<[name: string, file: Buffer, signatures: string[]][]> {
  const photo = await createPhonePhoto()
  return FOREIGN_CONTENTS.flatMap(([name, content, signatures]) => [
    [`${name} appended`, Buffer.concat([photo, content]), signatures],
    [`${name} in a comment`, addComment(photo, content), signatures],
  ])
}

/** Files that are not accepted as still pictures, and the expected error message of each. */
export async function createRefusedFiles(): Promise<[name: string, file: Buffer, message: RegExp][]> {
  const photo = await createPhonePhoto()
  return [
    ['a ZIP bomb', createZipBomb(), /a ZIP archive/],
    ['a JPEG cut off in its middle', photo.subarray(0, photo.length / 2), /damaged/],
    ['a JPEG that lacks its end', photo.subarray(0, photo.length - 20), /damaged/],
    [
      'a JPEG of which only the beginning is one',
      Buffer.concat([photo.subarray(0, 20), Buffer.alloc(900)]),
      /damaged/,
    ],
    ['a PNG that says it is huge', createPng(100_000, 100_000), /100000 by 100000 pixels/],
    ['a PNG that says it is larger than it is', createPng(5000, 5000), /damaged/],
    ['a HEIC', createIsoFile('heic'), /a HEIC picture; send a JPEG/],
    ['an AVIF', createIsoFile('avif'), /an AVIF picture/],
    ['a film', createIsoFile('mp42'), /a video/],
    ['a moving GIF', await createAnimatedGif(), /moves/],
    ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /SVG/],
    ['a text', Buffer.from('Hello'), /no picture/],
  ]
}
