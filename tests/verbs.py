"""The five methods of HTTP by name, for whatever can send a request."""

from abc import ABC, abstractmethod
from typing import Any


class Verbs(ABC):
    """Adds get, post, put, patch and delete to a class that has `call`."""

    @abstractmethod
    def call(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """Send one request."""

    def get(self, path: str, **more: Any) -> Any:
        return self.call("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Any:
        return self.call("POST", path, json, **more)

    def put(self, path: str, json: Any = None, **more: Any) -> Any:
        return self.call("PUT", path, json, **more)

    def patch(self, path: str, json: Any = None, **more: Any) -> Any:
        return self.call("PATCH", path, json, **more)

    def delete(self, path: str, **more: Any) -> Any:
        return self.call("DELETE", path, **more)
