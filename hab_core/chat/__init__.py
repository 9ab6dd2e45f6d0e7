"""Questions about datasets in Korean, answered by Claude or, without a key, by rules; every figure with its source."""
