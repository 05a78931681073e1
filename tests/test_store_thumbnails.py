"""Tests of the cache of thumbnails."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from imagecluster.store import Store, Thumbnails
from store_samples import hash_of


@pytest.fixture
def cache(tmp_path):
    """An empty cache."""
    with Thumbnails(tmp_path / "thumbnails.db") as opened:
        yield opened


def test_what_was_put_is_got(cache, tmp_path):
    """A picture is known by content and size, also after reopening."""
    cache.put(hash_of(1), b"small", side_px=192)
    cache.put(hash_of(1), b"large", side_px=512)
    assert cache.get(hash_of(1), side_px=192) == b"small"
    with Thumbnails(tmp_path / "thumbnails.db") as other:
        assert other.get(hash_of(1), side_px=512) == b"large"
        assert other.get(hash_of(2), side_px=192) is None
        other.put(hash_of(1), b"better", side_px=192)
    assert cache.get(hash_of(1), side_px=192) == b"better"


def test_reading_creates_nothing(cache, tmp_path):
    """An empty cache has no file before the first put."""
    assert cache.get(hash_of(1), side_px=192) is None
    assert list(tmp_path.iterdir()) == []
    cache.put(hash_of(1), b"x", side_px=192)
    assert cache.get(hash_of(1), side_px=192) == b"x"


@pytest.mark.parametrize("content", [b"not a database at all " * 300, b"SQLite format 3\0" + bytes(4000)])
def test_a_damaged_cache_is_replaced(cache, tmp_path, caplog, content):
    """Being a cache, a damaged file costs its content and no error."""
    (tmp_path / "thumbnails.db").write_bytes(content)
    assert cache.get(hash_of(1), side_px=192) is None
    cache.put(hash_of(1), b"x", side_px=192)
    cache.put(hash_of(1), b"x", side_px=192)
    assert cache.get(hash_of(1), side_px=192) == b"x"
    assert "not used" in caplog.text


def test_a_place_that_cannot_be_written_costs_no_error(tmp_path):
    """Where nothing can be kept, nothing is found."""
    with Thumbnails(tmp_path / "missing" / "thumbnails.db") as cache:
        cache.put(hash_of(1), b"x", side_px=192)
        assert cache.get(hash_of(1), side_px=192) is None


def test_many_threads_may_use_it(cache):
    """A server's threads share one cache."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: cache.put(hash_of(n), str(n).encode(), side_px=64), range(100)))
        found = list(pool.map(lambda n: cache.get(hash_of(n), side_px=64), range(100)))
    assert found == [str(n).encode() for n in range(100)]


def test_a_store_has_one(tmp_path):
    """The cache lies beside the database and may be filled by a reader, while another process writes."""
    with (
        Store.open(tmp_path / "imagecluster", root=tmp_path) as store,
        Store.open(tmp_path / "imagecluster", writable=False) as reader,
        reader.thumbnails() as cache,
    ):
        cache.put(hash_of(1), b"x", side_px=192)
        with store.thumbnails() as same:
            assert same.get(hash_of(1), side_px=192) == b"x"
    assert (tmp_path / "imagecluster" / "thumbnails.db").is_file()
