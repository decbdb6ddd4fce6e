"""An invoice names the law by which it carries no VAT, and no exemption for a deposit, which pays for nothing."""

import pytest

from billing.contract.contract import VatCategory
from billing.vat import LEGAL_SENTENCE, SECURITY_SENTENCE, why_untaxed


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_a_deposit_alone_claims_no_exemption_and_anything_beside_it_does(language: str) -> None:
    exempt = VatCategory.EXEMPT
    assert why_untaxed(exempt, language=language, only_security=True) == SECURITY_SENTENCE[language]
    assert why_untaxed(exempt, language=language, only_security=False) == LEGAL_SENTENCE[exempt][language]
    reverse = VatCategory.REVERSE_CHARGE
    assert why_untaxed(reverse, language=language, only_security=True) == LEGAL_SENTENCE[reverse][language]
