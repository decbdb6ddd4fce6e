"""The choice of a route: the one that nets most, beside all the others and what bars them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlmodel import Field, SQLModel

from lifecycle.money import to_cents
from lifecycle.product import Product, RouteTerms
from lifecycle.reason import Reason
from lifecycle.route.assumptions import assumptions, rule, rung
from lifecycle.route.costing import Costed, cost
from lifecycle.route.economics import Takings, Worth, break_even_wage
from lifecycle.route.work_plan import Basis, Bill


class RouteOption(SQLModel):
    """One route with its figures: `net_value = income - labour - parts - logistics - warranty - testing`.

    `rung` is its name on the R-ladder (R0 to R9), null outside it; `costs_from` says what labour and parts rest on;
    `carbon` is the kg of CO2e that the route is expected to save.
    """

    route: str
    feasible: bool
    rung: str | None = None
    costs_from: Basis | None = None
    carbon: float | None = None
    net_value: Decimal | None = None
    income: Decimal | None = None
    labour: Decimal | None = None
    parts: Decimal | None = None
    logistics: Decimal | None = None
    warranty: Decimal | None = None
    testing: Decimal | None = None
    reasons: list[Reason] = Field(default_factory=list)


class Choice(NamedTuple):
    """The route to take, what it nets, every option, and why."""

    route: str
    net_value: Decimal
    currency: str
    options: list[RouteOption]
    reasons: list[Reason]
    rule: str


def choose(product: Product, worth: Worth, bill: Bill = ()) -> Choice | None:
    """Choose what nets most; None where the product names no route or every one is barred.

    Of equals the one that the product names first is taken.
    """
    return choose_costed(cost(product, bill, grade=worth.grade), worth)


def choose_costed(costed: Costed, worth: Worth) -> Choice | None:
    """Choose among routes that were costed before, for the grade that the thing has."""
    terms = {one.route: one for one in costed.terms}
    takings = costed.takings(worth)
    open_ones = sorted((one for one in takings if one.barred is None), key=lambda one: -one.net)
    if not open_ones:
        return None
    options = [_option(one, terms[one.route], worth, costed.basis[one.route]) for one in takings]
    best = next(option for option in options if option.route == open_ones[0].route)
    reasons = _why(open_ones, costed, worth)
    return Choice(best.route, best.net_value or Decimal(0), costed.currency, options, reasons, rule())


def is_news(before: tuple[str, Decimal] | None, choice: Choice, *, price_new: Decimal) -> bool:
    """Tell whether a choice differs enough from the last one written down to be written down again."""
    if before is None or before[0] != choice.route:
        return True
    share = Decimal(str(assumptions()["material_change"]["share_of_price_new"]))
    return abs(choice.net_value - before[1]) > share * price_new


def _option(one: Takings, terms: RouteTerms, worth: Worth, basis: Basis) -> RouteOption:
    name = rung(one.route)
    if one.barred is not None:
        inputs = {"grade": worth.grade, "worst_grade": terms.worst_grade}
        return RouteOption(route=one.route, feasible=False, rung=name, reasons=[_reason(one.barred, inputs, None)])
    shares = (one.income, one.labour, one.parts, one.logistics, one.warranty, one.testing)
    income, labour, parts, logistics, warranty, testing = (to_cents(Decimal(share)) for share in shares)
    return RouteOption(
        route=one.route,
        feasible=True,
        rung=name,
        costs_from=basis,
        carbon=round(one.carbon, 3),
        net_value=income - labour - parts - logistics - warranty - testing,
        income=income,
        labour=labour,
        parts=parts,
        logistics=logistics,
        warranty=warranty,
        testing=testing,
    )


def _why(open_ones: Sequence[Takings], costed: Costed, worth: Worth) -> list[Reason]:
    best = open_ones[0]
    net = float(to_cents(Decimal(best.net)))
    reasons = [_reason("route.nets_most", {"route": best.route, "grade": worth.grade}, net), _costs(best, costed)]
    if len(open_ones) == 1:
        return [*reasons, _reason("route.only_one_open", {}, None)]
    second = open_ones[1]
    lead = {"route": second.route, "lead": round(best.net - second.net, 2), "currency": costed.currency}
    reasons.append(_reason("route.runner_up", lead, None))
    wage = break_even_wage(best, second, wage=costed.wage)
    if wage is not None:
        figures = {"wage": round(wage, 2), "now": costed.wage, "currency": costed.currency}
        reasons.append(_reason("route.holds_up_to_wage", figures, None))
    return reasons


def _costs(best: Takings, costed: Costed) -> Reason:
    """Say what the minutes and parts of the best route rest on."""
    is_assumed = costed.basis[best.route] is Basis.ASSUMPTION
    code = "route.costed_as_assumed" if is_assumed else "route.costed_by_plan"
    return _reason(code, {"minutes": round(best.hours * 60, 1)}, None)


def _reason(code: str, inputs: dict[str, Any], effect: float | None) -> Reason:
    return Reason(code=code, rule=rule(), inputs=inputs, effect=effect)
