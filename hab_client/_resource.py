"""What the resources share: calls that give typed answers, addresses, lists over all pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from hab_client._wire import read_json
from hab_core.errors import InvalidInput, UnexpectedAnswer
from hab_core.schemas.common import PAGE_LIMIT_MAX, Page

if TYPE_CHECKING:
    from hab_client._transport import Call, Transport

Model = TypeVar("Model", bound=BaseModel)
Item = TypeVar("Item")


class Resource:
    """The calls of one domain."""

    def __init__(self, transport: Transport) -> None:
        """Keeps the way to the server."""
        self._transport = transport

    def _ask(self, model: type[Model], call: Call) -> Model:
        """Returns the answer to ``call`` as ``model``.

        Raises:
            HabError: What failed.
            UnexpectedAnswer: The answer has other fields than HAB's.
        """
        fields = self._transport.request(call, read_json)
        try:
            return model.model_validate(fields)
        except ValidationError:
            raise UnexpectedAnswer(request_id=str(fields.get("request_id"))) from None


class Listing(Generic[Item]):
    """A list on the server; iterating reads page after page as it is needed, each time from the start."""

    def __init__(self, page: Callable[[dict[str, str]], Page[Item]]) -> None:
        """Takes the function that reads the page for given query parameters."""
        self._page = page

    def __iter__(self) -> Iterator[Item]:
        """Gives the items of all pages in the server's order."""
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[Page[Item]]:
        """Gives page after page, each of up to 200 items."""
        params = {"limit": str(PAGE_LIMIT_MAX)}
        while True:
            page = self._page(params)
            yield page
            if page.next_cursor is None:
                return
            if page.next_cursor == params.get("cursor"):
                raise UnexpectedAnswer("서버가 같은 쪽을 되풀이해서 보냅니다.")
            params = {**params, "cursor": page.next_cursor}


def segment(name: str, identifier: str) -> str:
    """Returns an id as a part of an address.

    Raises:
        InvalidInput: It is empty or would lead to another address.
    """
    if not isinstance(identifier, str) or identifier in ("", ".", ".."):
        raise InvalidInput.of(name, f"{name}이(가) 올바르지 않습니다: {identifier!r}")
    return quote(identifier, safe="")
