"""RemoteMonitor: send the numbers of every epoch to a server."""

from __future__ import annotations

import json
import warnings

from pellucid.distribution import processes
from pellucid.engine.callbacks.base import Callback
from pellucid.errors import MissingPackageError


class RemoteMonitor(Callback):
    """Posts the numbers of every epoch; a server that does not answer is a warning. Needs the package requests.

    Args:
        root, path: the address.
        field: the form's field that holds the JSON text.
        headers: of the request.
        send_as_json: whether the body itself is the JSON, in place of a form.
    """

    def __init__(
        self, root="http://localhost:9000", path="/publish/epoch/end/", field="data", headers=None, send_as_json=False
    ):
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch, logs=None):
        if not processes.is_first():
            return
        try:
            import requests
        except ImportError as error:
            raise MissingPackageError(
                "RemoteMonitor needs the package requests.", fix="pip install requests"
            ) from error
        numbers = {name: value.item() if hasattr(value, "item") else value for name, value in (logs or {}).items()}
        told = {"epoch": epoch, **numbers}
        address = self.root + self.path
        try:
            if self.send_as_json:
                requests.post(address, json=told, headers=self.headers)
            else:
                requests.post(address, {self.field: json.dumps(told)}, headers=self.headers)
        except requests.exceptions.RequestException:
            warnings.warn(f"RemoteMonitor: no server answers at {self.root}.", stacklevel=2)
