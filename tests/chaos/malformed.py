"""Payloads that no gateway would send, on topics that the collector listens to: each different, each never to be stored.

None carries the stream of a real gateway: whoever may publish under a gateway's name can of course answer for it, and
brokers are told to let nobody.
"""

import json
import random
from collections.abc import Callable, Iterator

Letter = tuple[str, bytes]
_FAR = 10**16
_KINDS = ("readings", "meters", "status", "loss")
_PLACES = ("chaos-north/gateway-1", "chaos-dale/gateway-2", "nowhere/gateway-9")
_MAX_PAYLOAD = 64 * 1024


def malformed(seed: int) -> Iterator[Letter]:
    """Yield topics and payloads without end; the same seed gives the same ones."""
    chance = random.Random(seed)
    number = 0
    while True:
        number += 1
        make = chance.choice(_MAKERS)
        yield make(chance, f"bad-{seed}-{number}")


def _topic(chance: random.Random, kind: str) -> str:
    return f"meterproof/v1/{chance.choice(_PLACES)}/{kind}"


def _batch(name: str, **changes: object) -> dict[str, object]:
    group = {
        "point": "incomer",
        "quantities": ["power_active_kw"],
        "t": [1_700_000_000_000, 1_700_000_001_000],
        "values": [[1.0, 2.0]],
        "raw": {},
        "q": [],
    }
    group |= {key: value for key, value in changes.items() if key in group}
    top = {"v": 1, "stream": name, "seq": 1, "config": "0" * 32, "clock": "synced", "groups": [group]}
    return top | {key: value for key, value in changes.items() if key not in group}


def _readings(chance: random.Random, name: str, **changes: object) -> Letter:
    return _topic(chance, "readings"), json.dumps(_batch(name, **changes)).encode()


def _random_bytes(chance: random.Random, name: str) -> Letter:
    return _topic(chance, chance.choice(_KINDS)), name.encode() + b"\x00" + chance.randbytes(chance.randrange(200))


def _truncated(chance: random.Random, name: str) -> Letter:
    whole = json.dumps(_batch(name)).encode()
    return _topic(chance, "readings"), whole[: chance.randrange(60, len(whole) - 1)]


def _wrong_topic(chance: random.Random, name: str) -> Letter:
    place = chance.choice(("UPPER/gateway-1", "with space/gateway-1", "-/g", "p" * 65 + "/g", "chaos-north/Gäteway"))
    return f"meterproof/v1/{place}/{chance.choice(_KINDS)}", json.dumps(_batch(name)).encode()


def _wrong_type(chance: random.Random, name: str) -> Letter:
    wrong = chance.choice(
        [
            {"seq": "one"}, {"v": "1"}, {"groups": {}}, {"groups": []}, {"t": ["now"]}, {"t": [1.5, 2.5]},
            {"values": [["a", "b"]]}, {"values": [[True, False]]}, {"point": 7}, {"quantities": "power_active_kw"},
            {"q": [[0, 0, "bad"]]}, {"raw": {"power_active_kw": ["x", "y"]}}, {"clock": "sundial"}, {"config": None},
        ]
    )  # fmt: skip
    return _readings(chance, name, **wrong)


def _wrong_sense(chance: random.Random, name: str) -> Letter:
    wrong = chance.choice(
        [
            {"t": [2000, 1000]}, {"t": [1000, 1000]}, {"t": [1000]}, {"t": []}, {"t": [0, 1]}, {"values": [[1.0]]},
            {"values": []}, {"values": [[None, 1.0]]}, {"quantities": []}, {"point": "Not An Id"}, {"seq": -1},
            {"quantities": ["Nö"]}, {"raw": {"volume_m3": [1, 2]}}, {"q": [[9, 0, "bad", "why"]]}, {"v": 2},
            {"q": [[0, 0, "strange", "why"]]}, {"q": [[0, 0, "bad", ""]]}, {"quantities": ["no_such_quantity_kwh"]},
            {"stream": f"{name} with spaces"},
        ]
    )  # fmt: skip
    return _readings(chance, name, **wrong)


def _huge_number(chance: random.Random, name: str) -> Letter:
    wrong = chance.choice(
        [
            {"t": [_FAR, _FAR + 1]}, {"t": [10**30, 10**30 + 1]}, {"seq": 2**63}, {"seq": 10**40},
            {"raw": {"power_active_kw": [2**64, 1]}}, {"values": [[float("inf"), 1.0]]}, {"values": [[float("nan"), 1]]},
        ]
    )  # fmt: skip
    topic, payload = _readings(chance, name, **wrong)
    return topic, payload.replace(b"2.0]]", b"1e999]]")


def _deep(chance: random.Random, name: str) -> Letter:
    depth = chance.choice((500, 5_000, 30_000))
    inner = "[" * depth + "]" * depth if chance.random() < 0.5 else '{"a":' * (depth // 4) + "1" + "}" * (depth // 4)
    return _topic(chance, "readings"), f'{{"v":1,"stream":"{name}","groups":{inner}}}'.encode()


def _bad_utf8(chance: random.Random, name: str) -> Letter:
    return _topic(chance, chance.choice(_KINDS)), f'{{"v":1,"stream":"{name}'.encode() + b'\xff\xfe\xc0","seq":1}'


def _too_long(chance: random.Random, name: str) -> Letter:
    return _readings(chance, name, padding="x" * chance.randrange(_MAX_PAYLOAD, 2 * _MAX_PAYLOAD))


def _bad_meters(chance: random.Random, name: str) -> Letter:
    return _topic(chance, "meters"), json.dumps({"v": 1, "config": name, "points": []}).encode()


def _bad_status(chance: random.Random, name: str) -> Letter:
    return _topic(chance, "status"), json.dumps({"v": 1, "online": "perhaps", "at_ms": name}).encode()


_MAKERS: tuple[Callable[[random.Random, str], Letter], ...] = (
    *(_random_bytes, _truncated, _wrong_topic, _wrong_type, _wrong_sense, _huge_number) * 60,
    *(_bad_utf8, _bad_meters, _bad_status) * 30,
    _deep,
    _too_long,  # rare, because each stays in the journal with 64 KiB
)
