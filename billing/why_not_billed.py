"""Why a contract could not be billed: the sentence of a refusal, or what else went wrong, cut to a line."""

from billing.month.bill_run import BillFailure
from billing.tables import ContractRecord
from telemetry.refusal import Refusal

LONGEST = 300


def why_not_billed(contract: ContractRecord, why: Exception) -> BillFailure:
    """Tell why."""
    if isinstance(why, Refusal):
        code, sentence = why.code(), why.sentence
    else:
        code, sentence = "unexpected", f"{type(why).__name__}: {f'{why} '.splitlines()[0][:LONGEST].strip()}"
    return BillFailure(contract_id=contract.id, contract=contract.code, code=code, sentence=sentence)
