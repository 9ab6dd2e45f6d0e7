"""The parts of the page ECLO 예측: form, result, what-if, batches, history."""
