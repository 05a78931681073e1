"""The garbage collector waits while it is asked to, and goes on as it was before."""

import gc
import threading

import pytest

from imagecluster.system.garbage import garbage_waits


@pytest.fixture(autouse=True)
def as_before():
    """The collector is on again after each test."""
    gc.enable()
    yield
    gc.enable()


def test_it_waits_and_goes_on():
    """Also within another context, and after an error."""
    with garbage_waits():
        assert not gc.isenabled()
        with pytest.raises(ValueError, match="x"), garbage_waits():
            raise ValueError("x")
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_stays_off_where_somebody_turned_it_off():
    """It is the caller's."""
    gc.disable()
    with garbage_waits():
        pass
    assert not gc.isenabled()


def test_the_last_of_several_threads_lets_it_go_on():
    """Contexts that overlap without being nested."""
    inside, leave = threading.Event(), threading.Event()

    def wait():
        with garbage_waits():
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=wait)
    with garbage_waits():
        thread.start()
        assert inside.wait(30)
    assert not gc.isenabled()
    leave.set()
    thread.join(30)
    assert gc.isenabled()
