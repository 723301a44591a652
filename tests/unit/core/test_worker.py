"""The worker: batches, failures, retries, leases, deletes."""

import datetime as dt
import threading

import pytest
from sqlalchemy import select, update
from toybox import ABSENT, CONTEXT, Toy, intents_of, state

from pileus.core import intents, outcome
from pileus.core.db import now
from pileus.core.intents import Intent, Run


def test_a_batch_of_one_operation_is_one_run(database, make_toy, make_worker, stand_in):
    toys = [make_toy() for _ in range(5)]
    make_worker(stand_in).step()
    assert len(stand_in.runs) == 1
    assert [item["id"] for item in stand_in.runs[0][1]["toy_items"]] == toys
    assert {state(database, toy) for toy in toys} == {"available"}


def test_the_limit_names_the_hosts_of_the_items(make_toy, make_worker, stand_in):
    make_toy()
    make_worker(stand_in).step()
    assert stand_in.runs[0][2] == ["h1"]


def test_one_bad_item_fails_alone(database, make_toy, make_worker, stand_in):
    good, bad = make_toy(), make_toy()
    stand_in.refuse[bad] = "the disk is on fire"
    make_worker(stand_in).step()
    assert (state(database, good), state(database, bad)) == ("available", "error")
    with database.read() as session:
        fault = session.get(Toy, bad).fault
    assert fault["message"] == "the disk is on fire" and fault["host"] == "h1"


def test_an_item_that_cannot_be_built_fails_alone(database, make_toy, make_worker, stand_in):
    good, refused, broken = make_toy(), make_toy("refused"), make_toy("broken")
    make_worker(stand_in).step()
    assert [state(database, toy) for toy in (good, refused, broken)] == ["available", "error", "error"]


def test_a_passing_failure_is_retried_later_and_not_for_ever(database, make_toy, make_worker, stand_in):
    toy = make_toy()
    stand_in.refuse[toy], stand_in.final = "try later", False
    worker = make_worker(stand_in)
    for attempt in (1, 2, 3):
        assert state(database, toy) == "creating"
        assert worker.step()
        assert not worker.step(), "the pause is kept"
        intent = intents_of(database, toy)[0]
        assert intent.attempts == attempt
        with database.write() as session:
            session.execute(update(Intent).values(not_before=now()))
    assert state(database, toy) == "error" and intents_of(database, toy)[0].state == "failed"


def test_items_without_a_result_fail_with_the_words_of_the_run(database, make_toy, make_worker, stand_in):
    toy = make_toy()
    stand_in.silent = "h1 is unreachable"
    worker = make_worker(stand_in)
    for _ in range(3):
        worker.step()
        with database.write() as session:
            session.execute(update(Intent).values(not_before=now()))
    with database.read() as session:
        assert session.get(Toy, toy).fault["message"] == "h1 is unreachable"


def test_a_delete_overtakes_what_waits_before_it(database, make_toy, make_worker, stand_in):
    toy = make_toy()
    with database.write() as session:
        ABSENT.submit(session, session.get(Toy, toy), CONTEXT)
    worker = make_worker(stand_in)
    while worker.step():
        pass
    assert [run[0] for run in stand_in.runs] == ["toybox/toy_absent.yml"]
    assert state(database, toy) is None


def test_a_delete_during_a_create_ends_in_deleted(database, make_toy, make_worker, stand_in):
    toy = make_toy()

    def delete_meanwhile():
        if len(stand_in.runs) == 1:
            with database.write() as session:
                ABSENT.submit(session, session.get(Toy, toy), CONTEXT)

    stand_in.meanwhile = delete_meanwhile
    worker = make_worker(stand_in)
    worker.step()
    assert state(database, toy) == "deleting"
    while worker.step():
        pass
    assert state(database, toy) is None
    assert [intent.state for intent in intents_of(database, toy)] == ["done", "done"]


def test_a_failed_create_under_a_waiting_delete_is_not_retried(database, make_toy, make_worker, stand_in):
    toy = make_toy()
    stand_in.refuse[toy], stand_in.final = "busy", False

    def delete_meanwhile():
        if len(stand_in.runs) == 1:
            with database.write() as session:
                ABSENT.submit(session, session.get(Toy, toy), CONTEXT)

    stand_in.meanwhile = delete_meanwhile
    worker = make_worker(stand_in)
    worker.step()
    assert [intent.state for intent in intents_of(database, toy)] == ["failed", "waiting"]
    stand_in.refuse.clear()
    worker.step()
    assert state(database, toy) is None


def test_an_intent_waits_for_what_it_needs(database, make_toy, make_worker, stand_in):
    first = make_toy()
    second = make_toy(needs=(first,))
    worker = make_worker(stand_in)
    worker.step()
    assert (state(database, first), state(database, second)) == ("available", "creating")
    worker.step()
    assert state(database, second) == "available"


