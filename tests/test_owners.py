"""Whether whoever asked still does: by its process where that can be seen, else by a lease, whatever the clocks say."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from onereel.calls import Owner
from onereel.owners import CLOCKS_APART, here, is_dead

SLEEPER = "import onereel.owners, time; print(*onereel.owners.here()[1:], flush=True); time.sleep(60)"


def owner(late=0.0, **changed):
    """This process, with a lease that ran out some seconds ago."""
    until = datetime.now(UTC) - timedelta(seconds=late)
    return Owner(until=until, **{**here()._asdict(), **changed})


def test_a_process_that_can_be_seen_lives_whatever_became_of_its_lease():
    assert not is_dead(owner(late=10 * CLOCKS_APART))


def test_a_process_that_is_gone_is_dead_before_its_lease_runs_out():
    with subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, text=True) as sleeper:
        number, started = sleeper.stdout.readline().split()
        asks = owner(late=-60, process=int(number), started=float(started))
        alive = is_dead(asks)
        sleeper.kill()

    assert (alive, is_dead(asks)) == (False, True)


def test_a_number_used_again_is_another_process():
    assert is_dead(owner(late=-60, started=1.0))


@pytest.mark.parametrize("elsewhere", ["another-machine", here().host.replace("pid:[", "pid:[9")])
def test_a_process_elsewhere_is_judged_by_its_lease_alone(elsewhere):
    gone = {"host": elsewhere, "process": os.getpid(), "started": 1.0}

    assert not is_dead(owner(late=-1, **gone), watched=3600, lease=60)
    assert is_dead(owner(late=1, **gone), watched=60, lease=60)


def test_a_clock_that_is_ahead_makes_nobody_dead_until_its_lease_was_watched():
    ahead = owner(late=75, host="another-machine")

    assert not is_dead(ahead)
    assert not is_dead(ahead, watched=59, lease=60)
    assert is_dead(ahead, watched=60, lease=60)
    assert is_dead(owner(late=CLOCKS_APART + 1, host="another-machine"))
