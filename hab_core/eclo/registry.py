"""The models of an installation, and which of them serves.

``HAB_HOME/models`` holds one folder for each version, ``active.json`` (``{"active", "previous"}``) and, in
``.verified``, the digests of the contents that passed verification here. The model released with HAB is the first
entry and needs no copy: it is active until another one is activated.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from hab_core.eclo.booster import library_path
from hab_core.eclo.candidate import verify_in_child
from hab_core.eclo.folder import (
    CARD,
    FEATURES,
    METRICS,
    MODEL,
    SUMS,
    is_model_folder,
    is_version,
    read_checked,
    read_model_folder,
)
from hab_core.eclo.model import EcloModel
from hab_core.errors import Conflict, ModelUnavailable, NotFound
from hab_core.files import sync_folder, write_atomically

ACTIVE = "active.json"
_LOCK_SECONDS = 10.0
_DAMAGED_ACTIVATION = f"{ACTIVE} 파일이 손상되었습니다. hab eclo activate로 모델을 다시 지정해주세요."
_log = logging.getLogger(__name__)
_Stamp = tuple[int, int, int] | None


class Activation(NamedTuple):
    """Which version serves and which one served before it, as ``active.json`` says."""

    active: str | None = None
    previous: str | None = None


class ModelRegistry:
    """The registered models; every process of an installation sees the same."""

    def __init__(self, home: Path, released: Path | None = None) -> None:
        """Opens a registry; nothing is read or written yet.

        Args:
            home: ``HAB_HOME/models``; made at the first registration or activation.
            released: The model that came with HAB; found by itself where it is not given.
        """
        self._home = home
        self._released = released_folder() if released is None else released
        self._names: dict[Path, tuple[_Stamp, str | None]] = {}

    def versions(self) -> list[str]:
        """Returns every registered version, newest first; the released one, the first entry, comes last."""
        folders = self._home.iterdir() if self._home.is_dir() else ()
        own = [folder for folder in folders if is_version(folder.name) and is_model_folder(folder)]
        own.sort(key=lambda folder: (_stamp(folder / SUMS) or (0,), folder.name), reverse=True)
        released = self.released_version()
        names = [folder.name for folder in own if folder.name != released]
        return names if released is None else [*names, released]

    def released_version(self) -> str | None:
        """Returns the version that came with HAB, or None where there is none or it cannot be read."""
        return self._version_in(self._released)

    def active(self) -> str | None:
        """Returns the version that is to serve, or None where there is no model at all.

        Raises:
            ModelUnavailable: ``active.json`` is damaged.
        """
        return self.activation().active or self.released_version()

    def activation(self) -> Activation:
        """Returns the content of ``active.json``; both None where nothing was ever activated.

        Raises:
            ModelUnavailable: It is damaged.
        """
        try:
            document = json.loads((self._home / ACTIVE).read_bytes())
            active, previous = document["active"], document["previous"]
        except FileNotFoundError:
            return Activation()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelUnavailable(_DAMAGED_ACTIVATION) from error
        if not all(name is None or is_version(name) for name in (active, previous)):
            raise ModelUnavailable(_DAMAGED_ACTIVATION)
        return Activation(active, previous)

    def folder(self, version: str) -> Path:
        """Returns where a version lies.

        Raises:
            NotFound: No such version is registered; the message names those that are.
        """
        if is_version(version):
            own = self._home / version
            if own.is_dir():
                return own
            if version == self.released_version():
                return self._released
        known = ", ".join(self.versions()) or "없음"
        raise NotFound(f"등록되지 않은 모델입니다: '{version[:80]}'. 등록된 버전: {known}")

    def load(self, version: str) -> EcloModel:
        """Returns a version, loaded from bytes that equal what was verified.

        A content is verified in a child process once and remembered; later starts only compare the sums.

        Raises:
            NotFound: No such version is registered.
            ModelUnavailable: It is damaged or fails its self-test; the message says what.
        """
        folder = self.folder(version)
        files = read_model_folder(folder)
        if files.document.version != version:
            raise ModelUnavailable(f"모델 폴더의 이름({version})과 내용의 버전({files.document.version})이 다릅니다.")
        self._verify(folder, files.digest)
        return EcloModel(files)

    def register(self, folder: Path) -> str:
        """Copies a model's folder into the registry; either all of it appears there or nothing.

        Returns:
            Its version.

        Raises:
            ModelUnavailable: The folder is damaged or fails its self-test, or the registry cannot be written.
            Conflict: Another model is registered under the same version.
        """
        files = read_model_folder(folder)
        version = files.document.version
        if self._is_registered(version, files.digest):
            return version
        temporary = self._home / f".{version}.{secrets.token_hex(4)}.tmp"
        try:
            temporary.mkdir(parents=True)
            for name, content in files.contents.items():
                write_atomically(temporary / name, content)
            self._verify(temporary, files.digest)
            temporary.rename(self._home / version)
            sync_folder(self._home)
        except OSError as error:
            if self._is_registered(version, files.digest):  # another process was faster
                return version
            raise ModelUnavailable(f"모델 폴더에 쓸 수 없습니다: {error.strerror}") from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return version

    def activate(self, version_or_folder: str | Path) -> str:
        """Makes a model the one that serves, after it was verified; a folder is registered first.

        Returns:
            Its version.

        Raises:
            NotFound: Neither a registered version nor a folder.
            ModelUnavailable: The model is damaged or fails its self-test; the active one stays.
            Conflict: Another model is registered under the folder's version.
        """
        version = self._registered(version_or_folder)
        self.load(version)
        return self._switch(version)

    def activate_previous(self) -> str:
        """Makes the model serve again that served before the last activation.

        Returns:
            Its version.

        Raises:
            Conflict: There is none.
            NotFound, ModelUnavailable: It is gone or damaged; the active one stays.
        """
        previous = self.activation().previous
        if previous is None:
            raise Conflict("되돌릴 이전 모델이 없습니다.")
        return self.activate(previous)

    def stamp(self) -> tuple[_Stamp, ...]:
        """Returns what changes when another model is activated or the active one's files change; costs a few stats."""
        stamps = [_stamp(self._home / ACTIVE)]
        try:
            active = self.active()
            folder = None if active is None else self.folder(active)
        except (ModelUnavailable, NotFound):
            folder = None  # ``load`` says what is wrong; a stamp only has to change when that does
        if folder is not None:
            stamps += [_stamp(folder / name) for name in (SUMS, MODEL, FEATURES, METRICS, CARD)]
        return tuple(stamps)

    def _registered(self, version_or_folder: str | Path) -> str:
        """Returns the version that is meant; registers it where a folder is."""
        name = str(version_or_folder)
        if isinstance(version_or_folder, str) and name in self.versions():
            return name
        if name and Path(name).is_dir():
            return self.register(Path(name))
        self.folder(name)  # raises with the versions that there are
        return name

    def _switch(self, version: str) -> str:
        """Writes ``active.json``, the version that served until now as the previous one."""
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            with FileLock(self._home / ".lock", timeout=_LOCK_SECONDS):
                before = self._serving()
                if before.active != version:
                    content = json.dumps({"active": version, "previous": before.active}) + "\n"
                    write_atomically(self._home / ACTIVE, content.encode())
        except Timeout as error:
            raise Conflict("다른 작업이 모델을 바꾸고 있습니다. 잠시 후 다시 시도해주세요.") from error
        except OSError as error:
            raise ModelUnavailable(f"모델 폴더에 쓸 수 없습니다: {error.strerror}") from error
        return version

    def _serving(self) -> Activation:
        """Returns the present activation, the released model where there is none or where it is damaged."""
        try:
            present = self.activation()
        except ModelUnavailable:
            return Activation(None, None)  # a new activation is what mends a damaged file
        return present if present.active else Activation(self.released_version(), None)

    def _is_registered(self, version: str, digest: str) -> bool:
        """Returns whether this very content is registered; raises Conflict where another one has the version."""
        if version not in self.versions():
            return False
        try:
            same = read_checked(self.folder(version))[1] == digest
        except ModelUnavailable:
            same = False
        if not same:
            raise Conflict(f"같은 버전의 다른 모델이 이미 등록되어 있습니다: {version}")
        return True

    def _verify(self, folder: Path, digest: str) -> None:
        """Verifies a content in a child process unless that was done before."""
        mark = self._home / ".verified" / _verification_key(digest)
        if mark.exists():
            return
        if verify_in_child(folder) != digest:
            raise ModelUnavailable("확인하는 동안 모델 파일이 바뀌었습니다. 다시 시도해주세요.")
        try:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
        except OSError as error:
            _log.info("verification is not remembered: %s", error)

    def _version_in(self, folder: Path) -> str | None:
        """Returns the version that a folder's ``features.json`` names; read again only when it changed."""
        stamp = _stamp(folder / FEATURES)
        known = self._names.get(folder)
        if known is None or known[0] != stamp:
            known = self._names[folder] = (stamp, _read_version(folder))
        return known[1]


def released_folder() -> Path:
    """Returns the folder of the model that came with HAB: in the wheel, or ``model/`` of the source tree."""
    packaged = Path(__file__).parent / "released"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "model"


def _read_version(folder: Path) -> str | None:
    """Returns the version of a folder, or None where it holds no readable model."""
    if not is_model_folder(folder):
        return None
    try:
        version = json.loads((folder / FEATURES).read_bytes())["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return version if is_version(version) else None


def _verification_key(digest: str) -> str:
    """Returns the name under which a verified content is remembered: another LightGBM must verify it again."""
    stat = library_path().stat()
    return sha256(f"{digest} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()


def _stamp(path: Path) -> _Stamp:
    """Returns what changes when a file is replaced or written, or None where it is missing."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
