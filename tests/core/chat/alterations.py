"""Answers with one figure altered: what receipts must not let pass."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from hab_core.schemas.chat import Receipt


def altered(response: str, receipt: Receipt, rng: random.Random) -> str | None:
    """Returns the answer with the figure of one receipt changed in one digit; None where it has no digit to change.

    The first two digits that count are changed, or any digit of a short figure: what a careless writer would get
    wrong and a reader would not notice.
    """
    start, figure = receipt.start, receipt.figure
    places = [i for i, letter in enumerate(figure) if letter.isdigit()]
    telling = [i for i in places if figure[i] != "0" or i > places[0]][:3] or places
    if not telling:
        return None
    place = rng.choice(telling)
    first = place == places[0]
    digits = (
        [d for d in "123456789" if d != figure[place]] if first else [d for d in "0123456789" if d != figure[place]]
    )
    changed = figure[:place] + rng.choice(digits) + figure[place + 1 :]
    return response[:start] + changed + response[start + len(figure) :]


def flagged(receipts: list[Receipt], start: int) -> bool:
    """Whether the figure at an offset has no source; also where it was not taken for a figure any more."""
    at = [receipt for receipt in receipts if receipt.start == start]
    return not at or at[0].status == "unverified"


def figures_of(response: str) -> Iterator[re.Match[str]]:
    """Yields everything that looks like a number."""
    yield from re.finditer(r"\d[\d,.]*", response)
