"""Checks requests to Stripe against the parameter types of Stripe's own library, with nothing unknown let pass.

Reads a JSON list of {"call": "POST /v1/refunds", "form": [[key, value], ...]} and prints one line for each fault.
"""

import json
import re
import sys
import typing

import stripe.params as params
import typing_extensions
from pydantic import ConfigDict, TypeAdapter, ValidationError

CALLS = [
    (r"POST /v1/payment_intents$", "PaymentIntentCreateParams"),
    (r"POST /v1/payment_intents/\w+/confirm$", "PaymentIntentConfirmParams"),
    (r"POST /v1/payment_intents/\w+/capture$", "PaymentIntentCaptureParams"),
    (r"POST /v1/payment_intents/\w+/cancel$", "PaymentIntentCancelParams"),
    (r"POST /v1/refunds$", "RefundCreateParams"),
    (r"GET /v1/payment_intents/\w+$", "PaymentIntentRetrieveParams"),
    (r"GET /v1/refunds$", "RefundListParams"),
]


def adapter(name):
    kind = getattr(params, name)
    module = sys.modules[kind.__module__]
    for value in list(vars(module).values()):
        if typing_extensions.is_typeddict(value):
            value.__pydantic_config__ = ConfigDict(extra="forbid")
    of = typing.TypeVar("T")
    module.UntypedStripeObject = typing.Dict[str, of]
    made = TypeAdapter(kind)
    names = dict(vars(typing))
    names.update(vars(module))
    names.update(UntypedStripeObject=typing.Dict[str, of], NotRequired=typing_extensions.NotRequired)
    names.update(StripeContext=str, HTTPClient=object, File=str)
    made.rebuild(_types_namespace=names, force=True)
    return made


def nested(pairs):
    tree = {}
    for key, value in pairs:
        parts = re.findall(r"[^\[\]]+", key)
        node = tree
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        node[parts[-1]] = value
    return listed(tree)


def listed(node):
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        return [listed(node[key]) for key in sorted(node, key=int)]
    return {key: listed(value) for key, value in node.items()}


def main():
    adapters = {}
    for request in json.load(sys.stdin):
        name = next((name for pattern, name in CALLS if re.match(pattern, request["call"])), None)
        if name is None:
            print("no such call:", request["call"])
            continue
        if name not in adapters:
            adapters[name] = adapter(name)
        try:
            adapters[name].validate_python(nested(request["form"]))
        except ValidationError as error:
            print(request["call"], [(fault["loc"], fault["type"]) for fault in error.errors()])


main()
