"""Episodes are a function of the readings: delays count their days; what comes late or twice raises nothing twice."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.alert import AlertKind, AlertVerdict
from lifecycle.alert_episode import DayLine, Episode, Limits, episodes, running_mean, standing
from lifecycle.alert_rule import CrossedLevels, NobodyToTell, RuleCode, Stage, check, heard, our_rules
from lifecycle.alert_rules import Recent, findings, shock_rates
from lifecycle.alert_score import Said, quieter, score
from tests.lifecycle.sample_fleet import product

plain = settings(deadline=None, max_examples=60)
values = st.lists(st.floats(-10, 40), min_size=1, max_size=60)


def line(heat: list[float]) -> DayLine:
    return DayLine(list(range(1, len(heat) + 1)), heat)


def test_a_single_bad_day_is_no_alert_where_the_delay_is_longer() -> None:
    assert episodes(line([20, 30, 20, 20]), Limits(25, 24, on_delay=1)) == []


def test_it_clears_only_behind_the_deadband_and_after_the_off_delay() -> None:
    found = episodes(line([30, 30, 24.5, 23, 23, 23]), Limits(25, 24, on_delay=1, off_delay=2))

    assert found == [Episode(1, 2, 6)]


def test_between_the_levels_it_stays_as_it_is() -> None:
    assert standing(line([30, 30, 24.5, 24.5, 24.5]), Limits(25, 24, 1, 1)).open == Episode(1, 2)
    assert standing(line([24.5, 24.5]), Limits(25, 24, 1, 1)) == (None, False)


@plain
@given(values, st.integers(0, 5), st.integers(0, 5))
def test_hysteresis_and_delay_never_tell_more_often_than_the_bare_limit(heat: list[float], on: int, off: int) -> None:
    assert len(episodes(line(heat), Limits(25, 24, on, off))) <= len(episodes(line(heat), Limits(25, 25)))


@plain
@given(values)
def test_an_episode_ends_before_the_next_begins_to_count(heat: list[float]) -> None:
    found = episodes(line(heat), Limits(25, 24, 1, 1))

    assert all(one.began <= one.raised and (one.cleared is None or one.cleared > one.raised) for one in found)
    assert all(a.cleared is not None and a.cleared < b.raised for a, b in pairwise(found))


@plain
@given(values, st.integers(1, 10))
def test_a_running_mean_is_that_of_the_days_before(heat: list[float], window: int) -> None:
    found = running_mean(line(heat), window)

    for at in range(len(heat)):
        wanted = heat[max(0, at + 1 - window) : at + 1]
        assert found.values[at] == pytest.approx(sum(wanted) / len(wanted), abs=1e-6)


def test_a_finding_says_since_when_by_the_readings_own_days() -> None:
    recent = Recent({"ambient_temperature": 31.0}, lines={"ambient_temperature": line([20.0] * 20 + [32.0] * 12)})

    (finding,) = findings(product(), None, recent)

    assert (finding.raises, finding.clears) == (True, False)
    assert finding.began is not None
    assert 21 <= finding.began <= 27
    assert finding.cost is not None


def test_doubted_readings_are_no_evidence() -> None:
    recent = Recent({"ambient_temperature": 31.0})

    assert findings(product(), None, recent, doubted={"ambient_temperature"}) == []


def test_shocks_are_counted_for_the_use_of_the_same_days() -> None:
    rates = shock_rates(Recent(used=line([10.0] * 30), shaken=line([1.0] * 30)))

    assert rates.values[-1] == pytest.approx(100.0)
    assert shock_rates(Recent(used=line([0.1] * 5), shaken=line([1.0] * 5))).days == []


@pytest.mark.parametrize(
    ("stage", "kind", "days", "outcomes", "told"),
    [
        (Stage.AUTO, AlertKind.WEAR, 29, 100, False),
        (Stage.AUTO, AlertKind.WEAR, 30, 29, False),
        (Stage.AUTO, AlertKind.WEAR, 30, 30, True),
        (Stage.AUTO, AlertKind.ENVIRONMENT, 30, 0, True),
        (Stage.AUTO, AlertKind.ENVIRONMENT, 3, 0, False),
        (Stage.AUTO, AlertKind.SENSOR, 0, 0, True),
        (Stage.LIVE, AlertKind.WEAR, 0, 0, True),
        (Stage.SHADOW, AlertKind.SENSOR, 900, 900, False),
    ],
)
def test_a_rule_is_heard_when_it_has_proved_itself(
    stage: Stage, kind: AlertKind, days: int, outcomes: int, *, told: bool
) -> None:
    assert heard(stage, kind, class_days=days, outcomes=outcomes) is told


def test_a_rule_that_clears_what_it_raises_is_refused() -> None:
    terms = our_rules()[RuleCode.WEAR].terms
    with pytest.raises(CrossedLevels):
        check(RuleCode.WEAR, terms.model_copy(update={"clear": terms.limit}))


def test_a_sensor_is_no_matter_of_a_customer() -> None:
    terms = our_rules()[RuleCode.SENSOR].terms
    with pytest.raises(NobodyToTell):
        check(RuleCode.SENSOR, terms.model_copy(update={"tell": ["customer"]}))


def test_the_last_word_on_an_alert_counts_and_a_failure_always() -> None:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - only here
    from uuid import UUID  # noqa: PLC0415 - only here

    raised = datetime(2026, 1, 1, tzinfo=UTC)
    one, two, three = UUID(int=1), UUID(int=2), UUID(int=3)
    said = [
        Said(one, raised, AlertVerdict.NOT_TRUE, None),
        Said(one, raised, None, raised + timedelta(days=10)),
        Said(two, raised, AlertVerdict.NOT_TRUE, None),
        Said(three, raised, AlertVerdict.NOT_TRUE, None),
        Said(three, raised, AlertVerdict.PLANNED, None),
        Said(None, None, None, raised),
    ]

    found = score(said, raised=5, asset_months=4)

    assert (found.true, found.false, found.foretold, found.missed) == (2, 1, 1, 1)
    assert (found.precision, found.recall, found.median_lead_days) == (0.6667, 0.5, 10.0)
    assert found.too_loud


@pytest.mark.parametrize("code", [RuleCode.WEAR, RuleCode.ENVIRONMENT, RuleCode.MISUSE])
def test_every_quieter_rule_is_one_that_could_be_kept(code: RuleCode) -> None:
    proposed = quieter(code, our_rules()[code].terms)

    assert len(proposed) == 5
    for terms in proposed:
        check(code, terms)
