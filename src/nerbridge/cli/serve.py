"""``nerbridge serve``: the tagger behind HTTP, with a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import print_note
from nerbridge.cli.options import MapTypesOption, QuietOption, read_map_option
from nerbridge.errors import missing_extra
from nerbridge.platforms import n_usable_cores


def serve(
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model", "-m", help="Model to serve, as for `nerbridge tag`; repeat for several."
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any free port.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, help="Worker processes; each one loads all models.")
    ] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processor cores per worker; default: an equal share.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with the token that clients need; or set NERBRIDGE_TOKEN."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Report or run folder to show; default: the model's.")
    ] = None,
    root_path: Annotated[
        str,
        typer.Option(
            help="Path under which a proxy shows the server, such as /ner; needed only if the "
            "proxy does not strip it."
        ),
    ] = "",
    max_bytes: Annotated[
        int, typer.Option(min=1, help="Maximum size of a request with texts, in bytes.")
    ] = 2**20,
    max_document_bytes: Annotated[
        int, typer.Option(min=1, help="Maximum size of a request with a document, in bytes.")
    ] = 20 * 2**20,
    max_texts: Annotated[
        int, typer.Option(min=1, help="Maximum number of texts in a request.")
    ] = 256,
    max_chars: Annotated[
        int, typer.Option(min=1, help="Maximum length of a text, in characters.")
    ] = 100_000,
    max_queue: Annotated[
        int, typer.Option(min=1, help="Maximum number of waiting requests per worker.")
    ] = 256,
    max_seconds: Annotated[
        float, typer.Option(min=0.001, help="Maximum time for a request with texts, in seconds.")
    ] = 30.0,
    max_document_seconds: Annotated[
        float, typer.Option(min=0.001, help="Maximum time for each step of a document, in seconds.")
    ] = 60.0,
    map_types: MapTypesOption = None,
    quiet: QuietOption = False,
) -> None:
    """Serve models over HTTP, with a web page at /.

    Logs are lines of JSON on standard error. They contain no text of a user.

    Example: nerbridge serve --model bundled:as --port 8000
    """
    try:
        from nerbridge.server.access import TOKEN_VARIABLE, is_loopback, read_token
        from nerbridge.server.limits import Limits, ServerSettings
        from nerbridge.server.models import check_models, check_report
        from nerbridge.server.prefix import check_root_path
        from nerbridge.server.processes import bind, url_of
        from nerbridge.server.processes import serve as run_server
    except ModuleNotFoundError as error:
        raise missing_extra("nerbridge serve needs", error.name, "serve,documents") from error
    type_map = read_map_option(map_types)
    token = read_token(token_file)
    # Not silenced by --quiet: it is about who can reach the server.
    if token is None and not is_loopback(host):
        print_note(
            f"warning: anybody who reaches {host} can use this server and read its report. Set "
            f"{TOKEN_VARIABLE} or --token-file, and put a proxy with TLS in front of it."
        )
    models = tuple(model or ["bundled:as"])
    # Before the port is taken: a model that is missing is told here, not by a worker.
    found = check_models(models)
    page = None if report is None else check_report(report)
    settings = ServerSettings(
        models=models,
        limits=Limits(
            max_bytes=max_bytes,
            max_document_bytes=max_document_bytes,
            max_texts=max_texts,
            max_chars=max_chars,
            max_queue=max_queue,
            max_seconds=max_seconds,
            max_document_seconds=max_document_seconds,
        ),
        n_threads=threads or max(1, n_usable_cores() // workers),
        token=token,
        is_local=is_loopback(host),
        report=page,
        type_map=type_map,
        root_path=check_root_path(root_path),
    )
    with bind(host, port) as bound:
        print_note(f"{', '.join(found)} on {url_of(bound)} (Ctrl-C to stop)", quiet=quiet)
        run_server(settings, bound, n_workers=workers, quiet=quiet)
