"""One table from refusals to HTTP statuses, and the one form in which every error leaves us (RFC 9457)."""

from typing import Any

from telemetry.refusal import Refusal

STATUS: dict[str, int] = {
    "UnknownTenant": 404,
    "NotABackup": 422,
    "NotEmpty": 409,
    "OtherSchema": 409,
    "RestoreDiffers": 500,
    "SchemaDiffers": 409,
    "NotLoggedIn": 401,
    "WrongLogin": 401,
    "NotAllowed": 403,
    "ForeignPage": 403,
    "TooManyRequests": 429,
    "UnusableKey": 422,
    "KeyOfAnotherRequest": 422,
    "SecretShownOnce": 409,
    "UnreadableInput": 422,
    "BadCursor": 422,
    "PasswordTooShort": 422,
    "TenantExists": 409,
    "UnusableSlug": 422,
    "EmailTaken": 409,
    "UnknownPerson": 404,
    "WrongPerson": 422,
    "LastAdministrator": 409,
    "RoleTooWide": 403,
    "UnknownKey": 404,
    "TooLong": 422,
    "UnknownDevice": 404,
    "DeviceNameTaken": 409,
    "DeviceOfUnknownAsset": 422,
    "UnsafeSetting": 500,
    "NotReady": 503,
    "UnknownThing": 404,
    "UnknownUnit": 422,
    "WrongDimension": 422,
    "LimitsCrossed": 422,
    "MetricInUse": 409,
    "MissingColumn": 422,
    "BatchKeyReused": 422,
    "UnreadableBatch": 422,
    "UnknownMediaType": 415,
    "UnknownMetric": 404,
    "EndsBeforeStart": 422,
    "UnreadableFile": 422,
    "FileTooLarge": 413,
    "NotOfThatKind": 422,
    "BadOption": 422,
    "UnknownKind": 404,
    "UnknownAsset": 404,
    "UnknownReference": 422,
    "NotInCatalogue": 404,
    "CodeTaken": 409,
    "AlreadyRegistered": 409,
    "BadGtin": 422,
    "BadPublicId": 422,
    "UnfitText": 422,
    "UnknownZone": 422,
    "ImpossibleMoment": 422,
    "BeforeRegistration": 422,
    "NoDestination": 422,
    "StepNotAllowed": 409,
    "UnknownEvent": 422,
    "NotCorrectable": 409,
    "NotYetThere": 404,
    "BadDate": 422,
    "NoSuchAsset": 404,
    "NotAPeriod": 422,
    "WrongRate": 422,
    "BuyerWithoutVatNumber": 422,
    "NoUnitCode": 422,
    "WrongNumber": 422,
    "WrongTerms": 422,
    "LeasedTwice": 409,
    "MeterRanBack": 409,
    "ContractDiffers": 409,
    "UnknownParty": 422,
    "NotAMeter": 422,
    "OtherCurrency": 422,
    "UnknownContract": 404,
    "NotTheDemo": 409,
    "NoDemoFixtures": 503,
    "UnknownInvoice": 404,
    "NoSeller": 409,
    "MonthNotOver": 409,
    "TooManyForASheet": 422,
    "InspectionExists": 409,
    "ImpossibleInspection": 422,
    "UnknownAlert": 404,
    "AlertIsCleared": 409,
    "ImpossibleShelving": 422,
    "NotYetAssessed": 404,
    "NoRouteYet": 404,
    "NothingToValue": 404,
    "NoDate": 422,
}
"""Class name of a refusal to its status; a test fails on a refusal that is missing here."""


def status_of(refusal: Refusal) -> int:
    """Give the HTTP status of a refusal: its own or that of the nearest class above it."""
    for kind in type(refusal).__mro__:
        if kind.__name__ in STATUS:
            return STATUS[kind.__name__]
    return 400


def problem(refusal: Refusal) -> dict[str, Any]:
    """Give the problem document of a refusal."""
    errors = [{"field": refusal.field, "message": refusal.sentence}] if refusal.field else []
    return {
        "type": f"/problems/{refusal.code()}",
        "title": refusal.code().replace("-", " "),
        "status": status_of(refusal),
        "detail": refusal.sentence,
        "code": refusal.code(),
        "errors": errors,
        "facts": refusal.facts,
    }
