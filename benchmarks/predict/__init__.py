"""One prediction, one explanation and a table, beside the predictor of a usual application."""
