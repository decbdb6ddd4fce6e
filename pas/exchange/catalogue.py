"""The catalogue as files: materials, products and their parts, sites, customers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from lifecycle.actor import Actor
from lifecycle.customer import Customer
from lifecycle.keep_catalogue import keep
from lifecycle.material import Material
from lifecycle.product import ChecklistItem, CurvePoint, Product, ProductPart, Rating, RouteTerms
from lifecycle.site import Site
from lifecycle.tables import CustomerRecord, MaterialRecord, PartRecord, ProductRecord, SiteRecord
from pas.exchange.cell import Nested, Text
from pas.exchange.column import Column, Row
from pas.exchange.draft import Draft, checked
from pas.exchange.kind import Kind, codes_by_id, fields_of, found, ids_by_code
from pas.exchange.number import Amount, Number, Whole

CODE = Column(
    "code", Text(), "the code by which other files refer to it", ("id", "code_nr", "référence", "kode"), required=True
)
NAME = Column("name", Text(), "its name", ("naam", "nom", "bezeichnung", "description", "omschrijving"), required=True)
CURRENCY = Column(
    "currency", Text(case=str.upper), "ISO 4217, EUR where left out", ("munt", "valuta", "devise", "monnaie", "währung")
)
ADDRESS = (
    Column("street", Text(), "street and number", ("straat", "adres", "rue", "adresse", "address", "straße")),
    Column("postal_code", Text(), "postal code", ("postcode", "zip", "zip_code", "code_postal", "plz")),
    Column("city", Text(), "town", ("stad", "gemeente", "plaats", "ville", "commune", "town", "ort", "stadt")),
    Column(
        "country",
        Text(case=str.upper),
        "ISO 3166 of two letters, BE where left out",
        ("land", "pays", "country_code", "landcode"),
    ),
)


class Catalogue(Kind):
    """What is known by its code alone and kept as it is told."""

    key = ("code",)

    def __init__(
        self, name: str, about: str, columns: tuple[Column, ...], value: type[SQLModel], record: type[Any]
    ) -> None:
        """Say which class checks a row and which table keeps it."""
        self.name, self.about, self.columns = name, about, columns
        self._value, self._record = value, record

    def stored(self, session: Session) -> Iterable[Row]:
        """Give all, by code."""
        for record in session.exec(select(self._record).order_by(self._record.code)):
            yield self.plain(fields_of(record, self.columns))

    def decide(self, session: Session, drafts: Sequence[Draft]) -> None:  # noqa: ARG002
        """Hold each row against its class; the value's own form (a GTIN of 14 digits, say) is what will stand."""
        for draft in drafts:
            draft.value = checked(draft, self._value, draft.after)
            if draft.value is not None:
                draft.after = self.plain(fields_of(draft.value, self.columns))

    def write(self, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> None:
        """Keep them."""
        keep(session, self._record, [draft.value for draft in drafts], now=now, by=by)


class Parts(Kind):
    """Bills of materials: a part is known by its product and its code."""

    name = "parts"
    about = "Bills of materials: what products consist of."
    key = ("product", "code")
    columns = (
        Column("product", Text(), "code of the product", ("product_code", "produit", "produkt"), required=True),
        Column(
            "code", Text(), "code of the part in the product", ("part", "onderdeel", "pièce", "teil"), required=True
        ),
        NAME,
        Column("material", Text(), "code of the material", ("materiaal", "matière", "matériau"), required=True),
        Column("quantity", Whole(), "how many of it, 1 where left out", ("aantal", "quantité", "menge", "qty")),
        Column("mass", Number(), "kg each", ("mass_kg", "massa", "masse", "weight", "gewicht", "poids"), required=True),
        Column(
            "recycled_content",
            Number(),
            "recycled fraction of the mass, 0 to 1",
            ("recycled", "gerecycleerd", "recyclé"),
        ),
        Column("value", Amount(), "value of one when harvested", ("waarde", "valeur", "wert")),
        Column(
            "component", Text(), "component of the checklist that shows how it fares", ("onderdeelgroep", "composant")
        ),
        Column("removal_minutes", Number(), "minutes that it takes to take one out", ("minutes", "minuten")),
    )

    def stored(self, session: Session) -> Iterable[Row]:
        """Give all, by product and code."""
        products, materials = codes_by_id(session, ProductRecord), codes_by_id(session, MaterialRecord)
        rows = [
            {"product": products[part.product_id], "material": materials[part.material_id]}
            | fields_of(part, self.columns)
            for part in session.exec(select(PartRecord).order_by(col(PartRecord.code)))
        ]
        yield from (self.plain(row) for row in sorted(rows, key=lambda row: (row["product"], row["code"])))

    def decide(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Find product and material, and hold each row against its class."""
        products, materials = ids_by_code(session, ProductRecord), ids_by_code(session, MaterialRecord)
        for draft in drafts:
            product, material = (
                found(draft, "product", products, of="product"),
                found(draft, "material", materials, of="material"),
            )
            if draft.is_refused:
                continue
            facts = {name: value for name, value in draft.after.items() if name not in {"product", "material"}}
            links = {"product_id": product, "material_id": material}
            names = {"product_id": "product", "material_id": "material"}
            draft.value = checked(draft, ProductPart, facts | links, column_of=names)
            if draft.value is not None:
                draft.after |= self.plain(draft.after | fields_of(draft.value, self.columns))

    def write(self, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> None:
        """Keep them."""
        keep(session, PartRecord, [draft.value for draft in drafts], now=now, by=by)


MATERIALS = Catalogue(
    "materials",
    "What parts are made of.",
    (
        CODE,
        NAME,
        Column("scrap_price", Amount(), "per kg", ("schrootprijs", "prix_ferraille", "price", "prijs")),
        CURRENCY,
        Column("carbon", Number(), "kg CO2e per kg of new material", ("co2", "kg_co2e", "carbone")),
        Column("recovery_rate", Number(), "fraction that recycling gives back, 0 to 1", ("recovery", "terugwinning")),
    ),
    Material,
    MaterialRecord,
)

PRODUCTS = Catalogue(
    "products",
    "Models that are made: ratings, wear limits, checklist, declared values and routes.",
    (
        CODE,
        NAME,
        Column(
            "trade", Text(), "the branch it is made for", ("branche", "sector", "secteur", "category"), required=True
        ),
        Column("maker", Text(), "who makes it", ("fabrikant", "fabricant", "manufacturer", "hersteller", "brand")),
        Column("gtin", Text(), "GTIN with its check digit", ("ean", "barcode", "code_barres")),
        Column(
            "price_new",
            Amount(),
            "price when new",
            ("price", "nieuwprijs", "prix_neuf", "new_price", "neupreis"),
            required=True,
        ),
        CURRENCY,
        Column(
            "rated_years", Number(), "years it is built for", ("years", "levensduur", "durée_de_vie"), required=True
        ),
        Column("usage_metric", Text(), "code of the meter that wears it", ("meter",)),
        Column("rated_usage", Number(), "how much of that counter it is built for"),
        Column("inspect_every_days", Whole(), "days after which it is inspected again", ("inspection_interval",)),
        Column("inspect_every_use", Number(), "use of that counter after which it is inspected again"),
        Column("inspect_lead_days", Whole(), "days before that at which it is told, 14 where left out"),
        Column("wage", Amount(), "per hour of workshop labour", ("uurloon", "taux_horaire")),
        Column("ratings", Nested(list[Rating]), "limits by metric within which the maker vouches for it"),
        Column("wear_limits", Nested(dict[str, float]), "index limits `attention` and `end`"),
        Column("checklist", Nested(list[ChecklistItem]), "components to look at, with weight and question by language"),
        Column("value_curve", Nested(list[CurvePoint]), "declared value by age as fractions of the price new"),
        Column("grade_factors", Nested(dict[str, float]), "what a grade does to the value"),
        Column("routes", Nested(list[RouteTerms]), "what each route costs and yields"),
    ),
    Product,
    ProductRecord,
)

SITES = Catalogue(
    "sites",
    "Places where assets stand.",
    (
        CODE,
        NAME,
        *ADDRESS,
        Column("latitude", Number(), "degrees north, WGS 84", ("lat", "breedtegraad", "breitengrad")),
        Column("longitude", Number(), "degrees east, WGS 84", ("lon", "lng", "lengtegraad", "längengrad")),
        Column(
            "zone",
            Text(),
            "IANA time zone, Europe/Brussels where left out",
            ("time_zone", "timezone", "tijdzone", "fuseau"),
        ),
    ),
    Site,
    SiteRecord,
)

CUSTOMERS = Catalogue(
    "customers",
    "Who holds and uses the assets, and is invoiced.",
    (
        CODE,
        NAME,
        Column(
            "vat_number", Text(), "with its country prefix", ("vat", "btw", "btw_nummer", "tva", "numéro_tva", "ust_id")
        ),
        *ADDRESS,
        Column(
            "language", Text(case=str.lower), "nl, fr or en; en where left out", ("taal", "langue", "sprache", "lang")
        ),
        Column("email", Text(), "where alerts and invoices go", ("e_mail", "mail", "courriel")),
    ),
    Customer,
    CustomerRecord,
)

PARTS = Parts()
