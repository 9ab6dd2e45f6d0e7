"""Dates as Korean public offices write them, read from text."""

from __future__ import annotations

import polars as pl

_WRITTEN = (
    r"^(?P<year>[1-9][0-9]{3})\s*(?:-|\.|/|년)\s*(?P<month>[0-9]{1,2})\s*(?:-|\.|/|월)\s*(?P<day>[0-9]{1,2})(?:\s*일|\.)?"
    r"(?:(?:T|\s)\s*(?P<half>오전|오후|AM|PM|am|pm)?\s*(?P<hour>[0-9]{1,2})"
    r"(?:\s*(?::|시)\s*(?:(?P<minute>[0-9]{1,2})\s*(?:(?::|분)\s*(?:(?P<second>[0-9]{1,2}(?:\.[0-9]{1,6})?)\s*초?)?)?)?)?)?$"
)
_COMPACT = (
    r"^(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2}))?$"
)
_PM = ("오후", "PM", "pm")


def parse_dates(words: pl.Series) -> pl.Series:
    """Returns the date of each word, null where it is none.

    Understood are year, month and day in this order, written ``2020-03-01``, ``2020.3.1``, ``2020. 3. 1.``,
    ``2020/3/1``, ``2020년 3월 1일`` or ``20200301``, followed by nothing or a time such as ``01``, ``01시``, ``13:05``,
    ``오후 1:05`` or ``13:05:09``; hour 24 is midnight of the next day. A year with a month alone is no date.

    Args:
        words: Text without surrounding blanks.

    Returns:
        Dates where no word has a time, moments (microseconds, no zone) otherwise.
    """
    pattern = _COMPACT if words.str.contains(_COMPACT).all() else _WRITTEN
    spaced = words.str.replace("일", "일 ", literal=True).str.strip_chars()
    if not spaced.str.contains(pattern).any():
        return pl.Series(words.name, [None], dtype=pl.Date).new_from_index(0, len(words))
    return _assembled(spaced.str.extract_groups(pattern).struct.unnest()).alias(words.name)


def _assembled(parts: pl.DataFrame) -> pl.Series:
    """Returns the dates of columns of digits; null where they name no day or hour."""
    days = _days(parts)
    if parts["hour"].null_count() == parts.height:
        return days
    digits = {name: parts[name].cast(pl.Int64) for name in ("hour", "minute")}
    half = parts["half"] if "half" in parts.columns else pl.Series([None], dtype=pl.String).new_from_index(0, len(days))
    clock = pl.DataFrame({"day": days, "half": half, **digits, "second": parts["second"].cast(pl.Float64)})
    return clock.select(_moment()).to_series()


def _days(parts: pl.DataFrame) -> pl.Series:
    """Returns the days of columns of digits; null where there is no such day."""
    text = pl.concat_str(pl.col("year"), pl.col("month").str.zfill(2), pl.col("day").str.zfill(2), separator="-")
    return parts.select(text.str.to_date("%Y-%m-%d", strict=False)).to_series()


def _moment() -> pl.Expr:
    """Returns the expression of a moment: its day plus the time of day, null where the clock has no such time."""
    half, written, day = pl.col("half"), pl.col("hour"), pl.col("day").cast(pl.Datetime("us"))
    hour = (
        pl.when(half.is_null()).then(written).otherwise(written % 12 + pl.when(half.is_in(_PM)).then(12).otherwise(0))
    )
    minute, second = pl.col("minute").fill_null(0), pl.col("second").fill_null(0.0)
    clock = (hour <= 23) | ((hour == 24) & (minute == 0) & (second == 0))
    possible = clock & (minute <= 59) & (second < 60) & (half.is_null() | written.is_between(1, 12) | (written == 0))
    micros = (hour * 3600 + minute * 60) * 1_000_000 + (second * 1_000_000).round().cast(pl.Int64)
    timed = pl.when(possible).then(day + pl.duration(microseconds=micros))
    return pl.when(written.is_null()).then(day).otherwise(timed)
