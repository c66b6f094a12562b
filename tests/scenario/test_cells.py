"""Arrays kept as the cells that differ: nothing is lost, in full or month by month."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from patronage.scenario.cells import Cells

FULL = arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 4)),
    elements=st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.5]),
)


@given(full=FULL, fill=st.sampled_from([0.0, 1.0, -1.0]), least=st.sampled_from([1, 8]))
def test_cells_give_back_the_array(full: np.ndarray, fill: float, least: int) -> None:
    cells = Cells.of(full, fill)
    np.testing.assert_array_equal(cells.full, full)
    assert len(cells.place) == np.count_nonzero(full != fill)
    place, value = cells.rows(least)
    assert place.shape == value.shape == (len(full), place.shape[1])
    assert place.shape[1] >= least
    size = full[0].size
    for month, row in enumerate(full):
        again = np.full(size + 1, fill, np.float32)
        again[np.minimum(place[month], size)] = value[month]
        np.testing.assert_array_equal(again[:size], row.ravel())


@given(full=FULL)
def test_cells_collected_one_by_one(full: np.ndarray) -> None:
    found = {tuple(int(i) for i in at): full[tuple(at)] for at in np.argwhere(full != 0)}
    np.testing.assert_array_equal(Cells.collect(found, full.shape, np.float32).full, full)


def test_size_is_that_of_the_full_array() -> None:
    none = np.zeros(0, np.int64)
    cells = Cells((552, 170, 170, 25), none, none, np.zeros(0, np.float32), 1.0)
    assert cells.bytes == 552 * 170 * 170 * 25 * 4
    place, _ = cells.rows(64)
    assert place.shape == (552, 64)
    assert (place == 170 * 170 * 25).all()
