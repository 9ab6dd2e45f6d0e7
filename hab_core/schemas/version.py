"""The version of HAB, the same for every part of the distribution."""

VERSION = "0.1.0"
