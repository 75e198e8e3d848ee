import { XMLValidator } from 'fast-xml-parser'

// A small strict XML 1.0 parser that keeps order, empty elements and text.

export interface Element {
  name: string
  attributes: string[]
  children: Element[]
  text: string
}

export interface XmlDocument {
  declaration: string | null
  root: Element
  faults: string[] // Violations of the conventions of GeoReport, not of XML.
}

const NAME = /[A-Za-z_:][\w:.-]*/y
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function isLegal(code: number): boolean {
  return (
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  )
}

function checkCharacters(text: string): void {
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    if (!isLegal(code))
      throw new Error(`XML 1.0 forbids the character U+${code.toString(16).padStart(4, '0')}`)
  }
}

function resolveEntities(raw: string): string {
  if (raw.includes(']]>')) throw new Error('"]]>" stands unescaped in text')
  return raw.replace(/&([^;\s<&]*;?)/g, (whole, inside: string) => {
    if (!inside.endsWith(';')) throw new Error(`a bare ampersand: ${whole}`)
    const name = inside.slice(0, -1)
    const number = /^#(?:x([0-9a-fA-F]+)|(\d+))$/.exec(name)
    if (number) {
      const code = number[1] ? Number.parseInt(number[1], 16) : Number(number[2])
      if (!isLegal(code)) throw new Error(`the reference ${whole} names a forbidden character`)
      return String.fromCodePoint(code)
    }
    const char = ENTITIES[name]
    if (char === undefined) throw new Error(`unknown entity ${whole}`)
    return char
  })
}

class Reader {
  at = 0
  constructor(readonly source: string) {}

  fail(reason: string): never {
    throw new Error(`${reason} at ${this.at}: ${JSON.stringify(this.source.slice(this.at, this.at + 60))}`)
  }
  isAt(text: string): boolean {
    return this.source.startsWith(text, this.at)
  }
  take(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.source)?.[0]
    if (found === undefined) this.fail(`expected ${pattern.source}`)
    this.at += found.length
    return found
  }
  until(end: string): string {
    const to = this.source.indexOf(end, this.at)
    if (to < 0) this.fail(`${end} is missing`)
    const inside = this.source.slice(this.at, to)
    this.at = to + end.length
    return inside
  }
  /** Skips white space, comments and processing instructions. */
  skip(): void {
    for (;;) {
      this.take(/\s*/y)
      if (this.isAt('<!--')) {
        this.at += 4
        if (this.until('-->').includes('--')) this.fail('"--" inside a comment')
      } else if (this.isAt('<?') && !/^<\?xml\s/i.test(this.source.slice(this.at, this.at + 6)))
        this.until('?>')
      else return
    }
  }
  element(): Element {
    this.take(/</y)
    const name = this.take(NAME)
    const attributes: string[] = []
    for (;;) {
      const blank = this.take(/\s*/y)
      if (this.isAt('/>')) {
        this.at += 2
        return { name, attributes, children: [], text: '' }
      }
      if (this.isAt('>')) {
        this.at += 1
        break
      }
      if (blank === '') this.fail('blank expected')
      attributes.push(this.take(/[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*')/y))
    }
    return this.content({ name, attributes, children: [], text: '' })
  }
  content(into: Element): Element {
    for (;;) {
      if (this.isAt('</')) {
        this.at += 2
        const name = this.take(NAME)
        this.take(/\s*>/y)
        if (name !== into.name) this.fail(`</${name}> closes <${into.name}>`)
        return into
      }
      if (this.isAt('<![CDATA[')) {
        this.at += 9
        into.text += this.until(']]>')
      } else if (this.isAt('<!--') || this.isAt('<?')) this.skip()
      else if (this.isAt('<')) into.children.push(this.element())
      else if (this.at >= this.source.length) this.fail(`<${into.name}> is not closed`)
      else into.text += resolveEntities(this.take(/[^<]+/y))
    }
  }
}

function checkConventions(source: string, declaration: string | null, root: Element): string[] {
  const faults: string[] = []
  if (declaration === null || !/\sencoding\s*=\s*["']utf-8["']/i.test(declaration))
    faults.push('no XML declaration with encoding="utf-8" in the first bytes')
  if (/<!DOCTYPE/.test(source)) faults.push('a document type')
  const walk = (one: Element): void => {
    if (one.attributes.length > 0) faults.push(`attributes on <${one.name}>: ${one.attributes.join(' ')}`)
    if (one.name.includes(':')) faults.push(`a prefix: <${one.name}>`)
    if (one.children.length > 0 && one.text.trim() !== '')
      faults.push(`text between the children of <${one.name}>`)
    one.children.forEach(walk)
  }
  walk(root)
  return faults
}

/** Parses XML 1.0 in UTF-8. Throws if the document is not well-formed. */
export function readXml(bytes: Uint8Array): XmlDocument {
  const exact = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  if (exact.startsWith('\uFEFF')) throw new Error('a byte order mark')
  checkCharacters(exact)
  const source = exact.replace(/\r\n?/g, '\n')
  const lax = XMLValidator.validate(source)
  if (lax !== true) throw new Error(`not well-formed: ${lax.err.msg} (line ${lax.err.line})`)
  const reader = new Reader(source)
  let declaration: string | null = null
  if (/^<\?xml\s/.test(source)) {
    declaration = reader.until('?>')
    if (!/^<\?xml\s+version\s*=\s*["']1\.\d["']/.test(declaration))
      throw new Error(`odd declaration ${declaration}`)
  }
  reader.skip()
  if (reader.isAt('<!DOCTYPE')) reader.take(/<!DOCTYPE[^>[]*>/y)
  reader.skip()
  const root = reader.element()
  reader.skip()
  if (reader.at < source.length) reader.fail('something follows the root')
  return { declaration, root, faults: checkConventions(source, declaration, root) }
}
