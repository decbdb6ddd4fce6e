"""Values are learned unasked, in a process of their own, once for so many sales, and it is on record."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic, sleep

from sqlmodel import Session, select

from lifecycle.keep_sales import keep_sales
from lifecycle.learn_unasked import ENDS_WITHIN, MOST_ATTEMPTS, claim_learning, end_learning, is_anything_to_learn
from lifecycle.valuation_tables import ValueLearningRecord, ValueLessonRecord
from pas.db import Database
from pas.learn_beside import Learner
from tests.lifecycle.sample_fleet import store_product
from tests.lifecycle.test_learn_values import sold


def _until(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    end = monotonic() + seconds
    while not is_so() and monotonic() < end:
        sleep(0.05)
    assert is_so()


def test_a_worker_learns_beside_its_work_and_once(database: Database, tenant: int, now: datetime) -> None:
    with database.writing(tenant) as session:
        store_product(session)
        keep_sales(session, sold(12, share=0.4, until=now))
    learner = Learner(look_every=0)

    learner.look(database, now=now)
    assert learner.is_busy

    def ended() -> bool:
        learner.look(database, now=now)
        return not learner.is_busy

    _until(ended)
    learner.look(database, now=now)
    assert not learner.is_busy
    with database.reading(tenant) as session:
        (noted,) = session.exec(select(ValueLearningRecord)).all()
        assert (noted.outcome, noted.sales, noted.products, noted.ended_at) == ("learned", 12, 1, now)
        assert len(session.exec(select(ValueLessonRecord)).all()) == 1


def test_few_sales_and_few_new_ones_are_no_reason(session: Session, now: datetime) -> None:
    store_product(session)
    keep_sales(session, sold(4, share=0.4, until=now))
    assert not is_anything_to_learn(session, now=now)
    keep_sales(session, sold(100, share=0.4, until=now, seed=2))
    claim = claim_learning(session, now=now)
    assert claim is not None
    end_learning(session, claim_id=claim.id, taught={}, seconds=1, now=now)

    keep_sales(session, sold(9, share=0.4, until=now, seed=3))
    assert not is_anything_to_learn(session, now=now)
    keep_sales(session, sold(9, share=0.4, until=now, seed=4))
    assert is_anything_to_learn(session, now=now)


def test_one_that_was_lost_is_taken_up_again_but_not_for_ever(session: Session, now: datetime) -> None:
    store_product(session)
    keep_sales(session, sold(20, share=0.4, until=now))

    claims = []
    for round_number in range(6):
        at = now + round_number * (ENDS_WITHIN + timedelta(minutes=1))
        claims.append(claim_learning(session, now=at))
        assert claim_learning(session, now=at) is None

    assert [claim is not None for claim in claims] == [number < MOST_ATTEMPTS for number in range(6)]
