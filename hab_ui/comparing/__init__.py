"""The two comparisons of the page 비교 분석."""
