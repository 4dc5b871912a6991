"""Trained models as folders that run elsewhere: ONNX for the tagger, plain transformers folders.

What is written is checked against the trained model first; a bad export leaves nothing behind.
"""

from nerbridge.tagging import runtime as runtime  # before anything imports onnxruntime itself
