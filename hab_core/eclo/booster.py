"""LightGBM's prediction through its C API, without importing the Python package.

Loading ``lib_lightgbm`` by itself takes 0.05 s and 31 MB where ``import lightgbm`` takes 1.5 s and 194 MB, and the C
API's single-row fast path answers in half the time of ``Booster.predict`` with the same bits. Every call uses one
thread (``num_threads=1``): an OpenMP team waits for a second core that other work holds, which turns a call of 0.05 ms
into one of 10 ms. The interpreter lock is released while LightGBM computes.

API reference: https://lightgbm.readthedocs.io/en/stable/C-API.html
"""

from __future__ import annotations

import ctypes
import threading
import weakref
from ctypes import POINTER, c_char_p, c_double, c_int, c_int32, c_int64, c_void_p
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hab_core.errors import ModelUnavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FLOAT64 = 1
_NORMAL, _CONTRIBUTIONS = 0, 3
_FIRST, _ALL = 0, -1
_ROW_MAJOR = 1
_PARAMETERS = b"num_threads=1"
_LIBRARIES = ("lib_lightgbm.so", "lib_lightgbm.dylib", "lib_lightgbm.dll")
_SIGNATURES: dict[str, list[object]] = {
    "LGBM_BoosterLoadModelFromString": [c_char_p, POINTER(c_int), POINTER(c_void_p)],
    "LGBM_BoosterFree": [c_void_p],
    "LGBM_BoosterGetNumFeature": [c_void_p, POINTER(c_int)],
    "LGBM_BoosterPredictForMatSingleRowFastInit": [
        c_void_p, c_int, c_int, c_int, c_int, c_int32, c_char_p, POINTER(c_void_p),
    ],
    "LGBM_BoosterPredictForMatSingleRowFast": [c_void_p, c_void_p, POINTER(c_int64), c_void_p],
    "LGBM_FastConfigFree": [c_void_p],
    "LGBM_BoosterPredictForMat": [
        c_void_p, c_void_p, c_int, c_int32, c_int32, c_int, c_int, c_int, c_int, c_char_p, POINTER(c_int64), c_void_p,
    ],
}  # fmt: skip


