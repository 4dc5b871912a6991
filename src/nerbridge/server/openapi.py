"""The description of the paths, with what only a running server knows."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from nerbridge.server.access import OPEN_PATHS
from nerbridge.server.schema import ProblemAnswer
from nerbridge.server.service import Service


def describe(app: FastAPI, service: Service) -> dict[str, Any]:
    """The OpenAPI document: paths, error answers, and the token if one is needed."""
    found = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes
    )
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["ProblemAnswer"] = ProblemAnswer.model_json_schema()
    types = sorted({type_ for model in service.models.values() for type_ in model.tagger.types})
    for name in ("TagText", "TagTexts"):
        schemas[name]["properties"]["types"]["anyOf"][0]["items"]["enum"] = types
    if service.settings.token is not None:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, methods in found["paths"].items():
            for operation in methods.values():
                operation["security"] = [] if path in OPEN_PATHS else [{"token": []}]
    return found
