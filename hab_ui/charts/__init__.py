"""Charts: what the analysis tools say of a picture, drawn by plotly and shown with its data."""

from __future__ import annotations

from hab_ui.charts.figures import figure_of
from hab_ui.charts.frames import csv_of
from hab_ui.charts.showing import config_of, show_chart

__all__ = ["config_of", "csv_of", "figure_of", "show_chart"]
