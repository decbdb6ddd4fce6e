"""The one process that judges the documents we issue ourselves, shared by all of this process and ended with it."""

import atexit
import os
from functools import cache

from billing.einvoice.rules_process import RulesProcess


def own_rules() -> RulesProcess:
    """Give it; nothing is started before something is judged. A forked process gets one of its own."""
    return _of(os.getpid())


@cache
def _of(_process: int) -> RulesProcess:
    rules = RulesProcess()
    atexit.register(rules.close)
    return rules
