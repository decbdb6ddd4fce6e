"""Rules written in Schematron, made into a stylesheet that an XSLT 2.0 engine runs.

Knows what the Peppol rules use: patterns, rules, assertions, variables, functions. Does not know abstract patterns,
includes, phases or reports, and refuses a file that holds them.
"""

from collections.abc import Iterator

from lxml import etree

_SCH = "http://purl.oclc.org/dsdl/schematron"
_XSL = "http://www.w3.org/1999/XSL/Transform"
_KNOWN = {"schema", "title", "ns", "let", "pattern", "rule", "assert", "value-of", "name", "emph", "span", "p"}
_OUT = "found"


class UnknownSchematron(ValueError):
    """The file uses a part of Schematron that we do not run: a rule would be passed over in silence."""


def stylesheet(rules: bytes) -> str:
    """Make a stylesheet that gives `<found rule= severity= where=>message</found>` for each assertion that fails.

    Within a pattern a node is judged by the first rule that fits it, as ISO 19757-3 says. Raises UnknownSchematron.
    """
    schema = etree.fromstring(rules, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    _must_be_known(schema)
    prefixes = {str(one.get("prefix")): str(one.get("uri")) for one in schema.iter(f"{{{_SCH}}}ns")}
    sheet = etree.Element(f"{{{_XSL}}}stylesheet", nsmap={"xsl": _XSL, **prefixes}, version="2.0")
    etree.SubElement(sheet, f"{{{_XSL}}}output", method="xml", encoding="UTF-8")
    sheet.extend(_variable(one) for one in schema.findall(f"{{{_SCH}}}let"))
    sheet.extend(schema.findall(f"{{{_XSL}}}function"))
    patterns = schema.findall(f"{{{_SCH}}}pattern")
    for number, pattern in enumerate(patterns):
        sheet.extend(_variable(one) for one in pattern.findall(f"{{{_SCH}}}let"))
        sheet.extend(_templates(pattern, f"p{number}"))
    sheet.append(_start(len(patterns)))
    return etree.tostring(sheet, encoding="unicode")


def _must_be_known(schema: etree._Element) -> None:
    for one in schema.iter(f"{{{_SCH}}}*"):
        name = etree.QName(one).localname
        if name not in _KNOWN or one.get("abstract") or one.get("is-a"):
            raise UnknownSchematron(f"line {one.sourceline}: {name} is a part of Schematron that is not run here")


def _templates(pattern: etree._Element, mode: str) -> Iterator[etree._Element]:
    """Give a template for each rule, the first one first, and one that goes on where none fits."""
    rules = pattern.findall(f"{{{_SCH}}}rule")
    for place, rule in enumerate(rules):
        template = _xsl("template", match=str(rule.get("context")), mode=mode, priority=str(len(rules) - place))
        for part in rule:
            name = etree.QName(part).localname
            template.append(_variable(part) if name == "let" else _test(part))
        template.append(_xsl("apply-templates", select="@*|*", mode=mode))
        yield template
    onward = _xsl("template", match="node()|@*|/", mode=mode, priority="-9")
    onward.append(_xsl("apply-templates", select="@*|*", mode=mode))
    yield onward


def _test(asserted: etree._Element) -> etree._Element:
    """Tell what is found where an assertion does not hold."""
    told = etree.Element(_OUT, rule=str(asserted.get("id")), severity=asserted.get("flag") or "fatal")
    where = _xsl("attribute", name="where")
    where.append(_xsl("value-of", select=_PATH, separator=""))
    told.append(where)
    _say(told, asserted)
    choose = _xsl("if", test=f"not({asserted.get('test')})")
    choose.append(told)
    return choose


_PATH = (
    "for $n in ancestor-or-self::* return concat('/', name($n), '[', "
    "1 + count($n/preceding-sibling::*[name() = name($n)]), ']')"
)


def _say(told: etree._Element, asserted: etree._Element) -> None:
    told.append(_words(asserted.text))
    for part in asserted:
        if etree.QName(part).localname == "value-of":
            told.append(_xsl("value-of", select=str(part.get("select"))))
        else:
            told.append(_words("".join(part.itertext())))
        told.append(_words(part.tail))


def _words(text: str | None) -> etree._Element:
    one = _xsl("text")
    one.text = text or ""
    return one


def _variable(let: etree._Element) -> etree._Element:
    return _xsl("variable", name=str(let.get("name")), select=str(let.get("value")))


def _start(patterns: int) -> etree._Element:
    template = _xsl("template", match="/")
    told = etree.SubElement(template, "told")
    told.extend(_xsl("apply-templates", select="/", mode=f"p{number}") for number in range(patterns))
    return template


def _xsl(name: str, /, **attributes: str) -> etree._Element:
    return etree.Element(f"{{{_XSL}}}{name}", attributes)
