"""The embedded RMS: a SQLite file in the public format, as ugly as a real store, and a till that works on it."""

from rms_console.demo.rms.events import StoreEvent
from rms_console.demo.rms.faults import RmsFaults, with_faults
from rms_console.demo.rms.live import LiveStore
from rms_console.demo.rms.store import create_store
from rms_console.demo.rms.till import Till
from rms_console.demo.rms.trouble import Mischief, StoreTrouble
from rms_console.demo.rms.variants import Counter, Variant, create_variant

__all__ = [
    "Counter",
    "LiveStore",
    "Mischief",
    "RmsFaults",
    "StoreEvent",
    "StoreTrouble",
    "Till",
    "Variant",
    "create_store",
    "create_variant",
    "with_faults",
]
