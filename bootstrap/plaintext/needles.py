"""Many texts looked for at once: one pass over what is searched, however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

FEW = 500
"""Up to so many texts are looked for one by one, which then takes less time than a pass of ours."""
_LONGEST = 8
_OFFSETS = 4
_CHUNK = 2**16
"""So much is searched at a time, so that a large file takes no more memory."""


class Needles:
    """Texts to look for, none of them empty."""

    def __init__(self, needles: Iterable[bytes]) -> None:
        """Prepare to look for `needles`, each once, in the order in which they come.

        More than FEW get an index: each by a piece of it that next to no other has, as tokens
        begin alike.
        """
        self._needles = list(dict.fromkeys(needles))
        self._size = min([_LONGEST, *map(len, self._needles)])
        self._by_piece = self._index() if len(self._needles) > FEW else None

    def _index(self) -> dict[bytes, list[int]]:
        index: dict[bytes, list[int]] = {}
        for number, needle in enumerate(self._needles):
            rarest = min(self._pieces(needle), key=lambda piece: len(index.get(piece, ())))
            index.setdefault(rarest, []).append(number)
        return index

    def _pieces(self, needle: bytes) -> Iterator[bytes]:
        step = max((len(needle) - self._size) // (_OFFSETS - 1), 1)
        for start in range(0, len(needle) - self._size + 1, step):
            yield needle[start : start + self._size]

    def within(self, content: bytes) -> list[bytes]:
        """Return those that are in `content`, in their order."""
        if self._by_piece is None:
            return [needle for needle in self._needles if needle in content]
        found: set[int] = set()
        for piece in self._known_pieces(content, self._by_piece):
            found.update(self._by_piece[piece])
        candidates = (self._needles[number] for number in sorted(found))
        return [needle for needle in candidates if needle in content]

    def _known_pieces(self, content: bytes, known: dict[bytes, list[int]]) -> set[bytes]:
        size, last = self._size, len(content) - self._size + 1
        pieces: set[bytes] = set()
        for start in range(0, last, _CHUNK):
            here = range(start, min(start + _CHUNK, last))
            pieces |= known.keys() & {content[at : at + size] for at in here}
        return pieces
