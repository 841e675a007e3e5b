"""What the engine is told of the place it runs in: its folders, and where its API answers."""

from __future__ import annotations

from rms_console.contract.diagnosis import Surroundings
from rms_console.control.endpoint_file import read_endpoint
from rms_console.wiring.site import Site, folders


def look_around(site: Site) -> Surroundings:
    """Return what there is to know of the folders of this shop and of the address that its engine announced."""
    return Surroundings(folders(site), read_endpoint(site.state))
