"""``python -m hab_ui``: the user interface."""

from __future__ import annotations

import sys

from hab_ui.serving import main

if __name__ == "__main__":
    sys.exit(main())
