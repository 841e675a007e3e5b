"""The embedded RMS: a SQLite file in the public format, as ugly as a real store, and a till that works on it."""

from rms_console.demo.rms.events import StoreEvent
from rms_console.demo.rms.faults import RmsFaults, with_faults
from rms_console.demo.rms.live import LiveStore
from rms_console.demo.rms.store import create_store
from rms_console.demo.rms.till import Till
from rms_console.demo.rms.trouble import Mischief, StoreTrouble

__all__ = ["LiveStore", "Mischief", "RmsFaults", "StoreEvent", "StoreTrouble", "Till", "create_store", "with_faults"]
