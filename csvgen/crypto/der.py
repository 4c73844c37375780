"""DER taken apart and put together again (X.690, 8.1 and 10.1).

To know that no byte of a container stands outside of what a signature protects, it is built once more from its protected parts
and compared. Structures of asn1crypto would do for reading, but they also accept other spellings of the same thing.
"""

from __future__ import annotations

INTEGER, OCTETS, OID, SEQUENCE, SET, TAG_0 = 0x02, 0x04, 0x06, 0x30, 0x31, 0xA0


def body(value: bytes) -> bytes:
    """What stands inside one DER value. Raises ValueError for what is none."""
    from asn1crypto import parser

    return bytes(parser.parse(value, strict=True)[4])


def inside(value: bytes) -> list[bytes]:
    """The DER values inside a constructed one, each whole."""
    return values(body(value))


def values(data: bytes, *, padded: bool = False) -> list[bytes]:
    """DER values one after the other; with `padded`, only the first."""
    from asn1crypto import parser

    found: list[bytes] = []
    while data and not (padded and found):
        _, _, _, header, content, trailer = parser.parse(data)
        found.append(header + content + trailer)
        data = data[len(found[-1]) :]
    return found


def der(tag: int, *parts: bytes) -> bytes:
    """One DER value."""
    content = b"".join(parts)
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8 or 1, "big")
    length = size if len(content) < 0x80 else bytes([0x80 | len(size)]) + size  # noqa: PLR2004 - from here on the long form
    return bytes([tag]) + length + content
