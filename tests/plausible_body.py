"""Make a plausible body for a route from its description, so that a walk gets behind the first check."""

from typing import Any
from uuid import uuid4

Schema = dict[str, Any]

WORDS: dict[str, Any] = {
    "action": "look",
    "at": "2026-10-20T08:00:00Z",
    "bic": "GKCCBEBB",
    "clear": 20.0,
    "component": "light",
    "country": "BE",
    "currency": "EUR",
    "email": "new@maker.example",
    "gtin": None,
    "grades": {"light": "C"},
    "happened_at": "2026-11-02T08:00:00Z",
    "iban": "BE68539007547034",
    "index": None,
    "inspected_at": "2026-11-02T08:00:00Z",
    "kind": None,
    "language": "en",
    "limit": 10.0,
    "metric": "lamp_hours",
    "month": "2026-09",
    "organisation": "nowhere",
    "public_id": "",
    "reference": "x",
    "series": "NEW",
    "until": None,
    "unit": "hour",
    "url": "https://hook.example/x",
    "vat_number": "BE0403170701",
    "zone": "Europe/Brussels",
}
"""Words that a schema cannot tell; None means leave it out unless it must be there."""


FILES = {
    "materials": "code,name\nM-NEW,New",
    "products": "code,name,trade,price_new,rated_years\nP-NEW,New,projectors,100,5",
    "parts": "product,code,name,material,mass\n{code_of_product},B-NEW,New,{code_of_material},1",
    "checklists": 'product,version,items\n{code_of_product},1,"[{{""name"":""a"",""component"":""light"",'
    '""question"":{{""en"":""Bright?""}}}}]"',
    "sites": "code,name\nS-NEW,New",
    "customers": "code,name\nC-NEW,New",
    "assets": "product,serial,holder,site\n{code_of_product},A-NEW,{code_of_customer},{code_of_site}",
    "contracts": "code,customer,starts_on,asset\nK-NEW,{code_of_customer},2027-01-01,{serial}",
    "inspections": "asset,inspected_at,index\n{asset_id},2026-10-02T08:00:00Z,50",
    "indices": "source,month,published_on,value\nCPI,2026-09,2026-10-05,112.5",
    "sales": "sale_id,category,price,currency,price_kind\n1,projectors,100,EUR,sold",
    "opinions": (
        "opinion_id,kind,given_by,given_on,asset,price,currency\nQ-NEW,offer,A buyer,2026-10-02,{asset_id},50,EUR"
    ),
    "readings": "asset,at,metric,value,unit\n{asset_id},2026-10-02T08:00:00Z,lamp_hours,800,hour",
}
"""A file of each kind that names what somebody has."""


A_STATEMENT = (
    b"<Document><BkToCstmrStmt><Stmt><Id>S1</Id><Acct><Id><IBAN>BE68539007547034</IBAN></Id></Acct>"
    b"<Ntry><Amt Ccy='EUR'>1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-10-20</Dt></BookgDt></Ntry>"
    b"</Stmt></BkToCstmrStmt></Document>"
)
"""A bank statement."""


def body_of(operation: Schema, document: Schema, ids: dict[str, str]) -> tuple[str, Any] | None:
    """Give the media type and a body for an operation, with `ids` wherever a property is named like one of them."""
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, described in content.items():
        return media_type, _value("", described.get("schema", {}), document, ids)
    return None


def _value(name: str, schema: Schema, document: Schema, ids: dict[str, str]) -> Any:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if name in ids:
        return ids[name]
    if name.endswith("_ids") and f"{name[:-1]}" in ids:
        return [ids[name[:-1]]]
    if WORDS.get(name) is not None:
        return WORDS[name]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            options = [option for option in schema[choice] if option.get("type") != "null"]
            return _value(name, options[0], document, ids)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    return _of_type(name, schema, document, ids)


def _of_type(name: str, schema: Schema, document: Schema, ids: dict[str, str]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, document, ids)
    if kind == "array":
        return [_value(name.removesuffix("s"), schema.get("items", {}), document, ids)]
    if kind in {"integer", "number"}:
        return schema.get("minimum", 0) + 1 if "exclusiveMinimum" not in schema else schema["exclusiveMinimum"] + 1
    if kind == "boolean":
        return False
    return _text(name, schema)


def _object(schema: Schema, document: Schema, ids: dict[str, str]) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    return {
        name: _value(name, inner, document, ids)
        for name, inner in schema.get("properties", {}).items()
        if name in required or name in ids or name.removesuffix("s") in ids or WORDS.get(name) is not None
    }


def _text(name: str, schema: Schema) -> str:
    if schema.get("format") == "uuid":
        return str(uuid4())
    if schema.get("format") == "date":
        return "2026-11-02"
    if schema.get("format") == "date-time":
        return "2026-11-02T08:00:00Z"
    return f"{name}-NEW"[: schema.get("maxLength", 40)] if name else "x"
