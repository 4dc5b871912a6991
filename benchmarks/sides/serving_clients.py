"""Clients of a tagging server: each asks, waits for the answer, checks it, and asks again.

Reads texts and what is to be found in them, prints one line of JSON: answers by status, how many
were wrong, how many requests were lost (sent, and never answered), and how long answers took.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

REFUSED = (429, 503)
_PAUSE_S = 0.05
_SAME_SCORE = 1e-4


class Clients:
    """Threads that ask until the time is over, or until they are refused."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.pairs: list[tuple[str, Any]] = json.loads(asked.texts.read_text("utf-8"))
        self.lock = threading.Lock()
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.n_wrong = self.n_lost = self.n_unreachable = self.n_without_retry_after = 0
        self.until = time.monotonic() + asked.seconds

    def run(self) -> dict[str, Any]:
        """Everything, and what came of it."""
        began = time.monotonic()
        threads = [
            threading.Thread(target=self.ask, args=(number,))
            for number in range(self.asked.clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall_s = time.monotonic() - began
        return {
            "n_clients": self.asked.clients,
            "statuses": {str(status): n for status, n in sorted(self.statuses.items())},
            "n_wrong": self.n_wrong,
            "n_lost": self.n_lost,
            "n_unreachable": self.n_unreachable,
            "n_without_retry_after": self.n_without_retry_after,
            "requests_per_s": round(self.statuses[200] / wall_s, 2),
            **{f"p{share}_s": self.percentile(share) for share in (50, 95, 99)},
        }

    def ask(self, number: int) -> None:
        """One client."""
        chance = random.Random(number)
        connection = http.client.HTTPConnection(self.asked.host, timeout=120)
        while time.monotonic() < self.until:
            text, expected = chance.choice(self.pairs)
            if not self.ask_once(connection, text, expected):
                return

    def ask_once(self, connection: http.client.HTTPConnection, text: str, expected: Any) -> bool:
        """Whether to go on."""
        body = json.dumps({"text": text}).encode()
        began = time.monotonic()
        try:
            connection.connect() if connection.sock is None else None
        except OSError:
            return self.note("n_unreachable")
        try:
            connection.request("POST", "/tag", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return self.note("n_lost")
        with self.lock:
            self.statuses[answer.status] += 1
            if answer.status == 200:
                self.seconds.append(time.monotonic() - began)
        if answer.status in REFUSED:
            if answer.headers["Retry-After"] is None:
                self.note("n_without_retry_after")
            time.sleep(_PAUSE_S)
            return not self.asked.until_refused
        if answer.status == 200 and expected is not None and not is_right(content, expected):
            self.note("n_wrong")
        return True

    def note(self, name: str) -> bool:
        """Count; whether to go on."""
        with self.lock:
            setattr(self, name, getattr(self, name) + 1)
        if not self.asked.until_refused:
            time.sleep(_PAUSE_S)
        return not self.asked.until_refused

    def percentile(self, share: int) -> float | None:
        """Of the seconds that good answers took."""
        ordered = sorted(self.seconds)
        return round(ordered[len(ordered) * share // 100], 4) if ordered else None


def is_right(content: bytes, expected: list[list[Any]]) -> bool:
    """Whether the same entities were found, with the same scores."""
    found = json.loads(content)["results"][0]["entities"]
    return len(found) == len(expected) and all(
        [e["type"], e["text"], e["start_char"], e["end_char"]] == wanted[:4]
        and abs(e["score"] - wanted[4]) < _SAME_SCORE
        for e, wanted in zip(found, expected, strict=True)
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True, help="HOST:PORT")
    parser.add_argument("--texts", type=Path, required=True, help="JSON: [[text, entities], …]")
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--until-refused", action="store_true", help="a client ends when refused")
    print(json.dumps(Clients(parser.parse_args()).run()))


if __name__ == "__main__":
    main()
