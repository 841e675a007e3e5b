"""What holds for every test."""

from __future__ import annotations

import signal

# Started in the background (`pytest &`, nohup), this process would hand its children signals that are ignored, and
# what a test interrupts or hangs up would never hear of it.
for _name in ("SIGINT", "SIGHUP", "SIGQUIT"):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _name == "SIGINT" else signal.SIG_DFL)
