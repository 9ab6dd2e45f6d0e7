"""A model on disk: one folder of text files, checked by SHA-256 before a byte of it is used.

==================  ====================================================================================================
``model.txt``       LightGBM's text format. One booster; an ensemble is merged into one (trees side by side, leaf values
                    divided by the number of members). Its output is log1p(ECLO); its feature names are those of
                    ``features.json``, in that order.
``features.json``   Everything else that serving needs, see below.
``metrics.json``    The figures of the evaluation, shown as they are by ``GET /api/model``.
``MODEL_CARD.md``   What the model is, for people.
``SHA256SUMS``      One line ``<hex digest>  <file name>`` for each of the others, as ``sha256sum -c`` reads it.
==================  ====================================================================================================

``features.json``::

    {"format": 1,
     "version": "2026.11.1",                        # letters, digits, ".", "_", "-"
     "features": […], "categories": {…}, "years": [first, last], "holidays": {date: kind},   # hab_core.eclo.features
     "limits": [1.0, 178.0],                        # least and greatest possible ECLO: predictions are clamped to it
     "severity": {"quantiles": [201 rising ECLO values], "classes": [{"name": "경미", "percentile_from": 0}, …]},
     "interval": {"level": 0.8, "edges": […], "low": […], "high": […]},                      # hab_core.eclo.severity
     "base_rates": {"daegu": 4.1, "gu": {"대구광역시 수성구": 4.0, …}},   # typical ECLO: expm1 of the mean log1p
     "golden": [{"accident": {Accident's fields}, "prediction": 1.6309…}, …],   # raw output, for the self-test
     "training": {"period": ["2007-01-01", "2021-12-31"], "rows": 206702}}      # shown by GET /api/model
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from hab_core.eclo.features import FeatureTable
from hab_core.eclo.severity import IntervalTable, SeverityScale
from hab_core.errors import ModelUnavailable
from hab_core.files import write_atomically
from hab_core.schemas.eclo import Accident

FORMAT = 1
MODEL, FEATURES, METRICS, CARD, SUMS = "model.txt", "features.json", "metrics.json", "MODEL_CARD.md", "SHA256SUMS"
_SUM_LINE = re.compile(r"([0-9a-f]{64}) [ *]([A-Za-z0-9_][A-Za-z0-9_.-]*)")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class GoldenRow:
    """An accident and the model's raw output (log1p scale) for it, as it was when the model was made."""

    accident: Accident
    prediction: float


