"""The model that a process serves with: follows the registry, and keeps the old model when a new one is no good."""

from __future__ import annotations

import threading
import time

from hab_core.eclo.model import EcloModel
from hab_core.eclo.registry import ModelRegistry
from hab_core.errors import HabError, ModelUnavailable

RETRY_SECONDS = 30.0
_NO_MODEL = "등록된 모델이 없습니다. hab eclo train으로 만들거나 hab eclo activate로 등록해주세요."


class ModelHolder:
    """Holds one loaded model; call ``refresh`` at the start and then about every second, from any thread.

    Attributes:
        problem: Korean sentence that says why another model than the active one serves, or none; None where all is
            well.
    """

    def __init__(self, registry: ModelRegistry, retry_seconds: float = RETRY_SECONDS) -> None:
        """Holds no model until ``refresh`` is called.

        Args:
            registry: The registry that is followed.
            retry_seconds: Seconds after which a model that failed is tried again though no file changed.
        """
        self.problem: str | None = None
        self._registry = registry
        self._retry_seconds = retry_seconds
        self._retry_at = 0.0
        self._current: EcloModel | None = None
        self._seen: object = None
        self._refreshing = threading.Lock()

    @property
    def current(self) -> EcloModel:
        """The model that serves now.

        Raises:
            ModelUnavailable: There is none; the message says why.
        """
        if self._current is None:
            raise ModelUnavailable(self.problem)
        return self._current

    def refresh(self) -> bool:
        """Follows the registry: costs a few stats where nothing changed, up to seconds where a model is verified.

        A model that cannot serve is never put in the place of one that does. Where none serves yet, the version
        before the active one, then the released one stand in.

        Returns:
            Whether another model serves now.
        """
        if not self._refreshing.acquire(blocking=False):
            return False
        try:
            stamp = self._registry.stamp()
            if stamp == self._seen and (self.problem is None or time.monotonic() < self._retry_at):
                return False
            self._seen = stamp
            before = self._current
            self._follow()
            return self._current is not before
        finally:
            self._refreshing.release()

    def _follow(self) -> None:
        """Loads the active version; on failure keeps or finds another one and says so."""
        version = ""
        try:
            version = self._registry.active() or ""
            if not version:
                raise ModelUnavailable(_NO_MODEL)
            model = self._registry.load(version)
        except (HabError, OSError) as error:
            self._retry_at = time.monotonic() + self._retry_seconds
            if self._current is None:
                self._current = self._stand_in(version)
            self.problem = self._sentence(version, error)
        else:
            if self._current is None or self._current.digest != model.digest:
                self._current = model
            self.problem = None

    def _stand_in(self, version: str) -> EcloModel | None:
        """Returns the first of the previous and the released version that can serve."""
        for name in self._others(version):
            try:
                return self._registry.load(name)
            except (HabError, OSError):
                continue  # the problem that is reported is that of the active version
        return None

    def _others(self, version: str) -> list[str]:
        """Returns the versions that may stand in for ``version``, the best first."""
        try:
            previous = self._registry.activation().previous
        except ModelUnavailable:
            previous = None
        names = dict.fromkeys((previous, self._registry.released_version()))
        return [name for name in names if name and name != version]

    def _sentence(self, version: str, error: HabError | OSError) -> str:
        """Returns what is wrong and which model serves nevertheless."""
        reason = error.message if isinstance(error, HabError) else f"모델 폴더를 읽을 수 없습니다: {error.strerror}"
        if self._current is None:
            return reason
        named = f"활성 모델 {version}: " if version else ""
        if self._current.version == version:
            return f"{named}{reason} 이미 불러온 모델로 계속 예측하고 있습니다."
        return f"{named}{reason} 대신 {self._current.version} 모델로 예측하고 있습니다."
