"""What people write to serve a token classifier: FastAPI around ``transformers.pipeline``."""

from __future__ import annotations

import argparse
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import pipeline


class Body(BaseModel):
    """A text to tag."""

    text: str


def make_app(model: str) -> FastAPI:
    """The wrapper."""
    ner = pipeline("token-classification", model=model, aggregation_strategy="simple")
    app = FastAPI()

    @app.post("/tag")
    def tag(body: Body) -> list[dict[str, Any]]:
        return [{**entity, "score": float(entity["score"])} for entity in ner(body.text)]

    @app.get("/ready")
    def ready() -> str:
        return "ready"

    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    uvicorn.run(make_app(asked.model), port=asked.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
