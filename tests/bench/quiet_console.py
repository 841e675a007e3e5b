"""The demo's console over a store that does not sell: what an idle console costs."""

from __future__ import annotations

import sys

from rms_console.cli import main
from rms_console.demo.embedded import Embedded

if __name__ == "__main__":
    # The till stays closed, and the cheap look every two seconds is the engine's, not the screen's.
    Embedded.begin = lambda self, tell, events_a_minute=0.0: None  # type: ignore[method-assign]
    sys.argv = ["rms-console", "--lang", "en", "--log-dir", sys.argv[1], "--demo"]
    main()
