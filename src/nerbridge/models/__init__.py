"""Encoders, adapters and trained models: loading, saving, predicting. Only safetensors, offline
once downloaded, and nothing is ever loaded partly in silence.
"""