@dataclass(frozen=True)
class ModelDocument:
    """The content of ``features.json``; see the module's text for its fields."""

    version: str
    table: FeatureTable
    limits: tuple[float, float]
    severity: SeverityScale
    interval: IntervalTable
    base_rates: Mapping[str, Any]
    golden: tuple[GoldenRow, ...]
    training: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not is_version(self.version):
            raise ValueError(f"not a version: {self.version!r}")
        if not self.golden:
            raise ValueError("golden rows are missing")

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ModelDocument:
        """Reads ``features.json``; raises KeyError, TypeError or ValueError where it is of another form."""
        low, high = map(float, document["limits"])
        golden = (GoldenRow(Accident(**row["accident"]), float(row["prediction"])) for row in document["golden"])
        return cls(
            version=document["version"],
            table=FeatureTable.from_json(document),
            limits=(low, high),
            severity=SeverityScale.from_json(document["severity"]),
            interval=IntervalTable.from_json(document["interval"]),
            base_rates=document["base_rates"],
            golden=tuple(golden),
            training=document["training"],
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the content of ``features.json``."""
        golden = [
            {"accident": row.accident.model_dump(mode="json", exclude_none=True), "prediction": row.prediction}
            for row in self.golden
        ]
        return {
            "format": FORMAT,
            "version": self.version,
            "training": dict(self.training),
            "limits": list(self.limits),
            "severity": self.severity.to_json(),
            "interval": self.interval.to_json(),
            "base_rates": dict(self.base_rates),
            "golden": golden,
            **self.table.to_json(),
        }


@dataclass(frozen=True)
class ModelFiles:
    """What a folder held when its sums were checked.

    Attributes:
        document: The content of ``features.json``.
        metrics: The content of ``metrics.json``.
        contents: The bytes of every file, as they were hashed: these, not the files, are what is loaded or copied.
        digest: SHA-256 of ``SHA256SUMS``, which stands for the content of the whole folder.
    """

    document: ModelDocument
    metrics: Mapping[str, Any]
    contents: Mapping[str, bytes]
    digest: str

    @property
    def model_text(self) -> bytes:
        """The content of ``model.txt``."""
        return self.contents[MODEL]


def write_model_folder(
    folder: Path, document: ModelDocument, *, model_text: str, metrics: Mapping[str, Any], card: str
) -> str:
    """Writes a model so that ``read_model_folder`` accepts it; the same arguments give the same bytes.

    Args:
        folder: Where to; made if it is missing. Files of an earlier model are replaced, the sums last.
        document: The content of ``features.json``.
        model_text: LightGBM's text (``Booster.model_to_string()``).
        metrics: Figures of the evaluation, JSON values only.
        card: The model card, Markdown.

    Returns:
        The digest that stands for the folder's content.

    Raises:
        OSError: The folder cannot be written.
        ValueError: A number is not finite, which JSON cannot hold.
    """
    contents = {
        MODEL: model_text.encode(),
        FEATURES: _to_json(document.to_json()),
        METRICS: _to_json(metrics),
        CARD: card.encode(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        write_atomically(folder / name, content)
    sums = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in contents.items()).encode()
    write_atomically(folder / SUMS, sums)
    return sha256(sums).hexdigest()


def read_model_folder(folder: Path) -> ModelFiles:
    """Returns the content of a model's folder after every file was checked against ``SHA256SUMS``.

    Raises:
        ModelUnavailable: A file is missing, damaged or of another format; the message says which.
    """
    contents, digest = read_checked(folder)
    document = _from_json(contents, FEATURES)
    if document.get("format") != FORMAT:
        raise ModelUnavailable(
            f"이 HAB가 읽을 수 없는 모델 형식입니다: {document.get('format')!r} (지원 형식: {FORMAT})"
        )
    try:
        parsed = ModelDocument.from_json(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelUnavailable(f"모델의 {FEATURES} 내용이 올바르지 않습니다: {error}") from error
    return ModelFiles(parsed, _from_json(contents, METRICS), contents, digest)


def read_checked(folder: Path) -> tuple[dict[str, bytes], str]:
    """Returns ``SHA256SUMS`` and the files that it names, each equal to its sum, and the digest of the whole.

    Raises:
        ModelUnavailable: A file is missing or damaged.
    """
    sums = _read(folder, SUMS)
    expected = _parse_sums(sums)
    contents = {name: _read(folder, name) for name in expected}
    for name, content in contents.items():
        if sha256(content).hexdigest() != expected[name]:
            raise ModelUnavailable(f"모델 파일이 손상되었습니다: {name}의 SHA-256이 {SUMS}와 다릅니다.")
    return {**contents, SUMS: sums}, sha256(sums).hexdigest()


def is_model_folder(folder: Path) -> bool:
    """Returns whether a folder looks like a model's, without reading it."""
    return (folder / SUMS).is_file() and (folder / FEATURES).is_file()


def is_version(text: object) -> bool:
    """Returns whether ``text`` can name a version, and hence a folder."""
    return isinstance(text, str) and _VERSION.fullmatch(text) is not None


def _parse_sums(sums: bytes) -> dict[str, str]:
    """Returns the sum of each file by name."""
    matches = [_SUM_LINE.fullmatch(line) for line in sums.decode("ascii", "replace").splitlines()]
    expected = {match[2]: match[1] for match in matches if match}
    missing = {MODEL, FEATURES, METRICS, CARD} - set(expected)
    if None in matches or missing:
        raise ModelUnavailable(f"모델 파일이 손상되었습니다: {SUMS}를 읽을 수 없습니다.")
    return expected


def _read(folder: Path, name: str) -> bytes:
    """Returns the content of one file of the folder."""
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise ModelUnavailable(f"모델 폴더에 {name} 파일이 없습니다: {folder.name}") from error
    except OSError as error:
        raise ModelUnavailable(f"모델 파일을 읽을 수 없습니다: {name} ({error.strerror})") from error


def _from_json(contents: Mapping[str, bytes], name: str) -> dict[str, Any]:
    """Returns the JSON object in a file."""
    try:
        document = json.loads(contents[name])
    except (ValueError, RecursionError) as error:
        raise ModelUnavailable(f"모델의 {name} 파일을 JSON으로 읽을 수 없습니다.") from error
    if not isinstance(document, dict):
        raise ModelUnavailable(f"모델의 {name} 내용이 JSON 객체가 아닙니다.")
    return document


def _to_json(document: Mapping[str, Any]) -> bytes:
    """Returns a document as JSON text that people can read."""
    return (json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
