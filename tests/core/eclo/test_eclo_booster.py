from __future__ import annotations

import gc
import threading
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from hab_core.eclo.booster import Booster
from hab_core.eclo.model import columns_of
from hab_core.errors import ModelUnavailable
from tests.core.eclo.small_model import accidents, small_table

MATRIX = small_table().encode_table(columns_of(accidents(400, seed=9)))


@pytest.fixture(scope="module")
def text(first_folder: Path) -> bytes:
    return (first_folder / "model.txt").read_bytes()


@pytest.fixture(scope="module")
def booster(text: bytes) -> Booster:
    return Booster(text)


@pytest.fixture(scope="module")
def peer(text: bytes) -> lightgbm.Booster:
    return lightgbm.Booster(model_str=text.decode())


def test_single_rows_equal_lightgbm_to_the_last_bit(booster: Booster, peer: lightgbm.Booster) -> None:
    ours = [booster.predict_one(row) for row in MATRIX.tolist()]
    assert ours == peer.predict(MATRIX, num_threads=1).tolist()


def test_tables_equal_lightgbm_to_the_last_bit(booster: Booster, peer: lightgbm.Booster) -> None:
    assert booster.predict(MATRIX).tolist() == peer.predict(MATRIX, num_threads=1).tolist()
    assert booster.predict(MATRIX[:0]).tolist() == []


def test_contributions_equal_lightgbm_and_add_up(booster: Booster, peer: lightgbm.Booster) -> None:
    theirs = np.asarray(peer.predict(MATRIX[:50], pred_contrib=True, num_threads=1))
    ours = np.array([booster.contributions_one(row) for row in MATRIX[:50].tolist()])
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(ours.sum(axis=1), booster.predict(MATRIX[:50]), rtol=0, atol=1e-12)


def test_threads_do_not_mix_their_rows(booster: Booster) -> None:
    expected = booster.predict(MATRIX).tolist()
    wrong: list[int] = []
    start = threading.Barrier(4)

    def work(offset: int) -> None:
        start.wait()
        for turn in range(2000):
            row = (turn * 7 + offset * 101) % len(MATRIX)
            if booster.predict_one(MATRIX[row].tolist()) != expected[row]:
                wrong.append(row)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_models_are_freed_while_other_threads_still_hold_a_row(text: bytes) -> None:
    expected = Booster(text).predict_one(MATRIX[0].tolist())
    for _ in range(20):
        booster, found = Booster(text), []
        thread = threading.Thread(target=lambda b=booster, f=found: f.append(b.predict_one(MATRIX[0].tolist())))
        thread.start()
        thread.join()
        assert found == [expected]
        del booster
        gc.collect()


def test_a_matrix_of_another_form_is_refused(booster: Booster) -> None:
    for matrix in (MATRIX[:, :-1].copy(), np.asfortranarray(MATRIX), MATRIX.astype(np.float32), MATRIX[0]):
        with pytest.raises(ValueError, match="needed"):
            booster.predict(matrix)
    with pytest.raises(ValueError, match="size"):
        booster.predict_one([1.0])


def test_text_that_is_no_model_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="LightGBM"):
        Booster(b"")
