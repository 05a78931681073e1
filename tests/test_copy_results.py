"""Results of comparing copies: what is kept comes back, for the contents that are there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagecluster.store import CopyResults, Store
from store_samples import hash_of

N = 8
pairs = st.dictionaries(
    st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)).filter(lambda pair: pair[0] < pair[1]),
    st.none() | st.binary(min_size=3, max_size=3),
    max_size=12,
)


def joined(results, new, hashes, still):
    first, second = (np.array([pair[i] for pair in new], np.int64) for i in (0, 1))
    return results.joined(hashes, first, second, list(new.values()), still=still)


def contents_of(results, hashes):
    """What is known of each pair, as a dictionary."""
    first, second, row = results.at(hashes)
    return {
        (int(i), int(j)): results.packed[k].tobytes() if k >= 0 else None
        for i, j, k in zip(first, second, row, strict=True)
    }


@given(pairs, pairs, st.frozensets(st.integers(0, N - 1)), st.permutations(range(N)))
def test_what_is_added_is_there_for_the_contents_that_are_still_there(old, new, still, order):
    """Also under other numbers; of contents that are gone nothing is kept."""
    new = {pair: packed for pair, packed in new.items() if pair not in old}
    hashes = [hash_of(n) for n in range(N)]
    there = {hash_of(n) for n in still}
    results = joined(joined(CopyResults.none(), old, hashes, set(hashes)), new, hashes, there)
    expected = {pair: packed for pair, packed in {**old, **new}.items() if still.issuperset(pair)}
    assert contents_of(results, hashes) == expected
    renumbered = [hash_of(n) for n in order]
    assert contents_of(results, renumbered) == {
        tuple(order.index(n) for n in pair): packed for pair, packed in expected.items()
    }
    assert len(results) == len(expected)


def test_results_survive_closing_the_store_and_belong_to_one_way_of_comparing(tmp_path):
    """A file that was damaged counts as absent."""
    hashes = [hash_of(n) for n in range(3)]
    results = joined(CopyResults.none(), {(0, 1): b"abc", (1, 2): None}, hashes, set(hashes))
    with Store.open(tmp_path / "db", root=tmp_path) as store:
        store.save_copies("way 1", results)
    with Store.open(tmp_path / "db", writable=False) as store:
        assert contents_of(store.load_copies("way 1"), hashes) == {(0, 1): b"abc", (1, 2): None}
        assert len(store.load_copies("way 2")) == 0
        (file,) = (tmp_path / "db" / "copies").glob("*.npz")
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)
        assert len(store.load_copies("way 1")) == 0


@pytest.mark.parametrize(
    ("pairs_", "found"), [([[0, 5]], []), ([[0, -1]], []), ([[0, 1]], [1]), ([[0, 1], [1, 2]], [1, 0])]
)
def test_numbers_that_fit_nothing_count_as_absent(tmp_path, pairs_, found):
    """However they came into the file."""
    hashes = np.frombuffer(b"".join(hash_of(n) for n in range(3)), np.uint8).reshape(3, 16)
    wrong = CopyResults(
        hashes, np.array(pairs_, np.int32), np.array(found, np.int32), np.zeros((len(found), 3), np.uint8)
    )
    with Store.open(tmp_path / "db", root=tmp_path) as store:
        store.save_copies("way", wrong)
        assert len(store.load_copies("way")) == 0
