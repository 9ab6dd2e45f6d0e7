"""The model card: what the model is, how well it does, and what the figures cannot show. Made from the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hab_core.eclo.folder import ModelDocument

_HEAD = """# Model card: {version}

Predicts the severity of a traffic accident in Daegu, South Korea, from its circumstances: weather, road surface, road
type, accident type, place (시군구), date and hour. Severity is ECLO = 10·deaths + 5·serious + 3·minor + 1·reported
injuries of one accident, as the Korea Road Traffic Authority (TAAS) counts it.

The answer is the point that minimises RMSLE: the model predicts the mean of log1p(ECLO), and expm1 of it is shown. It
is an expectation for accidents of this kind, not a forecast of one: circumstances explain about 3–4 % of the variance
of log1p(ECLO). It is meant for comparing places, times and conditions; it says nothing about how *often* accidents
happen, about causes, or about anybody's guilt, and must not be used to rank victims or calls for help.

## Data

{rows:,} accidents with injuries, {first} to {last}; {left_out:,} rows were left out for values outside the categories.
{district:.0%} of them name their 시군구. The data itself is not part of the model.

## Recipe

1. The level of each year is taken out, for mean ECLO fell for years while the circumstances kept their weight.
2. Ridge regressions on crossed categories and boosted trees, each with a half-life of 2.5 and of 5 years and weighted
   by the noise of the accident type, learn what the circumstances change within a year. A place is its centre and its
   shrunken mean rest, alone and crossed with accident type and road type, told to each accident by the *others*.
3. Their mean is copied into one LightGBM model of {trees} trees, which keeps {fidelity:.1%} of its variance (weighted)
   and gives exact, additive TreeSHAP effects.
4. The level is carried one year forward: that of the last year, moved on by half of the mean change of the last two.

**Dates beyond training.** The year is not an input: every date gets the level forecast for {forecast_year}
({level:.4f} on the log1p scale). Public holidays are known to 2035.

**Missing and unknown places.** Accidents without a district are trained on with the place unknown. "Unknown" is no sign
of a year: the level of the years is out, and effects are made equal on average whether the place is told or not. An
unseen 동 takes the figures of its 구/군, an unseen 구/군 those of Daegu.
"""
_LIMITS = """
## What these figures cannot show

- Two years are two draws. The level of a coming year is uncertain by about 0.01 on the log1p scale (the error of the
  forecast rule in Daegu over 2013–2021), which alone costs about 0.0001 of RMSLE; a break in the trend costs more.
- 2020 and 2021 were years of the pandemic, and what was learned from them may be peculiar to it.
- Where the tested years lack 시군구, their RMSLE is that of a model that is not told the place. The test on districts
  below shows what the place is worth, and how much of it is left when the districts of the last years are unknown.
- Penalties, half-lives and the number of interval bins were chosen on Daegu's years 2014–2021, so the figures for
  these years are slightly flattering.
- Intervals are calibrated on average over accidents, not for each circumstance.
"""


def model_card(document: ModelDocument, metrics: Mapping[str, Any]) -> str:
    """Returns the card of a model, Markdown in English."""
    first, last = document.training["period"]
    head = _HEAD.format(
        version=document.version,
        rows=metrics["rows"],
        left_out=metrics["rows_left_out"],
        first=first,
        last=last,
        district=metrics["share_with_district"],
        trees=metrics["trees"],
        fidelity=metrics["fidelity_of_the_copy"],
        forecast_year=document.training["predicts_level_of"],
        level=metrics["level_forecast_log1p"],
    )
    parts = (_folds(metrics), _district(metrics), _interval(metrics), _severity(metrics))
    return head + "".join(part for part in parts if part) + _LIMITS


def _folds(metrics: Mapping[str, Any]) -> str:
    """Returns the table of the rolling origin."""
    folds = metrics["rolling_origin"]
    if not folds:
        return "\n## Evaluation\n\nThe data has no year that could be predicted from the years before it.\n"
    rows = (
        ("this recipe", "rmsle"),
        ("this recipe, had the year's level been known", "rmsle_level_known"),
        ("LightGBM, default parameters, same inputs", "plain_lightgbm"),
        ("best constant, in hindsight", "best_constant_in_hindsight"),
        ("constant: mean of the last training year", "constant_of_last_training_year"),
        ("constant: mean of all training years", "constant_of_training"),
    )
    title = f"\n## Evaluation: RMSLE by rolling origin\n\n| | {' | '.join(_trained(folds))} |\n"
    rule = "|---|" + "---|" * len(folds) + "\n"
    body = "".join(
        f"| {label} | {' | '.join(f'{fold[key]:.5f}' for fold in folds.values())} |\n" for label, key in rows
    )
    return title + rule + body + "\nAfter this test the model was fitted on everything.\n"


def _trained(folds: Mapping[str, Any]) -> list[str]:
    """Returns the heading of each fold."""
    return [f"to {fold['trained_to']} → {year}" for year, fold in folds.items()]


def _district(metrics: Mapping[str, Any]) -> str:
    """Returns the table of what the district is worth."""
    test = metrics.get("district")
    if test is None:
        return ""
    names = {"year_before": "to the year before", "four_years_before": "to four years before only"}
    rows = "".join(
        f"| {label} | {found['rmsle']:.5f} | {found['rmsle_district_hidden']:.5f} |\n"
        for name, label in names.items()
        for found in (test[f"districts_known_to_{name}"],)
    )
    return (
        f"\n## What the district is worth, tested on {test['year']}\n\n"
        "| districts known in training | RMSLE | RMSLE, district not told |\n|---|---|---|\n" + rows
    )


def _interval(metrics: Mapping[str, Any]) -> str:
    """Returns the paragraph on the interval."""
    found = metrics.get("interval")
    if found is None:
        return ""
    return (
        f"\n## Interval\n\nThe {found['level']:.0%} interval, calibrated on the unseen {found['calibrated_on']}, held "
        f"{found['coverage']:.1%} of the accidents of {found['tested_on']} (mean width {found['mean_width_eclo']:.1f} "
        "ECLO, ends included).\n"
    )


def _severity(metrics: Mapping[str, Any]) -> str:
    """Returns the table of the severity classes."""
    found = metrics.get("severity")
    if found is None:
        return ""
    rows = "".join(
        f"| {each['class']} | {each['share']:.1%} | {_or_dash(each['mean_eclo'])} |\n" for each in found["classes"]
    )
    return (
        f"\n## Severity scale, tested on {found['tested_on']}\n\nClasses begin at the percentiles 0, 25, 75 and 95 of "
        f"the predictions for the unseen {found['calibrated_on']}, moved to the level of the "
        "tested model.\n\n| class | share | mean real ECLO |\n|---|---|---|\n" + rows
    )


def _or_dash(value: float | None) -> str:
    """Returns a figure, or a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"
