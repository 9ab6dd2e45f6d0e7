"""The parts of the page 데이터셋."""
