"""Digests of what runs are made of: the same on every machine for the same content, wherever it was read from."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from hashlib import sha256


class Digests:
    """SHA-256 of nested data; what was seen before is not gone through again, so give it nothing that changes."""

    def __init__(self):
        self._known = {}  # id -> (thing, digest); the thing is kept so that its id stays its own

    def of(self, *things):
        """The digest of some things together, in hexadecimal.

        Parameters
        ----------
        *things
            Numbers, texts, None, functions, and data classes, mappings and sequences of such. Of a data class, those
            fields count that its equality looks at; of a mapping, its order too.

        Raises
        ------
        TypeError
            If there is anything else in them.
        """
        return self._of(things).hex()

    def _of(self, thing):
        if thing is None or isinstance(thing, bool | int | float | str):
            return f"{type(thing).__name__} {thing!r}".encode("utf-8", "surrogatepass")
        if id(thing) not in self._known:
            total = sha256()
            for part in self._parts(thing):
                total.update(len(part).to_bytes(8, "big") + part)
            self._known[id(thing)] = thing, total.digest()
        return self._known[id(thing)][1]

    def _parts(self, thing):
        yield type(thing).__name__.encode()
        if is_dataclass(thing):
            for item in fields(thing):
                if item.compare:
                    yield item.name.encode()
                    yield self._of(getattr(thing, item.name))
        elif isinstance(thing, dict):
            for name, value in thing.items():
                yield self._of(name)
                yield self._of(value)
        elif isinstance(thing, tuple | list | range):
            for item in thing:
                yield self._of(item)
        elif isinstance(thing, Callable):
            yield f"{thing.__module__} {thing.__qualname__}".encode()
        else:
            raise TypeError(f"no digest of {type(thing).__name__}")