def test_what_a_dead_worker_had_claimed_is_run_by_another(database, make_toy, make_worker, stand_in):
    toy = make_toy()
    dead, alive = make_worker(stand_in), make_worker(stand_in)
    with database.write() as session:
        intents.claim(session, dead.owner, 30, dead.batch_of)
    assert not alive.step(), "the lease still holds"
    with database.write() as session:
        session.execute(update(Intent).values(lease_until=now() - dt.timedelta(seconds=1)))
    with database.write() as session:
        assert outcome.reclaim(session, alive.operations) == 1
    alive.step()
    assert state(database, toy) == "available" and intents_of(database, toy)[0].attempts == 2


def test_a_worker_that_lost_its_lease_does_not_end_the_intent(database, make_toy, make_worker, stand_in):
    toy = make_toy()

    def lose_the_lease():
        with database.write() as session:
            session.execute(update(Intent).values(owner="somebody else"))

    stand_in.meanwhile = lose_the_lease
    make_worker(stand_in).step()
    assert intents_of(database, toy)[0].state == "running"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_workers_never_run_the_same_intent(database, make_toy, make_worker, stand_in):
    toys = [make_toy() for _ in range(60)]
    workers = [make_worker(stand_in) for _ in range(4)]
    for worker in workers:
        worker.batch_of = {key: 5 for key in worker.batch_of}

    def drain(worker):
        idle = 0
        while idle < 5:
            idle = 0 if worker.step() else idle + 1

    threads = [threading.Thread(target=drain, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ran = [item["id"] for _, variables, _ in stand_in.runs for item in variables["toy_items"]]
    assert sorted(ran) == sorted(toys)


def test_facts_that_the_service_cannot_take_fail_their_intent_alone(database, make_toy, make_worker, stand_in):
    good, bad = make_toy(), make_toy("indigestible")
    make_worker(stand_in).step()
    assert [state(database, toy) for toy in (good, bad)] == ["available", "error"]
    assert "internal error" in intents_of(database, bad)[0].fault["message"]


def test_a_clean_up_that_fails_does_not_keep_its_intent_or_others_from_ending(
    database, make_toy, make_worker, stand_in
):
    good, sticky = make_toy(), make_toy("sticky")
    stand_in.refuse[sticky] = "no"
    make_worker(stand_in).step()
    assert [state(database, toy) for toy in (good, sticky)] == ["available", "error"]


def test_a_dead_workers_intent_whose_clean_up_fails_does_not_stop_the_others(database, make_toy, make_worker, stand_in):
    toys = [make_toy("sticky"), make_toy()]
    worker = make_worker(stand_in)
    with database.write() as session:
        intents.claim(session, worker.owner, 30, worker.batch_of)
        session.execute(update(Intent).values(lease_until=now() - dt.timedelta(seconds=1), attempts=3))
    with database.write() as session:
        assert outcome.reclaim(session, worker.operations) == 2
    assert [state(database, toy) for toy in toys] == ["error", "error"]


def test_a_run_of_one_intent_that_breaks_off_does_not_count_as_done(database, make_toy, make_worker, stand_in):
    toy = make_toy()
    stand_in.broken = "h1 went away before the last play"
    make_worker(stand_in).step()
    assert state(database, toy) == "creating" and "went away" in intents_of(database, toy)[0].fault["message"]


def test_many_intents_that_wait_for_another_do_not_hold_up_the_rest(database, make_toy, make_worker, stand_in):
    first = make_toy()
    with database.write() as session:
        session.execute(update(Intent).values(not_before=now() + dt.timedelta(hours=1)))
    waiting = [make_toy(needs=(first,)) for _ in range(intents.PAGE + 5)]
    free = make_toy()
    make_worker(stand_in).step()
    assert state(database, free) == "available" and state(database, waiting[0]) == "creating"


def test_the_lease_of_an_intent_that_its_worker_lost_track_of_runs_out(database, make_toy, make_worker, stand_in):
    toy = make_toy()
    worker = make_worker(stand_in)

    def fail(*_):
        raise OSError("the disk is full")

    worker._run = fail
    with pytest.raises(OSError, match="full"):
        worker.step()
    before = intents_of(database, toy)[0].lease_until
    with database.write() as session:
        intents.beat(session, worker.owner, list(worker.working), 300)
    assert intents_of(database, toy)[0].lease_until == before


def test_every_run_is_kept_with_its_operation_and_outcome(database, make_toy, make_worker, stand_in):
    make_toy()
    make_worker(stand_in).step()
    with database.read() as session:
        run = session.execute(select(Run)).scalar_one()
        intent = session.execute(select(Intent)).scalar_one()
    assert run.operation == "toybox.toy_present" and run.status == "successful" and intent.run_id == run.id
