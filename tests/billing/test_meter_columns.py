"""What a meter showed is told by column as it is told one by one: digit for digit, and to the microsecond."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billing.proof import as_shown, in_thousandths
from billing.read_meter_columns import as_moments, as_texts, thousandths
from telemetry.moment import moment

numbers = st.lists(
    st.one_of(
        st.floats(0, 1e15),
        st.floats(0, 1e-4),
        st.integers(0, 10**9).map(lambda whole: whole / 1000),
        st.integers(0, 10**9).map(lambda whole: whole / 2000),
        st.integers(0, 10**13).map(float),
    ),
    min_size=1,
    max_size=20,
)


@settings(deadline=None, max_examples=150)
@given(found=numbers)
@example(found=[0.0005, 87.20000000000002, 2.0005, 1e-7, 0.0, 2.0**41 + 0.5])
def test_use_is_rounded_and_readings_are_spelled_as_bills_do(found: list[float]) -> None:
    column = np.array(found)

    assert thousandths(column) == [int(in_thousandths(one) * 1000) for one in found]
    assert as_texts(column) == [str(as_shown(one)) for one in found]


@settings(deadline=None, max_examples=60)
@given(
    at=st.lists(
        st.one_of(st.integers(0, 4_000_000_000_000_000), st.integers(0, 4_000_000_000).map(lambda s: s * 10**6))
    )
)
def test_moments_are_spelled_as_bills_do(at: list[int]) -> None:
    assert as_moments(np.array(at, dtype=np.int64)) == [moment(one).isoformat() for one in at]
