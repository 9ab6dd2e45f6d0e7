"""Daegu's places: every 법정동 and 리 with its centre, and the 구/군 they lie in."""

from __future__ import annotations

from hab_core.regions.daegu import CITY, District, Region, district_names, districts, find, gu_of, regions

__all__ = ["CITY", "District", "Region", "district_names", "districts", "find", "gu_of", "regions"]
