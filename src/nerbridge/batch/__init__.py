"""Tagging of files: records in, entities out, in shards that a killed job does not repeat."""