class Booster:
    """A LightGBM model that predicts one output; safe to use from any number of threads.

    Attributes:
        features: Number of columns of a row.
    """

    def __init__(self, text: bytes) -> None:
        """Loads the model.

        Args:
            text: LightGBM's text format. A damaged text can kill the process: verify it before.

        Raises:
            ModelUnavailable: LightGBM is missing or refuses the text.
        """
        self._model = _Model(text)
        self.features = self._model.features
        self._local = threading.local()

    def predict_one(self, row: list[float]) -> float:
        """Returns the raw prediction of one row, equal to ``lightgbm.Booster.predict`` to the last bit."""
        try:
            fast: _FastRow = self._local.normal
        except AttributeError:
            fast = self._local.normal = _FastRow(self._model, _NORMAL, 1)
        return fast.predict(row)[0]

    def contributions_one(self, row: list[float]) -> list[float]:
        """Returns the exact TreeSHAP value of each column and, last, the base value; they add up to the prediction."""
        try:
            fast: _FastRow = self._local.contributions
        except AttributeError:
            fast = self._local.contributions = _FastRow(self._model, _CONTRIBUTIONS, self.features + 1)
        return fast.predict(row)[:]

    def predict(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns the raw predictions of a table, shape (rows,), on one thread.

        Args:
            matrix: float64 in C order, shape (rows, features).

        Raises:
            ValueError: The matrix has another shape, type or order.
            ModelUnavailable: LightGBM refuses the call.
        """
        import numpy as np

        if matrix.ndim != 2 or matrix.shape[1] != self.features:
            raise ValueError(f"a matrix of {self.features} columns is needed, not of shape {matrix.shape}")
        if matrix.dtype != np.float64 or not matrix.flags.c_contiguous:
            raise ValueError("a float64 matrix in C order is needed")
        found, length = np.empty(len(matrix), dtype=np.float64), c_int64()
        if len(matrix) == 0:
            return found
        _call(
            "LGBM_BoosterPredictForMat", self._model.handle, matrix.ctypes.data, _FLOAT64, len(matrix), self.features,
            _ROW_MAJOR, _NORMAL, _FIRST, _ALL, _PARAMETERS, ctypes.byref(length), found.ctypes.data,
        )  # fmt: skip
        return found


class _Model:
    """The model in the library's memory, freed when nothing refers to it any more."""

    def __init__(self, text: bytes) -> None:
        self.handle, iterations, features = c_void_p(), c_int(), c_int()
        _call("LGBM_BoosterLoadModelFromString", text, ctypes.byref(iterations), ctypes.byref(self.handle))
        _free_with(self, "LGBM_BoosterFree", self.handle)
        _call("LGBM_BoosterGetNumFeature", self.handle, ctypes.byref(features))
        self.features = features.value


class _FastRow:
    """One thread's configuration of the single-row fast path, with the buffers it reads and writes."""

    def __init__(self, model: _Model, kind: int, outputs: int) -> None:
        self._row: Any = (c_double * model.features)()
        self._out = (c_double * outputs)()
        config, self._length = c_void_p(), c_int64()
        _call(
            "LGBM_BoosterPredictForMatSingleRowFastInit", model.handle, kind, _FIRST, _ALL, _FLOAT64, model.features,
            _PARAMETERS, ctypes.byref(config),
        )  # fmt: skip
        # The configuration points to the model, so it keeps the model until it is freed itself.
        _free_with(self, "LGBM_FastConfigFree", config, model)
        functions = library() if kind == _CONTRIBUTIONS else _library_holding_the_lock()
        self._function = functions.LGBM_BoosterPredictForMatSingleRowFast
        self._arguments = (config, ctypes.addressof(self._row), ctypes.byref(self._length), ctypes.addressof(self._out))

    def predict(self, row: list[float]) -> ctypes.Array[c_double]:
        """Returns the output buffer after predicting ``row``; the next call overwrites it."""
        self._row[:] = row
        code = self._function(*self._arguments)
        if code:
            raise _failure()
        return self._out


@cache
def library() -> ctypes.CDLL:
    """Returns LightGBM's shared library with the types of its functions declared.

    Raises:
        ModelUnavailable: The package or a library that it needs is not installed.
    """
    path = library_path()
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as error:
        raise ModelUnavailable(
            f"LightGBM 라이브러리를 불러올 수 없습니다: {error}. Debian·Ubuntu에서는 apt install libgomp1이 필요합니다."
        ) from error
    for name, types in _SIGNATURES.items():
        function = getattr(loaded, name)
        function.argtypes, function.restype = types, c_int
    loaded.LGBM_GetLastError.argtypes, loaded.LGBM_GetLastError.restype = [], c_char_p
    return loaded


@cache
def _library_holding_the_lock() -> ctypes.PyDLL:
    """Returns the library for calls so short that Python's global lock is kept.

    A prediction takes some 20 µs. Giving the lock away for that lets any other busy thread take it for up to the switch
    interval of 5 ms: in a server that writes its predictions in another thread, requests then wait 200 times as long
    as they predict.
    """
    held = ctypes.PyDLL(str(library_path()), handle=library()._handle)
    function = held.LGBM_BoosterPredictForMatSingleRowFast
    function.argtypes = library().LGBM_BoosterPredictForMatSingleRowFast.argtypes
    function.restype = c_int
    return held


@cache
def library_path() -> Path:
    """Returns where the installed package keeps its shared library.

    Raises:
        ModelUnavailable: LightGBM is not installed.
    """
    spec = find_spec("lightgbm")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in _LIBRARIES:
            for path in (Path(folder, "lib", name), Path(folder, "bin", name)):
                if path.is_file():
                    return path
    raise ModelUnavailable("LightGBM이 설치되어 있지 않습니다. pip install 'hab-client[server]'로 설치해주세요.")


def _call(name: str, *arguments: object) -> None:
    """Calls a function of the library; raises ModelUnavailable where it fails."""
    if getattr(library(), name)(*arguments) != 0:
        raise _failure()


def _failure() -> ModelUnavailable:
    """Returns the error of the call that just failed, in LightGBM's own words."""
    reason = (library().LGBM_GetLastError() or b"").decode("utf-8", "replace")
    return ModelUnavailable(f"LightGBM 오류: {reason}")


def _free_with(owner: object, function: str, handle: c_void_p, kept: object = None) -> None:
    """Frees a handle when ``owner`` is collected; ``kept`` stays alive until then.

    Not at the end of the process, when other threads may still be predicting.
    """
    free = getattr(library(), function)

    def release(_kept: object) -> None:
        free(handle)

    weakref.finalize(owner, release, kept).atexit = False
