"""Trained models as folders that run elsewhere: ONNX for the tagger, plain transformers folders.

What is written is checked against the trained model first; a bad export leaves nothing behind.
"""

from nerbridge.models import onnx_model as onnx_model  # before anything imports onnxruntime itself
