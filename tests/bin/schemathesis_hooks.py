"""What is no HTTP never reaches Souk: such headers are answered 400 by the connection itself, without a body."""

import re

import schemathesis

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\t\x20-\x7e]*")


@schemathesis.hook
def filter_headers(context, headers):
    """RFC 9110, sections 5.1 and 5.5."""
    pairs = (headers or {}).items()
    return all(NAME.fullmatch(str(name)) and VALUE.fullmatch(str(value)) for name, value in pairs)
