"""ECLO prediction: how severe an accident in Daegu is expected to be, and why."""
