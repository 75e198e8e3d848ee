"""Reads XML documents, one JSON string a line, with expat, and writes what each holds as one JSON line: a list of
items, each an object of element name to text. A document that is not well-formed ends the program with an error."""
import json
import sys
import xml.etree.ElementTree as ElementTree

for line in sys.stdin:
    root = ElementTree.fromstring(json.loads(line).encode("utf-8"))
    print(json.dumps([{field.tag: field.text or "" for field in item} for item in root]))
