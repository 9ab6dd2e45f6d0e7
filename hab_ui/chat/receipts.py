"""An answer's text with each figure marked by what is known of its source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hab_client.phrases import RECEIPT_LABELS, UNVERIFIED_MARK
from hab_core.schemas.chat import Receipt, ReceiptStatus, ToolCall
from hab_ui import markdown
from hab_ui.wording import number

LEGEND = (
    ":green[수치] 분석 결과에서 확인됨 · :blue[수치] 확인된 값에서 계산됨 · "
    f":red-background[수치{UNVERIFIED_MARK}] 출처를 찾지 못함"
)
_MARKS: dict[ReceiptStatus, str] = {
    "verified": ":green[{}]",
    "derived": ":blue[{}]",
    "unverified": ":red-background[{}" + UNVERIFIED_MARK + "]",
}


def marked(text: str, receipts: Sequence[Receipt]) -> str:
    """Returns an answer's text as :func:`hab_ui.markdown.safe` does, each figure in the colour of its status."""
    return "".join(_pieces(text, receipts))


def counts(receipts: Sequence[Receipt]) -> str:
    """Returns how many figures have which status, e.g. ``확인됨 12 · 출처 없음 1``; empty where there are none."""
    statuses: Counter[str] = Counter(receipt.status for receipt in receipts)
    return " · ".join(f"{label} {statuses[status]}" for status, label in RECEIPT_LABELS.items() if statuses[status])


def rows(receipts: Sequence[Receipt], calls: Sequence[ToolCall]) -> list[dict[str, str]]:
    """Returns one line for each figure: what it says, the exact value, its status, and where it comes from."""
    return [
        {
            "수치": receipt.figure,
            "값": "" if receipt.status == "unverified" else _exact(receipt.value),
            "상태": RECEIPT_LABELS[receipt.status],
            "출처": _source(receipt, calls),
        }
        for receipt in receipts
    ]


def _exact(value: float | str | None) -> str:
    """Returns the value behind a figure; text as it stands."""
    return number(value) if isinstance(value, float | int) else str(value)


def _source(receipt: Receipt, calls: Sequence[ToolCall]) -> str:
    """Returns the tool call and the place in its result that a figure comes from."""
    if receipt.tool_call is None:
        return "질문" if receipt.path == "question" else (receipt.path or "")
    name = calls[receipt.tool_call].name if receipt.tool_call < len(calls) else ""
    return f"{receipt.tool_call + 1}. {name} · {receipt.path or ''}"


def _pieces(text: str, receipts: Sequence[Receipt]) -> Iterator[str]:
    """Yields the text piece by piece: code as it stands, figures marked, the rest made harmless."""
    spans: list[tuple[int, int, Receipt | None]] = [(start, end, None) for start, end in markdown.untouched(text)]
    spans += [
        (receipt.start, receipt.start + len(receipt.figure), receipt)
        for receipt in receipts
        if text.startswith(receipt.figure, receipt.start)
    ]
    at = 0
    for start, end, receipt in sorted(spans, key=lambda span: span[:2]):
        if start < at:  # a figure in code
            continue
        yield markdown.escape(text[at:start])
        yield text[start:end] if receipt is None else _MARKS[receipt.status].format(markdown.escape(receipt.figure))
        at = end
    yield markdown.escape(text[at:])
