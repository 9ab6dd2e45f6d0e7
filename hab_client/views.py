"""What answers look like in a notebook: small pieces of HTML that need no network, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from hab_client import phrases
from hab_client._markdown import to_html
from hab_core.schemas.analysis import ToolRun
from hab_core.schemas.chat import ChatResult, Conversation, ConversationSummary, Message, Receipt
from hab_core.schemas.datasets import Dataset, DatasetDetail, Share
from hab_core.schemas.eclo import EcloContribution, EcloPrediction, ModelInfo
from hab_core.schemas.health import Health
from hab_core.schemas.jobs import Job

_FONT = "Pretendard,'Noto Sans KR','Apple SD Gothic Neo','Malgun Gothic',NanumGothic,sans-serif"
_BOX = f"font-family:{_FONT};border:1px solid #8884;border-radius:8px;padding:12px 16px;max-width:640px;line-height:1.5"
_COLOURS = {
    "경미": "#2e7d32",
    "일반": "#1565c0",
    "심각": "#d84315",
    "매우 심각": "#b71c1c",
    "ok": "#2e7d32",
    "completed": "#2e7d32",
    "running": "#1565c0",
    "degraded": "#d84315",
    "cancelled": "#616161",
    "failed": "#b71c1c",
    "down": "#b71c1c",
}
_MOST_COLUMNS = 40
_STATUS = {"queued": "대기 중", "running": "진행 중", "completed": "완료", "failed": "실패", "cancelled": "취소됨"}


def prediction_html(prediction: EcloPrediction) -> str:
    """Returns a prediction: value, 80 % range, class, sentence, and a bar for each contribution."""
    interval = prediction.interval
    head = f"<b style='font-size:1.4em'>ECLO {prediction.eclo:.2f}</b> {_badge(prediction.interpretation)}"
    facts = (
        f"{interval.level:.0%} 범위 {interval.low:.1f}–{interval.high:.1f} · "
        f"예측값 백분위 {prediction.percentile:.1f} · 모델 {escape(prediction.model_version)}"
    )
    warnings = _warnings(prediction.warnings)
    parts = (head, _small(facts), escape(prediction.detail), warnings, _bars(prediction.contributions))
    return _box(parts)


def job_html(job: Job) -> str:
    """Returns a job: status, progress bar, counts."""
    done = f"{job.completed:,}건 예측 · {job.failed:,}건 오류 · 전체 {job.total:,}건"
    bar = (
        "<div style='background:#8883;border-radius:4px;height:8px'>"
        f"<div style='width:{min(max(job.progress, 0), 1):.1%};height:8px;border-radius:4px;"
        f"background:{_colour(job.status)}'></div></div>"
    )
    error = escape(job.error.message) if job.error else ""
    head = f"<b>{escape(job.job_id)}</b> {_badge(job.status, _STATUS[job.status])}"
    return _box((head, bar, _small(f"{job.progress:.0%} · {done}"), error))


def model_html(model: ModelInfo) -> str:
    """Returns a model: version, severity scale, fields with their valid values."""
    scale = _table(
        ("등급", "예측 ECLO", "백분위"),
        (
            (c.name, f"{c.eclo_from:.2f} 이상", f"{c.percentile_from:.0f}–{c.percentile_to:.0f}")
            for c in model.severity_scale
        ),
    )
    fields = _table(
        ("항목", "이름", "값"), ((f.label, f.name, phrases.some_of(f.valid_values)) for f in model.features)
    )
    return _box((f"<b>ECLO 모델 {escape(model.version)}</b>", scale, fields))


def health_html(health: Health) -> str:
    """Returns the state of a server, part by part."""
    parts = _table(
        ("구성 요소", "상태", "설명"), ((name, part.status, part.detail) for name, part in health.components.items())
    )
    return _box((f"<b>HAB {escape(health.version)}</b> {_badge(health.status)}", parts))


def dataset_html(dataset: Dataset) -> str:
    """Returns a dataset: size, encoding, warnings, and its columns and place where they are known."""
    head = f"<b>{escape(dataset.name)}</b> {_small(escape(dataset.id))}"
    facts = _small(escape(phrases.dataset_facts(dataset)))
    parts = [head, facts, escape(dataset.description), _warnings(dataset.warnings)]
    if isinstance(dataset, DatasetDetail):
        left = len(dataset.column_profiles) - _MOST_COLUMNS
        parts += [
            _small(f"위치: {escape(phrases.geo_facts(dataset.geo))}") if dataset.geo else "",
            _table(phrases.COLUMN_TITLES, map(phrases.column_facts, dataset.column_profiles[:_MOST_COLUMNS])),
            _small(f"외 {left:,}열") if left > 0 else "",
        ]
    return _box(parts)


def share_html(share: Share) -> str:
    """Returns a share link, to be copied, and until when it works."""
    until = f"{share.expires_at.astimezone():%Y-%m-%d %H:%M}까지 · {escape(share.share_id)}"
    return _box((f"<b>{escape(share.url)}</b>", _small(until)))


def tool_run_html(run: ToolRun) -> str:
    """Returns what a tool found: its text."""
    cut = " · 결과 일부" if run.truncated else ""
    return _box((to_html(run.text), _small(f"{escape(run.tool)} · {run.duration_ms:.0f} ms{cut}")))


def chat_html(answer: ChatResult | Message) -> str:
    """Returns an answer: text, notice, tools used, where each figure comes from, who answered."""
    return _box(_answer_parts(answer))


def conversation_html(conversation: ConversationSummary) -> str:
    """Returns a conversation: its title, and its messages where they are known."""
    facts = f"{conversation.id} · {', '.join(conversation.dataset_ids)} · 메시지 {conversation.message_count:,}개"
    parts = [f"<b>{escape(conversation.title)}</b>", _small(escape(facts))]
    if isinstance(conversation, Conversation):
        parts += [_message(message) for message in conversation.messages]
    return _box(parts)


def _message(message: Message) -> str:
    """Returns a message of a conversation, a question distinct from an answer."""
    if message.role == "user":
        style = "border-left:3px solid #1565c0;padding-left:8px;white-space:pre-wrap"
        return f"<div style='{style}'><b>{escape(message.content)}</b></div>"
    return "".join(f"<div>{part}</div>" for part in _answer_parts(message) if part)


def _answer_parts(answer: ChatResult | Message) -> Iterator[str]:
    """Gives the parts of an answer, one below the other."""
    yield to_html(phrases.marked(answer))
    yield _warnings((answer.notice or "").splitlines())
    yield _warnings(filter(None, [phrases.unverified_facts(answer).removeprefix(f"{phrases.UNVERIFIED_MARK} ")]))
    if answer.tool_calls:
        yield _table(("도구", "인자", "결과"), map(phrases.tool_facts, answer.tool_calls))
    if answer.receipts:
        yield _table(
            ("수치", "상태", "출처"),
            ((r.figure, phrases.RECEIPT_LABELS[r.status], _source(answer, r)) for r in answer.receipts),
        )
    yield _small(escape(phrases.mode_facts(answer)))


def _source(answer: ChatResult | Message, receipt: Receipt) -> str:
    """Returns the tool call and the path that a figure comes from."""
    name = next((call.name for index, call in enumerate(answer.tool_calls) if index == receipt.tool_call), None)
    return " · ".join(filter(None, (name, receipt.path)))


def _bars(contributions: Sequence[EcloContribution]) -> str:
    """Returns the contributions, the strongest first; red raises the prediction, blue lowers it."""
    if not contributions:
        return ""
    longest = max(abs(c.effect) for c in contributions) or 1.0
    rows = []
    for c in sorted(contributions, key=lambda c: -abs(c.effect)):
        colour = "#d84315" if c.effect > 0 else "#1565c0"
        bar = f"<div style='width:{abs(c.effect) / longest * 120:.0f}px;height:8px;background:{colour}'></div>"
        cells = (escape(c.label), escape(c.value), f"{c.effect:+.3f}", bar)
        rows.append("<tr>" + "".join(f"<td style='text-align:left'>{cell}</td>" for cell in cells) + "</tr>")
    return f"<table style='font-size:.9em'>{''.join(rows)}</table>{_small('기여도: log1p(ECLO) 척도')}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table of plain texts."""
    titles = "".join(f"<th style='text-align:left'>{escape(text)}</th>" for text in head)
    lines = ("".join(f"<td style='text-align:left'>{escape(text)}</td>" for text in row) for row in rows)
    return f"<table style='font-size:.9em'><tr>{titles}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _warnings(texts: Iterable[str]) -> str:
    """Returns warnings, one a line."""
    return "".join(f"<div style='color:#d84315'>⚠ {escape(text)}</div>" for text in texts)


def _badge(kind: str, text: str | None = None) -> str:
    """Returns a status or severity as a coloured label."""
    style = f"background:{_colour(kind)};color:#fff;border-radius:10px;padding:1px 8px;font-size:.85em"
    return f"<span style='{style}'>{escape(text or kind)}</span>"


def _colour(kind: str) -> str:
    """Returns the colour of a status or severity."""
    return _COLOURS.get(kind, "#616161")


def _small(text: str) -> str:
    """Returns a side note; ``text`` is HTML already."""
    return f"<div style='opacity:.7;font-size:.85em'>{text}</div>"


def _box(parts: Iterable[str]) -> str:
    """Returns the parts that hold something, one below the other, in a frame."""
    return f'<div style="{_BOX}">{"".join(f"<div>{part}</div>" for part in parts if part)}</div>'
