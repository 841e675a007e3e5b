"""The embedded RMS: a SQLite file in the public format, as ugly as a real store, and a till that works on it."""

from rms_console.demo.rms.events import StoreEvent
from rms_console.demo.rms.live import LiveStore
from rms_console.demo.rms.store import create_store
from rms_console.demo.rms.till import Till

__all__ = ["LiveStore", "StoreEvent", "Till", "create_store"]
