"""onnxruntime, without its telemetry.

Official builds since 1.29 report to their maker over HTTPS, from a thread that starts with the
import and that keeps a forked process from ever ending. Everything here that needs onnxruntime
imports this module first.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort

__all__ = ["ort"]
